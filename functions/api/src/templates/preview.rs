//! Previewing a template as receivers would see it.

use axum::{Json, extract::State};

use crate::{
    authentication::Caller,
    body,
    campaigns::composed,
    documents::{TemplateDocument, find},
    failure::Failure,
    path::TemplatePath,
    preview::{Asked, PreviewBody, preview as see},
    state::AppState,
};

/// Preview a template
///
/// Uses the default values of its variables (`default`), or samples where it has none; in the wrapper of the template.
/// The response names the placeholders that were filled with samples.
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
    caller: Caller,
    path: TemplatePath,
    body::Json(asked): body::Json<Asked>,
) -> Result<Json<PreviewBody>, Failure> {
    let written = find::<TemplateDocument>(&state, &caller, &path.template).await?;
    let asked = asked.read(false)?;
    let content = composed(&state, &caller.tenant, &written.body.content).await?;
    see(&written.name, &content, &asked, None).map(Json)
}
