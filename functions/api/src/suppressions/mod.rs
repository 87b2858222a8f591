//! Suppressions: addresses excluded from all campaigns.
//!
//! An address is never part of a path or a query, because those end up in proxies' logs. So
//! checking and removing one are POSTs with a body.

mod add;
mod check;
mod import;
mod list;
mod remove;
mod suppression;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of suppressions.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add::add, list::list))
        .routes(routes!(check::check))
        .routes(routes!(import::import))
        .routes(routes!(remove::remove))
}
