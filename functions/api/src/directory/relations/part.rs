//! Removing a relation.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use crate::{path::RelationPath, state::AppState};

/// Part two entities
///
/// If they are not connected, nothing happens.
#[utoipa::path(
    delete,
    path = "/v1/directory/{kind}/{entity}/relations/{relation}/{to_kind}/{to}",
    operation_id = "part_entities",
    tag = "directory",
    params(RelationPath),
    responses((status = NO_CONTENT, description = "They are not connected.")),
)]
pub(crate) async fn part(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: RelationPath,
) -> Result<StatusCode, Failure> {
    let entity = state
        .store
        .entity(&context, path.kind.0, &path.entity)
        .await?;
    entity.ok_or_else(Failure::not_found)?;
    state.store.unrelate(&context, &path.relation()).await?;
    Ok(StatusCode::NO_CONTENT)
}
