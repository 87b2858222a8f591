//! Removing an entity.

use std::time::Duration;

use axum::extract::State;
use carillon_domain::{
    access::permission::require,
    id::JobId,
    operations::job::{Job, Work},
};
use carillon_http::{
    authentication::Allowed,
    failure::{Failure, chain},
    precondition::IfMatch,
};
use carillon_store::Removal;
use http::StatusCode;
use tokio::time::Instant;
use uuid::Uuid;

use super::entity::{changed_since, require_version};
use crate::{operations::jobs::enqueue, path::EntityPath, state::AppState};

/// How long a request removes relations; a job removes the rest.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Remove an entity from the directory
///
/// Its relations are removed with it; those of a large group may take a while longer, in a job. Campaigns that it has
/// been added to keep what they have.
#[utoipa::path(
    delete,
    path = "/v1/directory/{kind}/{entity}",
    operation_id = "remove_entity",
    tag = "directory",
    params(EntityPath),
    responses((status = NO_CONTENT, description = "Removed.")),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: EntityPath,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let kind = path.kind.0;
    let (schema, seen) = tokio::try_join!(
        state.store.schema(&context, kind),
        state.store.entity(&context, kind, &path.entity)
    )?;
    let seen = seen.ok_or_else(Failure::not_found)?;
    require_version(if_match, &schema, &seen)?;
    match state.store.begin_removal(&context, &seen).await? {
        Removal::Begun => {}
        Removal::Stale(now) => return Err(changed_since(&schema, &now, seen.version)),
        Removal::NotFound => return Err(Failure::not_found()),
    }
    let until = Instant::now() + AT_ONCE;
    while Instant::now() < until {
        match state
            .store
            .finish_removal(&context, kind, &path.entity)
            .await
        {
            Ok(true) => return Ok(StatusCode::NO_CONTENT),
            Ok(false) => {}
            // What was begun is finished, if not by this request then by the job.
            Err(error) => {
                tracing::warn!(error = chain(&error), "a removal is left to a job");
                break;
            }
        }
    }
    let work = Work::RemoveEntity {
        kind,
        entity: path.entity,
    };
    let id = JobId::new(Uuid::now_v7());
    let job = Job::new(
        context.tenant.clone(),
        id,
        work,
        &context.actor,
        context.now,
    );
    let job = state.store.start_job(&context, &job).await?;
    enqueue(&state, &job).await;
    Ok(StatusCode::NO_CONTENT)
}
