//! Listing the deliveries.

use axum::{Json, extract::State};
use carillon_domain::{
    channel::Channel,
    delivery::{Reason, State as DeliveryStateOf},
    routing::Tried,
    transport::Vendor,
};
use carillon_store::{DeliveryFilter, DeliveryRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::address;
use crate::{
    authentication::Caller,
    campaigns::find,
    failure::Failure,
    findings::Findings,
    names::{self, ChannelName, DeliveryState, FateName},
    path::CampaignPath,
    query::{Page, Query},
    state::AppState,
};

/// Which deliveries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Only deliveries in this state.
    #[param(value_type = Option<DeliveryState>)]
    state: Option<String>,
    /// Only deliveries on this channel.
    #[param(value_type = Option<ChannelName>)]
    channel: Option<String>,
    /// Only deliveries whose reason has this code.
    reason: Option<String>,
    /// About how many entries a page has; all channels of a receiver come on one page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the page before, with the same filters.
    cursor: Option<String>,
}

/// The person that a delivery is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryReceiver {
    /// The receiver's id.
    id: String,
    /// The first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
}

impl From<Reason> for ReasonBody {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code,
            text: reason.text,
        }
    }
}

/// Why something is as it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonBody {
    /// A stable name, or the provider's own code.
    code: String,
    /// What an operator reads.
    text: String,
}

/// One receiver on one channel.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryBody {
    /// The person.
    receiver: DeliveryReceiver,
    /// The address on this channel.
    address: Option<String>,
    /// The channel.
    channel: ChannelName,
    /// The state.
    state: DeliveryState,
    /// Why it failed, was skipped, is unknown, or is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// Provider calls begun.
    attempt: u32,
    /// The provider's id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// The transport through which it was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<String>,
    /// The vendor whose account that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'static str>,
    /// Other transports that surely did not bring it there, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<TriedBody>,
    /// When the state was reached, if it was by an attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    /// What became of the message afterwards, as far as the provider has told.
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<FateName>,
    /// When that happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    fate_at: Option<Timestamp>,
    /// When the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    retry_at: Option<Timestamp>,
}

/// A transport that did not bring a message there.
#[derive(Serialize, ToSchema)]
#[schema(as = Tried)]
pub(crate) struct TriedBody {
    /// Which.
    transport: String,
    /// The code of its reason.
    code: String,
    /// What it cost, if the message was taken and the route says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
}

impl From<&Tried> for TriedBody {
    fn from(tried: &Tried) -> Self {
        Self {
            transport: tried.transport.to_string(),
            code: tried.code.clone(),
            cost: tried.cost.map(String::from),
        }
    }
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryList {
    /// The deliveries, in no order that means anything. There may be few, or none, although more follow.
    deliveries: Vec<DeliveryBody>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// List deliveries
///
/// Every receiver on every channel of the campaign, by state, channel and reason if they are given;
/// 1 to 200 on a page (50 unless it is said).
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/deliveries",
    operation_id = "list_deliveries",
    tag = "deliveries",
    params(CampaignPath, DeliveryQuery),
    responses((status = OK, description = "A page of deliveries.", body = DeliveryList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    path: CampaignPath,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryList>, Failure> {
    let campaign = find(&state, &caller, &path).await?;
    let mut findings = Findings::default();
    let wanted = query.state.as_deref().and_then(|name| {
        findings.keep::<DeliveryStateOf, _>("state", "unknown_state", names::read(name))
    });
    let channel = query
        .channel
        .as_deref()
        .and_then(|name| findings.keep::<Channel, _>("channel", "unknown_channel", name.parse()));
    let page = Page::read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
        50,
        200,
    );
    findings.finish()?;
    let filter = DeliveryFilter {
        state: wanted,
        channel,
        reason: query.reason,
    };
    let (rows, next) = state
        .store
        .deliveries(&campaign, &filter, page.after.as_ref(), page.limit.into())
        .await
        .map_err(|error| page.failure(error))?;
    let deliveries = rows.into_iter().map(DeliveryBody::new).collect();
    Ok(Json(DeliveryList {
        deliveries,
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}

impl DeliveryBody {
    /// A delivery with its receiver.
    pub(crate) fn new(row: DeliveryRow) -> Self {
        let address = address(&row.receiver, row.channel);
        let recorded = row
            .delivery
            .as_ref()
            .and_then(|delivery| delivery.reason.clone());
        let reason = recorded.or(row.skip_reason);
        Self {
            receiver: DeliveryReceiver {
                id: row.receiver_id.into(),
                first_name: row.receiver.first_name,
                last_name: row.receiver.last_name,
            },
            address,
            channel: row.channel.into(),
            state: row.state.into(),
            reason: reason.map(ReasonBody::from),
            fate: row
                .delivery
                .as_ref()
                .and_then(|delivery| delivery.fate)
                .map(FateName::from),
            fate_at: row.delivery.as_ref().and_then(|delivery| delivery.fate_at),
            attempt: row.delivery.as_ref().map_or(0, |delivery| delivery.attempt),
            changed_at: row.delivery.as_ref().map(|delivery| delivery.changed_at),
            retry_at: row.delivery.as_ref().and_then(|delivery| delivery.retry_at),
            provider_id: row
                .delivery
                .as_ref()
                .and_then(|delivery| delivery.provider_id.clone()),
            vendor: row
                .delivery
                .as_ref()
                .and_then(|delivery| delivery.vendor.map(Vendor::as_str)),
            tried: row
                .delivery
                .as_ref()
                .map(|delivery| delivery.tried.iter().map(TriedBody::from).collect())
                .unwrap_or_default(),
            transport: row
                .delivery
                .and_then(|delivery| delivery.transport.map(|id| id.to_string())),
        }
    }
}
