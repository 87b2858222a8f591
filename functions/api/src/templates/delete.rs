//! Deleting a template.

use axum::extract::State;
use http::StatusCode;

use super::body::TemplateBody;
use crate::{
    authentication::Caller,
    documents::{self, TemplateDocument, shown},
    failure::Failure,
    path::TemplatePath,
    precondition::IfMatch,
    state::AppState,
};

/// Delete a template
///
/// All its versions are deleted too. Campaigns that started with it stay unchanged.
#[utoipa::path(
    delete,
    path = "/v1/templates/{template}",
    operation_id = "delete_template",
    tag = "templates",
    params(TemplatePath),
    responses((status = NO_CONTENT, description = "Deleted.")),
    extensions(("x-problems" = json!(["stale-version"])), ("x-if-match" = json!("optional"))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    path: TemplatePath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let show = |now: &_| shown(TemplateBody::from(now));
    documents::delete::<TemplateDocument>(&state, &caller, &path.template, if_match, show).await
}
