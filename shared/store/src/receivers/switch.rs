//! Switching a channel on or off for all receivers of a campaign, page by page.

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    channel::Channel,
    receivers::{OffReason, Reach},
};
use jiff::Timestamp;

use super::TRIES;
use crate::{
    Cursor, Store,
    error::Error,
    item::{self, Item},
    keys::{self, Key},
    partiql::{Statement, Written},
};

const DOING: &str = "switch a channel for all receivers";
/// Receivers of one page.
const PAGE: i32 = 200;

/// A switch of a channel for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchAll {
    /// The channel.
    pub channel: Channel,
    /// Whether it is switched on.
    pub on: bool,
    /// When it was requested. Receivers for whom somebody has switched the channel since are left as they are.
    pub at: Timestamp,
}

/// The attribute with the time at which somebody last switched a channel for one receiver.
pub(super) fn mark(channel: Channel) -> String {
    format!("switched_{channel}")
}

impl SwitchAll {
    /// The write that switches a receiver; `None` if there is nothing to switch: it is so already, there is no address,
    /// the channel is off for another reason than a switch, or somebody has switched it since.
    fn statement(self, table: &str, row: &Item) -> Result<Option<Statement>, Error> {
        let Some(key) = item::key_of(row) else {
            return Ok(None);
        };
        let Some(read) = super::read(row.clone())? else {
            return Ok(None);
        };
        let mut off = read.receiver.off.clone();
        match (self.on, read.receiver.reach(self.channel)) {
            (true, Reach::Off(OffReason::SwitchedOff)) => off.remove(&self.channel),
            (false, Reach::On) => off.insert(self.channel, OffReason::SwitchedOff),
            _ => return Ok(None),
        };
        let mark = mark(self.channel);
        let marked_at = item::string(row, &mark).and_then(|at| at.parse::<Timestamp>().ok());
        if marked_at.is_some_and(|at| at >= self.at) {
            return Ok(None);
        }
        // Nobody has switched anything for the receiver meanwhile, and it still exists. An address that is taken away
        // leaves the switch without effect.
        let (expected, missing): (Vec<_>, Vec<_>) = ["off", &mark]
            .into_iter()
            .partition(|name| row.contains_key(*name));
        let expected = expected
            .into_iter()
            .filter_map(|name| Some((name, row.get(name)?.clone())))
            .collect();
        let set = vec![("off", item::attribute("channels that are off", &off)?)];
        Ok(Some(
            Statement::update(table, &key, set, &[], expected).and_missing(&missing),
        ))
    }
}

impl Store {
    /// Switches a page of the receivers of a campaign and returns how many there were, and the cursor of the next page.
    /// Repeating it changes nothing more.
    ///
    /// # Errors
    /// If a call fails, or receivers keep changing.
    pub async fn switch_receivers(
        &self,
        context: &Context,
        campaign: &Campaign,
        switch: SwitchAll,
        mut cursor: Cursor,
    ) -> Result<(u64, Option<Cursor>), Error> {
        context.check(&campaign.tenant);
        if cursor.shard >= campaign.shards {
            return Ok((0, None));
        }
        let partition = keys::ledger_partition(&campaign.tenant, &campaign.id, cursor.shard);
        let (mut rows, next) = self
            .query_partition(DOING, &self.ledger, partition, keys::RECEIVER_PREFIX)
            .with(|query| query.consistent_read(true))
            .rows(cursor.after.as_deref(), PAGE)
            .await?;
        let seen = rows
            .iter()
            .filter(|row| !row.contains_key("alias_of"))
            .count();
        for _ in 0..TRIES {
            let mut wanted: Vec<(Key, Statement)> = Vec::new();
            for row in &rows {
                let statement = switch.statement(&self.ledger, row)?;
                wanted.extend(item::key_of(row).zip(statement));
            }
            let (keys, statements): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
            let results = self.execute(DOING, statements).await?;
            let refused: Vec<Key> = keys
                .into_iter()
                .zip(results)
                .filter(|(_, written)| *written == Written::Refused)
                .map(|(key, _)| key)
                .collect();
            if refused.is_empty() {
                cursor.advance(next);
                return Ok((seen as u64, cursor.within(campaign.shards)));
            }
            // Somebody has changed or removed them.
            let again = self
                .rows_by_key(DOING, &self.ledger, &refused, true)
                .await?;
            rows = again.into_values().collect();
        }
        Err(Error::Contended { doing: DOING })
    }
}
