//! Listing the transports.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::transport::TransportBody;
use crate::{authentication::Caller, failure::Failure, state::AppState};

/// The transports of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransportList {
    /// One for each channel that something is set up for.
    transports: Vec<TransportBody>,
}

/// List transports
///
/// The provider account of each channel: its limits, how much of them is used, and whether it works.
#[utoipa::path(
    get,
    path = "/v1/transports",
    operation_id = "list_transports",
    tag = "transports",
    responses((status = OK, description = "The transports.", body = TransportList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<TransportList>, Failure> {
    let (transports, mut governors) = tokio::try_join!(
        state.store.transports(&caller.tenant),
        state.store.governors(&caller.tenant)
    )?;
    let now = state.clock.now();
    let transports = transports
        .into_iter()
        .map(|(channel, transport)| {
            let governor = governors.remove(&channel).unwrap_or_default();
            TransportBody::new(&state, &caller.tenant, transport, &governor, now)
        })
        .collect();
    Ok(Json(TransportList { transports }))
}
