//! Counting a shard anew from its ledger, and mending totals that differ.

use std::time::Instant;

use carillon_domain::{
    campaign::Campaign,
    delivery::{Delivery, Reason, State},
    task::DeliveryTask,
    totals::Counters,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Store,
    error::{Error, condition_failed},
    item::{self, Item},
    keys::{self, LedgerRow},
    partiql::Written,
    totals::Row,
};

/// What a shard's ledger says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recount {
    /// The counters that its rows give.
    pub counters: Counters,
    /// When a delivery was changed last.
    pub newest: Option<Timestamp>,
    /// Claims whose lease ran out long ago, and no message has come to say so; not more than are
    /// settled at once.
    pub lapsed: Vec<(DeliveryTask, Delivery)>,
    /// Attempts whose time came long ago, and no message has come to make them.
    pub overdue: usize,
}

/// Outcome of comparing a shard's totals with a recount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TotalsCheck {
    /// They are equal.
    Equal,
    /// They differed, and now they are what the recount says.
    Mended(Vec<Difference>),
    /// They differ, and rows were changed so recently that the stream may not have told yet.
    Moving(Vec<Difference>),
    /// The same, and a record was left out of them, so they will not become right by themselves.
    Doubtful(Vec<Difference>),
}

/// A counter that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name, as in [`Counters`].
    pub counter: String,
    /// What the totals said.
    pub counted: i64,
    /// What the ledger says.
    pub recounted: i64,
}

/// Lapsed claims of a shard that are settled at once.
const LAPSED_AT_ONCE: usize = 500;
/// The stream has told of a row after this time at the latest, unless the tally stands still; a
/// row that is younger is waited for.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);
/// Clocks differ by less than this from those that date the stream's records.
const CLOCKS: SignedDuration = SignedDuration::from_secs(30);
/// A message comes again after the visibility timeout of its queue (six minutes) at the latest.
const MESSAGE: SignedDuration = SignedDuration::from_mins(10);

impl Store {
    /// Reads a shard of a published campaign as a whole, page by page, and compares its totals;
    /// `None` if the time until `deadline` is too short.
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
                .map_err(Error::call("count a shard anew"))?;
            for row in answer.items.unwrap_or_default() {
                recount.add(row, now)?;
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(Some(recount));
            }
        }
    }

    /// Writes what a recount says, unless a record was counted meanwhile. Records that were written
    /// before and have not been counted yet are left out when they come.
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
    /// Settles claims that nobody will settle any more, because the campaign is not on its way: what
    /// came of them is unknown. Those that were changed meanwhile are left alone.
    ///
    /// # Errors
    /// If the write fails; the call may be repeated.
    pub async fn give_up_claims(
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
                    "The provider may have been called; whoever did it never recorded the answer.",
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
