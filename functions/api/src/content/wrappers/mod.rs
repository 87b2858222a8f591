//! Wrappers: the frame around emails.

mod body;
mod change;
mod create;
mod delete;
mod list;
mod preview;
mod show;
mod versions;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of wrappers.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, change::change, delete::delete))
        .routes(routes!(preview::preview))
        .routes(routes!(versions::list))
        .routes(routes!(versions::show))
        .routes(routes!(versions::restore))
}
