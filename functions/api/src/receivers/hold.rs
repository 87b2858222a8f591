//! Blocks publishing of a draft while its receivers change: nobody may join or leave an audience
//! that is already being sent to.

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Hold},
    id::CampaignId,
};
use carillon_http::failure::{Failure, chain};
use carillon_store::HoldOutcome;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::{found::not_a_draft, state::AppState};

/// Maximum time of a hold; API Gateway times out after 30 s.
const HELD: SignedDuration = SignedDuration::from_secs(30);

/// A draft that cannot be published until it is released.
pub(crate) struct Held {
    /// The campaign.
    pub(crate) campaign: Campaign,
    hold: Hold,
}

/// Holds a draft.
///
/// # Errors
/// If there is no such campaign, or it is not a draft.
pub(crate) async fn hold(
    state: &AppState,
    context: &Context,
    id: &CampaignId,
) -> Result<Held, Failure> {
    let hold = Hold {
        until: state.clock.now() + HELD,
        token: Uuid::new_v4().simple().to_string(),
    };
    match state.store.begin_loading(context, id, &hold).await? {
        HoldOutcome::Done(campaign) => Ok(Held {
            campaign: *campaign,
            hold,
        }),
        HoldOutcome::NotFound => Err(Failure::not_found()),
        HoldOutcome::NotDraft(status) => Err(not_a_draft(status)),
    }
}

impl Held {
    /// Releases the draft. If that fails, the hold lapses after a while.
    pub(crate) async fn let_go(self, state: &AppState, context: &Context) {
        let result = state
            .store
            .end_loading(context, &self.campaign.id, &self.hold)
            .await;
        if let Err(error) = result {
            tracing::warn!(
                error = chain(&error),
                "could not release a draft; its hold will lapse"
            );
        }
    }
}
