//! Showing a campaign.

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::{
    campaign::{CampaignBody, present},
    find,
};
use crate::{authentication::Caller, failure::Failure, path::CampaignPath, state::AppState};

/// Show a campaign
///
/// Includes its content and totals.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}",
    operation_id = "show_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = OK, description = "The campaign.", body = CampaignBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    path: CampaignPath,
) -> Result<Response, Failure> {
    let campaign = find(&state, &caller, &path).await?;
    Ok(present(&state, campaign, None)
        .await?
        .answer(StatusCode::OK))
}
