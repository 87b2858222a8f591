//! Campaigns that wait for an account, so that their messages have left the queues.
//!
//! The rows have a partition of their own because consumers write them: a role that may write them may write nothing
//! else.

use std::collections::BTreeSet;

use carillon_domain::{
    delivery::waiting::WaitsFor,
    id::{CampaignId, TenantId, TransportId},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::Error,
    item,
    keys::{self, Key},
};

/// An unhandled row expires after this time; the sweep runs every minute.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A campaign whose tasks were dropped because nothing could be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The row, removed once handled.
    pub row: Key,
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The generation whose tasks were dropped; a later one has enqueued everything again.
    pub generation: u32,
    /// What it waits for.
    pub waits_for: WaitsFor,
    /// The channel's transports that accepted messages at the time.
    pub others: BTreeSet<TransportId>,
}

/// A wait to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The campaign.
    pub campaign: &'a CampaignId,
    /// The generation whose tasks were dropped.
    pub generation: u32,
    /// What it waits for.
    pub waits_for: &'a WaitsFor,
    /// The channel's transports that accept messages.
    pub others: &'a BTreeSet<TransportId>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(default)]
    others: BTreeSet<TransportId>,
}

/// When the sweep first checks a new row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookAt {
    /// At the next sweep.
    RequestProgress,
    /// At the sweep after that.
    Later,
}

impl Store {
    /// Records that tasks of a campaign were dropped. All calls within a minute write the same row.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn note_waiting(&self, wait: &Wanted<'_>, now: Timestamp) -> Result<(), Error> {
        self.keep_waiting(wait, LookAt::RequestProgress, now).await
    }

    /// Has the sweep check a row again in a minute.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn wait_on(&self, waiting: &Waiting, now: Timestamp) -> Result<(), Error> {
        let wait = Wanted {
            tenant: &waiting.tenant,
            campaign: &waiting.campaign,
            generation: waiting.generation,
            waits_for: &waiting.waits_for,
            others: &waiting.others,
        };
        self.keep_waiting(&wait, LookAt::Later, now).await
    }

    async fn keep_waiting(
        &self,
        wait: &Wanted<'_>,
        look_at: LookAt,
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = Row {
            others: wait.others.clone(),
        };
        let key = key(wait, look_at, now);
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(item::write(&key, "a wait", &row)?))
            .item("expires_at", item::number((now + KEPT).as_second()))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("record that a campaign waits"))
    }

    /// Campaigns whose waits are due for a check, and rows that cannot be read.
    ///
    /// # Errors
    /// If the read fails.
    pub async fn waiting(
        &self,
        now: Timestamp,
        limit: i32,
    ) -> Result<Vec<Result<Waiting, Key>>, Error> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk AND sk < :now")
            .expression_attribute_values(":pk", item::text(keys::WAITING_PARTITION))
            .expression_attribute_values(":now", item::text(keys::sortable(now)))
            .limit(limit)
            .send()
            .await
            .map_err(Error::call("list waiting campaigns"))?;
        let items = answer.items.unwrap_or_default();
        Ok(items
            .into_iter()
            .filter_map(|item| {
                let key = item::key_of(&item)?;
                let row = item::read::<Row>("a wait", item).ok();
                let read = row.and_then(|row| parse(&key, row));
                Some(read.ok_or(key))
            })
            .collect())
    }
}

fn key(wait: &Wanted<'_>, look_at: LookAt, now: Timestamp) -> Key {
    let seconds = now.as_second();
    let minute = seconds - seconds.rem_euclid(60) + if look_at == LookAt::Later { 60 } else { 0 };
    let minute = Timestamp::from_second(minute).unwrap_or(now);
    let what = wait.waits_for.to_string();
    keys::waiting(minute, wait.tenant, wait.campaign, wait.generation, &what)
}

fn parse(key: &Key, row: Row) -> Option<Waiting> {
    let mut parts = key.sort.split('#').skip(1);
    Some(Waiting {
        tenant: parts.next()?.parse().ok()?,
        campaign: parts.next()?.parse().ok()?,
        generation: parts.next()?.parse().ok()?,
        waits_for: parts.next()?.parse().ok()?,
        row: key.clone(),
        others: row.others,
    })
}
