//! An operator's decisions about failed and unknown deliveries.

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    delivery::{Delivery, State, task::DeliveryTask},
    reason::Reason,
};
use jiff::Timestamp;

use super::DeliveryRow;
use crate::{Store, error::Error, partiql::Written};

/// A decision about deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Send it again. If it is unknown, the receiver may get it twice.
    Resend,
    /// The provider accepted it; no further attention is needed.
    AssumeSent,
}

impl Settlement {
    /// Whether the decision applies to a delivery.
    pub fn applies_to(self, delivery: &Delivery) -> bool {
        match self {
            Settlement::Resend => delivery.check_resend().is_ok(),
            Settlement::AssumeSent => delivery.state == State::Unknown,
        }
    }

    fn change(self, before: &Delivery, now: Timestamp) -> Delivery {
        match self {
            Settlement::Resend => before.again(false, now),
            Settlement::AssumeSent => {
                let mut delivery = before.clone();
                delivery.changed_at = now;
                // The doubt is now the operator's, and decided.
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
    /// Applies a decision to the rows that it fits and that are unchanged since they were read.
    /// Returns a task for each changed row; resends still have to be enqueued. Idempotent.
    ///
    /// # Errors
    /// If the write fails; some may have been changed.
    pub async fn settle(
        &self,
        context: &Context,
        campaign: &Campaign,
        rows: &[DeliveryRow],
        settlement: Settlement,
    ) -> Result<Vec<DeliveryTask>, Error> {
        context.check(&campaign.tenant);
        let now = context.now;
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
        let results = self.execute("settle deliveries", statements).await?;
        Ok(tasks
            .into_iter()
            .zip(results)
            .filter(|(_, written)| *written == Written::Applied)
            .map(|(task, _)| task)
            .collect())
    }
}
