//! Adding receivers so that nobody is in a campaign twice and no address is told twice.
//!
//! A receiver's row stands at the hash of the address that identifies the person. If there is a
//! second address, a small row stands at the hash of that one and points back. Both kinds of row
//! share their keys, so an insert that finds either one there knows that the address is taken.

use std::collections::{BTreeMap, HashMap};

use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    id::ReceiverId,
    receiver::{OffReason, Receiver, Source},
};
use jiff::Timestamp;

use super::TRIES;
use crate::{
    RETENTION_DAYS, Store,
    error::Error,
    item,
    keys::{self, Key},
    partiql::{Statement, Written},
};

/// What came of adding one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddOutcome {
    /// The person is in the campaign, by this call or one that was repeated.
    Added(ReceiverId),
    /// The person was in the campaign already, and what was written anew by hand was put right.
    Corrected(ReceiverId),
    /// The person was in the campaign already; nothing was changed.
    Duplicate(ReceiverId),
}

/// Rows that are there after adding.
#[derive(Default)]
struct Inserted<'a> {
    /// Those that are ours, now or from a call before.
    ours: HashMap<ReceiverId, &'a Receiver>,
    /// Those that were put right.
    corrected: HashMap<ReceiverId, &'a Receiver>,
}

impl Store {
    /// Adds receivers and says for each what came of it, in their order. Doing it again changes nothing.
    ///
    /// # Errors
    /// If DynamoDB does not do it; some may have been added, and doing it again adds the rest.
    pub async fn add_receivers(
        &self,
        campaign: &Campaign,
        receivers: &[Receiver],
        now: Timestamp,
    ) -> Result<Vec<AddOutcome>, Error> {
        let ids = receivers
            .iter()
            .map(|receiver| {
                receiver.id(&campaign.id).ok_or_else(|| {
                    Error::malformed("a receiver", "it has neither email nor mobile")
                })
            })
            .collect::<Result<Vec<ReceiverId>, Error>>()?;
        let mut first_of: BTreeMap<&ReceiverId, usize> = BTreeMap::new();
        for (index, id) in ids.iter().enumerate() {
            first_of.entry(id).or_insert(index);
        }
        let inserted = self
            .insert_receivers(campaign, receivers, &first_of, now)
            .await?;
        let outcomes = ids
            .iter()
            .enumerate()
            .map(|(index, id)| {
                let is_first = first_of.get(id) == Some(&index);
                if is_first && inserted.ours.contains_key(id) {
                    AddOutcome::Added(id.clone())
                } else if is_first && inserted.corrected.contains_key(id) {
                    AddOutcome::Corrected(id.clone())
                } else {
                    AddOutcome::Duplicate(id.clone())
                }
            })
            .collect();
        // The call that added whoever is corrected may have died before it took their second addresses.
        let mut standing = inserted.ours;
        standing.extend(inserted.corrected);
        self.take_second_addresses(campaign, &standing, now).await?;
        Ok(outcomes)
    }

