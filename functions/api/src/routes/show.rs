//! Showing the routes of a channel.

use axum::{Json, extract::State};

use super::routes_body::RoutesBody;
use crate::{authentication::Caller, failure::Failure, path::RoutesPath, state::AppState};

/// Show the routes of a channel
///
/// Empty until routes are set: until then, all messages are sent through the oldest enabled transport.
#[utoipa::path(
    get,
    path = "/v1/routes/{channel}",
    operation_id = "show_routes",
    tag = "transports",
    params(RoutesPath),
    responses((status = OK, description = "The routes.", body = RoutesBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    RoutesPath { channel }: RoutesPath,
) -> Result<Json<RoutesBody>, Failure> {
    let mut setup = state.store.setup(&caller.tenant).await?;
    let routes = setup.routes.remove(&channel);
    let routes = routes.ok_or_else(Failure::not_found)?;
    Ok(Json(RoutesBody::new(channel, routes)))
}
