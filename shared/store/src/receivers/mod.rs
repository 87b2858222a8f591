//! Receivers: adding, listing, switching channels, removing.

mod add;
mod findings;
mod imports;
mod switch;

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    channel::Channel,
    id::ReceiverId,
    receivers::{OffReason, Receiver, search::Search},
};
use jiff::Timestamp;

pub use self::{
    add::AddOutcome,
    imports::{FoundRow, Import, ImportStatus, RowEffect},
    switch::SwitchAll,
};
use crate::{
    Page, PageRequest, Store,
    error::{Error, condition_failed},
    item::{self, Item},
    keys,
    page::page_of_shards,
};

/// A receiver with its id.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiverRow {
    /// The id.
    pub id: ReceiverId,
    /// The snapshot.
    pub receiver: Receiver,
}

/// Outcome of switching a channel for one receiver.
#[derive(Debug, Clone, PartialEq)]
pub enum Switched {
    /// Switched; the receiver as it is now.
    Done(Box<Receiver>),
    /// No such receiver.
    NotFound,
    /// Another receiver of the campaign has the address and gets the message there.
    DuplicateAddress,
}

/// Outcome of removing a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// Removed.
    Done,
    /// No such receiver.
    NotFound,
}

/// Tries at a row that others are changing.
const TRIES: usize = 5;
/// Receivers that one call of a search reads; DynamoDB ends a page at 1 MB anyway ("Query", API reference).
const SEARCHED_PER_CALL: i32 = 500;
/// Maximum calls of one search, so that it ends in time whatever it finds: up to 10,000 receivers.
const SEARCH_CALLS: usize = 20;

