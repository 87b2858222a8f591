//! Routes: which transports of a channel serve which receivers.

mod delete;
mod list;
mod routes_body;
mod set;
mod show;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The endpoints for routes.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(show::show, set::set, delete::delete))
}
