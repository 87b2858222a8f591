//! Showing a preset.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use super::body::PresetBody;
use crate::{content::documents::find, path::PresetPath, state::AppState};

/// Show a preset
#[utoipa::path(
    get,
    path = "/v1/presets/{preset}",
    operation_id = "show_preset",
    tag = "presets",
    params(PresetPath),
    responses((status = OK, description = "The preset.", body = PresetBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadTemplates>,
    path: PresetPath,
) -> Result<Response, Failure> {
    let written = find(&state, &context, &path.preset).await?;
    Ok(PresetBody::from(&written).answer(StatusCode::OK))
}
