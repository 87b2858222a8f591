//! Canceling a job.

use axum::{Json, extract::State};
use carillon_domain::{
    access::{Context, permission::require},
    id::ImportId,
    operations::job::JobStatus,
};
use carillon_http::{authentication::Allowed, body::NoBody, failure::Failure};
use carillon_store::JobChange;

use super::job::{JobBody, refused};
use crate::{
    found::{TRIES, changed_meanwhile},
    path::JobPath,
    state::AppState,
};

/// Cancel a job
///
/// It stops within seconds. Work already done is kept: receivers that an import has added remain in the campaign, and those that a switch has reached stay switched. A purge cannot be canceled.
#[utoipa::path(
    post,
    path = "/v1/jobs/{job}/cancel",
    operation_id = "cancel_job",
    tag = "jobs",
    params(JobPath),
    responses((status = OK, description = "The job.", body = JobBody)),
    extensions(("x-problems" = json!(["job-state", "changed-meanwhile"]))),
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteJobs>,
    JobPath { job: id }: JobPath,
    NoBody: NoBody,
) -> Result<Json<JobBody>, Failure> {
    let job = state.store.job(&context, &id).await?;
    let job = job.ok_or_else(Failure::not_found)?;
    if !job.work.can_be_canceled() {
        return Err(refused(&job));
    }
    let canceled = state
        .store
        .end_job(&context, &id, JobStatus::Canceled, None)
        .await?;
    match canceled {
        JobChange::Done(job) => {
            if let Some(import) = job.work.import() {
                end_import(&state, &context, import).await?;
            }
            // A worker in the middle of a step lets go what it holds when it cannot save.
            state.store.let_go(&context, &job).await?;
            Ok(Json(JobBody::new(*job)))
        }
        JobChange::NotFound => Err(Failure::not_found()),
        JobChange::Refused(job) => Err(refused(&job)),
    }
}

/// Ends an import, so that its campaign can be published without it.
async fn end_import(state: &AppState, context: &Context, id: &ImportId) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let Some(mut import) = state.store.import(context, id).await? else {
            return Ok(());
        };
        if !import.status.is_final() {
            import.refuse("canceled", "the import was canceled");
            // The worker has saved a page; it stops when it cannot save the next one.
            if state.store.save_import(context, &import).await?.is_none() {
                continue;
            }
        }
        if let Some(campaign) = &import.campaign {
            state.store.detach_import(context, campaign, id).await?;
        }
        return Ok(());
    }
    Err(changed_meanwhile())
}
