//! Corrects campaigns from the catalog and the ledger: releases what is due, enqueues again what
//! has stalled, and corrects totals that differ from a recount.
//!
//! The sweep does this automatically for every active campaign; an operator can request it at any
//! time. Everything here may be repeated or run concurrently.

mod advance;
mod examine;
mod release;
mod wait;

use std::ops::Range;

pub use advance::Moved;
use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    delivery::task::FanoutTask,
    id::JobId,
    operations::job::{Job, JobStatus, Work},
};
use carillon_queue::{FanoutQueues, JobQueues, SendError};
use carillon_store::{JobChange, Store};
pub use examine::{Found, ShardTotals};
pub use release::Release;
use uuid::Uuid;
pub use wait::{Accounts, Waited};

/// The dependencies of reconciling. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reconciler {
    store: Store,
    fanout: FanoutQueues,
    jobs: JobQueues,
}

/// A failed reconciliation; repeating it may help.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A DynamoDB call failed.
    #[error("could not read or change a campaign")]
    Store(#[from] carillon_store::Error),
    /// An SQS call failed.
    #[error("could not enqueue a campaign or a job")]
    Queue(#[from] SendError),
}

impl Reconciler {
    /// Uses these tables, the fan-out queues, and the queues of jobs.
    pub fn new(store: Store, fanout: FanoutQueues, jobs: JobQueues) -> Self {
        Self {
            store,
            fanout,
            jobs,
        }
    }

    /// Has shards recounted in the background.
    ///
    /// # Errors
    /// If the job could not be started.
    pub async fn recount_later(
        &self,
        context: &Context,
        campaign: &Campaign,
        shards: Range<u16>,
    ) -> Result<(), Failed> {
        let work = Work::Recount {
            campaign: campaign.id.clone(),
            first: shards.start,
            end: shards.end,
        };
        let id = JobId::new(Uuid::now_v7());
        self.start_job(context, id, work).await.map(|_| ())
    }

    /// Starts a job, or continues the same job that was started before and has failed or lost its message.
    ///
    /// # Errors
    /// If its row could not be written or its message not sent. In the second case the sweep sends it.
    pub async fn start_job(&self, context: &Context, id: JobId, work: Work) -> Result<Job, Failed> {
        let job = Job::new(
            context.tenant.clone(),
            id,
            work,
            &context.actor,
            context.now,
        );
        let mut job = self.store.start_job(context, &job).await?;
        if job.status == JobStatus::Failed
            && let JobChange::Done(resumed) = self.store.resume_job(context, &job.id).await?
        {
            job = *resumed;
        }
        if job.status == JobStatus::Running {
            self.jobs.send(&job.task()).await?;
        }
        Ok(job)
    }

    /// Starts the fan-out of the selected shards.
    async fn start_fanout(
        &self,
        campaign: &Campaign,
        wanted: impl Fn(u16) -> bool,
    ) -> Result<u16, SendError> {
        let tasks: Vec<FanoutTask> = FanoutTask::for_campaign(campaign)
            .filter(|task| wanted(task.shard))
            .collect();
        self.fanout.send(campaign.priority, &tasks).await?;
        Ok(u16::try_from(tasks.len()).unwrap_or(u16::MAX))
    }
}
