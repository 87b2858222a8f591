//! Showing a transport.

use axum::{Json, extract::State};

use super::transport::TransportBody;
use crate::{authentication::Caller, failure::Failure, path::TransportPath, state::AppState};

/// Show a transport
///
/// The provider account of a channel: its limits, how much of them is used, and whether it works.
#[utoipa::path(
    get,
    path = "/v1/transports/{channel}",
    operation_id = "show_transport",
    tag = "transports",
    params(TransportPath),
    responses((status = OK, description = "The transport.", body = TransportBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    TransportPath { channel }: TransportPath,
) -> Result<Json<TransportBody>, Failure> {
    let (transport, governor) = tokio::try_join!(
        state.store.transport(&caller.tenant, channel),
        state.store.governor(&caller.tenant, channel)
    )?;
    let transport = transport.ok_or_else(Failure::not_found)?;
    Ok(Json(TransportBody::new(
        &state,
        &caller.tenant,
        transport,
        &governor,
        state.clock.now(),
    )))
}
