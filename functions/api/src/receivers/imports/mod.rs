//! Imports: files of receivers.

mod create;
mod import;
mod show;
mod upload;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use import::ImportBody;
pub use upload::Uploads;

use crate::state::AppState;

/// The routes of imports.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(show::show))
}
