//! The versions of a template: listing, showing and restoring them.

use axum::{Json, extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed, body::NoBody, failure::Failure, page::PageQuery,
    precondition::IfMatch, query::Query,
};
use http::StatusCode;

use super::body::TemplateBody;
use crate::{
    content::documents::{self, TemplateDocument, VersionList, find, find_version, shown},
    path::{TemplatePath, TemplateVersionPath},
    state::AppState,
};

/// List the versions of a template
///
/// Newest first. The last 100 are kept.
#[utoipa::path(
    get,
    path = "/v1/templates/{template}/versions",
    operation_id = "list_template_versions",
    tag = "templates",
    params(TemplatePath, PageQuery),
    responses((status = OK, description = "A page of versions.", body = VersionList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadTemplates>,
    path: TemplatePath,
    Query(query): Query<PageQuery>,
) -> Result<Json<VersionList>, Failure> {
    documents::versions::<TemplateDocument>(&state, &context, &path.template, &query)
        .await
        .map(Json)
}

/// Show a version of a template
#[utoipa::path(
    get,
    path = "/v1/templates/{template}/versions/{version}",
    operation_id = "show_template_version",
    tag = "templates",
    params(TemplateVersionPath),
    responses((status = OK, description = "This version of the template.", body = TemplateBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadTemplates>,
    path: TemplateVersionPath,
) -> Result<Json<TemplateBody>, Failure> {
    let written =
        find_version::<TemplateDocument>(&state, &context, &path.template, path.version).await?;
    Ok(Json(TemplateBody::from(&written)))
}

/// Restore a version of a template
///
/// Saves the version again as the latest version; nothing is lost.
#[utoipa::path(
    post,
    path = "/v1/templates/{template}/versions/{version}/restore",
    operation_id = "restore_template_version",
    tag = "templates",
    params(TemplateVersionPath),
    responses((status = OK, description = "The updated template.", body = TemplateBody)),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn restore(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteTemplates>,
    path: TemplateVersionPath,
    if_match: IfMatch,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let before = find::<TemplateDocument>(&state, &context, &path.template).await?;
    let show = |now: &_| shown(TemplateBody::from(now));
    let restored = documents::restore(&state, &context, before, path.version, if_match, show);
    let written = Box::pin(restored).await?;
    Ok(TemplateBody::from(&written).answer(StatusCode::OK))
}
