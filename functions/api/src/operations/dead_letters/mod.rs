//! Dead letters: messages that a queue moved to its dead-letter queue.

mod letter;
mod list;
mod redrive;
mod redrive_tasks;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

/// The routes of dead letters.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(redrive::redrive))
}
