//! What is sent: content, and the templates, wrappers and presets that it comes from.

pub(crate) mod body;
pub(crate) mod composing;
pub(crate) mod documents;
mod presets;
pub(crate) mod preview;
pub(crate) mod rendered;
pub(crate) mod templates;
mod wrappers;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

/// The routes of templates, wrappers and presets.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(templates::routes())
        .merge(wrappers::routes())
        .merge(presets::routes())
}
