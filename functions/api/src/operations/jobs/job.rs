//! A job in responses.

use carillon_domain::operations::job::Job;
use carillon_http::{failure::Failure, names::JobStatusName, problem::Problem};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::delivery::ReasonBody;

/// The progress of a job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobProgress)]
pub(crate) struct ProgressBody {
    /// Rows, receivers or shards processed so far.
    done: u64,
    /// The total number, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

/// A long-running task in the background.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobBody {
    /// The job id.
    #[schema(format = "uuid")]
    id: String,
    /// What the job does: `import`, `preflight`, `switch`, `recount` or `purge`.
    #[schema(examples("import"))]
    kind: &'static str,
    /// The status.
    status: JobStatusName,
    /// The progress, as of `updated_at`.
    progress: ProgressBody,
    /// The campaign, if the job is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    campaign: Option<String>,
    /// The import, if the job is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    import: Option<String>,
    /// Why the job failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// Who started the job: an API key id, or `system`.
    started_by: String,
    /// When the job started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When the progress was last saved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When the job ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl JobBody {
    /// A job.
    pub(crate) fn new(job: Job) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.work.kind(),
            status: job.status.into(),
            progress: ProgressBody {
                done: job.progress.done,
                total: job.progress.total,
            },
            campaign: job.work.campaign().map(ToString::to_string),
            import: job.work.import().map(ToString::to_string),
            reason: job.reason.map(Into::into),
            started_by: job.started_by,
            started_at: job.started_at,
            updated_at: job.updated_at,
            ended_at: job.ended_at,
        }
    }
}

/// The job's status does not allow the request.
pub(super) fn refused(job: &Job) -> Failure {
    Failure::new(
        Problem::JobState,
        format!("the {} job is {}", job.work.kind(), job.status.as_str()),
    )
}
