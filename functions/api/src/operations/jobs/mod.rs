//! Jobs: long work that goes on in the background.

mod cancel;
mod enqueue;
mod job;
mod list;
mod retry;
mod show;

pub(crate) use self::{enqueue::enqueue, job::JobBody};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of jobs.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(show::show))
        .routes(routes!(cancel::cancel))
        .routes(routes!(retry::retry))
}
