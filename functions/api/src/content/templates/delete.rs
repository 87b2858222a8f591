//! Deleting a template.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure, precondition::IfMatch};
use http::StatusCode;

use super::body::TemplateBody;
use crate::{
    content::documents::{self, TemplateDocument, shown},
    path::TemplatePath,
    state::AppState,
};

/// Delete a template
///
/// All its versions are deleted too. Campaigns that were started from it are not affected.
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
    Allowed(context, _): Allowed<require::WriteTemplates>,
    path: TemplatePath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let show = |now: &_| shown(TemplateBody::from(now));
    documents::delete::<TemplateDocument>(&state, &context, &path.template, if_match, show).await
}
