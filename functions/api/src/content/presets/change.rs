//! Changing a preset.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed, body::Json, failure::Failure, findings::Findings,
    precondition::IfMatch,
};
use http::StatusCode;

use super::body::{PresetBody, PresetParts};
use crate::{
    content::documents::{PresetDocument, find, require_version, rewrite, shown},
    path::PresetPath,
    state::AppState,
};

/// Change a preset
///
/// Absent fields stay unchanged. Campaigns that were started from it are not affected.
#[utoipa::path(
    patch,
    path = "/v1/presets/{preset}",
    operation_id = "change_preset",
    tag = "presets",
    params(PresetPath),
    request_body = PresetParts,
    responses((status = OK, description = "The updated preset.", body = PresetBody)),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteTemplates>,
    path: PresetPath,
    if_match: IfMatch,
    Json(body): Json<PresetParts>,
) -> Result<Response, Failure> {
    let before = find::<PresetDocument>(&state, &context, &path.preset).await?;
    let show = |now: &_| shown(PresetBody::from(now));
    require_version(if_match, &before, show)?;
    let mut findings = Findings::default();
    let (name, document) = body.read(Some(before.body.clone()), &mut findings);
    findings.finish()?;
    let written = rewrite(&state, &context, before, name, document, show).await?;
    Ok(PresetBody::from(&written).answer(StatusCode::OK))
}
