//! Seeing a campaign as receivers would.

use axum::{Json, extract::State};
use carillon_domain::campaign::Status;

use super::{composed, find};
use crate::{
    authentication::Caller,
    body,
    failure::Failure,
    path::CampaignPath,
    preview::{Asked, PreviewBody, preview as see},
    state::AppState,
};

/// Preview a campaign
///
/// With sample values, which `values` take the place of, or as one of its receivers; in the wrapper that it would be sent in. Once it is
/// published, this is what is sent.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/preview",
    operation_id = "preview_campaign",
    tag = "campaigns",
    params(CampaignPath),
    request_body = Asked,
    responses((status = OK, description = "What is seen.", body = PreviewBody)),
    extensions(("x-problems" = json!(["not-renderable"]))),
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    caller: Caller,
    path: CampaignPath,
    body::Json(asked): body::Json<Asked>,
) -> Result<Json<PreviewBody>, Failure> {
    let campaign = find(&state, &caller, &path).await?;
    let wanted = asked.read(Some(()))?;
    let receiver = match &wanted.receiver {
        None => None,
        Some(id) => {
            let receiver = state.store.receiver(&campaign, id).await?;
            let unknown = || {
                Failure::field(
                    "receiver",
                    "unknown_receiver",
                    "the campaign has no such receiver",
                )
            };
            Some(receiver.ok_or_else(unknown)?)
        }
    };
    let content = if campaign.status == Status::Draft {
        let written = state.store.content(&caller.tenant, &campaign.id).await?;
        let written = written.map(|(_, content)| content).unwrap_or_default();
        composed(&state, &caller.tenant, &written).await?
    } else {
        let sent = state.store.composed_content(&campaign).await?;
        sent.map(|(_, content)| content).unwrap_or_default()
    };
    see(&campaign.name, &content, &wanted, receiver).map(Json)
}
