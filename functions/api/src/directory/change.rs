//! Changing an entity.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body::Json, failure::Failure, precondition::IfMatch};
use carillon_store::EntityWritten;
use http::StatusCode;

use super::entity::{EntityBody, EntityFields, changed_since, require_version};
use crate::{path::EntityPath, state::AppState};

/// Change an entity of the directory
///
/// Absent fields stay unchanged; `null` removes a value. If nothing differs, the version stays. Campaigns that the
/// entity has been added to keep what they have.
#[utoipa::path(
    patch,
    path = "/v1/directory/{kind}/{entity}",
    operation_id = "change_entity",
    tag = "directory",
    params(EntityPath),
    request_body = EntityFields,
    responses((status = OK, description = "The updated entity.", body = EntityBody)),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: EntityPath,
    if_match: IfMatch,
    Json(body): Json<EntityFields>,
) -> Result<Response, Failure> {
    let kind = path.kind.0;
    let (schema, before) = tokio::try_join!(
        state.store.schema(&context, kind),
        state.store.entity(&context, kind, &path.entity)
    )?;
    let before = before.ok_or_else(Failure::not_found)?;
    require_version(if_match, &schema, &before)?;
    let fields = body
        .apply(&state, &context, &schema, &before.fields)
        .await?;
    let written = state.store.change_entity(&context, &before, fields);
    match written.await? {
        EntityWritten::Done(entity) => {
            Ok(EntityBody::new(&schema, &entity).answer(kind, StatusCode::OK))
        }
        EntityWritten::Stale(now) => Err(changed_since(&schema, &now, before.version)),
        EntityWritten::NotFound => Err(Failure::not_found()),
    }
}
