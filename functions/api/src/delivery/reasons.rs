//! Why deliveries failed or are unknown.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    names::{ChannelName, DeliveryState},
};
use carillon_store::ReasonCount;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::ReasonBody;
use crate::{found::find, path::CampaignPath, state::AppState};

/// Maximum deliveries counted per call, about five calls to DynamoDB.
const MOST_COUNTED: usize = 5_000;

/// The number of deliveries with the same reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReasonCount)]
pub(super) struct ReasonCountBody {
    /// `failed` or `unknown`.
    state: DeliveryState,
    /// The channel.
    channel: ChannelName,
    /// The reason, with the text of one of the deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// The number of deliveries whose reason has this code.
    deliveries: u64,
}

/// Why deliveries could not be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonList {
    /// The reasons, most frequent first.
    reasons: Vec<ReasonCountBody>,
    /// Whether all deliveries were counted. If not, the numbers cover the first 5,000 deliveries.
    complete: bool,
}

/// Count deliveries that could not be sent, by reason
///
/// Covers failed and unknown deliveries, by channel. The reasons of skipped deliveries are in the totals of the
/// campaign. To list the deliveries of a reason, filter by `state`, `channel` and `reason`.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/deliveries/reasons",
    operation_id = "count_reasons",
    tag = "deliveries",
    params(CampaignPath),
    responses((status = OK, description = "The reasons.", body = ReasonList)),
)]
pub(crate) async fn reasons(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadHistory>,
    path: CampaignPath,
) -> Result<Json<ReasonList>, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let (counts, complete) = state.store.reasons(&campaign, MOST_COUNTED).await?;
    let reasons = counts
        .into_iter()
        .map(
            |ReasonCount {
                 state,
                 channel,
                 reason,
                 deliveries,
             }| ReasonCountBody {
                state: state.into(),
                channel: channel.into(),
                reason: reason.map(ReasonBody::from),
                deliveries,
            },
        )
        .collect();
    Ok(Json(ReasonList { reasons, complete }))
}
