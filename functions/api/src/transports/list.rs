//! Listing transports.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use serde::Serialize;
use utoipa::ToSchema;

use super::transport::TransportBody;
use crate::state::AppState;

/// The transports of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransportList {
    /// The transports, ordered by id.
    transports: Vec<TransportBody>,
}

/// List transports
///
/// All provider accounts: their limits, their usage, and whether they work.
#[utoipa::path(
    get,
    path = "/v1/transports",
    operation_id = "list_transports",
    tag = "transports",
    responses((status = OK, description = "The transports.", body = TransportList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadChannels>,
) -> Result<Json<TransportList>, Failure> {
    let tenant = &context.tenant;
    let setup = state.store.setup(&context).await?;
    let ids = setup.transports.keys();
    let mut rate_limiters = state.store.rate_limiters(tenant, ids).await?;
    let transports = setup
        .transports
        .values()
        .map(|transport| {
            let rate_limiter = rate_limiters.remove(&transport.id).unwrap_or_default();
            TransportBody::new(&state, tenant, &setup, transport, &rate_limiter)
        })
        .collect();
    Ok(Json(TransportList { transports }))
}
