//! Resuming a paused campaign.

use axum::{extract::State, response::Response};
use carillon_domain::{access::permission::require, campaigns::Status};
use carillon_http::{
    authentication::Allowed, body::NoBody, failure::Failure, precondition::IfMatch,
};
use carillon_store::StopOutcome;
use http::StatusCode;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        publish::start_fanout,
    },
    found::{TRIES, changed_meanwhile, find, not_running},
    path::CampaignPath,
    state::AppState,
};

/// Resume a paused campaign
///
/// Messages that have not been sent are sent; final deliveries stay unchanged. Resuming a running campaign changes
/// nothing and returns the same response.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/resume",
    operation_id = "resume_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = ACCEPTED, description = "The resumed campaign.", body = CampaignBody)),
    extensions(
        ("x-problems" = json!(["not-running", "stale-version", "changed-meanwhile"])),
        ("x-if-match" = json!("optional")),
    ),
)]
pub(crate) async fn resume(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    if_match: IfMatch,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    for _ in 0..TRIES {
        let campaign = find(&state, &context, &path).await?;
        if_match.check(&campaign)?;
        let resumed = match campaign.status {
            // Its fan-out was started by whoever resumed it, or will be by the sweep.
            Status::Published => campaign,
            Status::Paused => {
                match state
                    .store
                    .resume(&context, &campaign.id, if_match.0)
                    .await?
                {
                    StopOutcome::Done(campaign) => {
                        start_fanout(&state, &campaign).await;
                        *campaign
                    }
                    StopOutcome::NotFound => return Err(Failure::not_found()),
                    // Another request came first; read the current state.
                    StopOutcome::Refused(_) => continue,
                }
            }
            status => return Err(not_running(status)),
        };
        return Ok(present(&state, &context, resumed, None)
            .await?
            .answer(StatusCode::ACCEPTED));
    }
    Err(changed_meanwhile())
}
