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
    suppression::{Suppression, SuppressionSource},
    task::DeliveryTask,
};
use serde::de::DeserializeOwned;

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
    item::{self, Item},
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
    /// Why the receiver's address gets nothing any more, if it is suppressed.
    pub suppressed: Option<SuppressionSource>,
}

/// A task that is to be read about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The task.
    pub task: &'a DeliveryTask,
    /// Whether the delivery's row is left out, because there will hardly be one: whoever inserts it is told if there is.
    pub is_first: bool,
}

impl<'a> From<&'a DeliveryTask> for Asked<'a> {
    fn from(task: &'a DeliveryTask) -> Self {
        Self {
            task,
            is_first: false,
        }
    }
}

/// Tasks that are read in one call: each is about five rows at most, and BatchGetItem takes 100.
const TASKS: usize = 20;
const DOING: &str = "read what a batch of tasks is about";

impl Store {
    /// Reads everything about tasks, in their order: up to 20 in one call.
    ///
    /// Everything is read consistently: a pause has to be seen, and so has a receiver who was added
    /// or switched off the moment before, because a message that seems to have no receiver is dropped.
    /// A task that names another address than its receiver has, or none, costs one further call.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or a row cannot be read.
    pub async fn load_tasks<'a>(
        &self,
        tasks: impl IntoIterator<Item = impl Into<Asked<'a>>>,
    ) -> Result<Vec<Loaded>, Error> {
        let asked: Vec<Asked<'a>> = tasks.into_iter().map(Into::into).collect();
        let mut loaded = Vec::with_capacity(asked.len());
        for chunk in asked.chunks(TASKS) {
            loaded.extend(self.load_chunk(chunk).await?);
        }
        self.look_up_suppressions(&asked, &mut loaded).await?;
        Ok(loaded)
    }

    async fn load_chunk(&self, asked: &[Asked<'_>]) -> Result<Vec<Loaded>, Error> {
        let tasks = || asked.iter().map(|asked| asked.task);
        let heads = distinct(tasks().flat_map(|task| {
            let campaign = keys::campaign(&task.tenant, &task.campaign);
            let governor = keys::governor(&task.tenant, task.channel);
            [Some(campaign), Some(governor), named_suppression(task)]
                .into_iter()
                .flatten()
        }));
        let rows = distinct(asked.iter().flat_map(|Asked { task, is_first }| {
            let delivery = (!is_first).then(|| write::key_of(task));
            [Some(receiver_of(task)), delivery].into_iter().flatten()
        }));
        let requests = HashMap::from([
            (self.catalog.clone(), request_for(DOING, &heads, true)?),
            (self.ledger.clone(), request_for(DOING, &rows, true)?),
        ]);
        let found = by_key(self.batch_get_tables(DOING, requests).await?);
        tasks()
            .map(|task| {
                let campaign = keys::campaign(&task.tenant, &task.campaign);
                let governor = keys::governor(&task.tenant, task.channel);
                let receiver = found
                    .get(&receiver_of(task))
                    .cloned()
                    .map(crate::receivers::read)
                    .transpose()?
                    .flatten();
                let suppression: Option<Suppression> = match named_suppression(task) {
                    Some(key) => read_one("a suppression", &found, &key)?,
                    None => None,
                };
                Ok(Loaded {
                    campaign: read_one("a campaign", &found, &campaign)?,
                    receiver: receiver.map(|row| row.receiver),
                    delivery: read_one("a delivery", &found, &write::key_of(task))?,
                    governor: read_one("a governor", &found, &governor)?.unwrap_or_default(),
                    suppressed: suppression.map(|suppression| suppression.source),
                })
            })
            .collect()
    }

    /// Looks up the suppression of those receivers whose address is not the one that their task names.
    async fn look_up_suppressions(
        &self,
        asked: &[Asked<'_>],
        loaded: &mut [Loaded],
    ) -> Result<(), Error> {
        let mut unnamed = Vec::new();
        for (Asked { task, .. }, loaded) in asked.iter().zip(loaded) {
            let receiver = loaded.receiver.as_ref();
            let hash = receiver.and_then(|it| it.address_hash(&task.tenant, task.channel));
            if hash == task.address {
                continue;
            }
            loaded.suppressed = None;
            let is_open = |delivery: &Delivery| !delivery.state.is_final();
            if let Some(hash) = hash
                && loaded.delivery.as_ref().is_none_or(is_open)
            {
                let key = keys::suppression(&task.tenant, task.channel, &hash);
                unnamed.push((loaded, key));
            }
        }
        let wanted = distinct(unnamed.iter().map(|(_, key)| key.clone()));
        let found = self
            .rows_by_key(DOING, &self.catalog, &wanted, true)
            .await?;
        for (loaded, key) in unnamed {
            let suppression: Option<Suppression> = read_one("a suppression", &found, &key)?;
            loaded.suppressed = suppression.map(|suppression| suppression.source);
        }
        Ok(())
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

fn receiver_of(task: &DeliveryTask) -> Key {
    keys::receiver(&task.tenant, &task.campaign, task.shard, &task.receiver)
}

/// Where the suppression of the address stands that a task names.
fn named_suppression(task: &DeliveryTask) -> Option<Key> {
    let address = task.address.as_ref()?;
    Some(keys::suppression(&task.tenant, task.channel, address))
}

fn read_one<T: DeserializeOwned>(
    what: &'static str,
    found: &HashMap<Key, Item>,
    key: &Key,
) -> Result<Option<T>, Error> {
    let row = found.get(key).cloned();
    row.map(|row| item::read(what, row)).transpose()
}
