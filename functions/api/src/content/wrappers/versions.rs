//! The versions of a wrapper: listing, showing and restoring them.

use axum::{Json, extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed, body::NoBody, failure::Failure, page::PageQuery,
    precondition::IfMatch, query::Query,
};
use http::StatusCode;

use super::body::{WrapperBody, present};
use crate::{
    content::documents::{self, VersionList, WrapperDocument, find, find_version, shown},
    path::{WrapperPath, WrapperVersionPath},
    state::AppState,
};

/// List the versions of a wrapper
///
/// Newest first. The last 100 are kept.
#[utoipa::path(
    get,
    path = "/v1/wrappers/{wrapper}/versions",
    operation_id = "list_wrapper_versions",
    tag = "wrappers",
    params(WrapperPath, PageQuery),
    responses((status = OK, description = "A page of versions.", body = VersionList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadWrappers>,
    path: WrapperPath,
    Query(query): Query<PageQuery>,
) -> Result<Json<VersionList>, Failure> {
    documents::versions::<WrapperDocument>(&state, &context, &path.wrapper, &query)
        .await
        .map(Json)
}

/// Show a version of a wrapper
#[utoipa::path(
    get,
    path = "/v1/wrappers/{wrapper}/versions/{version}",
    operation_id = "show_wrapper_version",
    tag = "wrappers",
    params(WrapperVersionPath),
    responses((status = OK, description = "This version of the wrapper.", body = WrapperBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadWrappers>,
    path: WrapperVersionPath,
) -> Result<Json<WrapperBody>, Failure> {
    let written =
        find_version::<WrapperDocument>(&state, &context, &path.wrapper, path.version).await?;
    present(&state, &context, &written).await.map(Json)
}

/// Restore a version of a wrapper
///
/// Saves the version again as the latest version; nothing is lost.
#[utoipa::path(
    post,
    path = "/v1/wrappers/{wrapper}/versions/{version}/restore",
    operation_id = "restore_wrapper_version",
    tag = "wrappers",
    params(WrapperVersionPath),
    responses((status = OK, description = "The updated wrapper.", body = WrapperBody)),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn restore(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteWrappers>,
    path: WrapperVersionPath,
    if_match: IfMatch,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let before = find::<WrapperDocument>(&state, &context, &path.wrapper).await?;
    let is_default = present(&state, &context, &before).await?.is_default();
    let show = |now: &_| shown(WrapperBody::new(now, is_default));
    let restored = documents::restore(&state, &context, before, path.version, if_match, show);
    let written = Box::pin(restored).await?;
    let body = present(&state, &context, &written).await?;
    Ok(body.answer(StatusCode::OK))
}
