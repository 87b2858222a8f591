//! Creating a preset.

use axum::{extract::State, response::Response};
use carillon_domain::{access::permission::require, id::DocumentId};
use carillon_http::{
    authentication::Allowed, body::Json, failure::Failure, findings::Findings, idempotency::FreshId,
};
use http::StatusCode;

use super::body::{PresetBody, PresetParts};
use crate::{content::documents::make, state::AppState};

/// Create a preset
///
/// A preset contains everything that a campaign can start with except its receivers. To start from it, use `preset` in
/// `POST /v1/campaigns`.
#[utoipa::path(
    post,
    path = "/v1/presets",
    operation_id = "create_preset",
    tag = "presets",
    request_body = PresetParts,
    responses((status = CREATED, description = "The preset.", body = PresetBody)),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteTemplates>,
    FreshId(id): FreshId,
    Json(body): Json<PresetParts>,
) -> Result<Response, Failure> {
    let mut findings = Findings::default();
    let (name, document) = body.read(None, &mut findings);
    let Some(name) = name.filter(|_| findings.is_empty()) else {
        return Err(findings.into());
    };
    let id = DocumentId::new(id);
    let written = make(&state, &context, id, name, document).await?;
    Ok(PresetBody::from(&written).answer(StatusCode::CREATED))
}
