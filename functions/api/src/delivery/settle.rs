//! Shared by resending and assuming sent.

use std::time::{Duration, Instant};

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    channel::Channel,
    channel_address::ChannelAddress,
    delivery::{CannotResend, State, receipt::DeliveryStatus, task::DeliveryTask, totals::Totals},
};
use carillon_http::{
    body::not_null,
    failure::{Failure, Members, chain},
    findings::Findings,
    names::{self, ChannelName, DeliveryState, DeliveryStatusName},
    page::PageSizes,
    problem::Problem,
};
use carillon_store::{DeliveryFilter, DeliveryRow, Error, PageRequest, Settlement};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{enqueue::enqueue, list::DeliveryBody};
use crate::{
    found::{TRIES, changed_meanwhile, find, not_running},
    path::{CampaignPath, DeliveryPath},
    state::AppState,
};

/// Maximum deliveries changed per call, so that it ends well within its 29 seconds.
const MOST_CHANGED: u16 = 500;
/// Deliveries per page.
const PAGE: PageSizes = PageSizes {
    usual: 100,
    most: 100,
};
/// No page is started later than this.
const LATEST_PAGE: Duration = Duration::from_secs(12);
/// Delay before the sweep checks that resends are being sent.
const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// The deliveries to settle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettleBody {
    /// The state of the deliveries: `unknown`; for resending also `failed`, `skipped`, or `sent` with the delivery
    /// status `bounced`.
    #[schema(value_type = DeliveryState)]
    state: String,
    /// The delivery status of the messages: `bounced`, with the state `sent`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = DeliveryStatusName, required = false)]
    fate: Option<String>,
    /// Filter by channel.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ChannelName, required = false)]
    channel: Option<String>,
    /// Filter by the code of the reason.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("connection_lost"))]
    reason: Option<String>,
    /// `next_cursor` of the previous call, with the same filter. Absent for the first call.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    cursor: Option<String>,
}

/// The result of settling deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settled)]
pub(super) struct SettledBody {
    /// The number of deliveries changed.
    changed: u64,
    /// Whether there may be more. Repeat the request with `next_cursor` while this is true.
    more: bool,
    /// The cursor of the next call; `null` if there are no more.
    next_cursor: Option<String>,
}

/// Settles all deliveries that match a filter, or as many as one call can.
///
/// # Errors
/// If there is no such campaign, its status does not allow it, or the filter is invalid.
pub(super) async fn settle_many(
    state: &AppState,
    context: &Context,
    path: &CampaignPath,
    body: SettleBody,
    settlement: Settlement,
) -> Result<SettledBody, Failure> {
    let begun = Instant::now();
    let campaign = find(state, context, path).await?;
    let (filter, mut page) = body.read(settlement)?;
    require_settleable(&campaign, settlement)?;
    let handover = Enqueuer::prepare(state, &campaign, settlement).await?;
    let mut changed = 0;
    loop {
        page.limit = PAGE.most.min(MOST_CHANGED - changed);
        let found = state.store.deliveries(&campaign, &filter, &page).await?;
        let rows = without_suppressed(state, context, found.items).await?;
        let tasks = state
            .store
            .settle(context, &campaign, &rows, settlement)
            .await?;
        changed += u16::try_from(tasks.len()).unwrap_or(MOST_CHANGED);
        handover.send(state, &campaign, tasks).await;
        page.after = found.next;
        if page.after.is_none() || changed >= MOST_CHANGED || begun.elapsed() > LATEST_PAGE {
            break;
        }
    }
    Ok(SettledBody {
        changed: changed.into(),
        more: page.after.is_some(),
        next_cursor: page.after.map(|cursor| cursor.to_string()),
    })
}

/// Settles one delivery.
///
/// # Errors
/// If there is no such delivery, or its state or the campaign's does not allow it.
pub(super) async fn settle_one(
    state: &AppState,
    context: &Context,
    path: DeliveryPath,
    settlement: Settlement,
) -> Result<DeliveryBody, Failure> {
    let DeliveryPath {
        campaign,
        receiver: id,
        channel,
    } = path;
    let campaign = find(state, context, &CampaignPath { campaign }).await?;
    if !campaign.channels.contains(&channel) {
        return Err(Failure::not_found());
    }
    let shard = id.shard(campaign.shards);
    let (tenant, campaign_id) = (&campaign.tenant, &campaign.id);
    let delivery = || {
        state
            .store
            .delivery(tenant, campaign_id, shard, &id, channel)
    };
    let receiver = state.store.receiver(&campaign, &id).await?;
    let receiver = receiver.ok_or_else(Failure::not_found)?;
    require_settleable(&campaign, settlement)?;
    for _ in 0..TRIES {
        let before = delivery().await?;
        let row = DeliveryRow::new(&campaign, id.clone(), receiver.clone(), channel, before);
        may_be_settled(&row, settlement)?;
        let state_of_row = row.state;
        let rows = without_suppressed(state, context, vec![row]).await?;
        let Some(row) = rows.into_iter().next() else {
            return Err(suppressed(state_of_row));
        };
        let handover = Enqueuer::prepare(state, &campaign, settlement).await?;
        let tasks = state
            .store
            .settle(context, &campaign, &[row], settlement)
            .await?;
        if tasks.is_empty() {
            // Another writer came first; read the current state.
            continue;
        }
        handover.send(state, &campaign, tasks).await;
        let now = DeliveryRow::new(&campaign, id.clone(), receiver, channel, delivery().await?);
        return Ok(DeliveryBody::new(now));
    }
    Err(changed_meanwhile())
}

