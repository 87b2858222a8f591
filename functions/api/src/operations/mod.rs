//! What keeps the system going: jobs and dead letters.

mod dead_letters;
pub(crate) mod jobs;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

/// The routes of jobs and dead letters.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(jobs::routes())
        .merge(dead_letters::routes())
}
