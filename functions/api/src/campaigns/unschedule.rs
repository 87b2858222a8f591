//! Canceling a schedule.

use axum::{extract::State, response::Response};
use carillon_domain::{access::permission::require, campaigns::Status};
use carillon_http::{
    authentication::Allowed,
    body::NoBody,
    failure::{Failure, Members},
    problem::Problem,
};
use carillon_store::Unscheduled;
use http::StatusCode;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        release,
    },
    found::{TRIES, changed_meanwhile},
    path::CampaignPath,
    state::AppState,
};

/// Cancel a schedule
///
/// The campaign becomes a draft again. `schedule_changes` records who canceled the schedule and when. To move the
/// schedule, schedule the campaign again.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/unschedule",
    operation_id = "unschedule_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = OK, description = "The draft.", body = CampaignBody)),
    extensions(("x-problems" = json!(["not-scheduled", "changed-meanwhile"]))),
)]
pub(crate) async fn unschedule(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let by = context.actor.to_string();
    for _ in 0..TRIES {
        match state
            .store
            .unschedule(&context, &path.campaign, &by)
            .await?
        {
            Unscheduled::Done(campaign, schedule) => {
                release::delete(&state.schedules, &campaign, &schedule).await;
                return Ok(present(&state, &context, *campaign, None)
                    .await?
                    .answer(StatusCode::OK));
            }
            Unscheduled::Refused(None) => return Err(Failure::not_found()),
            Unscheduled::Refused(Some(campaign)) if campaign.status == Status::Scheduled => {}
            Unscheduled::Refused(Some(campaign)) => {
                let status = campaign.status;
                let members = Members {
                    campaign_status: Some(status.into()),
                    ..Members::default()
                };
                return Err(Failure::new(
                    Problem::NotScheduled,
                    format!("the campaign is {status}"),
                )
                .with(members));
            }
        }
    }
    Err(changed_meanwhile())
}
