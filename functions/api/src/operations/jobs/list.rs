//! Listing jobs.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    findings::Findings,
    query::{Page, PageQuery, Query},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::job::JobBody;
use crate::state::AppState;

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    /// The jobs, newest first.
    jobs: Vec<JobBody>,
    /// The cursor of the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List jobs
///
/// Imports, preflight runs, recounts and purges of the last 30 days, newest first. 1 to 200 on a page, default 50.
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
    let mut findings = Findings::default();
    let page = Page::read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
        50,
        200,
    );
    findings.finish()?;
    let (jobs, next) = state
        .store
        .jobs(&context, page.after.as_ref(), page.limit.into())
        .await
        .map_err(|error| page.failure(error))?;
    Ok(Json(JobList {
        jobs: jobs.into_iter().map(JobBody::new).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}
