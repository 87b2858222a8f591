//! Showing an entity.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use super::entity::EntityBody;
use crate::{path::EntityPath, state::AppState};

/// Show an entity of the directory
#[utoipa::path(
    get,
    path = "/v1/directory/{kind}/{entity}",
    operation_id = "show_entity",
    tag = "directory",
    params(EntityPath),
    responses((status = OK, description = "The entity.", body = EntityBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadDirectory>,
    path: EntityPath,
) -> Result<Response, Failure> {
    let kind = path.kind.0;
    let (schema, entity) = tokio::try_join!(
        state.store.schema(&context, kind),
        state.store.entity(&context, kind, &path.entity)
    )?;
    let entity = entity.ok_or_else(Failure::not_found)?;
    Ok(EntityBody::new(&schema, &entity).answer(kind, StatusCode::OK))
}
