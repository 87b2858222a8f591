//! Sending the message by which a job goes on.

use carillon_domain::operations::job::Job;
use carillon_http::failure::chain;

use crate::state::AppState;

/// Enqueues a job whose row is written; a lost message only delays it until the next sweep.
pub(crate) async fn enqueue(state: &AppState, job: &Job) {
    if let Err(error) = state.jobs.send(&job.task()).await {
        tracing::warn!(
            error = chain(&error),
            "could not enqueue a job; the sweep will"
        );
    }
}
