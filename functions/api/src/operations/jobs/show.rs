//! Showing a job.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};

use super::job::JobBody;
use crate::{path::JobPath, state::AppState};

/// Show a job
#[utoipa::path(
    get,
    path = "/v1/jobs/{job}",
    operation_id = "show_job",
    tag = "jobs",
    params(JobPath),
    responses((status = OK, description = "The job.", body = JobBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadJobs>,
    JobPath { job }: JobPath,
) -> Result<Json<JobBody>, Failure> {
    let job = state.store.job(&context, &job).await?;
    let job = job.ok_or_else(Failure::not_found)?;
    Ok(Json(JobBody::new(job)))
}
