//! Applying receipts: later reports from a provider, written only while the row is unchanged since it
//! was read.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    campaigns::Campaign,
    channel_address::ChannelAddress,
    delivery::{
        Delivery,
        receipt::{Effect, Receipt},
        task::DeliveryTask,
    },
};
use jiff::Timestamp;

use super::{TaskRows, write::key_of};
use crate::{
    Store,
    error::Error,
    item,
    keys::{self, Key},
    partiql::{Statement, Written},
};

/// Outcome of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// The row now reflects it.
    Applied,
    /// The row already said as much, or more.
    NothingNew,
    /// No row here follows its message. A claim is written before the provider is called, so without a
    /// row the message is not from this stack, or its campaign is gone.
    NotOurs,
    /// The receipt came before our record was written, or the row kept changing. It can be applied
    /// later.
    TooEarly,
}

/// Rounds of reading and writing rows that others are changing.
const ROUNDS: usize = 5;

/// The receipts of one delivery, by their index in the batch.
struct Group<'a> {
    task: DeliveryTask,
    receipts: Vec<(usize, &'a Receipt)>,
}

/// The combined effect of one delivery's receipts.
struct Outcome {
    heard: Vec<ReceiptOutcome>,
    /// The new row, if it changes.
    after: Option<Delivery>,
}

impl Store {
    /// Applies receipts and returns the outcome of each. Order and repetition do not matter; receipts
    /// of the same delivery are written as one change.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded. Some may have been applied; applying all again is
    /// harmless.
    pub async fn apply_receipts(
        &self,
        receipts: &[Receipt],
        now: Timestamp,
    ) -> Result<Vec<ReceiptOutcome>, Error> {
        let mut results = vec![ReceiptOutcome::NotOurs; receipts.len()];
        let mut open = self.group(receipts).await?;
        for _ in 0..ROUNDS {
            if open.is_empty() {
                break;
            }
            let rows = self.read_back(open.iter().map(|group| &group.task)).await?;
            let mut changes = Vec::new();
            let mut statements = Vec::new();
            for (group, row) in open.into_iter().zip(rows) {
                let Some(before) = row else {
                    continue;
                };
                let outcome = fold(&group, &before, now);
                for ((place, _), heard) in group.receipts.iter().zip(&outcome.heard) {
                    results[*place] = *heard;
                }
                if let Some(after) = outcome.after {
                    statements.push(self.advance_delivery(&group.task, &before, &after)?);
                    changes.push(group);
                }
            }
            let written = self.execute_each("apply receipts", statements).await?;
            open = changes
                .into_iter()
                .zip(written)
                .filter(|(_, written)| *written != Written::Applied)
                .map(|(group, _)| group)
                .collect();
        }
        for (place, _) in open.iter().flat_map(|group| &group.receipts) {
            results[*place] = ReceiptOutcome::TooEarly;
        }
        Ok(results)
    }

