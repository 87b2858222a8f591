//! Deliveries that need attention, in the ledger's sparse index.

use std::collections::{BTreeMap, HashMap};

use carillon_domain::{
    campaigns::Campaign,
    channel::Channel,
    delivery::{Delivery, State},
    id::ReceiverId,
    reason::Reason,
    receivers::Receiver,
};

use super::list::{DeliveryFilter, DeliveryRow};
use crate::{
    Cursor, Page, PageRequest, Store,
    error::Error,
    item::{self, Item},
    keys::{self, LedgerRow},
};

/// Index rows that one call examines when filtering by reason. A row has about half a kilobyte, and a call
/// ends after 1 MB anyway (Query, API reference).
const LOOKED_AT: usize = 1_000;

/// How often a reason occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonCount {
    /// The resulting state.
    pub state: State,
    /// The channel.
    pub channel: Channel,
    /// The reason, worded as in one of the deliveries.
    pub reason: Option<Reason>,
    /// Deliveries in this state whose reason has this code.
    pub deliveries: u64,
}

impl Store {
    /// Why deliveries of a campaign need attention, most frequent reason first, and whether all of them
    /// were counted: at most `most` are examined.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn reasons(
        &self,
        campaign: &Campaign,
        most: usize,
    ) -> Result<(Vec<ReasonCount>, bool), Error> {
        let mut counts: BTreeMap<(State, Channel, Option<String>), ReasonCount> = BTreeMap::new();
        let (mut shard, mut start) = (0, None);
        let mut left = most;
        while shard < campaign.shards && left > 0 {
            let partition = keys::attention_partition(&campaign.tenant, &campaign.id, shard);
            let answer = self
                .dynamodb
                .query()
                .table_name(&self.ledger)
                .index_name("attention")
                .key_condition_expression("attention = :partition")
                .expression_attribute_values(":partition", item::text(&partition))
                .projection_expression("attention_order, #reason")
                .expression_attribute_names("#reason", "reason")
                .set_exclusive_start_key(start)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(Error::call("count reasons"))?;
            let rows = answer.items.unwrap_or_default();
            left = left.saturating_sub(rows.len());
            for row in rows {
                count(&mut counts, row)?;
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                shard += 1;
            }
        }
        let mut counts: Vec<ReasonCount> = counts.into_values().collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.deliveries));
        Ok((counts, shard >= campaign.shards))
    }

    pub(super) async fn deliveries_that_need_attention(
        &self,
        campaign: &Campaign,
        state: State,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<DeliveryRow>, Error> {
        let mut cursor = page.after.clone().unwrap_or_default();
        let limit = usize::from(page.limit);
        let mut rows = Vec::new();
        while cursor.shard < campaign.shards && rows.len() < limit {
            let wanted = limit - rows.len();
            let (found, next) = self
                .shard_that_needs_attention(campaign, state, filter, &cursor, wanted)
                .await?;
            rows.extend(found);
            let is_cut = next.is_some();
            cursor.advance(next);
            // A search for a rare reason returns what one call has found rather than wait for all of them.
            if is_cut && filter.reason.is_some() {
                break;
            }
        }
        Ok(Page {
            items: self.with_receivers(campaign, rows).await?,
            next: cursor.within(campaign.shards),
        })
    }

    /// Deliveries of one shard that need attention, and the order of the last one, if more may follow.
    async fn shard_that_needs_attention(
        &self,
        campaign: &Campaign,
        state: State,
        filter: &DeliveryFilter,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<(Vec<Found>, Option<String>), Error> {
        let prefix = filter.channel.map_or_else(
            || format!("{state}#"),
            |channel| format!("{state}#{channel}#"),
        );
        let partition = keys::attention_partition(&campaign.tenant, &campaign.id, cursor.shard);
        let start = cursor.after.as_deref().and_then(|order| {
            let (receiver, channel) = receiver_in_order(order)?;
            let key = keys::delivery(
                &campaign.tenant,
                &campaign.id,
                cursor.shard,
                &receiver,
                channel,
            );
            let mut start = item::key(&key);
            start.insert("attention".to_owned(), item::text(&partition));
            start.insert("attention_order".to_owned(), item::text(order));
            Some(start)
        });
        let is_continued = start.is_some();
        // DynamoDB's limit counts the rows examined, not the rows returned.
        let looked_at = filter.reason.as_ref().map_or(limit, |_| LOOKED_AT);
        let mut query = self
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
            .limit(i32::try_from(looked_at).unwrap_or(i32::MAX));
        if let Some(code) = &filter.reason {
            query = query
                .filter_expression("#reason.#code = :code")
                .expression_attribute_names("#reason", "reason")
                .expression_attribute_names("#code", "code")
                .expression_attribute_values(":code", item::text(code));
        }
        let answer = query.send().await.map_err(Error::page(
            "list deliveries that need attention",
            is_continued,
        ))?;
        let order_of = |row: &Item| item::string(row, "attention_order").map(str::to_owned);
        let mut next = answer.last_evaluated_key.as_ref().and_then(order_of);
        let mut items = answer.items.unwrap_or_default();
        if items.len() > limit {
            items.truncate(limit);
            next = items.last().and_then(order_of);
        }
        let mut found = Vec::new();
        for row in items {
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
        Ok((found, next))
    }

    /// Deliveries with their receivers; left out if the receiver is gone.
    async fn with_receivers(
        &self,
        campaign: &Campaign,
        found: Vec<Found>,
    ) -> Result<Vec<DeliveryRow>, Error> {
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
        Ok(found
            .into_iter()
            .filter_map(|(_, receiver_id, channel, delivery)| {
                let receiver = receivers.get(&receiver_id)?.clone();
                Some(DeliveryRow::new(
                    campaign,
                    receiver_id,
                    receiver,
                    channel,
                    Some(delivery),
                ))
            })
            .collect())
    }
}

/// An index row: its shard, receiver, channel and delivery.
type Found = (u16, ReceiverId, Channel, Delivery);

/// The part of a row needed to count its reason.
#[derive(serde::Deserialize)]
struct Row {
    attention_order: String,
    #[serde(default)]
    reason: Option<Reason>,
}

fn count(
    counts: &mut BTreeMap<(State, Channel, Option<String>), ReasonCount>,
    row: Item,
) -> Result<(), Error> {
    let row: Row = item::read("a reason", row)?;
    let mut parts = row.attention_order.split('#');
    let state = parts.next().and_then(|state| state.parse().ok());
    let channel = parts.next().and_then(|channel| channel.parse().ok());
    let (Some(state), Some(channel)) = (state, channel) else {
        return Err(Error::malformed(
            "a reason",
            "its order names no state and channel",
        ));
    };
    let code = row.reason.as_ref().map(|reason| reason.code.clone());
    counts
        .entry((state, channel, code))
        .or_insert(ReasonCount {
            state,
            channel,
            reason: row.reason,
            deliveries: 0,
        })
        .deliveries += 1;
    Ok(())
}

fn receiver_in_order(order: &str) -> Option<(ReceiverId, Channel)> {
    let mut parts = order.split('#').skip(1);
    let channel = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, channel))
}
