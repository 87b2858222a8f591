//! Switching a channel on or off for all receivers of a draft.

use axum::{Json as AxumJson, extract::State};
use carillon_domain::{
    access::{Context, permission::require},
    campaigns::{Campaign, Hold},
    channel::Channel,
    id::JobId,
    operations::job::{Job, Work},
};
use carillon_http::{
    authentication::Allowed, body::Json, failure::Failure, findings::Findings,
    idempotency::FreshId, names::ChannelName, problem::Problem,
};
use carillon_store::{HELD_BY_JOB, HoldOutcome};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    found::not_a_draft,
    operations::jobs::{JobBody, enqueue},
    path::CampaignPath,
    state::AppState,
};

/// With more receivers, the job is one that takes turns with others.
const MANY: u64 = 50_000;

/// A switch of a channel for all receivers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchReceivers {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// Whether it is switched on.
    on: bool,
}

/// Switch a channel for all receivers
///
/// Switches a channel of a draft on or off for all its receivers, as a job. Switching on lifts earlier switches only: a
/// receiver without an address, with a duplicate address or with a landline number stays off, with that reason. If
/// somebody changes the switch of one receiver while the job is running, that change stays. The campaign cannot be
/// published until the job has ended. Canceling the job keeps what has been switched.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/receivers/switch",
    operation_id = "switch_receivers",
    tag = "receivers",
    params(CampaignPath),
    request_body = SwitchReceivers,
    responses((status = ACCEPTED, description = "The job.", body = JobBody)),
    extensions(("x-problems" = json!(["not-a-draft", "loading"]))),
)]
pub(crate) async fn switch(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: CampaignPath,
    FreshId(id): FreshId,
    Json(body): Json<SwitchReceivers>,
) -> Result<(StatusCode, AxumJson<JobBody>), Failure> {
    let mut findings = Findings::default();
    let channel = findings.keep::<Channel, _>("channel", "unknown_channel", body.channel.parse());
    findings.finish()?;
    let Some(channel) = channel else {
        return Err(Failure::not_found());
    };
    let id = JobId::new(id);
    let hold = Hold::of_job(&id, state.clock.now() + HELD_BY_JOB);
    let begun = state.store.begin_loading(&context, &path.campaign, &hold);
    let campaign = match begun.await? {
        HoldOutcome::Done(campaign) => *campaign,
        HoldOutcome::NotFound => return Err(Failure::not_found()),
        HoldOutcome::NotDraft(status) => return Err(not_a_draft(status)),
    };
    let started = start(&state, &context, &campaign, id, (channel, body.on)).await;
    match started {
        Ok(job) => Ok((StatusCode::ACCEPTED, AxumJson(JobBody::new(job)))),
        Err(failure) => {
            state
                .store
                .end_loading(&context, &campaign.id, &hold)
                .await?;
            Err(failure)
        }
    }
}

async fn start(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    id: JobId,
    (channel, on): (Channel, bool),
) -> Result<Job, Failure> {
    // Of two switches at once, receivers would be left as either wanted. The later hold sees the earlier one.
    let now = state.clock.now();
    if campaign.holds.iter().any(|it| it.is_of_another(&id, now)) {
        return Err(Failure::new(
            Problem::Loading,
            "the receivers are already being switched by another job",
        ));
    }
    let counters = state.store.counters(&campaign.tenant, &campaign.id).await?;
    let work = Work::Switch {
        campaign: campaign.id.clone(),
        channel,
        on,
        many: counters.receivers() > MANY,
    };
    let tenant = campaign.tenant.clone();
    let job = Job::new(tenant, id, work, &context.actor, context.now);
    let job = state.store.start_job(context, &job).await?;
    enqueue(state, &job).await;
    Ok(job)
}
