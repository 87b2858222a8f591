//! Showing a wrapper.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use super::body::{WrapperBody, present};
use crate::{content::documents::find, path::WrapperPath, state::AppState};

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
    Allowed(context, _): Allowed<require::ReadWrappers>,
    path: WrapperPath,
) -> Result<Response, Failure> {
    let written = find(&state, &context, &path.wrapper).await?;
    let body = present(&state, &context, &written).await?;
    Ok(body.answer(StatusCode::OK))
}
