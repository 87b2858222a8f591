//! Enqueues deliveries to be resent.

use std::collections::BTreeMap;

use carillon_domain::{campaigns::Campaign, channel::Channel, delivery::task::DeliveryTask};
use carillon_http::failure::Failure;
use carillon_queue::SendError;
use carillon_store::Error as StoreError;

use crate::state::AppState;

/// Why deliveries could not (all) be enqueued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotEnqueued {
    /// The tenant's enqueued messages could not be counted.
    #[error("could not choose the queue for deliveries")]
    PriorityQueue(#[from] StoreError),
    /// A queue failed.
    #[error("could not enqueue deliveries")]
    Queue(#[from] SendError),
}

impl From<NotEnqueued> for Failure {
    fn from(error: NotEnqueued) -> Self {
        Failure::internal(error)
    }
}

/// Enqueues deliveries of a campaign with this many receivers.
pub(crate) async fn enqueue(
    state: &AppState,
    campaign: &Campaign,
    receivers: u64,
    tasks: Vec<DeliveryTask>,
) -> Result<(), NotEnqueued> {
    let now = state.clock.now();
    let queue_priority = state
        .store
        .queue_priority(campaign, receivers, tasks.len(), now);
    let queue_priority = queue_priority.await?;
    let mut by_channel: BTreeMap<Channel, Vec<DeliveryTask>> = BTreeMap::new();
    for task in tasks {
        by_channel.entry(task.channel).or_default().push(task);
    }
    for (channel, tasks) in by_channel {
        state
            .deliveries
            .send(channel, queue_priority, &tasks)
            .await?;
    }
    Ok(())
}
