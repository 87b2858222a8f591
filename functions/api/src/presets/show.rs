//! Showing a preset.

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::body::PresetBody;
use crate::{
    authentication::Caller, documents::find, failure::Failure, path::PresetPath, state::AppState,
};

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
    caller: Caller,
    path: PresetPath,
) -> Result<Response, Failure> {
    let written = find(&state, &caller, &path.preset).await?;
    Ok(PresetBody::from(&written).answer(StatusCode::OK))
}
