//! Listing deliveries, the pending ones included, which have no rows of their own.

use std::collections::HashMap;

use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    delivery::{Delivery, Reason, State},
    id::ReceiverId,
    receiver::Receiver,
};

use crate::{
    Cursor, Store,
    error::Error,
    item,
    keys::{self, LedgerRow},
};

/// A delivery with its receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryRow {
    /// The receiver's id.
    pub receiver_id: ReceiverId,
    /// The receiver.
    pub receiver: Receiver,
    /// The channel.
    pub channel: Channel,
    /// The state, pending and skipped ones included.
    pub state: State,
    /// Why it was skipped before anything was claimed.
    pub skip_reason: Option<Reason>,
    /// The row, if it was ever claimed.
    pub delivery: Option<Delivery>,
}

/// Pages of receivers that one call reads at most while it looks for a rare state.
const MOST_PAGES: usize = 20;

impl Store {
    /// Deliveries of a campaign by state and channel, and where to go on.
    ///
    /// A page may hold fewer than `limit` although more follow; the cursor says so.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or a row cannot be read.
    pub async fn deliveries(
        &self,
        campaign: &Campaign,
        state: Option<State>,
        channel: Option<Channel>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<DeliveryRow>, Option<Cursor>), Error> {
        if let Some(state) = state.filter(|state| state.needs_attention()) {
            return self
                .deliveries_that_need_attention(campaign, state, channel, after, limit)
                .await;
        }
        let channels: Vec<Channel> = campaign
            .channels
            .iter()
            .copied()
            .filter(|own| channel.is_none_or(|wanted| wanted == *own))
            .collect();
        let mut cursor = after.cloned().unwrap_or(Cursor {
            shard: 0,
            after: None,
        });
        let mut rows = Vec::new();
        for _ in 0..MOST_PAGES {
            if cursor.shard >= campaign.shards || rows.len() >= limit {
                break;
            }
            // All channels of a receiver come on one page, so the page may run a little over.
            let wanted = i32::try_from((limit - rows.len()).div_ceil(channels.len().max(1)).max(1))
                .unwrap_or(100);
            let (page, next) = self
                .receivers_of_shard(campaign, cursor.shard, cursor.after.as_deref(), wanted)
                .await?;
            let mut found = self.deliveries_of(campaign, cursor.shard, &page).await?;
            for row in page {
                for channel in &channels {
                    let delivery = found.remove(&(row.id.clone(), *channel));
                    let skip = row.receiver.reach(*channel).skip_reason();
                    let actual = match (&delivery, skip) {
                        (Some(delivery), _) => delivery.state,
                        (None, Some(_)) => State::Skipped,
                        (None, None) => State::Pending,
                    }
                    .shown(campaign.status);
                    if state.is_none_or(|wanted| wanted == actual) {
                        rows.push(DeliveryRow {
                            receiver_id: row.id.clone(),
                            receiver: row.receiver.clone(),
                            channel: *channel,
                            state: actual,
                            skip_reason: skip
                                .filter(|_| delivery.is_none())
                                .map(|code| Reason::new(code, skip_text(code))),
                            delivery,
                        });
                    }
                }
            }
            cursor = match next {
                Some(sort) => Cursor {
                    shard: cursor.shard,
                    after: Some(sort),
                },
                None => Cursor {
                    shard: cursor.shard + 1,
                    after: None,
                },
            };
        }
        let next = (cursor.shard < campaign.shards).then_some(cursor);
        Ok((rows, next))
    }

