//! The campaign that a request is about.

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
};
use carillon_http::{
    failure::{Failure, Members},
    problem::Problem,
};

use crate::{path::CampaignPath, state::AppState};

/// Tries at a campaign that others are changing.
pub(crate) const TRIES: usize = 3;

/// The caller's campaign in a path.
///
/// # Errors
/// If it does not exist or belongs to another tenant; the two are not distinguished.
pub(crate) async fn find(
    state: &AppState,
    context: &Context,
    path: &CampaignPath,
) -> Result<Campaign, Failure> {
    state
        .store
        .campaign(context, &path.campaign)
        .await?
        .ok_or_else(Failure::not_found)
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

/// The campaign is not on its way, or not any more.
pub(crate) fn not_running(status: Status) -> Failure {
    let instead = match status {
        Status::Draft => "the campaign is a draft and is not being sent; publish it or delete it",
        Status::Scheduled => {
            "the campaign is scheduled and is not being sent; cancel its schedule with unschedule"
        }
        Status::Published => "the campaign is published and is being sent",
        Status::Paused => "the campaign is paused; resume it or cancel it",
        Status::Completed => "the campaign is completed; nothing is left to send",
        Status::Canceled => "the campaign is canceled permanently; duplicate it to send it again",
    };
    let members = Members {
        campaign_status: Some(status.into()),
        ..Members::default()
    };
    Failure::new(Problem::NotRunning, instead).with(members)
}
