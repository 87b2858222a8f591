//! Transports: the provider accounts through which the channels are sent.

mod change;
mod delete;
mod list;
pub(crate) mod routes;
mod set;
mod show;
mod test;
mod transport;
mod vendors;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of transports.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(vendors::list))
        .routes(routes!(test::test))
        .routes(routes!(
            show::show,
            set::set,
            change::change,
            delete::delete
        ))
        .merge(routes::routes())
}
