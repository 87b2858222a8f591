//! A dead letter as it stands in answers.

use carillon_domain::task::Task;
use carillon_store::DeadLetter;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    deliveries::ReasonBody,
    names::{ChannelName, DeadLetterStatusName},
};

/// What a message asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeadLetterKind {
    /// To deliver to one receiver on one channel.
    Delivery,
    /// To fan a part of a campaign out.
    Fanout,
    /// To read a file, or to go on with other long work.
    Intake,
    /// To note what a provider said of a delivery. This cannot be redriven, because it is not kept.
    Receipt,
}

/// A message that a queue gave up on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterBody {
    /// Its id.
    id: String,
    /// What it asked for.
    kind: DeadLetterKind,
    /// What is to be done about it.
    status: DeadLetterStatusName,
    /// Why it was not done.
    reason: ReasonBody,
    /// The dead-letter queue in which it was found.
    queue: String,
    /// How often it was received.
    received: u32,
    /// The campaign that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    campaign: Option<String>,
    /// The receiver that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    receiver: Option<String>,
    /// The channel that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    /// The import that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    import: Option<String>,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// When it was redriven or closed.
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
            Task::Intake(_) => DeadLetterKind::Intake,
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
