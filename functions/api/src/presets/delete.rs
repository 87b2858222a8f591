//! Deleting a preset.

use axum::extract::State;
use http::StatusCode;

use super::body::PresetBody;
use crate::{
    authentication::Caller,
    documents::{self, PresetDocument, shown},
    failure::Failure,
    path::PresetPath,
    precondition::IfMatch,
    state::AppState,
};

/// Delete a preset
///
/// All its versions are deleted too. Campaigns that started with it stay unchanged.
#[utoipa::path(
    delete,
    path = "/v1/presets/{preset}",
    operation_id = "delete_preset",
    tag = "presets",
    params(PresetPath),
    responses((status = NO_CONTENT, description = "Deleted.")),
    extensions(("x-problems" = json!(["stale-version"])), ("x-if-match" = json!("optional"))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    path: PresetPath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let show = |now: &_| shown(PresetBody::from(now));
    documents::delete::<PresetDocument>(&state, &caller, &path.preset, if_match, show).await
}
