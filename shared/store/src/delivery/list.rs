//! Listing deliveries, including pending ones, which have no rows of their own.

use std::collections::HashMap;

use carillon_domain::{
    campaigns::Campaign,
    channel::Channel,
    delivery::{Delivery, State, receipt::DeliveryStatus, task::DeliveryTask},
    id::ReceiverId,
    reason::Reason,
    receivers::Receiver,
};

use crate::{
    Page, PageRequest, Store,
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
    /// The state, including pending and skipped.
    pub state: State,
    /// Why it was skipped before any claim.
    pub skip_reason: Option<Reason>,
    /// The row, if it was ever claimed.
    pub delivery: Option<Delivery>,
}

impl DeliveryRow {
    /// A receiver on a channel, with its delivery row if there is one.
    pub fn new(
        campaign: &Campaign,
        receiver_id: ReceiverId,
        receiver: Receiver,
        channel: Channel,
        delivery: Option<Delivery>,
    ) -> Self {
        let skip = receiver.reach(channel).skip_reason();
        let state = match (&delivery, skip) {
            (Some(delivery), _) => delivery.state,
            (None, Some(_)) => State::Skipped,
            (None, None) => State::Pending,
        };
        Self {
            receiver_id,
            receiver,
            channel,
            state: state.shown(campaign.status),
            skip_reason: skip
                .filter(|_| delivery.is_none())
                .map(|code| Reason::new(code, skip_text(code))),
            delivery,
        }
    }
}

impl DeliveryRow {
    /// The task that enqueues it again.
    pub(crate) fn task(&self, campaign: &Campaign, resend: u32) -> DeliveryTask {
        DeliveryTask {
            tenant: campaign.tenant.clone(),
            campaign: campaign.id.clone(),
            generation: campaign.generation,
            shard: self.receiver_id.shard(campaign.shards),
            receiver: self.receiver_id.clone(),
            channel: self.channel,
            resend,
            address: self.receiver.address_hash(&campaign.tenant, self.channel),
        }
    }
}

/// Which deliveries to list. `None` means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Filter by state.
    pub state: Option<State>,
    /// Filter by channel.
    pub channel: Option<Channel>,
    /// Filter by reason code.
    pub reason: Option<String>,
    /// Filter by delivery status.
    pub fate: Option<DeliveryStatus>,
}

impl DeliveryFilter {
    fn takes(&self, row: &DeliveryRow) -> bool {
        let recorded = row
            .delivery
            .as_ref()
            .and_then(|delivery| delivery.reason.as_ref());
        let reason = recorded.or(row.skip_reason.as_ref());
        let fate = row.delivery.as_ref().and_then(|delivery| delivery.fate);
        self.state.is_none_or(|wanted| wanted == row.state)
            && self.fate.is_none_or(|wanted| fate == Some(wanted))
            && self
                .reason
                .as_ref()
                .is_none_or(|wanted| reason.is_some_and(|reason| reason.code == *wanted))
    }
}

/// Maximum pages of receivers that one call reads in search of a rare state.
const MOST_PAGES: usize = 20;

impl Store {
    /// A page of the deliveries of a campaign, by state, channel and reason.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn deliveries(
        &self,
        campaign: &Campaign,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<DeliveryRow>, Error> {
        // A delivery that needs attention has no delivery status, but a filter may contradict
        // itself.
        let needs_attention = filter.state.filter(|state| state.needs_attention());
        if let Some(state) = needs_attention.filter(|_| filter.fate.is_none()) {
            return self
                .deliveries_that_need_attention(campaign, state, filter, page)
                .await;
        }
        let channels: Vec<Channel> = campaign
            .channels
            .iter()
            .copied()
            .filter(|own| filter.channel.is_none_or(|wanted| wanted == *own))
            .collect();
        let mut cursor = page.after.clone().unwrap_or_default();
        let limit = usize::from(page.limit);
        let mut rows = Vec::new();
        for _ in 0..MOST_PAGES {
            if cursor.shard >= campaign.shards || rows.len() >= limit {
                break;
            }
            // All channels of a receiver come on one page, so the page may run slightly over.
            let wanted = i32::try_from((limit - rows.len()).div_ceil(channels.len().max(1)).max(1))
                .unwrap_or(100);
            let (receivers, next) = self
                .receivers_of_shard(campaign, cursor.shard, cursor.after.as_deref(), wanted)
                .await?;
            let mut found = self
                .deliveries_of(campaign, cursor.shard, &receivers)
                .await?;
            for row in receivers {
                for channel in &channels {
                    let delivery = found.remove(&(row.id.clone(), *channel));
                    let (id, receiver) = (row.id.clone(), row.receiver.clone());
                    let row = DeliveryRow::new(campaign, id, receiver, *channel, delivery);
                    if filter.takes(&row) {
                        rows.push(row);
                    }
                }
            }
            cursor.advance(next);
        }
        Ok(Page {
            items: rows,
            next: cursor.within(campaign.shards),
        })
    }

    /// The deliveries of the receiver at this row that match a filter.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn deliveries_at(
        &self,
        campaign: &Campaign,
        place: &ReceiverId,
        filter: &DeliveryFilter,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let Some((id, receiver)) = self.receiver_at(campaign, place).await? else {
            return Ok(Vec::new());
        };
        let shard = id.shard(campaign.shards);
        let people = [crate::ReceiverRow {
            id: id.clone(),
            receiver: receiver.clone(),
        }];
        let mut found = self.deliveries_of(campaign, shard, &people).await?;
        let channels = campaign.channels.iter().copied();
        let channels = channels.filter(|own| filter.channel.is_none_or(|wanted| wanted == *own));
        let rows = channels.map(|channel| {
            let delivery = found.remove(&(id.clone(), channel));
            DeliveryRow::new(campaign, id.clone(), receiver.clone(), channel, delivery)
        });
        Ok(rows.filter(|row| filter.takes(row)).collect())
    }

    /// The rows of these receivers' deliveries on all channels.
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
}

fn skip_text(code: &str) -> &'static str {
    match code {
        "no_address" => "The receiver has no address for this channel.",
        "duplicate_address" => {
            "Another receiver of this campaign has the same address and gets the message there."
        }
        "fixed_line" => {
            "The number is a landline, which cannot receive text messages. Switch the channel on if it can."
        }
        _ => "The channel was switched off for this receiver.",
    }
}
