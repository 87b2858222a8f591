//! Why deliveries failed, or are unknown.

use axum::{Json, extract::State};
use carillon_store::ReasonCount;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::ReasonBody;
use crate::{
    authentication::Caller,
    campaigns::find,
    failure::Failure,
    names::{ChannelName, DeliveryState},
    path::CampaignPath,
    state::AppState,
};

/// Deliveries that one call counts at most; that is about five calls to DynamoDB.
const MOST_COUNTED: usize = 5_000;

/// How often something was the reason.
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
    /// Deliveries with a reason of this code.
    deliveries: u64,
}

/// Why deliveries could not be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonList {
    /// Each reason, the most frequent first.
    reasons: Vec<ReasonCountBody>,
    /// Whether all were counted; otherwise the numbers are of the first 5,000 deliveries.
    complete: bool,
}

/// Count deliveries that could not be sent, by reason
///
/// What failed and what is unknown, by channel. The reasons of what was skipped stand in the
/// campaign's totals. List the deliveries behind a number with `state`, `channel` and `reason`.
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
    caller: Caller,
    path: CampaignPath,
) -> Result<Json<ReasonList>, Failure> {
    let campaign = find(&state, &caller, &path).await?;
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
