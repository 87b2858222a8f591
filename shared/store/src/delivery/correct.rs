//! Correcting a receiver: an address, a name, a variable. The receiver keeps its id, because its deliveries are named
//! by it, and loading the wrong address again finds the receiver that had it. The new address is taken like a second
//! one ([decision 32](../../../../docs/decisions/0032-an-address-is-put-right-in-place.md)).

use carillon_domain::{
    access::Context, campaigns::Campaign, delivery::task::DeliveryTask, id::ReceiverId,
    receivers::Receiver,
};

use crate::{
    DeliveryRow, RETENTION_DAYS, Store,
    error::Error,
    item,
    keys::{self, Key},
    transact::Conditions,
};

/// Outcome of correcting a receiver.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrectOutcome {
    /// Corrected; these deliveries are to be enqueued again.
    Done(Vec<DeliveryTask>),
    /// Another receiver of the campaign has the address.
    Taken,
    /// The receiver or one of the deliveries has changed since it was read.
    Changed,
}

/// The columns of a receiver that can be corrected.
const COLUMNS: [&str; 9] = [
    "first_name",
    "last_name",
    "email",
    "mobile",
    "push",
    "language",
    "variables",
    "off",
    "corrections",
];

impl Store {
    /// Corrects a receiver that is unchanged since it was read, takes its new addresses, and resends the deliveries
    /// that went to a replaced address: all or nothing.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn correct_address(
        &self,
        context: &Context,
        campaign: &Campaign,
        id: &ReceiverId,
        (before, after): (&Receiver, &Receiver),
        again: &[DeliveryRow],
    ) -> Result<CorrectOutcome, Error> {
        const DOING: &str = "correct a receiver";
        context.check(&campaign.tenant);
        let now = context.now;
        let (had, has) = (
            before.other_places(&campaign.id, id),
            after.other_places(&campaign.id, id),
        );
        let mut writes = Vec::new();
        let key = keys::receiver_of(campaign, id);
        let mut old = item::write(&key, "a receiver", before)?;
        let mut new = item::write(&key, "a receiver", after)?;
        let mut conditions = Conditions::default();
        conditions.require("attribute_exists(pk)");
        let mut columns = Vec::new();
        for name in COLUMNS {
            let (old, new) = (old.remove(name), new.remove(name));
            if old == new {
                continue;
            }
            match (name, &old) {
                // A channel switched off and on again leaves an empty list.
                ("off", None) => {
                    let none = item::attribute("channels that are off", &before.off)?;
                    conditions.expect_or_none(name, none);
                }
                _ => conditions.expect(name, old),
            }
            columns.push((name, new));
        }
        if columns.is_empty() {
            return Ok(CorrectOutcome::Done(Vec::new()));
        }
        writes.push(conditions.update(DOING, &self.ledger, &key, columns)?);
        let taken: Vec<Key> = has
            .iter()
            .filter(|(place, _)| had.iter().all(|(other, _)| other != place))
            .map(|(place, _)| keys::receiver_of(campaign, place))
            .collect();
        for place in &taken {
            let mut conditions = Conditions::default();
            conditions.require_none_or("alias_of", item::text(id));
            let columns = [
                ("alias_of", Some(item::text(id))),
                ("expires_at", Some(item::expiry(now, RETENTION_DAYS))),
            ];
            writes.push(conditions.update(DOING, &self.ledger, place, columns)?);
        }
        for (place, channels) in &had {
            let is_kept = has.iter().any(|(other, _)| other == place);
            let is_of_another = channels
                .iter()
                .any(|channel| before.has_duplicate_address(*channel));
            if !is_kept && !is_of_another {
                let mut conditions = Conditions::default();
                conditions.require_none_or("alias_of", item::text(id));
                let place = keys::receiver_of(campaign, place);
                writes.push(conditions.delete(DOING, &self.ledger, &place)?);
            }
        }
        let mut tasks = Vec::new();
        for row in again {
            let Some(delivery) = &row.delivery else {
                continue;
            };
            let next = delivery.again(true, now);
            let row = DeliveryRow {
                receiver: after.clone(),
                ..row.clone()
            };
            let task = row.task(campaign, next.resends);
            writes.push(self.replace_delivery_with_others(DOING, &task, delivery, &next)?);
            tasks.push(task);
        }
        if self.transact(DOING, writes).await? {
            return Ok(CorrectOutcome::Done(tasks));
        }
        let existing = self.rows_by_key(DOING, &self.ledger, &taken, true).await?;
        let is_of_another = |row: &item::Item| item::string(row, "alias_of") != Some(id.as_str());
        Ok(match existing.values().any(is_of_another) {
            true => CorrectOutcome::Taken,
            false => CorrectOutcome::Changed,
        })
    }

    /// The receiver whose message goes to an address, or did when the receiver was added.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn receiver_at(
        &self,
        campaign: &Campaign,
        place: &ReceiverId,
    ) -> Result<Option<(ReceiverId, Receiver)>, Error> {
        const DOING: &str = "look a receiver up";
        let key = keys::receiver_of(campaign, place);
        let Some(row) = self.get_row(DOING, &self.ledger, &key, true).await? else {
            return Ok(None);
        };
        let own = item::string(&row, "alias_of").map(str::parse::<ReceiverId>);
        let id = match own {
            None => place.clone(),
            Some(id) => {
                id.map_err(|_| Error::malformed("a second address", "it names no receiver"))?
            }
        };
        let receiver = self.receiver(campaign, &id).await?;
        Ok(receiver.map(|receiver| (id, receiver)))
    }
}
