//! The directory: people and what they belong to.
//!
//! One set of routes serves all kinds of entities, because they differ in nothing but some of their fields ([decision
//! 45](https://github.com/carillon/carillon/blob/main/docs/decisions/0045-a-directory-in-one-table.md)).

mod attributes;
mod change;
mod create;
mod entity;
mod list;
mod relations;
mod remove;
mod search;
mod show;

pub(crate) use relations::RelationName;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of the directory.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, change::change, remove::remove))
        .routes(routes!(search::search))
        .merge(relations::routes())
        .merge(attributes::routes())
}
