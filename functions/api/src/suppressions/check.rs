//! Checking whether an address is suppressed.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body, failure::Failure};
use serde::Serialize;
use utoipa::ToSchema;

use super::suppression::{AddressBody, SuppressionBody};
use crate::state::AppState;

/// Whether an address is suppressed.
#[derive(Serialize, ToSchema)]
#[schema(as = CheckedAddress)]
pub(super) struct CheckedBody {
    /// The suppression; `null` if the address is not suppressed.
    suppression: Option<SuppressionBody>,
}

/// Check whether an address is suppressed
///
/// This is a POST, because an address in a URL path would appear in logs. It changes nothing.
#[utoipa::path(
    post,
    path = "/v1/suppressions/check",
    operation_id = "check_suppression",
    tag = "suppressions",
    request_body = AddressBody,
    responses((status = OK, description = "The suppression, if there is one.", body = CheckedBody)),
)]
pub(crate) async fn check(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadSuppressions>,
    body::Json(body): body::Json<AddressBody>,
) -> Result<Json<CheckedBody>, Failure> {
    let address = body.read()?;
    let suppression = state.store.suppression(&context, &address).await?;
    Ok(Json(CheckedBody {
        suppression: suppression.map(SuppressionBody::from),
    }))
}
