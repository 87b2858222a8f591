//! Showing a template.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use super::body::TemplateBody;
use crate::{content::documents::find, path::TemplatePath, state::AppState};

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
    Allowed(context, _): Allowed<require::ReadTemplates>,
    path: TemplatePath,
) -> Result<Response, Failure> {
    let written = find(&state, &context, &path.template).await?;
    Ok(TemplateBody::from(&written).answer(StatusCode::OK))
}
