//! Deleting a preset.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure, precondition::IfMatch};
use http::StatusCode;

use super::body::PresetBody;
use crate::{
    content::documents::{self, PresetDocument, shown},
    path::PresetPath,
    state::AppState,
};

/// Delete a preset
///
/// All its versions are deleted too. Campaigns that were started from it are not affected.
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
    Allowed(context, _): Allowed<require::WriteTemplates>,
    path: PresetPath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let show = |now: &_| shown(PresetBody::from(now));
    documents::delete::<PresetDocument>(&state, &context, &path.preset, if_match, show).await
}
