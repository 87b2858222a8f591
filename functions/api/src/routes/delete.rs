//! Deleting the routes of a channel.

use axum::extract::State;
use http::StatusCode;

use crate::{authentication::Caller, failure::Failure, path::RoutesPath, state::AppState};

/// Delete the routes of a channel
///
/// Within a minute, all messages of the channel are sent through its oldest enabled transport. Deleting routes that do
/// not exist is not an error.
#[utoipa::path(
    delete,
    path = "/v1/routes/{channel}",
    operation_id = "delete_routes",
    tag = "transports",
    params(RoutesPath),
    responses((status = NO_CONTENT, description = "Deleted, or did not exist.")),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    RoutesPath { channel }: RoutesPath,
) -> Result<StatusCode, Failure> {
    let tenant = &caller.tenant;
    state.store.set_routes(tenant, channel, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
