//! Deliveries: claiming, recording, reading.

mod attention;
mod correct;
mod counted;
mod fanout;
mod list;
mod names;
mod numbers;
mod rate_limiters;
mod receipts;
mod received;
mod recount;
mod settle;
mod shares;
mod totals;
mod waiting;
mod windows;
mod write;

use std::collections::HashMap;

use carillon_domain::{
    campaigns::Campaign,
    channel::Channel,
    delivery::{Delivery, rate_limiter::RateLimiter, task::DeliveryTask},
    id::{CampaignId, ReceiverId, TenantId, TransportId},
    receivers::Receiver,
    suppressions::{Suppression, SuppressionSource},
};
use serde::de::DeserializeOwned;

pub use self::{
    attention::ReasonCount,
    correct::CorrectOutcome,
    fanout::{FanoutProgress, Wait},
    list::{DeliveryFilter, DeliveryRow},
    names::{Named, NamedDelivery},
    receipts::ReceiptOutcome,
    received::{RequestProgress, TokenSeen},
    recount::{Difference, Recount, TotalsCheck},
    settle::Settlement,
    totals::{Change, StreamPosition},
    waiting::{Waiting, Wanted},
    windows::Window,
    write::{Claim, Claimed, Insert, Reclaim, Record, Recorded},
};
use crate::{
    Store,
    error::Error,
    item::{self, Item},
    keys::{self, Key},
    read::{by_key, request_for},
};

/// The ledger and catalog rows of one task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskRows {
    /// The campaign (consistent read).
    pub campaign: Option<Campaign>,
    /// The receiver.
    pub receiver: Option<Receiver>,
    /// The delivery's row, if it was ever claimed.
    pub delivery: Option<Delivery>,
    /// Why the receiver's address is suppressed, if it is.
    pub suppressed: Option<SuppressionSource>,
    /// How long free text may be sent there, on channels where the receiver must have written first.
    pub window: Option<Window>,
}

/// A request to load a task's rows.
#[derive(Debug, Clone, Copy)]
pub struct LoadRequest<'a> {
    /// The task.
    pub task: &'a DeliveryTask,
    /// Whether to skip the delivery's row because there will hardly be one; if there is, the insert reports it.
    pub is_first: bool,
}

impl<'a> From<&'a DeliveryTask> for LoadRequest<'a> {
    fn from(task: &'a DeliveryTask) -> Self {
        Self {
            task,
            is_first: false,
        }
    }
}

/// The rate limiters of accounts. An account without a row counts as new.
pub type RateLimiters = HashMap<(TenantId, TransportId), RateLimiter>;

/// Tasks read in one call: each takes at most about five rows, and BatchGetItem takes 100.
const TASKS: usize = 16;
/// Rate limiters read with the first tasks; any more are read separately.
const GOVERNORS: usize = 20;
const DOING: &str = "load a batch of tasks";

