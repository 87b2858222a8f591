//! The tenant of an API key.

mod body;
mod change;
mod show;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of the tenant.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show::show, change::change))
}
