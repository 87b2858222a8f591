//! Deleting a draft.

use axum::extract::State;
use carillon_domain::{access::permission::require, id::JobId, operations::job::Work};
use carillon_http::{
    authentication::Allowed,
    failure::{Failure, chain},
    precondition::{IfMatch, stale},
};
use carillon_store::Deleted;
use http::StatusCode;

use crate::{found::not_a_draft, path::CampaignPath, state::AppState};

/// Delete a draft
///
/// Its receivers are deleted too, within minutes.
#[utoipa::path(
    delete,
    path = "/v1/campaigns/{campaign}",
    operation_id = "delete_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = NO_CONTENT, description = "Deleted.")),
    extensions(("x-problems" = json!(["not-a-draft", "stale-version"])), ("x-if-match" = json!("optional"))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: CampaignPath,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Failure> {
    match state
        .store
        .delete_campaign(&context, &path.campaign, version)
        .await?
    {
        Deleted::Done(campaign) => {
            let id = JobId::from(&campaign.id);
            let work = Work::Purge {
                campaign: campaign.id,
                shards: campaign.shards,
            };
            // The deletion also wrote a row for the sweep, so a failure only delays the purge.
            if let Err(error) = state.reconciler.start_job(&context, id, work).await {
                tracing::warn!(
                    error = chain(&error),
                    "could not start a purge; the sweep will"
                );
            }
            Ok(StatusCode::NO_CONTENT)
        }
        Deleted::NotFound => Err(Failure::not_found()),
        Deleted::Stale(campaign) => Err(stale(&campaign)),
        Deleted::NotDraft(status) => Err(not_a_draft(status)),
    }
}
