//! Puts campaigns right from what the catalog and the ledger say: releases what is due, hands over
//! again what stopped moving, and mends totals that differ from a recount.
//!
//! The sweep does this by itself for every campaign that is on its way; an operator can ask for it
//! at any time. Everything here may be done twice, and by two at once.

mod examine;
mod push;
mod release;
mod wait;

use std::ops::Range;

use carillon_domain::{campaigns::Campaign, delivery::task::{FanoutTask, IntakeTask}};
use carillon_queue::{FanoutQueues, Producer, SendError};
use carillon_store::Store;
pub use examine::{Found, ShardTotals};
pub use push::Moved;
pub use release::Release;
pub use wait::{Accounts, Waited};

/// What reconciling works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reconciler {
    store: Store,
    fanout: FanoutQueues,
    intake: Producer,
}

/// Why something could not be put right; doing it again may help.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// DynamoDB did not do its part.
    #[error("could not read or change a campaign")]
    Store(#[from] carillon_store::Error),
    /// SQS did not do its part.
    #[error("could not hand a campaign over")]
    Queue(#[from] SendError),
}

impl Reconciler {
    /// Works on these tables, the queues of fan-outs, and the queue of long tasks.
    pub fn new(store: Store, fanout: FanoutQueues, intake: Producer) -> Self {
        Self {
            store,
            fanout,
            intake,
        }
    }

    /// Has shards counted anew in the background.
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

    /// Starts the fan-out of those shards that are wanted.
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
