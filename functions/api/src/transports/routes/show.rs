//! Showing the routes of a channel.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};

use super::routes_body::RoutesBody;
use crate::{path::RoutesPath, state::AppState};

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
    Allowed(context, _): Allowed<require::ReadChannels>,
    RoutesPath { channel }: RoutesPath,
) -> Result<Json<RoutesBody>, Failure> {
    let mut setup = state.store.setup(&context).await?;
    let routes = setup.routes.remove(&channel);
    let routes = routes.ok_or_else(Failure::not_found)?;
    Ok(Json(RoutesBody::new(channel, routes)))
}