impl Store {
    /// Reads the rows of tasks, in their order: up to 16 in one call.
    ///
    /// All reads are consistent: a pause must be seen, and so must a receiver who was just added or switched off,
    /// because a message that seems to have no receiver is dropped. A task that names no address, or not its
    /// receiver's, costs one further call.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn load_tasks<'a>(
        &self,
        tasks: impl IntoIterator<Item = impl Into<LoadRequest<'a>>>,
    ) -> Result<Vec<TaskRows>, Error> {
        let (loaded, _) = self.load_with_rate_limiters(tasks, &[]).await?;
        Ok(loaded)
    }

    /// Like [`Store::load_tasks`], with the rate limiters of accounts, which cost no further call unless there are very
    /// many.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn load_with_rate_limiters<'a>(
        &self,
        tasks: impl IntoIterator<Item = impl Into<LoadRequest<'a>>>,
        accounts: &[(TenantId, TransportId)],
    ) -> Result<(Vec<TaskRows>, RateLimiters), Error> {
        let asked: Vec<LoadRequest<'a>> = tasks.into_iter().map(Into::into).collect();
        let mut loaded = Vec::with_capacity(asked.len());
        let mut rate_limiters = RateLimiters::new();
        let (mut with_tasks, by_themselves) = accounts
            .split_at_checked(GOVERNORS)
            .unwrap_or((accounts, &[]));
        for chunk in asked.chunks(TASKS) {
            let accounts = std::mem::take(&mut with_tasks);
            loaded.extend(self.load_chunk(chunk, accounts, &mut rate_limiters).await?);
        }
        for chunk in by_themselves.chunks(TASKS) {
            self.load_chunk(&[], chunk, &mut rate_limiters).await?;
        }
        self.look_up_suppressions(&asked, &mut loaded).await?;
        Ok((loaded, rate_limiters))
    }

    async fn load_chunk(
        &self,
        asked: &[LoadRequest<'_>],
        accounts: &[(TenantId, TransportId)],
        rate_limiters: &mut RateLimiters,
    ) -> Result<Vec<TaskRows>, Error> {
        let tasks = || asked.iter().map(|asked| asked.task);
        let rate_limiter_of =
            |(tenant, transport): &(TenantId, TransportId)| keys::rate_limiter(tenant, transport);
        let of_accounts = accounts.iter().map(rate_limiter_of);
        let of_tasks = tasks().flat_map(|task| {
            let campaign = keys::campaign(&task.tenant, &task.campaign);
            [Some(campaign), named_suppression(task), named_window(task)]
                .into_iter()
                .flatten()
        });
        let heads = distinct(of_accounts.chain(of_tasks));
        let rows = distinct(asked.iter().flat_map(|LoadRequest { task, is_first }| {
            let delivery = (!is_first).then(|| write::key_of(task));
            [Some(receiver_of(task)), delivery].into_iter().flatten()
        }));
        let requests = HashMap::from([
            (self.catalog.clone(), request_for(DOING, &heads, true)?),
            (self.ledger.clone(), request_for(DOING, &rows, true)?),
        ]);
        let found = by_key(self.batch_get_tables(DOING, requests).await?);
        for account in accounts {
            if let Some(rate_limiter) =
                read_one("a rate limiter", &found, &rate_limiter_of(account))?
            {
                rate_limiters.insert(account.clone(), rate_limiter);
            }
        }
        tasks()
            .map(|task| {
                let campaign = keys::campaign(&task.tenant, &task.campaign);
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
                Ok(TaskRows {
                    campaign: read_one("a campaign", &found, &campaign)?,
                    receiver: receiver.map(|row| row.receiver),
                    delivery: read_one("a delivery", &found, &write::key_of(task))?,
                    suppressed: suppression.map(|suppression| suppression.source),
                    window: match named_window(task) {
                        Some(key) => read_one("a window", &found, &key)?,
                        None => None,
                    },
                })
            })
            .collect()
    }

    /// Looks up the suppression of receivers whose address is not the one that their task names.
    async fn look_up_suppressions(
        &self,
        asked: &[LoadRequest<'_>],
        loaded: &mut [TaskRows],
    ) -> Result<(), Error> {
        let mut unnamed = Vec::new();
        for (LoadRequest { task, .. }, loaded) in asked.iter().zip(loaded) {
            let receiver = loaded.receiver.as_ref();
            let hash = receiver.and_then(|it| it.address_hash(&task.tenant, task.channel));
            if hash == task.address {
                continue;
            }
            loaded.suppressed = None;
            loaded.window = None;
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

    /// One delivery's row (consistent read); `None` while it is pending.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
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

/// The key of the suppression of the address that a task names.
fn named_suppression(task: &DeliveryTask) -> Option<Key> {
    let address = task.address.as_ref()?;
    Some(keys::suppression(&task.tenant, task.channel, address))
}

/// The key of the window of the address that a task names, on channels that have windows.
fn named_window(task: &DeliveryTask) -> Option<Key> {
    let address = task.address.as_ref()?;
    let has_windows = task.channel.properties().has_windows;
    has_windows.then(|| keys::window(&task.tenant, address))
}

fn read_one<T: DeserializeOwned>(
    what: &'static str,
    found: &HashMap<Key, Item>,
    key: &Key,
) -> Result<Option<T>, Error> {
    let row = found.get(key).cloned();
    row.map(|row| item::read(what, row)).transpose()
}
