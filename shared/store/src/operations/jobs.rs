//! Jobs: what each does, how far it is, and where it continues.

use carillon_domain::{
    access::Context,
    id::JobId,
    operations::job::{Job, JobStatus},
    reason::Reason,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Page, PageRequest, Store,
    error::Error,
    item,
    keys::{self, Key},
    revised::Revised,
};

/// Delay before the sweep checks that a job makes progress.
const CHECK_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Tries at a job that a worker changes at the same time.
const TRIES: usize = 5;

/// The result of canceling or retrying a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobChange {
    /// It was changed, or was so already.
    Done(Box<Job>),
    /// There is no such job.
    NotFound,
    /// It is in another state.
    Refused(Box<Job>),
}

impl Revised for Job {
    const WHAT: &'static str = "a job";
    const CREATE: &'static str = "start a job";
    const READ: &'static str = "read a job";
    const SAVE: &'static str = "save a job";
    const KEPT_DAYS: u32 = 30;

    fn key(&self) -> Key {
        keys::job(&self.tenant, &self.id)
    }

    fn created_at(&self) -> Timestamp {
        self.started_at
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn saved_by(&self) -> &str {
        &self.saved_by
    }

    fn revise(&mut self, revision: u64, saved_by: String) {
        (self.revision, self.saved_by) = (revision, saved_by);
    }
}

impl Store {
    /// Starts a job, or returns the row of the same job that was started before. The sweep continues it even if its message is lost.
    ///
    /// # Errors
    /// If a write fails. Repeating it is harmless.
    pub async fn start_job(&self, context: &Context, job: &Job) -> Result<Job, Error> {
        context.check(&job.tenant);
        // It comes first, so that no crash can leave a job that nothing continues.
        self.watch_job(&job.tenant, &job.id, context.now + CHECK_AFTER)
            .await?;
        self.create_revised(job).await
    }

    /// A job (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn job(&self, context: &Context, id: &JobId) -> Result<Option<Job>, Error> {
        self.read_revised(&keys::job(&context.tenant, id)).await
    }

    /// The tenant's jobs, newest first.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn jobs(&self, context: &Context, page: &PageRequest) -> Result<Page<Job>, Error> {
        let partition = keys::jobs_partition(&context.tenant);
        self.query_partition("list jobs", &self.catalog, partition, "")
            .with(|query| query.scan_index_forward(false))
            .page(page, |row| item::read("a job", row))
            .await
    }

    /// Saves a job that is unchanged since it was read; `None` if it has changed, as when it was canceled or another worker has gone on
    /// with it.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn save_job(&self, context: &Context, job: &Job) -> Result<Option<Job>, Error> {
        context.check(&job.tenant);
        self.save_revised(job).await
    }

    /// Ends a running job as failed or canceled.
    ///
    /// # Errors
    /// If a write fails, or the job keeps changing.
    pub async fn end_job(
        &self,
        context: &Context,
        id: &JobId,
        status: JobStatus,
        reason: Option<Reason>,
    ) -> Result<JobChange, Error> {
        self.change_job(context, id, |job| match job.status {
            JobStatus::Running => {
                job.end(status, reason.clone(), context.now);
                Some(true)
            }
            ended if ended == status => Some(false),
            _ => None,
        })
        .await
    }

    /// Resumes a failed job where it stopped.
    ///
    /// # Errors
    /// If a write fails, or the job keeps changing.
    pub async fn resume_job(&self, context: &Context, id: &JobId) -> Result<JobChange, Error> {
        self.watch_job(&context.tenant, id, context.now + CHECK_AFTER)
            .await?;
        self.change_job(context, id, |job| match job.status {
            JobStatus::Failed => {
                job.resume(context.now);
                Some(true)
            }
            JobStatus::Running => Some(false),
            JobStatus::Done | JobStatus::Canceled => None,
        })
        .await
    }

    /// Changes a job. `change` says whether there is something to save, or `None` if the job's state forbids it.
    async fn change_job(
        &self,
        context: &Context,
        id: &JobId,
        change: impl Fn(&mut Job) -> Option<bool>,
    ) -> Result<JobChange, Error> {
        for _ in 0..TRIES {
            let Some(mut job) = self.job(context, id).await? else {
                return Ok(JobChange::NotFound);
            };
            match change(&mut job) {
                None => return Ok(JobChange::Refused(Box::new(job))),
                Some(false) => return Ok(JobChange::Done(Box::new(job))),
                Some(true) => {
                    if let Some(saved) = self.save_job(context, &job).await? {
                        return Ok(JobChange::Done(Box::new(saved)));
                    }
                }
            }
        }
        Err(Error::Contended {
            doing: "change a job",
        })
    }
}
