//! Campaigns.

mod campaign;
mod cancel;
mod change;
mod composing;
mod content;
mod create;
mod delete;
mod duplicate;
mod failover;
mod fields;
mod list;
mod pause;
mod preflight;
mod preview;
mod publish;
mod readiness;
mod reconcile;
mod release;
mod resume;
mod running;
mod schedule;
mod show;
mod stalled;
mod test;
mod totals;
mod unschedule;
mod values;

use carillon_domain::{
    campaign::{Campaign, Status},
    id::ReceiverId,
    receiver::Receiver,
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use composing::{as_sent, composed};
pub(crate) use content::{ContentBody, TemplateBody, ToolbarBody, WidgetBody};
pub(crate) use failover::FailoverBody;
pub(crate) use fields::{channels, default_region, name, on_unknown, priority};
pub(crate) use preflight::Finding;
pub use release::schedule_name;
pub(crate) use running::not_running;

use crate::{
    authentication::Caller,
    failure::{Failure, Members},
    path::CampaignPath,
    problem::Problem,
    state::AppState,
};

/// Tries at a campaign that others are changing.
pub(crate) const TRIES: usize = 3;

/// The routes of campaigns.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, change::change, delete::delete))
        .routes(routes!(duplicate::duplicate))
        .routes(routes!(preview::preview))
        .routes(routes!(preflight::show))
        .routes(routes!(test::test))
        .routes(routes!(publish::publish))
        .routes(routes!(pause::pause))
        .routes(routes!(resume::resume))
        .routes(routes!(cancel::cancel))
        .routes(routes!(reconcile::reconcile))
        .routes(routes!(schedule::schedule))
        .routes(routes!(unschedule::unschedule))
}

/// The caller's campaign in a path.
///
/// # Errors
/// If it does not exist or belongs to another tenant; the two are not distinguished.
pub(crate) async fn find(
    state: &AppState,
    caller: &Caller,
    path: &CampaignPath,
) -> Result<Campaign, Failure> {
    state
        .store
        .campaign(&caller.tenant, &path.campaign)
        .await?
        .ok_or_else(Failure::not_found)
}

/// The receiver named by a request's `receiver` field.
///
/// # Errors
/// If the campaign has no such receiver, or the store fails.
async fn named_receiver(
    state: &AppState,
    campaign: &Campaign,
    id: &ReceiverId,
) -> Result<Receiver, Failure> {
    let receiver = state.store.receiver(campaign, id).await?;
    receiver.ok_or_else(|| {
        Failure::field(
            "receiver",
            "unknown_receiver",
            "the campaign has no such receiver",
        )
    })
}

/// Requires a draft.
///
/// # Errors
/// If the campaign is not a draft.
pub(crate) fn require_draft(campaign: &Campaign) -> Result<(), Failure> {
    if campaign.status == Status::Draft {
        Ok(())
    } else {
        Err(not_a_draft(campaign.status))
    }
}

/// The campaign is not a draft.
pub(crate) fn not_a_draft(status: Status) -> Failure {
    let members = Members {
        campaign_status: Some(status.into()),
        ..Members::default()
    };
    Failure::new(Problem::NotADraft, format!("the campaign is {status}")).with(members)
}

/// The campaign kept changing until our tries ran out.
pub(crate) fn changed_meanwhile() -> Failure {
    let members = Members {
        retry_after_seconds: Some(1),
        ..Members::default()
    };
    Failure::new(
        Problem::ChangedMeanwhile,
        "others changed the campaign at the same time",
    )
    .with(members)
}