    /// The address that a receipt's delivery went to, as far as the receiver's row still has it.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn address_of(&self, receipt: &Receipt) -> Result<Option<ChannelAddress>, Error> {
        let groups = self.group(std::slice::from_ref(receipt)).await?;
        let tasks = groups.iter().map(|group| &group.task);
        let loaded = self.load_tasks(tasks).await?.pop();
        Ok(loaded.and_then(|loaded| {
            let (receiver, delivery) = (loaded.receiver?, loaded.delivery);
            let resend = delivery
                .as_ref()
                .and_then(|row| row.resend_of(&receipt.provider_id));
            match resend {
                Some(resend) => receiver.address_of_resend(receipt.channel, resend),
                // The message is not known by its id, and there were several addresses.
                None if delivery.is_some_and(|row| row.may_be_elsewhere()) => None,
                None => receiver.address(receipt.channel),
            }
        }))
    }

    /// The task of a message that its provider could not deliver, if the row still follows it.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn undelivered(
        &self,
        receipt: &Receipt,
    ) -> Result<Option<(DeliveryTask, TaskRows)>, Error> {
        let mut groups = self.group(std::slice::from_ref(receipt)).await?;
        let Some(group) = groups.pop() else {
            return Ok(None);
        };
        let loaded = self.load_tasks([&group.task]).await?.pop();
        let follows = |loaded: &TaskRows| {
            let row = loaded.delivery.as_ref();
            row.is_some_and(|row| row.provider_id.as_ref() == Some(&receipt.provider_id))
        };
        Ok(loaded.filter(follows).map(|loaded| (group.task, loaded)))
    }

    /// Fails a delivery over, if its row is unchanged since it was read. Returns the task to enqueue.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn fail_over_delivery(
        &self,
        task: &DeliveryTask,
        loaded: &TaskRows,
        after: &Delivery,
    ) -> Result<Option<DeliveryTask>, Error> {
        let (Some(before), Some(receiver)) = (&loaded.delivery, &loaded.receiver) else {
            return Ok(None);
        };
        let statement = self.advance_delivery(task, before, after)?;
        let written = self
            .execute("fail a delivery over", vec![statement])
            .await?;
        let task = DeliveryTask {
            resend: after.resends,
            address: receiver.address_hash(&task.tenant, task.channel),
            ..task.clone()
        };
        Ok((written.first() == Some(&Written::Applied)).then_some(task))
    }

    /// Receipts grouped by delivery. Those of campaigns that do not exist are left out.
    async fn group<'a>(&self, receipts: &'a [Receipt]) -> Result<Vec<Group<'a>>, Error> {
        let key_of_campaign =
            |receipt: &Receipt| keys::campaign(&receipt.tenant, &receipt.campaign);
        let wanted: Vec<Key> = receipts
            .iter()
            .map(|receipt| (key_of_campaign(receipt), ()))
            .collect::<HashMap<_, _>>()
            .into_keys()
            .collect();
        let campaigns: HashMap<Key, Campaign> = self
            .rows_by_key("read campaigns of receipts", &self.catalog, &wanted, false)
            .await?
            .into_iter()
            .map(|(key, row)| Ok((key, item::read("a campaign", row)?)))
            .collect::<Result<_, Error>>()?;
        let mut groups: BTreeMap<(String, String), Group<'a>> = BTreeMap::new();
        for (place, receipt) in receipts.iter().enumerate() {
            let Some(campaign) = campaigns.get(&key_of_campaign(receipt)) else {
                continue;
            };
            let task = DeliveryTask {
                tenant: receipt.tenant.clone(),
                campaign: receipt.campaign.clone(),
                generation: campaign.generation,
                shard: receipt.receiver.shard(campaign.shards),
                receiver: receipt.receiver.clone(),
                channel: receipt.channel,
                resend: 0,
                address: None,
            };
            let key = key_of(&task);
            groups
                .entry((key.partition, key.sort))
                .or_insert_with(|| Group {
                    task,
                    receipts: Vec::new(),
                })
                .receipts
                .push((place, receipt));
        }
        Ok(groups.into_values().collect())
    }

    /// Changes a row if nothing that receipts depend on has changed since it was read.
    fn advance_delivery(
        &self,
        task: &DeliveryTask,
        before: &Delivery,
        after: &Delivery,
    ) -> Result<Statement, Error> {
        let mut expected: Vec<(&str, AttributeValue)> = vec![
            ("state", item::text(before.state)),
            ("attempt", item::number(before.attempt)),
        ];
        let mut missing = Vec::new();
        for (name, value) in [
            ("owner", before.owner.clone()),
            ("provider_id", before.provider_id.clone()),
            ("fate", before.fate.map(|fate| fate.to_string())),
            ("fate_at", before.fate_at.map(|at| at.to_string())),
        ] {
            match value {
                Some(value) => expected.push((name, item::text(value))),
                None => missing.push(name),
            }
        }
        Ok(self
            .update_delivery(task, after, expected)?
            .and_missing(&missing))
    }
}

/// Folds a delivery's receipts, one after another.
fn fold(group: &Group<'_>, before: &Delivery, now: Timestamp) -> Outcome {
    let mut row = before.clone();
    let heard = group
        .receipts
        .iter()
        .map(|(_, receipt)| match receipt.effect(&row, now) {
            Effect::Change(after) => {
                row = *after;
                ReceiptOutcome::Applied
            }
            Effect::NothingNew => ReceiptOutcome::NothingNew,
            Effect::NotOurs => ReceiptOutcome::NotOurs,
            Effect::TooEarly => ReceiptOutcome::TooEarly,
        })
        .collect();
    Outcome {
        heard,
        after: (row != *before).then_some(row),
    }
}