    /// The rows of these receivers' deliveries, all channels.
    pub(crate) async fn deliveries_of(
        &self,
        campaign: &Campaign,
        shard: u16,
        receivers: &[crate::ReceiverRow],
    ) -> Result<HashMap<(ReceiverId, Channel), Delivery>, Error> {
        let wanted: Vec<keys::Key> = receivers
            .iter()
            .flat_map(|row| {
                campaign.channels.iter().map(|channel| {
                    keys::delivery(&campaign.tenant, &campaign.id, shard, &row.id, *channel)
                })
            })
            .collect();
        let rows = self
            .rows_by_key("list deliveries", &self.ledger, &wanted, true)
            .await?;
        let mut found = HashMap::new();
        for (key, row) in rows {
            if let Some((_, _, _, LedgerRow::Delivery(receiver, channel))) =
                keys::parse_ledger(&key.partition, &key.sort)
            {
                found.insert((receiver, channel), item::read("a delivery", row)?);
            }
        }
        Ok(found)
    }

    async fn deliveries_that_need_attention(
        &self,
        campaign: &Campaign,
        state: State,
        channel: Option<Channel>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<DeliveryRow>, Option<Cursor>), Error> {
        let prefix = channel.map_or_else(
            || format!("{state}#"),
            |channel| format!("{state}#{channel}#"),
        );
        let partition = keys::attention_partition(&campaign.tenant, &campaign.id);
        let start = after
            .and_then(|cursor| cursor.after.as_deref())
            .and_then(|order| {
                let (receiver, channel) = receiver_in_order(order)?;
                let key = keys::delivery(
                    &campaign.tenant,
                    &campaign.id,
                    receiver.shard(campaign.shards),
                    &receiver,
                    channel,
                );
                let mut start = item::key(&key);
                start.insert("attention".to_owned(), item::text(&partition));
                start.insert("attention_order".to_owned(), item::text(order));
                Some(start)
            });
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.ledger)
            .index_name("attention")
            .key_condition_expression(
                "attention = :partition AND begins_with(attention_order, :prefix)",
            )
            .expression_attribute_values(":partition", item::text(&partition))
            .expression_attribute_values(":prefix", item::text(prefix))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(Error::call("list deliveries that need a person"))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(|key| item::string(key, "attention_order"))
            .map(|order| Cursor {
                shard: 0,
                after: Some(order.to_owned()),
            });
        let mut found = Vec::new();
        for row in answer.items.unwrap_or_default() {
            if let Some((_, _, shard, LedgerRow::Delivery(receiver, channel))) =
                item::key_of(&row).and_then(|key| keys::parse_ledger(&key.partition, &key.sort))
            {
                found.push((
                    shard,
                    receiver,
                    channel,
                    item::read::<Delivery>("a delivery", row)?,
                ));
            }
        }
        let wanted: Vec<keys::Key> = found
            .iter()
            .map(|(shard, receiver, _, _)| {
                keys::receiver(&campaign.tenant, &campaign.id, *shard, receiver)
            })
            .collect::<std::collections::HashSet<_>>()
            .into_iter()
            .collect();
        let mut receivers: HashMap<ReceiverId, Receiver> = HashMap::new();
        for row in self
            .rows_by_key("read receivers", &self.ledger, &wanted, false)
            .await?
            .into_values()
        {
            if let Some(row) = crate::receivers::read(row)? {
                receivers.insert(row.id, row.receiver);
            }
        }
        let rows = found
            .into_iter()
            .filter_map(|(_, receiver_id, channel, delivery)| {
                let receiver = receivers.get(&receiver_id)?.clone();
                let state = delivery.state;
                Some(DeliveryRow {
                    receiver_id,
                    receiver,
                    channel,
                    state,
                    skip_reason: None,
                    delivery: Some(delivery),
                })
            })
            .collect();
        Ok((rows, next))
    }
}

fn receiver_in_order(order: &str) -> Option<(ReceiverId, Channel)> {
    let mut parts = order.split('#').skip(1);
    let channel = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, channel))
}

fn skip_text(code: &str) -> &'static str {
    match code {
        "no_address" => "The receiver has no address for this channel.",
        "duplicate_address" => {
            "Another receiver of this campaign has the same address and gets the message there."
        }
        _ => "The channel was switched off for this receiver.",
    }
}
