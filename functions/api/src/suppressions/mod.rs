//! Suppressions: addresses that get nothing any more, of no campaign.
//!
//! An address never stands in a path or a query, because those end up in the logs of proxies. So
//! looking one up and lifting it are POSTs with a body.

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
