//! Listing routes.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use serde::Serialize;
use utoipa::ToSchema;

use super::routes_body::RoutesBody;
use crate::state::AppState;

/// The routes of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoutesList {
    /// One entry for each channel that has routes.
    channels: Vec<RoutesBody>,
}

/// List routes
///
/// A channel that is not listed uses the oldest of its enabled transports.
#[utoipa::path(
    get,
    path = "/v1/routes",
    operation_id = "list_routes",
    tag = "transports",
    responses((status = OK, description = "The routes.", body = RoutesList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadChannels>,
) -> Result<Json<RoutesList>, Failure> {
    let setup = state.store.setup(&context).await?;
    let channels = setup
        .routes
        .into_iter()
        .map(|(channel, routes)| RoutesBody::new(channel, routes))
        .collect();
    Ok(Json(RoutesList { channels }))
}
