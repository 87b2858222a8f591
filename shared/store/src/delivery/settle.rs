//! What a person decides about deliveries that failed, or of which nobody knows how they ended.

use carillon_domain::{campaigns::Campaign, delivery::{Delivery, State, task::DeliveryTask}, reason::Reason};
use jiff::Timestamp;

use super::DeliveryRow;
use crate::{Store, error::Error, partiql::Written};

/// A decision about deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Send it again. If it is unknown, the receiver may get it twice.
    Resend,
    /// The provider took it; nobody has to look at it again.
    AssumeSent,
}

impl Settlement {
    /// Whether it can be decided about a delivery.
    pub fn applies_to(self, delivery: &Delivery) -> bool {
        match self {
            Settlement::Resend => delivery.may_go_again().is_ok(),
            Settlement::AssumeSent => delivery.state == State::Unknown,
        }
    }

    fn change(self, before: &Delivery, now: Timestamp) -> Delivery {
        match self {
            Settlement::Resend => before.again(false, now),
            Settlement::AssumeSent => {
                let mut delivery = before.clone();
                delivery.changed_at = now;
                // It is a person's doubt now, and decided.
                delivery.in_doubt = false;
                delivery.state = State::Sent;
                delivery.reason = Some(Reason::new(
                    "assumed_sent",
                    "An operator assumed that it was sent.",
                ));
                delivery
            }
        }
    }
}

impl Store {
    /// Carries a decision out for those rows to which it applies and that still are as they were
    /// read. Gives a task for each that was changed; those that are to be sent again still have to
    /// be handed over. Doing it again changes nothing.
    ///
    /// # Errors
    /// If DynamoDB does not do it; some may have been changed.
    pub async fn settle(
        &self,
        campaign: &Campaign,
        rows: &[DeliveryRow],
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Vec<DeliveryTask>, Error> {
        let mut tasks = Vec::new();
        let mut statements = Vec::new();
        for row in rows {
            let Some(before) = &row.delivery else {
                continue;
            };
            if !settlement.applies_to(before) {
                continue;
            }
            let delivery = settlement.change(before, now);
            let task = row.task(campaign, delivery.resends);
            statements.push(self.replace_delivery(&task, before, &delivery)?);
            tasks.push(task);
        }
        let results = self
            .execute("settle deliveries by decision", statements)
            .await?;
        Ok(tasks
            .into_iter()
            .zip(results)
            .filter(|(_, written)| *written == Written::Applied)
            .map(|(task, _)| task)
            .collect())
    }
}
