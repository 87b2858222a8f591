//! Previewing a template as receivers would see it.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body, failure::Failure};

use crate::{
    content::{
        composing::composed,
        documents::{TemplateDocument, find},
        preview::{Asked, PreviewBody, preview as see},
    },
    path::TemplatePath,
    state::AppState,
};

/// Preview a template
///
/// Uses the default values of its variables (`default`), or samples where there are none. Emails are shown in the
/// template's wrapper. The response names the placeholders that were filled with samples.
#[utoipa::path(
    post,
    path = "/v1/templates/{template}/preview",
    operation_id = "preview_template",
    tag = "templates",
    params(TemplatePath),
    request_body = Asked,
    responses((status = OK, description = "The rendered message.", body = PreviewBody)),
    extensions(("x-problems" = json!(["not-renderable"]))),
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadTemplates>,
    path: TemplatePath,
    body::Json(asked): body::Json<Asked>,
) -> Result<Json<PreviewBody>, Failure> {
    let written = find::<TemplateDocument>(&state, &context, &path.template).await?;
    let asked = asked.read(false)?;
    let content = composed(&state, &context, &context.tenant, &written.body.content).await?;
    see(&written.name, &content, &asked, None).map(Json)
}
