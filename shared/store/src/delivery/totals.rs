//! Totals: one row per campaign and shard, updated from the ledger's stream.
//!
//! A row remembers the records it has counted recently ([`counted`](crate::delivery::counted)), so a redelivered batch, even one
//! cut differently the second time, changes nothing, and records may come in any order. A record too old to be
//! remembered is left out, and the shard is recounted.

use std::collections::BTreeMap;

use carillon_domain::{
    delivery::totals::Counters,
    id::{CampaignId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    delivery::counted::{Known, Memory},
    error::Error,
    item,
    keys::{self, Key},
    partiql::{Statement, Written},
};

/// A record's position in the stream. DynamoDB's sequence numbers have 21 to 40 digits (`StreamRecord`, API reference);
/// padded to 40 they compare as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamPosition(String);

impl StreamPosition {
    /// The position of a sequence number.
    pub fn new(sequence_number: &str) -> Self {
        Self(format!("{sequence_number:0>40}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The change in one stream record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The ledger shard.
    pub shard: u16,
    /// The record's position in the stream.
    pub position: StreamPosition,
    /// When the row was written, to about a second.
    pub at: Timestamp,
    /// The counters it adds.
    pub counters: Counters,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Incremented on every change; a writer must have read the version before.
    pub(crate) version: u64,
    /// The records that were counted recently.
    pub(crate) counted: Memory,
    pub(crate) counters: Counters,
    /// Whether a record arrived that may or may not have been counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_doubtful: bool,
    /// Changes written before this time are already counted, by a recount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) recounted_until: Option<Timestamp>,
}

impl Row {
    /// Adds changes not counted before and returns whether there were any.
    fn add(&mut self, changes: &[&Change]) -> bool {
        let mut new = Vec::new();
        let was_doubtful = self.is_doubtful;
        let look = self.counted.look();
        let mut counters = Counters::default();
        for change in changes {
            match look.up(&change.position) {
                Known::Counted => {}
                Known::Forgotten => self.is_doubtful = true,
                Known::New => {
                    if self.recounted_until.is_none_or(|until| change.at >= until) {
                        counters.merge(&change.counters);
                    }
                    new.push(&change.position);
                }
            }
        }
        self.counters.merge(&counters);
        let has_new = !new.is_empty();
        self.counted.keep(new);
        has_new || self.is_doubtful != was_doubtful
    }
}

/// Tries at a batch whose rows others are changing.
const TRIES: usize = 8;

impl Store {
    /// Counts stream records, each once however often it is given.
    ///
    /// # Errors
    /// If the write fails; the records may be given again.
    pub async fn count(&self, changes: &[Change]) -> Result<(), Error> {
        const DOING: &str = "count changes of the ledger";
        let mut open: BTreeMap<(&TenantId, &CampaignId, u16), Vec<&Change>> = BTreeMap::new();
        for change in changes {
            open.entry((&change.tenant, &change.campaign, change.shard))
                .or_default()
                .push(change);
        }
        for _ in 0..TRIES {
            if open.is_empty() {
                return Ok(());
            }
            let keys: Vec<Key> = open
                .keys()
                .map(|(tenant, campaign, shard)| keys::totals(tenant, campaign, *shard))
                .collect();
            let mut rows = self
                .rows_by_key("read totals", &self.catalog, &keys, true)
                .await?;
            let mut groups = Vec::new();
            let mut statements = Vec::new();
            for (group, key) in open.keys().zip(&keys) {
                let before: Option<Row> = rows
                    .remove(key)
                    .map(|row| item::read("totals", row))
                    .transpose()?;
                let mut after = before.clone().unwrap_or_default();
                if !after.add(&open[group]) {
                    continue;
                }
                if after.is_doubtful && before.as_ref().is_none_or(|row| !row.is_doubtful) {
                    let (tenant, campaign, shard) = group;
                    self.watch_totals(tenant, campaign, *shard, Timestamp::now())
                        .await?;
                }
                after.version += 1;
                // Deletions that arrive after the totals are gone (a purge) must not bring them back.
                if before.is_none() && after.counters.is_all_negative() {
                    continue;
                }
                groups.push(*group);
                statements.push(match before {
                    None => Statement::insert(&self.catalog, item::write(key, "totals", &after)?),
                    Some(_) => Statement::update(
                        &self.catalog,
                        key,
                        vec![
                            ("version", item::number(after.version)),
                            (
                                "counted",
                                item::attribute("counted records", &after.counted)?,
                            ),
                            ("counters", item::attribute("counters", &after.counters)?),
                            (
                                "is_doubtful",
                                item::attribute("a doubt", &after.is_doubtful)?,
                            ),
                        ],
                        &[],
                        vec![("version", item::number(after.version - 1))],
                    ),
                });
            }
            let results = self.execute(DOING, statements).await?;
            let refused: Vec<_> = groups
                .into_iter()
                .zip(results)
                .filter(|(_, written)| *written == Written::Refused)
                .map(|(group, _)| group)
                .collect();
            open.retain(|group, _| refused.contains(group));
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err(Error::Contended { doing: DOING })
        }
    }

    /// The counters of every shard of a campaign.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn counters_by_shard(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
    ) -> Result<BTreeMap<u16, Counters>, Error> {
        let rows = self
            .progress_rows("read totals", tenant, campaign, keys::TOTALS_PREFIX)
            .await?;
        rows.into_iter()
            .map(|(shard, row)| Ok((shard, item::read::<Row>("totals", row)?.counters)))
            .collect()
    }

    /// The counters of a campaign, summed over its shards.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn counters(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
    ) -> Result<Counters, Error> {
        let mut sum = Counters::default();
        for counters in self.counters_by_shard(tenant, campaign).await?.values() {
            sum.merge(counters);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::{channel::Channel, delivery::State};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn records() -> Vec<Change> {
        let campaign = CampaignId::new(Uuid::nil());
        let tenant: TenantId = "demo".parse().unwrap();
        (1..=600)
            .map(|number| {
                let mut counters = Counters::default();
                counters.count_delivery(Channel::Email, State::Sent, 1);
                Change {
                    tenant: tenant.clone(),
                    campaign: campaign.clone(),
                    shard: 0,
                    position: StreamPosition::new(&format!("{number}00000000000000000000")),
                    at: Timestamp::UNIX_EPOCH,
                    counters,
                }
            })
            .collect()
    }

    proptest! {
        /// Records of one partition in two shards of the stream, either of which may be far behind the other, in
        /// batches of any length that are redelivered again and again, cut differently: none is counted twice, and an
        /// omission is always known.
        #[test]
        fn in_any_order_nothing_is_counted_twice_or_silently_missed(
            in_second in prop::collection::vec(any::<bool>(), 600),
            steps in prop::collection::vec((any::<bool>(), 1..80_usize, 0..80_usize), 1..60),
        ) {
            let all = records();
            let mut shards: [Vec<&Change>; 2] = Default::default();
            for (record, in_second) in all.iter().zip(&in_second) {
                shards[usize::from(*in_second)].push(record);
            }
            let mut row = Row::default();
            let mut read = [0, 0];
            let mut given = 0;
            let rest = [(false, 600, 0), (true, 600, 0)];
            for (second, count, again) in steps.into_iter().chain(rest) {
                let (shard, read) = (&shards[usize::from(second)], &mut read[usize::from(second)]);
                let until = (*read + count).min(shard.len());
                // The previous batch is redelivered with this one, as far as Lambda has not acknowledged it.
                let from = read.saturating_sub(again);
                given += until - *read;
                row.add(&shard[from..until]);
                *read = until;
                let counted = usize::try_from(row.counters.deliveries(Channel::Email, State::Sent)).unwrap();
                prop_assert!(counted <= given, "{counted} of {given}");
                prop_assert!(counted == given || row.is_doubtful, "{counted} of {given}");
            }
        }
    }
}
