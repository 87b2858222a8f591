//! Templates: content to start a campaign with.

mod body;
mod change;
mod create;
mod delete;
mod library;
mod list;
mod preview;
mod show;
mod versions;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use body::{UnknownBody, unknown};
pub(crate) use library::starting_template;

use crate::state::AppState;

/// The routes of templates.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, change::change, delete::delete))
        .routes(routes!(preview::preview))
        .routes(routes!(versions::list))
        .routes(routes!(versions::show))
        .routes(routes!(versions::restore))
        .routes(routes!(library::list))
        .routes(routes!(library::show))
}
