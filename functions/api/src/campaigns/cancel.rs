//! Canceling a published or paused campaign.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed, body::NoBody, failure::Failure, precondition::IfMatch,
};

use crate::{
    campaigns::running::{self, Stop, StoppedBody},
    path::CampaignPath,
    state::AppState,
};

/// Cancel a campaign
///
/// Messages that have not been sent are never sent; their deliveries show as canceled. Canceling a canceled campaign
/// changes nothing and returns the same response. A scheduled campaign cannot be canceled: cancel its schedule with
/// unschedule. A draft can be deleted.
///
/// The response takes about five seconds: it is sent once no new provider calls can begin. A consumer checks the campaign
/// right before it claims a delivery, and begins the call within three seconds of that check. After the response, only
/// deliveries that were claimed before can still be sent; `counts.in_flight` counts them. The counts add up to `total`.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/cancel",
    operation_id = "cancel_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses(
        (status = OK, description = "The canceled campaign with its delivery counts.", body = StoppedBody),
        (status = ACCEPTED, description = "As for 200, but too many of the tenant's requests are already waiting: calls may still begin for another four seconds. Repeat the request to wait.", body = StoppedBody),
    ),
    extensions(
        ("x-problems" = json!(["not-running", "stale-version", "changed-meanwhile"])),
        ("x-if-match" = json!("optional")),
    ),
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    if_match: IfMatch,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    running::stop(&state, &context, &path, if_match, Stop::Cancel).await
}
