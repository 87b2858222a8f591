//! Deleting the routes of a channel.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use crate::{path::RoutesPath, state::AppState};

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
    Allowed(context, _): Allowed<require::WriteChannels>,
    RoutesPath { channel }: RoutesPath,
) -> Result<StatusCode, Failure> {
    state.store.set_routes(&context, channel, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