    /// Inserts the rows.
    async fn insert_receivers<'a>(
        &self,
        campaign: &Campaign,
        receivers: &'a [Receiver],
        first_of: &BTreeMap<&'a ReceiverId, usize>,
        now: Timestamp,
    ) -> Result<Inserted<'a>, Error> {
        const DOING: &str = "add receivers";
        let wanted: Vec<(&ReceiverId, &'a Receiver)> = first_of
            .iter()
            .map(|(id, index)| (*id, &receivers[*index]))
            .collect();
        let statements = wanted
            .iter()
            .map(|(id, receiver)| {
                let mut row = item::write(&self.place(campaign, id), "a receiver", receiver)?;
                row.insert("expires_at".to_owned(), item::expiry(now, RETENTION_DAYS));
                Ok(Statement::insert(&self.ledger, row))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let results = self.execute(DOING, statements).await?;
        let mut inserted = Inserted::default();
        let mut taken = Vec::new();
        for ((id, receiver), written) in wanted.into_iter().zip(results) {
            match written {
                Written::Applied => {
                    inserted.ours.insert(id.clone(), receiver);
                }
                Written::Refused | Written::Failed => taken.push((id, receiver)),
            }
        }
        let keys: Vec<Key> = taken
            .iter()
            .map(|(id, _)| self.place(campaign, id))
            .collect();
        let existing = self.rows_by_key(DOING, &self.ledger, &keys, true).await?;
        let mut corrections = Vec::new();
        for ((id, receiver), key) in taken.into_iter().zip(&keys) {
            let row = existing.get(key).cloned().map(super::read).transpose()?;
            let Some(Some(row)) = row else {
                continue;
            };
            let has_same_addresses = row.receiver.email == receiver.email
                && row.receiver.mobile == receiver.mobile
                && row.receiver.push == receiver.push;
            if !has_same_addresses {
                continue;
            }
            // What somebody writes anew by hand is meant to replace what is there.
            let corrected = match receiver.source {
                Source::Hand => row.receiver.corrected(receiver),
                Source::Import { .. } => None,
            };
            if let Some(corrected) = corrected {
                corrections.push((id, receiver, key, corrected));
            } else if row.receiver.source == receiver.source {
                // The same person from the same source is this very call, repeated. By hand there is no source to tell
                // by, so a row that says the same counts as ours too.
                inserted.ours.insert(id.clone(), receiver);
            }
        }
        let statements = corrections
            .iter()
            .map(|(_, _, key, corrected)| self.correction(key, corrected))
            .collect::<Result<Vec<_>, Error>>()?;
        let results = self.execute(DOING, statements).await?;
        for ((id, receiver, _, _), written) in corrections.into_iter().zip(results) {
            // Whoever was removed meanwhile is not there to be put right.
            if written == Written::Applied {
                inserted.corrected.insert(id.clone(), receiver);
            }
        }
        Ok(inserted)
    }

    fn correction(&self, key: &Key, corrected: &Receiver) -> Result<Statement, Error> {
        let mut row = item::write(key, "a receiver", corrected)?;
        let names = ["first_name", "last_name", "language", "variables"];
        let set = names
            .into_iter()
            .filter_map(|name| Some((name, row.remove(name)?)))
            .collect();
        Ok(Statement::update(&self.ledger, key, set, &[], Vec::new()))
    }

    /// Takes the place of every second address, or switches its channel off where somebody has it.
    async fn take_second_addresses(
        &self,
        campaign: &Campaign,
        ours: &HashMap<ReceiverId, &Receiver>,
        now: Timestamp,
    ) -> Result<(), Error> {
        const DOING: &str = "take second addresses";
        // Several receivers of this call may want one place. They stand in the order of their ids,
        // so that a repeated call tries for the same one.
        let mut wanted_by: BTreeMap<ReceiverId, Vec<(&ReceiverId, &[Channel])>> = BTreeMap::new();
        for (id, receiver) in ours {
            for (place, channels) in receiver.other_places(&campaign.id, id) {
                wanted_by.entry(place).or_default().push((id, channels));
            }
        }
        for wanting in wanted_by.values_mut() {
            wanting.sort_unstable();
        }
        let places: Vec<Key> = wanted_by
            .keys()
            .map(|place| self.place(campaign, place))
            .collect();
        let statements = places
            .iter()
            .zip(wanted_by.values())
            .filter_map(|(place, wanting)| Some((place, wanting.first()?)))
            .map(|(place, (id, _))| {
                let mut row = item::key(place);
                row.insert("alias_of".to_owned(), item::text(id));
                row.insert("expires_at".to_owned(), item::expiry(now, RETENTION_DAYS));
                Statement::insert(&self.ledger, row)
            })
            .collect();
        let results = self.execute(DOING, statements).await?;
        let refused: Vec<Key> = places
            .iter()
            .zip(&results)
            .filter(|(_, written)| **written == Written::Refused)
            .map(|(place, _)| place.clone())
            .collect();
        let existing = self
            .rows_by_key(DOING, &self.ledger, &refused, true)
            .await?;
        let mut losers: Vec<(&ReceiverId, &[Channel])> = Vec::new();
        for (place, wanting) in places.iter().zip(wanted_by.values()) {
            // Whoever has the place may be any of those who want it: an earlier call may have
            // been cut off after it had taken the place and before it had told the others.
            let owner = match existing.get(place) {
                Some(row) => item::string(row, "alias_of"),
                None => wanting.first().map(|(id, _)| id.as_str()),
            };
            losers.extend(wanting.iter().filter(|(id, _)| owner != Some(id.as_str())));
        }
        for (id, channels) in losers {
            self.switch_off_duplicates(campaign, id, channels).await?;
        }
        Ok(())
    }

    async fn switch_off_duplicates(
        &self,
        campaign: &Campaign,
        id: &ReceiverId,
        channels: &[Channel],
    ) -> Result<(), Error> {
        const DOING: &str = "switch off channels whose address is taken";
        for _ in 0..TRIES {
            let Some(receiver) = self.receiver(campaign, id).await? else {
                return Ok(());
            };
            let mut off = receiver.off.clone();
            off.extend(
                channels
                    .iter()
                    .map(|channel| (*channel, OffReason::DuplicateAddress)),
            );
            if off == receiver.off
                || self
                    .save_off(DOING, campaign, id, &receiver.off, &off)
                    .await?
            {
                return Ok(());
            }
        }
        Err(Error::Contended { doing: DOING })
    }

    fn place(&self, campaign: &Campaign, id: &ReceiverId) -> Key {
        keys::receiver(
            &campaign.tenant,
            &campaign.id,
            id.shard(campaign.shards),
            id,
        )
    }
}
