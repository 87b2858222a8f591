//! Showing a transport.

use axum::{Json, extract::State};

use super::transport::TransportBody;
use crate::{authentication::Caller, failure::Failure, path::TransportPath, state::AppState};

/// Show a transport
///
/// A provider account: its limits, its usage, and whether it works.
#[utoipa::path(
    get,
    path = "/v1/transports/{transport}",
    operation_id = "show_transport",
    tag = "transports",
    params(TransportPath),
    responses((status = OK, description = "The transport.", body = TransportBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    TransportPath { transport: id }: TransportPath,
) -> Result<Json<TransportBody>, Failure> {
    let (setup, governor) = tokio::try_join!(
        state.store.setup(&caller.tenant),
        state.store.governor(&caller.tenant, &id)
    )?;
    let transport = setup.transports.get(&id).ok_or_else(Failure::not_found)?;
    let shown = TransportBody::new(&state, &caller.tenant, &setup, transport, &governor);
    Ok(Json(shown))
}
