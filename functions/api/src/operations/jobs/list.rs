//! Listing jobs.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    list_body,
    page::{PageQuery, PageSizes},
    query::Query,
};

use super::job::JobBody;
use crate::state::AppState;

list_body! {
    /// A page of jobs.
    pub(crate) struct JobList {
        /// The jobs, newest first.
        jobs: Vec<JobBody>,
    }
}

/// List jobs
///
/// Imports, preflight runs, recounts and purges of the last 30 days, newest first. 1 to 200 per page, default 50.
#[utoipa::path(
    get,
    path = "/v1/jobs",
    operation_id = "list_jobs",
    tag = "jobs",
    params(PageQuery),
    responses((status = OK, description = "A page of jobs.", body = JobList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadJobs>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JobList>, Failure> {
    let page = query.read(PageSizes::DEFAULT)?;
    let page = state.store.jobs(&context, &page).await?;
    Ok(Json(page.map(JobBody::new).into()))
}
