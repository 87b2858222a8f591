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
    campaigns::Campaign,
    delivery::task::{FanoutTask, IntakeTask},
};
use carillon_queue::{FanoutQueues, Producer, SendError};
use carillon_store::Store;
pub use examine::{Found, ShardTotals};
pub use release::Release;
pub use wait::{Accounts, Waited};

/// The dependencies of reconciling. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reconciler {
    store: Store,
    fanout: FanoutQueues,
    intake: Producer,
}

/// A failed reconciliation; repeating it may help.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A DynamoDB call failed.
    #[error("could not read or change a campaign")]
    Store(#[from] carillon_store::Error),
    /// An SQS call failed.
    #[error("could not enqueue a campaign")]
    Queue(#[from] SendError),
}

impl Reconciler {
    /// Uses these tables, the fan-out queues, and the queue of background jobs.
    pub fn new(store: Store, fanout: FanoutQueues, intake: Producer) -> Self {
        Self {
            store,
            fanout,
            intake,
        }
    }

    /// Has shards recounted in the background.
    ///
    /// # Errors
    /// If the tasks could not be sent.
    pub async fn recount_later(
        &self,
        campaign: &Campaign,
        shards: Range<u16>,
    ) -> Result<(), SendError> {
        let tasks: Vec<IntakeTask> = shards
            .map(|shard| IntakeTask::Recount {
                tenant: campaign.tenant.clone(),
                campaign: campaign.id.clone(),
                shard,
            })
            .collect();
        self.intake.send(&tasks).await
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
