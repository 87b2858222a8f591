//! A task from any of our queues, as dead letters keep it.

use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    delivery::task::{DeliveryTask, FanoutTask, ReceiptTask},
    id::{CampaignId, ImportId, ReceiverId, TenantId},
    operations::job::{JobTask, UploadTask},
};

/// A task from any of our queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Task {
    /// From a channel's queue.
    Delivery(DeliveryTask),
    /// From a fan-out queue.
    Fanout(FanoutTask),
    /// From a jobs queue.
    Job(JobTask),
    /// From a jobs queue: a notification of S3.
    Upload(UploadTask),
    /// From the receipts queue.
    Receipt(ReceiptTask),
}

impl Task {
    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        match self {
            Task::Delivery(task) => &task.tenant,
            Task::Fanout(task) => &task.tenant,
            Task::Job(task) => &task.tenant,
            Task::Upload(task) => &task.tenant,
            Task::Receipt(task) => &task.tenant,
        }
    }

    /// The campaign, if the task names one.
    pub fn campaign(&self) -> Option<&CampaignId> {
        match self {
            Task::Delivery(task) => Some(&task.campaign),
            Task::Fanout(task) => Some(&task.campaign),
            Task::Receipt(task) => Some(&task.campaign),
            Task::Job(task) => task.work.campaign(),
            Task::Upload(_) => None,
        }
    }

    /// The receiver and the channel, if the task names them.
    pub fn delivery(&self) -> Option<(&ReceiverId, Channel)> {
        match self {
            Task::Delivery(task) => Some((&task.receiver, task.channel)),
            Task::Receipt(task) => Some((&task.receiver, task.channel)),
            Task::Fanout(_) | Task::Job(_) | Task::Upload(_) => None,
        }
    }

    /// The import, if the task names one.
    pub fn import(&self) -> Option<&ImportId> {
        match self {
            Task::Job(task) => task.work.import(),
            Task::Upload(task) => Some(&task.import),
            _ => None,
        }
    }
}
