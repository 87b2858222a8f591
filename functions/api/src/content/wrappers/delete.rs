//! Deleting a wrapper.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure, precondition::IfMatch};
use http::StatusCode;

use super::body::{WrapperBody, set_default};
use crate::{
    content::documents::{self, WrapperDocument, find, shown},
    path::WrapperPath,
    state::AppState,
};

/// Delete a wrapper
///
/// All its versions are deleted too. If it was the default, there is no longer a default. Published or scheduled
/// campaigns keep it. A draft that specifies it cannot be published until it specifies another one.
#[utoipa::path(
    delete,
    path = "/v1/wrappers/{wrapper}",
    operation_id = "delete_wrapper",
    tag = "wrappers",
    params(WrapperPath),
    responses((status = NO_CONTENT, description = "Deleted.")),
    extensions(("x-problems" = json!(["stale-version"])), ("x-if-match" = json!("optional"))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteWrappers>,
    path: WrapperPath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let written = find::<WrapperDocument>(&state, &context, &path.wrapper).await?;
    let show = |now: &_| shown(WrapperBody::new(now, false));
    let status =
        documents::delete::<WrapperDocument>(&state, &context, &path.wrapper, if_match, show)
            .await?;
    set_default(&state, &context, &written, Some(false)).await?;
    Ok(status)
}
