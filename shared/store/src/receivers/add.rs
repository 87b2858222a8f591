//! Adding receivers so that nobody is in a campaign twice and no address gets a message twice.
//!
//! A receiver's row is keyed by the hash of the address that identifies the person. A second address gets a small row,
//! keyed by its hash, that points back. Both kinds of row share their keys, so an insert that finds either knows that
//! the address is taken.

use std::collections::{BTreeMap, HashMap};

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    channel::Channel,
    id::ReceiverId,
    receivers::{OffReason, Receiver, Source},
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

/// Outcome of adding one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddOutcome {
    /// Added, by this call or an earlier identical one.
    Added(ReceiverId),
    /// Already in the campaign; corrected with the values entered manually or read from another file.
    Corrected(ReceiverId),
    /// Already in the campaign and unchanged, with the source of the existing row, if known.
    Duplicate(ReceiverId, Option<Source>),
}

/// Rows that exist after adding.
#[derive(Default)]
struct Inserted<'a> {
    /// Ours, from this call or an earlier one.
    ours: HashMap<ReceiverId, &'a Receiver>,
    /// Corrected ones.
    corrected: HashMap<ReceiverId, &'a Receiver>,
    /// Sources of the others.
    sources: HashMap<ReceiverId, Source>,
}

/// How to handle a receiver whose key is taken.
enum Taken {
    /// Written by this very call, repeated.
    Ours,
    /// Corrected by this very call, repeated.
    Corrected,
    /// To be corrected.
    Correct(Box<Receiver>),
    /// Left unchanged.
    Stays,
}

/// The attribute that names the import line that corrected a receiver.
const UPDATED_BY: &str = "updated_by";

/// Compares a receiver with the existing row under its key.
///
/// A receiver entered manually is meant to replace an existing one with the same addresses; so is one from another
/// file, which may have further addresses. Of two lines of one file the first counts.
fn compare(row: &Receiver, updated_by: Option<&Source>, receiver: &Receiver) -> Taken {
    let has_same_addresses =
        row.email == receiver.email && row.mobile == receiver.mobile && row.push == receiver.push;
    let is_ours = row.source == receiver.source && has_same_addresses;
    match &receiver.source {
        Source::Hand if has_same_addresses => match row.corrected(receiver) {
            Some(corrected) => Taken::Correct(Box::new(corrected)),
            // Manual entries have no source to compare, so an identical row counts as ours too.
            None if is_ours => Taken::Ours,
            None => Taken::Stays,
        },
        Source::Hand => Taken::Stays,
        Source::Import { .. } if is_ours => Taken::Ours,
        source if updated_by == Some(source) => Taken::Corrected,
        source => {
            let was_seen = is_of_same_import(&row.source, source)
                || updated_by.is_some_and(|by| is_of_same_import(by, source));
            if was_seen || !row.agrees_with(receiver) {
                return Taken::Stays;
            }
            let corrected = row.corrected(receiver);
            corrected.map_or(Taken::Stays, |corrected| {
                Taken::Correct(Box::new(corrected))
            })
        }
    }
}

fn is_of_same_import(one: &Source, other: &Source) -> bool {
    match (one, other) {
        (Source::Import { import: one, .. }, Source::Import { import: other, .. }) => one == other,
        _ => false,
    }
}

impl Store {
    /// Adds receivers and returns the outcome of each, in their order. Idempotent.
    ///
    /// # Errors
    /// If the write fails; some may have been added, and repeating the call adds the rest.
    pub async fn add_receivers(
        &self,
        context: &Context,
        campaign: &Campaign,
        receivers: &[Receiver],
    ) -> Result<Vec<AddOutcome>, Error> {
        context.check(&campaign.tenant);
        let now = context.now;
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
                    let first = first_of.get(id).filter(|first| **first != index);
                    let source = match first.and_then(|first| receivers.get(*first)) {
                        Some(first) => Some(first.source.clone()),
                        None => inserted.sources.get(id).cloned(),
                    };
                    AddOutcome::Duplicate(id.clone(), source)
                }
            })
            .collect();
        // The call that added a corrected receiver may have died before it took their second addresses.
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
                let mut row =
                    item::write(&keys::receiver_of(campaign, id), "a receiver", receiver)?;
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
            .map(|(id, _)| keys::receiver_of(campaign, id))
            .collect();
        let existing = self.rows_by_key(DOING, &self.ledger, &keys, true).await?;
        let mut corrections = Vec::new();
        for ((id, receiver), key) in taken.into_iter().zip(&keys) {
            let Some(row) = existing.get(key) else {
                continue;
            };
            let updated_by = item::string(row, UPDATED_BY).and_then(|text| text.parse().ok());
            let Some(row) = super::read(row.clone())? else {
                continue;
            };
            match compare(&row.receiver, updated_by.as_ref(), receiver) {
                Taken::Ours => {
                    inserted.ours.insert(id.clone(), receiver);
                }
                Taken::Corrected => {
                    inserted.corrected.insert(id.clone(), receiver);
                }
                Taken::Correct(corrected) => {
                    corrections.push((id, receiver, key, row.receiver, corrected));
                }
                Taken::Stays => {
                    // Of two lines of one file, name the other line, whatever was there before.
                    let by_this = updated_by.filter(|by| is_of_same_import(by, &receiver.source));
                    let source = by_this.unwrap_or(row.receiver.source);
                    inserted.sources.insert(id.clone(), source);
                }
            }
        }
        let statements = corrections
            .iter()
            .map(|(_, by, key, before, corrected)| self.correction(key, before, corrected, by))
            .collect::<Result<Vec<_>, Error>>()?;
        let results = self.execute(DOING, statements).await?;
        for ((id, receiver, ..), written) in corrections.into_iter().zip(results) {
            // A receiver removed in the meantime cannot be corrected.
            if written == Written::Applied {
                inserted.corrected.insert(id.clone(), receiver);
            }
        }
        Ok(inserted)
    }

    fn correction(
        &self,
        key: &Key,
        before: &Receiver,
        corrected: &Receiver,
        by: &Receiver,
    ) -> Result<Statement, Error> {
        let mut row = item::write(key, "a receiver", corrected)?;
        let mut names = vec!["first_name", "last_name", "language", "variables"];
        // A new number brings its own switched-off channels. Otherwise leave them: an operator may have switched them.
        if corrected.mobile != before.mobile {
            names.extend(["mobile", "off"]);
        }
        if corrected.push != before.push {
            names.push("push");
        }
        let mut set: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((name, row.remove(name)?)))
            .collect();
        if matches!(by.source, Source::Import { .. }) {
            set.push((UPDATED_BY, item::text(&by.source)));
        }
        Ok(Statement::update(&self.ledger, key, set, &[], Vec::new()))
    }

    /// Takes the key of every second address, or switches its channel off if another receiver has it.
    async fn take_second_addresses(
        &self,
        campaign: &Campaign,
        ours: &HashMap<ReceiverId, &Receiver>,
        now: Timestamp,
    ) -> Result<(), Error> {
        const DOING: &str = "take second addresses";
        // Several receivers of this call may want the same key. They are ordered by id, so that a repeated call picks
        // the same one.
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
            .map(|place| keys::receiver_of(campaign, place))
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
            // The owner may be any of those that want the key: an earlier call may have been cut off after taking it
            // and before telling the others.
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
                    .save_off(DOING, campaign, id, (&receiver.off, &off), None)
                    .await?
            {
                return Ok(());
            }
        }
        Err(Error::Contended { doing: DOING })
    }
}
