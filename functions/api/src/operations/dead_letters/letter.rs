//! A dead letter in responses.

use carillon_domain::operations::task::Task;
use carillon_http::names::{ChannelName, DeadLetterStatusName};
use carillon_store::DeadLetter;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::delivery::ReasonBody;

/// The task of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeadLetterKind {
    /// Deliver to one receiver on one channel.
    Delivery,
    /// Fan out a part of a campaign.
    Fanout,
    /// Continue a job, such as an import.
    Job,
    /// Record that a file has arrived.
    Upload,
    /// Record a receipt from a provider. It cannot be redriven, because it is not stored.
    Receipt,
}

/// A message that a queue gave up on after too many failed attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterBody {
    /// The dead letter id.
    id: String,
    /// The task of the message.
    kind: DeadLetterKind,
    /// What can be done about it.
    status: DeadLetterStatusName,
    /// Why the task was not completed.
    reason: ReasonBody,
    /// The dead-letter queue in which the message was found.
    queue: String,
    /// How many times the message was received.
    received: u32,
    /// The campaign of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    campaign: Option<String>,
    /// The receiver of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    receiver: Option<String>,
    /// The channel of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    /// The import of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    import: Option<String>,
    /// When the dead letter was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// When the dead letter was redriven or closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
}

impl DeadLetterBody {
    /// A dead letter.
    pub(super) fn new(letter: DeadLetter) -> Self {
        let kind = match &letter.task {
            Task::Delivery(_) => DeadLetterKind::Delivery,
            Task::Fanout(_) => DeadLetterKind::Fanout,
            Task::Job(_) => DeadLetterKind::Job,
            Task::Upload(_) => DeadLetterKind::Upload,
            Task::Receipt(_) => DeadLetterKind::Receipt,
        };
        let delivery = letter.task.delivery();
        Self {
            id: letter.id.to_string(),
            kind,
            status: letter.status.into(),
            queue: letter.queue,
            received: letter.received,
            campaign: letter.task.campaign().map(ToString::to_string),
            receiver: delivery.map(|(receiver, _)| receiver.to_string()),
            channel: delivery.map(|(_, channel)| channel.into()),
            import: letter.task.import().map(ToString::to_string),
            reason: letter.reason.into(),
            recorded_at: letter.recorded_at,
            settled_at: letter.settled_at,
        }
    }
}