impl Store {
    /// Receivers of one shard after a sort key, with the cursor of the next page.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn receivers_of_shard(
        &self,
        campaign: &Campaign,
        shard: u16,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<ReceiverRow>, Option<String>), Error> {
        self.page_of_shard(campaign, shard, after, limit, None)
            .await
    }

    /// The same with only the addresses and the switched-off channels, which is less to read when enqueuing a million.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn addresses_of_shard(
        &self,
        campaign: &Campaign,
        shard: u16,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<ReceiverRow>, Option<String>), Error> {
        let wanted = "sk, alias_of, email, mobile, push, #source, #off";
        self.page_of_shard(campaign, shard, after, limit, Some(wanted))
            .await
    }

    async fn page_of_shard(
        &self,
        campaign: &Campaign,
        shard: u16,
        after: Option<&str>,
        limit: i32,
        wanted: Option<&str>,
    ) -> Result<(Vec<ReceiverRow>, Option<String>), Error> {
        let partition = keys::ledger_partition(&campaign.tenant, &campaign.id, shard);
        let (rows, next) = self
            .query_partition(
                "read receivers",
                &self.ledger,
                partition,
                keys::RECEIVER_PREFIX,
            )
            .with(|query| {
                query
                    .set_projection_expression(wanted.map(str::to_owned))
                    .set_expression_attribute_names(wanted.map(|_| {
                        let names =
                            ["source", "off"].map(|name| (format!("#{name}"), name.to_owned()));
                        names.into()
                    }))
                    // A receiver added just before publishing must not be missed.
                    .consistent_read(true)
            })
            .rows(after, limit)
            .await?;
        let rows = rows.into_iter().filter_map(|row| read(row).transpose());
        Ok((rows.collect::<Result<_, _>>()?, next))
    }

    /// A page of the receivers of a campaign, shard by shard.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn receivers(
        &self,
        campaign: &Campaign,
        page: &PageRequest,
    ) -> Result<Page<ReceiverRow>, Error> {
        page_of_shards(campaign.shards, page, |cursor, wanted| async move {
            self.receivers_of_shard(campaign, cursor.shard, cursor.after.as_deref(), wanted)
                .await
        })
        .await
    }

    /// A page of the receivers that a search finds. It reads the receivers one after the other, and may end before it has
    /// found as many as requested.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn find_receivers(
        &self,
        campaign: &Campaign,
        search: &Search,
        page: &PageRequest,
    ) -> Result<Page<ReceiverRow>, Error> {
        let mut cursor = page.after.clone().unwrap_or_default();
        let limit = usize::from(page.limit);
        let mut items = Vec::new();
        for _ in 0..SEARCH_CALLS {
            if cursor.shard >= campaign.shards {
                break;
            }
            let (rows, next) = self
                .receivers_of_shard(
                    campaign,
                    cursor.shard,
                    cursor.after.as_deref(),
                    SEARCHED_PER_CALL,
                )
                .await?;
            for row in rows.into_iter().filter(|row| search.finds(&row.receiver)) {
                items.push(row);
                // The rest of what was read belongs to the next page.
                if let Some(last) = items.get(limit.saturating_sub(1)) {
                    cursor.advance(Some(keys::receiver_of(campaign, &last.id).sort));
                    return Ok(Page {
                        items,
                        next: Some(cursor),
                    });
                }
            }
            cursor.advance(next);
        }
        Ok(Page {
            items,
            next: cursor.within(campaign.shards),
        })
    }

    /// Whether a campaign has any receiver. At most one call per shard, however large the audience.
    ///
    /// # Errors
    /// If the read fails.
    pub async fn has_receivers(&self, campaign: &Campaign) -> Result<bool, Error> {
        for shard in 0..campaign.shards {
            let mut after = None;
            loop {
                // A page may hold second addresses only, so an empty one is not the end.
                let (rows, next) = self
                    .receivers_of_shard(campaign, shard, after.as_deref(), 10)
                    .await?;
                if !rows.is_empty() {
                    return Ok(true);
                }
                match next {
                    Some(sort) => after = Some(sort),
                    None => break,
                }
            }
        }
        Ok(false)
    }

    /// One receiver.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn receiver(
        &self,
        campaign: &Campaign,
        id: &ReceiverId,
    ) -> Result<Option<Receiver>, Error> {
        let key = keys::receiver_of(campaign, id);
        let row = self
            .get_row("read a receiver", &self.ledger, &key, true)
            .await?;
        Ok(row.map(read).transpose()?.flatten().map(|row| row.receiver))
    }

    /// Switches a channel on or off for one receiver.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn switch_channel(
        &self,
        context: &Context,
        campaign: &Campaign,
        id: &ReceiverId,
        channel: Channel,
        on: bool,
    ) -> Result<Switched, Error> {
        const DOING: &str = "switch a channel for a receiver";
        context.check(&campaign.tenant);
        for _ in 0..TRIES {
            let Some(mut receiver) = self.receiver(campaign, id).await? else {
                return Ok(Switched::NotFound);
            };
            let before = receiver.off.clone();
            match (on, receiver.has_duplicate_address(channel)) {
                (true, true) => return Ok(Switched::DuplicateAddress),
                (false, true) => {}
                (true, false) => {
                    receiver.off.remove(&channel);
                }
                (false, false) => {
                    receiver.off.insert(channel, OffReason::SwitchedOff);
                }
            }
            // Written even if nothing changes, because a job may be about to change it (`switch::mark`).
            let mark = (switch::mark(channel), context.now);
            if self
                .save_off(DOING, campaign, id, (&before, &receiver.off), Some(mark))
                .await?
            {
                return Ok(Switched::Done(Box::new(receiver)));
            }
        }
        Err(Error::Contended { doing: DOING })
    }

    /// Saves which channels are off, unless they have changed since they were read.
    async fn save_off(
        &self,
        doing: &'static str,
        campaign: &Campaign,
        id: &ReceiverId,
        (before, after): (&BTreeMap<Channel, OffReason>, &BTreeMap<Channel, OffReason>),
        mark: Option<(String, Timestamp)>,
    ) -> Result<bool, Error> {
        let key = keys::receiver_of(campaign, id);
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(&self.ledger)
            .set_key(Some(item::key(&key)))
            .expression_attribute_names("#off", "off")
            .update_expression(match mark {
                Some(_) => "SET #off = :after, #mark = :mark",
                None => "SET #off = :after",
            })
            .expression_attribute_values(
                ":after",
                item::attribute("channels that are off", after)?,
            );
        if let Some((name, at)) = mark {
            update = update
                .expression_attribute_names("#mark", name)
                .expression_attribute_values(":mark", item::text(at));
        }
        update = if before.is_empty() {
            let none = BTreeMap::<Channel, OffReason>::new();
            update
                .condition_expression(
                    "attribute_exists(pk) AND (attribute_not_exists(#off) OR #off = :none)",
                )
                .expression_attribute_values(
                    ":none",
                    item::attribute("channels that are off", &none)?,
                )
        } else {
            update
                .condition_expression("attribute_exists(pk) AND #off = :before")
                .expression_attribute_values(
                    ":before",
                    item::attribute("channels that are off", before)?,
                )
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call(doing)(error)),
        }
    }

    /// Removes a receiver and frees its other addresses.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn remove_receiver(
        &self,
        context: &Context,
        campaign: &Campaign,
        id: &ReceiverId,
    ) -> Result<Removed, Error> {
        const DOING: &str = "remove a receiver";
        context.check(&campaign.tenant);
        let Some(receiver) = self.receiver(campaign, id).await? else {
            return Ok(Removed::NotFound);
        };
        // The other addresses go first: if the last call is lost, repeating the removal finishes it.
        for (place, _) in receiver.other_places(&campaign.id, id) {
            let key = keys::receiver_of(campaign, &place);
            let result = self
                .dynamodb
                .delete_item()
                .table_name(&self.ledger)
                .set_key(Some(item::key(&key)))
                .condition_expression("alias_of = :id")
                .expression_attribute_values(":id", item::text(id))
                .send()
                .await;
            match result {
                Ok(_) => {}
                Err(error) if condition_failed(&error) => {}
                Err(error) => return Err(Error::call(DOING)(error)),
            }
        }
        let key = keys::receiver_of(campaign, id);
        self.dynamodb
            .delete_item()
            .table_name(&self.ledger)
            .set_key(Some(item::key(&key)))
            .send()
            .await
            .map_err(Error::call(DOING))?;
        Ok(Removed::Done)
    }
}

/// Decodes a receiver; `None` if the row is only a second address.
pub(crate) fn read(row: Item) -> Result<Option<ReceiverRow>, Error> {
    if row.contains_key("alias_of") {
        return Ok(None);
    }
    let id = item::string(&row, "sk")
        .and_then(|sort| sort.strip_prefix(keys::RECEIVER_PREFIX))
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Error::malformed("a receiver", "its sort key holds no receiver id"))?;
    Ok(Some(ReceiverRow {
        id,
        receiver: item::read("a receiver", row)?,
    }))
}
