//! Campaigns.

mod campaign;
mod cancel;
mod change;
mod create;
mod delete;
mod duplicate;
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

use carillon_domain::{campaigns::Campaign, id::ReceiverId, receivers::Receiver};
use carillon_http::failure::Failure;
pub use release::schedule_name;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

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

/// The receiver of a campaign whom a request's field `receiver` names.
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
