//! Showing a template.

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::body::TemplateBody;
use crate::{
    authentication::Caller, documents::find, failure::Failure, path::TemplatePath, state::AppState,
};

/// Show a template
#[utoipa::path(
    get,
    path = "/v1/templates/{template}",
    operation_id = "show_template",
    tag = "templates",
    params(TemplatePath),
    responses((status = OK, description = "The template.", body = TemplateBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    path: TemplatePath,
) -> Result<Response, Failure> {
    let written = find(&state, &caller, &path.template).await?;
    Ok(TemplateBody::from(&written).answer(StatusCode::OK))
}
