//! Attributes that the tenant adds to a kind of entity.

mod add;
mod attribute;
mod change;
mod list;
mod remove;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of attributes.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, add::add))
        .routes(routes!(change::change, remove::remove))
}
