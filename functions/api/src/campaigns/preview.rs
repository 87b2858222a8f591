//! Previewing a campaign as receivers would see it.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body, failure::Failure};

use crate::{
    campaigns::named_receiver,
    content::{
        composing::as_sent,
        preview::{Asked, PreviewBody, preview as see},
    },
    found::find,
    path::CampaignPath,
    state::AppState,
};

/// Preview a campaign
///
/// Uses the campaign's values, with samples where it has none, or the values of one of its receivers. Emails are shown
/// in the campaign's wrapper. Once the campaign is published, this is what is sent. The response names the placeholders
/// that were filled with samples.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/preview",
    operation_id = "preview_campaign",
    tag = "campaigns",
    params(CampaignPath),
    request_body = Asked,
    responses((status = OK, description = "The rendered message.", body = PreviewBody)),
    extensions(("x-problems" = json!(["not-renderable"]))),
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    path: CampaignPath,
    body::Json(asked): body::Json<Asked>,
) -> Result<Json<PreviewBody>, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let wanted = asked.read(true)?;
    let receiver = match &wanted.receiver {
        None => None,
        Some(id) => Some(named_receiver(&state, &campaign, id).await?),
    };
    let content = as_sent(&state, &context, &campaign).await?;
    see(&campaign.name, &content, &wanted, receiver).map(Json)
}
