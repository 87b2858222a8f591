//! Showing a campaign.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use crate::{
    campaigns::campaign::{CampaignBody, present},
    found::find,
    path::CampaignPath,
    state::AppState,
};

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
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    path: CampaignPath,
) -> Result<Response, Failure> {
    let campaign = find(&state, &context, &path).await?;
    Ok(present(&state, &context, campaign, None)
        .await?
        .answer(StatusCode::OK))
}
