//! Showing a transport.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};

use super::transport::TransportBody;
use crate::{path::TransportPath, state::AppState};

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
    Allowed(context, _): Allowed<require::ReadChannels>,
    TransportPath { transport: id }: TransportPath,
) -> Result<Json<TransportBody>, Failure> {
    let (setup, rate_limiter) = tokio::try_join!(
        state.store.setup(&context),
        state.store.rate_limiter(&context.tenant, &id)
    )?;
    let transport = setup.transports.get(&id).ok_or_else(Failure::not_found)?;
    let shown = TransportBody::new(&state, &context.tenant, &setup, transport, &rate_limiter);
    Ok(Json(shown))
}
