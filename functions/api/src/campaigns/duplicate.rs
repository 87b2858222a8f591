//! Duplicating a campaign as a draft.

use axum::{extract::State, response::Response};
use carillon_domain::{access::permission::require, id::CampaignId};
use carillon_http::{
    authentication::Allowed, body::NoBody, failure::Failure, idempotency::FreshId,
};

use crate::{
    campaigns::{campaign::CampaignBody, create::Draft},
    fields,
    found::find,
    path::CampaignPath,
    state::AppState,
};

/// Duplicate a campaign
///
/// The copy is a draft with the same content, channels, priority and region, but without receivers.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/duplicate",
    operation_id = "duplicate_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = CREATED, description = "The copy.", body = CampaignBody)),
)]
pub(crate) async fn duplicate(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: CampaignPath,
    FreshId(id): FreshId,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let original = find(&state, &context, &path).await?;
    let content = state.store.content(&context, &original.id).await?;
    let draft = Draft {
        name: fields::name_of_copy(&original.name),
        channels: original.channels,
        priority: original.priority,
        default_region: original.default_region,
        on_unknown: original.on_unknown,
        failover: original.failover,
        content: content.map(|(_, content)| content).unwrap_or_default(),
    };
    draft.make(&state, &context, CampaignId::new(id)).await
}
