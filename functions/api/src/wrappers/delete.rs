//! Deleting a wrapper.

use axum::extract::State;
use http::StatusCode;

use super::body::{WrapperBody, set_default};
use crate::{
    authentication::Caller,
    documents::{self, WrapperDocument, find, shown},
    failure::Failure,
    path::WrapperPath,
    precondition::IfMatch,
    state::AppState,
};

/// Delete a wrapper
///
/// With all its versions. If it was the default, there is none any more. Campaigns that are published or scheduled keep it; a draft that names
/// it cannot be published until it names another one.
#[utoipa::path(
    delete,
    path = "/v1/wrappers/{wrapper}",
    operation_id = "delete_wrapper",
    tag = "wrappers",
    params(WrapperPath),
    responses((status = NO_CONTENT, description = "It is gone.")),
    extensions(("x-problems" = json!(["stale-version"])), ("x-if-match" = json!("optional"))),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    path: WrapperPath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let written = find::<WrapperDocument>(&state, &caller, &path.wrapper).await?;
    let show = |now: &_| shown(WrapperBody::new(now, false));
    let status =
        documents::delete::<WrapperDocument>(&state, &caller, &path.wrapper, if_match, show)
            .await?;
    set_default(&state, &caller, &written, Some(false)).await?;
    Ok(status)
}
