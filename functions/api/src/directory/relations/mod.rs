//! Relations of an entity.

mod connect;
mod list;
mod part;
mod relation;

pub(crate) use relation::RelationName;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of relations.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(connect::connect, part::part))
}