impl SettleBody {
    fn read(self, settlement: Settlement) -> Result<(DeliveryFilter, PageRequest), Failure> {
        let mut findings = Findings::default();
        let states: &[State] = match settlement {
            Settlement::Resend => &[State::Failed, State::Unknown, State::Skipped, State::Sent],
            Settlement::AssumeSent => &[State::Unknown],
        };
        let wanted = names::read::<State>(&self.state).ok();
        let wanted = wanted.filter(|state| states.contains(state));
        if wanted.is_none() {
            let good: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
            let detail = format!("one of: {}", good.join(", "));
            findings.add("state", "unknown_state", detail);
        }
        let fate = self.fate.as_deref().and_then(|name| {
            findings.keep::<DeliveryStatus, _>("fate", "unknown_fate", names::read(name))
        });
        // An accepted message is resent only if it certainly did not arrive.
        let is_sent = wanted == Some(State::Sent);
        if wanted.is_some() && is_sent != (fate == Some(DeliveryStatus::Bounced)) {
            findings.add(
                "fate",
                "invalid_fate",
                "bounced, together with the state sent: messages are sent again only if they certainly did not arrive",
            );
        }
        let channel = self.channel.and_then(|name| {
            findings.keep::<Channel, _>("channel", "unknown_channel", name.parse())
        });
        let page = PAGE.read(&mut findings, None, self.cursor.as_deref());
        findings.finish()?;
        let filter = DeliveryFilter {
            state: wanted,
            channel,
            reason: self.reason,
            fate,
        };
        Ok((filter, page))
    }
}

/// Leaves out deliveries that would be skipped at once because their address is suppressed. Failed ones are kept: they
/// end as skipped, with the reason.
async fn without_suppressed(
    state: &AppState,
    context: &Context,
    rows: Vec<DeliveryRow>,
) -> Result<Vec<DeliveryRow>, Error> {
    let is_looked_at = |row: &DeliveryRow| matches!(row.state, State::Sent | State::Skipped);
    let addresses: Vec<ChannelAddress> = rows
        .iter()
        .filter(|row| is_looked_at(row))
        .filter_map(|row| row.receiver.address(row.channel))
        .collect();
    if addresses.is_empty() {
        return Ok(rows);
    }
    let suppressed = state.store.are_suppressed(context, &addresses).await?;
    let suppressed: Vec<ChannelAddress> = addresses
        .into_iter()
        .zip(suppressed)
        .filter_map(|(address, is_suppressed)| is_suppressed.then_some(address))
        .collect();
    let is_suppressed = |row: &DeliveryRow| {
        let address = row.receiver.address(row.channel);
        is_looked_at(row) && address.is_some_and(|address| suppressed.contains(&address))
    };
    Ok(rows.into_iter().filter(|row| !is_suppressed(row)).collect())
}

/// The deliveries to enqueue.
pub(crate) enum Enqueuer {
    /// Enqueue them, for a campaign with this many receivers.
    Of(u64),
    /// Nothing is to be sent.
    Nothing,
}

impl Enqueuer {
    /// Writes a row for the sweep before anything is changed: if we crash between the ledger and the queue, the sweep
    /// enqueues the rest.
    pub(crate) async fn prepare(
        state: &AppState,
        campaign: &Campaign,
        settlement: Settlement,
    ) -> Result<Self, Error> {
        if settlement == Settlement::AssumeSent {
            return Ok(Enqueuer::Nothing);
        }
        let (tenant, id) = (&campaign.tenant, &campaign.id);
        let look_at = state.clock.now() + LOOK_AFTER;
        let ((), counters) = tokio::try_join!(
            state.store.watch_campaign(tenant, id, look_at),
            state.store.counters(tenant, id)
        )?;
        let totals = Totals::from_counters(&counters, [], campaign.status);
        Ok(Enqueuer::Of(totals.receivers))
    }

