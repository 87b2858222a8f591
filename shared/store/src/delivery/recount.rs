//! Recounting a shard from its ledger and correcting totals that differ.

use std::time::Instant;

use carillon_domain::{
    campaigns::Campaign,
    delivery::{Delivery, State, task::DeliveryTask, totals::Counters},
    reason::Reason,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Store,
    delivery::totals::Row,
    error::{Error, condition_failed},
    item::{self, Item},
    keys::{self, LedgerRow},
    partiql::Written,
};

/// The result of reading a shard's ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recount {
    /// The counters computed from its rows.
    pub counters: Counters,
    /// When a delivery last changed.
    pub newest: Option<Timestamp>,
    /// Claims whose lease expired long ago without a message to settle them; no more than are
    /// settled at once.
    pub lapsed: Vec<(DeliveryTask, Delivery)>,
    /// Attempts that have long been due without a message to make them.
    pub overdue: usize,
}

/// Outcome of comparing a shard's totals with a recount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TotalsCheck {
    /// Equal.
    Equal,
    /// They differed and now match the recount.
    Mended(Vec<Difference>),
    /// They differ, but rows changed so recently that the stream may not have delivered the changes
    /// yet.
    Moving(Vec<Difference>),
    /// They differ, and a record was left out, so they will not correct themselves.
    Doubtful(Vec<Difference>),
}

/// A counter that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name, as in [`Counters`].
    pub counter: String,
    /// The value in the totals.
    pub counted: i64,
    /// The value in the ledger.
    pub recounted: i64,
}

/// Lapsed claims of a shard settled at once.
const LAPSED_AT_ONCE: usize = 500;
/// The stream delivers a change within this time unless the tally is stalled; younger changes are
/// waited for.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);
/// Maximum clock difference to the clocks that timestamp stream records.
const CLOCKS: SignedDuration = SignedDuration::from_secs(30);
/// A message is redelivered at the latest after its queue's visibility timeout (six minutes).
const MESSAGE: SignedDuration = SignedDuration::from_mins(10);

impl Store {
    /// Reads a whole shard of a published campaign, page by page, and compares its totals; `None` if
    /// too little time is left until `deadline`.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn recount(
        &self,
        campaign: &Campaign,
        shard: u16,
        deadline: Instant,
        now: Timestamp,
    ) -> Result<Option<(Recount, TotalsCheck)>, Error> {
        let before = self.totals_row(campaign, shard).await?;
        let Some(recount) = self.read_shard(campaign, shard, deadline, now).await? else {
            return Ok(None);
        };
        let differences: Vec<Difference> = before
            .counters
            .differences(&recount.counters)
            .into_iter()
            .map(|(counter, counted, recounted)| Difference {
                counter,
                counted,
                recounted,
            })
            .collect();
        if differences.is_empty() && !before.is_doubtful {
            return Ok(Some((recount, TotalsCheck::Equal)));
        }
        let published = campaign.published_at.unwrap_or(campaign.created_at);
        let newest = recount
            .newest
            .map_or(published, |newest| newest.max(published));
        let is_settled = now.duration_since(newest) > SETTLED;
        let is_mended = is_settled && self.mend(campaign, shard, &before, &recount, now).await?;
        let check = match (is_mended, before.is_doubtful) {
            (true, _) if differences.is_empty() => TotalsCheck::Equal,
            (true, _) => TotalsCheck::Mended(differences),
            (false, true) => TotalsCheck::Doubtful(differences),
            (false, false) => TotalsCheck::Moving(differences),
        };
        Ok(Some((recount, check)))
    }

    async fn totals_row(&self, campaign: &Campaign, shard: u16) -> Result<Row, Error> {
        let key = keys::totals(&campaign.tenant, &campaign.id, shard);
        let row = self
            .get_row("read totals", &self.catalog, &key, true)
            .await?;
        Ok(row
            .map(|row| item::read("totals", row))
            .transpose()?
            .unwrap_or_default())
    }

    async fn read_shard(
        &self,
        campaign: &Campaign,
        shard: u16,
        deadline: Instant,
        now: Timestamp,
    ) -> Result<Option<Recount>, Error> {
        let partition = keys::ledger_partition(&campaign.tenant, &campaign.id, shard);
        let mut recount = Recount::default();
        let mut start = None;
        loop {
            if Instant::now() >= deadline {
                return Ok(None);
            }
            let answer = self
                .dynamodb
                .query()
                .table_name(&self.ledger)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", item::text(&partition))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Error::call("recount a shard"))?;
            for row in answer.items.unwrap_or_default() {
                recount.add(row, now)?;
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(Some(recount));
            }
        }
    }

    /// Writes the recounted totals, unless a record was counted meanwhile. Records written earlier
    /// but not yet counted are skipped when they arrive.
    async fn mend(
        &self,
        campaign: &Campaign,
        shard: u16,
        before: &Row,
        recount: &Recount,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let key = keys::totals(&campaign.tenant, &campaign.id, shard);
        let after = Row {
            version: before.version + 1,
            counted: before.counted.clone(),
            counters: recount.counters.clone(),
            is_doubtful: false,
            recounted_until: Some(now - CLOCKS),
        };
        let mut put = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(item::write(&key, "totals", &after)?));
        put = match before.version {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            version => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", item::number(version)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call("mend totals")(error)),
        }
    }
}

