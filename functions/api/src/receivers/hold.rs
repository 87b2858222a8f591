//! Keeping a draft a draft while its receivers change: nobody may join, or leave, an audience that
//! is already on its way.

use carillon_domain::{campaigns::{Campaign, Hold}, id::{CampaignId, TenantId}};
use carillon_http::failure::{Failure, chain};
use carillon_store::LoadingBegun;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::{found::not_a_draft, state::AppState};

/// A campaign is held for this long at most; API Gateway gives up after 30 s.
const HELD: SignedDuration = SignedDuration::from_secs(30);

/// A draft that cannot be published until it is let go.
pub(crate) struct Held {
    /// The campaign.
    pub(crate) campaign: Campaign,
    hold: Hold,
}

/// Holds a draft.
///
/// # Errors
/// If there is no such campaign, or it is no draft.
pub(crate) async fn hold(
    state: &AppState,
    tenant: &TenantId,
    id: &CampaignId,
) -> Result<Held, Failure> {
    let hold = Hold {
        until: state.clock.now() + HELD,
        token: Uuid::new_v4().simple().to_string(),
    };
    match state.store.begin_loading(tenant, id, &hold).await? {
        LoadingBegun::Done(campaign) => Ok(Held {
            campaign: *campaign,
            hold,
        }),
        LoadingBegun::NotFound => Err(Failure::not_found()),
        LoadingBegun::NotDraft(status) => Err(not_a_draft(status)),
    }
}

impl Held {
    /// Lets the draft go. If that fails it goes by itself after a while.
    pub(crate) async fn let_go(self, state: &AppState) {
        let result = state
            .store
            .end_loading(&self.campaign.tenant, &self.campaign.id, &self.hold)
            .await;
        if let Err(error) = result {
            tracing::warn!(
                error = chain(&error),
                "a draft was not let go; it goes by itself"
            );
        }
    }
}
