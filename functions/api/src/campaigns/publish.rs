//! Publishing a draft, or a scheduled campaign that missed its time.

use axum::{extract::State, response::Response};
use carillon_domain::{
    access::permission::require, campaigns::Campaign, delivery::task::FanoutTask,
};
use carillon_http::{
    authentication::Allowed,
    body::{Optional, not_null},
    failure::{Failure, chain},
    precondition::IfMatch,
};
use carillon_store::Published;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        preflight, readiness, release,
    },
    content::composing::composed,
    found::{TRIES, changed_meanwhile, find, require_draft},
    path::CampaignPath,
    state::AppState,
};

/// How to handle warnings.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishCampaign {
    /// `false` publishes only if preflight (`GET …/preflight`) has found no warnings. `true`, the default, publishes
    /// despite warnings, but not if a finding prevents publishing.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    accept_warnings: Option<bool>,
}

/// Publish a draft
///
/// A scheduled campaign that missed its time (`stalled` contains `missed_schedule`) can also be published.
///
/// The response is immediate, regardless of the number of receivers; the totals show the progress.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/publish",
    operation_id = "publish_campaign",
    tag = "campaigns",
    params(CampaignPath),
    request_body(content = Option<PublishCampaign>, description = "Optional."),
    responses((status = ACCEPTED, description = "The published campaign.", body = CampaignBody)),
    extensions(
        ("x-problems" = json!(["not-a-draft", "stale-version", "no-channels", "no-content", "no-transport", "no-receivers", "loading", "preflight-findings", "changed-meanwhile"])),
        ("x-if-match" = json!("optional")),
    ),
)]
pub(crate) async fn publish(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    if_match: IfMatch,
    Optional(body): Optional<PublishCampaign>,
) -> Result<Response, Failure> {
    for _ in 0..TRIES {
        let campaign = find(&state, &context, &path).await?;
        // Somebody decides to send late what was not released because of that.
        let missed = campaign
            .schedule
            .clone()
            .filter(|_| campaign.has_missed_schedule());
        if missed.is_none() {
            require_draft(&campaign)?;
        }
        if_match.check(&campaign)?;
        let content = readiness::check(&state, &context, &campaign).await?;
        // A scheduled campaign is sent as it was composed then.
        let composed = match missed {
            Some(_) => None,
            None => {
                let composed = composed(&state, &context, &context.tenant, &content).await?;
                let accepts = body.accept_warnings.unwrap_or(true);
                let said = (&content, &composed);
                let good = preflight::require_good(&state, &context, &campaign, said, accepts);
                Box::pin(good).await?;
                Some(composed)
            }
        };
        // The write requires the version that was checked, so nothing slips in between.
        let published = state.store.publish(&context, &campaign, composed.as_ref());
        if let Published::Done(campaign) = published.await? {
            if let Some(schedule) = missed {
                release::delete(&state.schedules, &campaign, &schedule).await;
            }
            start_fanout(&state, &campaign).await;
            return Ok(present(&state, &context, *campaign, Some(content))
                .await?
                .answer(StatusCode::ACCEPTED));
        }
    }
    Err(changed_meanwhile())
}

/// Enqueues the fan-out of every shard. If that fails, the sweep does it.
pub(super) async fn start_fanout(state: &AppState, campaign: &Campaign) {
    let tasks: Vec<FanoutTask> = FanoutTask::for_campaign(campaign).collect();
    if let Err(error) = state.fanout.send(campaign.priority, &tasks).await {
        tracing::warn!(
            error = chain(&error),
            "could not enqueue a fan-out; the sweep will"
        );
    }
}
