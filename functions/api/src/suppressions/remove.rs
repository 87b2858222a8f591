//! Removing the suppression of an address.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body, failure::Failure};
use serde::Serialize;
use utoipa::ToSchema;

use super::suppression::AddressBody;
use crate::state::AppState;

/// The result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemovedSuppression)]
pub(super) struct RemovedBody {
    /// Whether the address was suppressed.
    removed: bool,
}

/// Remove the suppression of an address
///
/// The address gets messages again from now on. Deliveries that have already been skipped stay skipped. If the address
/// is not suppressed, the response is the same, with `removed: false`.
#[utoipa::path(
    post,
    path = "/v1/suppressions/remove",
    operation_id = "remove_suppression",
    tag = "suppressions",
    request_body = AddressBody,
    responses((status = OK, description = "The address is not suppressed.", body = RemovedBody)),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteSuppressions>,
    body::Json(body): body::Json<AddressBody>,
) -> Result<Json<RemovedBody>, Failure> {
    let address = body.read()?;
    let removed = state.store.unsuppress(&context, &address).await?;
    Ok(Json(RemovedBody { removed }))
}
