//! Jobs: what each does, how far it is, and where it continues.

use carillon_domain::{
    access::Context,
    id::JobId,
    operations::job::{Job, JobStatus},
    reason::Reason,
};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::{
    Cursor, Store,
    error::{Error, condition_failed},
    item, keys,
};

/// How long a job is kept.
const KEPT_DAYS: u32 = 30;
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
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row_of(job)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Ok(_) => Ok(job.clone()),
            Err(error) if condition_failed(&error) => {
                let standing = self.job(context, &job.id).await?;
                standing.ok_or(Error::Contended {
                    doing: "start a job",
                })
            }
            Err(error) => Err(Error::call("start a job")(error)),
        }
    }

    /// A job (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn job(&self, context: &Context, id: &JobId) -> Result<Option<Job>, Error> {
        let key = keys::job(&context.tenant, id);
        let row = self
            .get_row("read a job", &self.catalog, &key, true)
            .await?;
        row.map(|row| item::read("a job", row)).transpose()
    }

    /// The tenant's jobs, newest first.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn jobs(
        &self,
        context: &Context,
        after: Option<&Cursor>,
        limit: i32,
    ) -> Result<(Vec<Job>, Option<Cursor>), Error> {
        let partition = keys::jobs_partition(&context.tenant);
        let start = after.and_then(|cursor| cursor.after.as_ref()).map(|sort| {
            item::key(&keys::Key {
                partition: partition.clone(),
                sort: sort.clone(),
            })
        });
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", item::text(&partition))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(Error::call("list jobs"))?;
        let next = answer.last_evaluated_key.as_ref().and_then(item::key_of);
        let jobs = answer.items.unwrap_or_default().into_iter();
        let jobs: Result<Vec<Job>, Error> = jobs.map(|row| item::read("a job", row)).collect();
        let next = next.map(|key| Cursor {
            shard: 0,
            after: Some(key.sort),
        });
        Ok((jobs?, next))
    }

    /// Saves a job that is unchanged since it was read; `None` if it has changed, as when it was canceled or another worker has gone on
    /// with it.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn save_job(&self, context: &Context, job: &Job) -> Result<Option<Job>, Error> {
        context.check(&job.tenant);
        let mut next = job.clone();
        next.revision += 1;
        next.saved_by = Uuid::new_v4().simple().to_string();
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row_of(&next)?))
            .condition_expression("revision = :seen")
            .expression_attribute_values(":seen", item::number(job.revision))
            .send()
            .await;
        match result {
            Ok(_) => Ok(Some(next)),
            // The SDK retries a call whose response was lost; the conflicting row is then this very change.
            Err(error) if condition_failed(&error) => {
                let stands = self.job(context, &next.id).await?;
                Ok(stands.filter(|stands| stands.saved_by == next.saved_by))
            }
            Err(error) => Err(Error::call("save a job")(error)),
        }
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

fn row_of(job: &Job) -> Result<crate::item::Item, Error> {
    let mut row = item::write(&keys::job(&job.tenant, &job.id), "a job", job)?;
    row.insert(
        "expires_at".to_owned(),
        item::expiry(job.started_at, KEPT_DAYS),
    );
    Ok(row)
}