impl Store {
    /// Settles claims that nothing will settle any more because the campaign is not being sent:
    /// their outcome is unknown. Claims changed meanwhile are left alone.
    ///
    /// # Errors
    /// If the write fails; the call may be repeated.
    pub async fn abandon_claims(
        &self,
        lapsed: &[(DeliveryTask, Delivery)],
        now: Timestamp,
    ) -> Result<usize, Error> {
        let statements = lapsed
            .iter()
            .map(|(task, before)| {
                let mut delivery = before.clone();
                delivery.state = State::Unknown;
                delivery.in_doubt = false;
                delivery.lease_until = None;
                delivery.changed_at = now;
                delivery.reason = Some(Reason::new(
                    "not_recorded",
                    "The provider may have been called, but the outcome was never recorded.",
                ));
                self.replace_delivery(task, before, &delivery)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let results = self.execute("settle lapsed claims", statements).await?;
        Ok(results
            .into_iter()
            .filter(|written| *written == Written::Applied)
            .count())
    }
}

impl Recount {
    fn add(&mut self, row: Item, now: Timestamp) -> Result<(), Error> {
        let parsed =
            item::key_of(&row).and_then(|key| keys::parse_ledger(&key.partition, &key.sort));
        match parsed {
            Some((_, _, _, LedgerRow::Receiver(_))) => {
                if let Some(row) = crate::receivers::read(row)? {
                    self.counters.count_receiver(&row.receiver, 1);
                }
            }
            Some((tenant, campaign, shard, LedgerRow::Delivery(receiver, channel))) => {
                let delivery: Delivery = item::read("a delivery", row)?;
                self.counters.count_delivery(channel, delivery.state, 1);
                if let Some(fate) = delivery.fate {
                    self.counters.count_fate(channel, fate, 1);
                }
                self.newest = self
                    .newest
                    .max(Some(delivery.changed_at))
                    .max(delivery.heard_at);
                let is_past = |moment: Option<Timestamp>| {
                    moment.is_some_and(|moment| now.duration_since(moment) > MESSAGE)
                };
                match delivery.state {
                    State::Claimed
                        if is_past(delivery.lease_until) && self.lapsed.len() < LAPSED_AT_ONCE =>
                    {
                        let task = DeliveryTask {
                            tenant,
                            campaign,
                            generation: delivery.generation,
                            shard,
                            receiver,
                            channel,
                            resend: delivery.resends,
                            address: None,
                        };
                        self.lapsed.push((task, delivery));
                    }
                    State::Retrying if is_past(delivery.retry_at) => self.overdue += 1,
                    _ => {}
                }
            }
            None => {}
        }
        Ok(())
    }
}
