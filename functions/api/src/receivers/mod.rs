//! The receivers of a campaign.

mod add;
mod change;
mod hold;
mod import;
pub(crate) mod imports;
mod list;
mod receiver;
mod remove;
mod switch;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of receivers and imports.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add::add, list::list))
        .routes(routes!(switch::switch))
        .routes(routes!(change::change, remove::remove))
        .merge(imports::routes())
}
