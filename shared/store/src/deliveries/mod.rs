//! Deliveries: claiming, recording, reading.

mod attention;
mod list;
mod receipts;
mod settle;
mod write;

use std::collections::HashMap;

use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    delivery::Delivery,
    governor::Governor,
    id::{CampaignId, ReceiverId, TenantId},
    receiver::Receiver,
    task::DeliveryTask,
};

pub use self::{
    attention::ReasonCount,
    list::{DeliveryFilter, DeliveryRow},
    receipts::Heard,
    settle::Settlement,
    write::{Claim, Claimed, Insert, Record, Recorded, Retake},
};
use crate::{
    Store,
    error::Error,
    item,
    keys::{self, Key},
    read::{by_key, request_for},
};

/// What the ledger and the catalog say about one task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The campaign, as it stands this moment.
    pub campaign: Option<Campaign>,
    /// The receiver.
    pub receiver: Option<Receiver>,
    /// The delivery's row, if it was ever claimed.
    pub delivery: Option<Delivery>,
    /// The governor of the account that the channel is sent through.
    pub governor: Governor,
}

impl Store {
    /// Reads everything about up to 25 tasks in one call, in their order.
    ///
    /// Everything is read consistently: a pause has to be seen, and so has a receiver who was added
    /// or switched off the moment before, because a message that seems to have no receiver is dropped.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or a row cannot be read.
    pub async fn load_tasks(&self, tasks: &[&DeliveryTask]) -> Result<Vec<Loaded>, Error> {
        const DOING: &str = "read what a batch of tasks is about";
        let heads = distinct(tasks.iter().flat_map(|task| {
            [
                keys::campaign(&task.tenant, &task.campaign),
                keys::governor(&task.tenant, task.channel),
            ]
        }));
        let receiver_of = |task: &DeliveryTask| {
            keys::receiver(&task.tenant, &task.campaign, task.shard, &task.receiver)
        };
        let delivery_of = |task: &DeliveryTask| {
            keys::delivery(
                &task.tenant,
                &task.campaign,
                task.shard,
                &task.receiver,
                task.channel,
            )
        };
        let rows = distinct(
            tasks
                .iter()
                .flat_map(|task| [receiver_of(task), delivery_of(task)]),
        );
        let requests = HashMap::from([
            (self.catalog.clone(), request_for(DOING, &heads, true)?),
            (self.ledger.clone(), request_for(DOING, &rows, true)?),
        ]);
        let found = by_key(self.batch_get_tables(DOING, requests).await?);
        tasks
            .iter()
            .map(|task| {
                let campaign = found
                    .get(&keys::campaign(&task.tenant, &task.campaign))
                    .cloned()
                    .map(|row| item::read("a campaign", row))
                    .transpose()?;
                let receiver = found
                    .get(&receiver_of(task))
                    .cloned()
                    .map(crate::receivers::read)
                    .transpose()?
                    .flatten();
                let delivery = found
                    .get(&delivery_of(task))
                    .cloned()
                    .map(|row| item::read("a delivery", row))
                    .transpose()?;
                let governor = found
                    .get(&keys::governor(&task.tenant, task.channel))
                    .cloned()
                    .map(|row| item::read("a governor", row))
                    .transpose()?;
                Ok(Loaded {
                    campaign,
                    receiver: receiver.map(|row| row.receiver),
                    delivery,
                    governor: governor.unwrap_or_default(),
                })
            })
            .collect()
    }

    /// One delivery's row, as it stands this moment; `None` while it is pending.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn delivery(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        shard: u16,
        receiver: &ReceiverId,
        channel: Channel,
    ) -> Result<Option<Delivery>, Error> {
        let row = self
            .get_row(
                "read a delivery",
                &self.ledger,
                &keys::delivery(tenant, campaign, shard, receiver, channel),
                true,
            )
            .await?;
        row.map(|row| item::read("a delivery", row)).transpose()
    }
}

fn distinct(keys: impl Iterator<Item = Key>) -> Vec<Key> {
    let mut seen = std::collections::HashSet::new();
    keys.filter(|key| seen.insert(key.clone())).collect()
}
