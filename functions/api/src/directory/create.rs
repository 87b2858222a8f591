//! Adding an entity.

use axum::{extract::State, response::Response};
use carillon_domain::{access::permission::require, directory::Fields, id::EntityId};
use carillon_http::{
    authentication::Allowed,
    body::Json,
    failure::{Failure, Members},
    idempotency::FreshId,
    problem::Problem,
};
use carillon_store::EntityWritten;
use http::StatusCode;

use super::entity::{EntityBody, EntityFields};
use crate::{content::documents::shown, path::KindPath, state::AppState};

/// Add to the directory
///
/// A name, an email address, a mobile number or an external id is required. The id of an entity with an external id is
/// derived from it, so adding the same one again is a conflict and changes nothing.
#[utoipa::path(
    post,
    path = "/v1/directory/{kind}",
    operation_id = "create_entity",
    tag = "directory",
    params(KindPath),
    request_body = EntityFields,
    responses((status = CREATED, description = "The entity.", body = EntityBody)),
    extensions(("x-problems" = json!(["already-exists", "changed-meanwhile"]))),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: KindPath,
    FreshId(id): FreshId,
    Json(body): Json<EntityFields>,
) -> Result<Response, Failure> {
    let kind = path.kind.0;
    let schema = state.store.schema(&context, kind).await?;
    let fields = body
        .apply(&state, &context, &schema, &Fields::default())
        .await?;
    let id = match &fields.external_id {
        Some(external) => EntityId::of_external(external.as_str(), kind),
        None => EntityId::new(id),
    };
    let create = || {
        state
            .store
            .create_entity(&context, kind, &id, fields.clone())
    };
    let mut written = create().await?;
    // One that is being removed is in the way until the rest of it has gone.
    if written == EntityWritten::NotFound && state.store.finish_removal(&context, kind, &id).await?
    {
        written = create().await?;
    }
    match written {
        EntityWritten::Done(entity) => {
            Ok(EntityBody::new(&schema, &entity).answer(kind, StatusCode::CREATED))
        }
        EntityWritten::Stale(stands) => {
            let members = Members {
                current: Some(shown(EntityBody::new(&schema, &stands))),
                ..Members::default()
            };
            let detail = format!("the directory has a {kind} with this external id");
            Err(Failure::new(Problem::AlreadyExists, detail).with(members))
        }
        EntityWritten::NotFound => Err(Failure::changed_meanwhile()),
    }
}