    /// Enqueues tasks. While the campaign is paused nothing is claimed, and they are sent when it is resumed.
    pub(crate) async fn send(
        &self,
        state: &AppState,
        campaign: &Campaign,
        tasks: Vec<DeliveryTask>,
    ) {
        let Enqueuer::Of(receivers) = self else {
            return;
        };
        if let Err(error) = enqueue(state, campaign, *receivers, tasks).await {
            tracing::warn!(
                error = chain(&error),
                campaign = %campaign.id,
                "could not enqueue resends; the sweep will"
            );
        }
    }
}

/// Requires a campaign whose deliveries can be settled.
fn require_settleable(campaign: &Campaign, settlement: Settlement) -> Result<(), Failure> {
    match (campaign.status, settlement) {
        (Status::Published | Status::Paused | Status::Completed, _)
        // Assuming sent sends nothing, and unknown deliveries of a canceled campaign have to be settled too.
        | (Status::Canceled, Settlement::AssumeSent) => Ok(()),
        (status, _) => Err(not_running(status)),
    }
}

/// Requires a delivery to which the decision applies.
fn may_be_settled(row: &DeliveryRow, settlement: Settlement) -> Result<(), Failure> {
    let state = row.state;
    let refused = match (&row.delivery, settlement) {
        // A canceled delivery has no row, or one with another state.
        _ if state == State::Canceled => CannotResend::Canceled,
        (None, Settlement::Resend) if state == State::Skipped => CannotResend::NeverBegun,
        (None, Settlement::Resend) => CannotResend::UnderWay,
        (Some(delivery), Settlement::Resend) => match delivery.check_resend() {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        },
        (_, Settlement::AssumeSent) if state == State::Unknown => return Ok(()),
        (_, Settlement::AssumeSent) => {
            let detail =
                format!("the delivery is {state}; only unknown deliveries can be assumed sent");
            return Err(refusal(state, "not_unknown", detail));
        }
    };
    Err(not_settleable(state, refused))
}

/// A delivery that is not resent, and why.
pub(crate) fn not_settleable(state: State, refused: CannotResend) -> Failure {
    let code = match refused {
        CannotResend::UnderWay => "under_way",
        CannotResend::NeverBegun => "never_begun",
        CannotResend::Taken => "taken",
        CannotResend::Complained => "complained",
        CannotResend::Canceled => "canceled",
    };
    refusal(state, code, format!("the delivery is {state}: {refused}"))
}

/// A delivery whose address is suppressed.
fn suppressed(state: State) -> Failure {
    let detail = format!(
        "the delivery is {state}: its address is suppressed; correct the address, or remove its suppression first"
    );
    refusal(state, "suppressed", detail)
}

fn refusal(state: State, code: &str, detail: String) -> Failure {
    let members = Members {
        code: Some(code.to_owned()),
        delivery_state: Some(DeliveryState::from(state)),
        ..Members::default()
    };
    Failure::new(Problem::NotSettleable, detail).with(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_requires_a_state_that_can_be_settled() {
        let read = |json: &str, settlement| {
            carillon_http::body::parse::<SettleBody>(json.as_bytes())
                .and_then(|body| body.read(settlement))
                .map(|(filter, _)| filter)
                .map_err(|failure| failure.problem())
        };
        let failed = DeliveryFilter {
            state: Some(State::Failed),
            channel: Some(Channel::Sms),
            reason: Some("Throttling".to_owned()),
            fate: None,
        };
        let body = r#"{"state":"failed","channel":"sms","reason":"Throttling"}"#;
        assert_eq!(read(body, Settlement::Resend), Ok(failed));
        let bounced = DeliveryFilter {
            state: Some(State::Sent),
            fate: Some(DeliveryStatus::Bounced),
            ..DeliveryFilter::default()
        };
        let body_of_bounced = r#"{"state":"sent","fate":"bounced"}"#;
        assert_eq!(read(body_of_bounced, Settlement::Resend), Ok(bounced));
        let refused = Err(Problem::InvalidField);
        assert_eq!(read(body, Settlement::AssumeSent), refused);
        for bad in [
            "{}",
            r#"{"state":"sent"}"#,
            r#"{"state":"sent","fate":"delivered"}"#,
            r#"{"state":"failed","fate":"bounced"}"#,
            r#"{"state":"sent","fate":"lost"}"#,
            r#"{"state":"pending"}"#,
            r#"{"state":null}"#,
            r#"{"state":"unknown","channel":"fax"}"#,
            r#"{"state":"unknown","channel":null}"#,
            r#"{"state":"unknown","cursor":"x"}"#,
            r#"{"state":"unknown","limit":5}"#,
        ] {
            assert_eq!(read(bad, Settlement::Resend), refused, "{bad}");
        }
    }
}
