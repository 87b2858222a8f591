//! The receivers of a campaign.

mod add;
mod hold;
mod import;
mod list;
mod receiver;
mod remove;
mod switch;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of receivers.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add::add, list::list))
        .routes(routes!(switch::switch, remove::remove))
}
