//! Presets: everything that a campaign can start with except its receivers.

mod body;
mod change;
mod create;
mod delete;
mod list;
mod show;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of presets.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, change::change, delete::delete))
}
