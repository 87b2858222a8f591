//! Retrying a failed job.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body::NoBody, failure::Failure};
use carillon_store::JobChange;

use super::{
    enqueue::enqueue,
    job::{JobBody, refused},
};
use crate::{path::JobPath, state::AppState};

/// Retry a job
///
/// Continues a failed job where it stopped.
#[utoipa::path(
    post,
    path = "/v1/jobs/{job}/retry",
    operation_id = "retry_job",
    tag = "jobs",
    params(JobPath),
    responses((status = OK, description = "The job.", body = JobBody)),
    extensions(("x-problems" = json!(["job-state"]))),
)]
pub(crate) async fn retry(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteJobs>,
    JobPath { job }: JobPath,
    NoBody: NoBody,
) -> Result<Json<JobBody>, Failure> {
    match state.store.resume_job(&context, &job).await? {
        JobChange::Done(job) => {
            enqueue(&state, &job).await;
            Ok(Json(JobBody::new(*job)))
        }
        JobChange::NotFound => Err(Failure::not_found()),
        JobChange::Refused(job) => Err(refused(&job)),
    }
}
