//! Showing a wrapper.

use axum::{extract::State, response::Response};
use http::StatusCode;

use super::body::{WrapperBody, present};
use crate::{
    authentication::Caller, documents::find, failure::Failure, path::WrapperPath, state::AppState,
};

/// Show a wrapper
#[utoipa::path(
    get,
    path = "/v1/wrappers/{wrapper}",
    operation_id = "show_wrapper",
    tag = "wrappers",
    params(WrapperPath),
    responses((status = OK, description = "The wrapper.", body = WrapperBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    path: WrapperPath,
) -> Result<Response, Failure> {
    let written = find(&state, &caller, &path.wrapper).await?;
    let body = present(&state, &caller, &written).await?;
    Ok(body.answer(StatusCode::OK))
}
