//! Sending tasks.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sqs::{
    Client, error::SdkError, operation::send_message_batch::SendMessageBatchError,
    types::SendMessageBatchRequestEntry,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use carillon_domain::{
    channel::{Channel, Priority},
    id::deduplication_id,
    task::DeliveryTask,
};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

/// Messages in one call (SendMessageBatch, API reference).
const BATCH: usize = 10;
/// Calls under way at once.
const CALLS: usize = 8;

/// Tasks that could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A task cannot be written as JSON.
    #[error("could not write a task")]
    Task(#[source] serde_json::Error),
    /// SQS refused the call, or could not be reached.
    #[error("could not send tasks to {queue}")]
    Call {
        /// The queue.
        queue: String,
        /// What the SDK says.
        #[source]
        source: Box<SdkError<SendMessageBatchError>>,
    },
    /// SQS took part of the batch and refused the rest again and again.
    #[error("could not send tasks to {queue}: {left} were refused ({code})")]
    Refused {
        /// The queue.
        queue: String,
        /// How many were left.
        left: usize,
        /// The last code.
        code: String,
    },
    /// A message could not be built.
    #[error("could not build a message")]
    Build(#[source] aws_sdk_sqs::error::BuildError),
    /// The campaign uses a channel that has no queue here.
    #[error("there is no queue for {0}")]
    NoQueue(Channel),
}

/// Sends to one queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Producer {
    client: Client,
    queue_url: String,
}

#[derive(Debug, Clone)]
struct Outgoing {
    body: String,
    group: Option<String>,
    deduplication: Option<String>,
}

impl Producer {
    /// A producer for the queue with this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self {
            client,
            queue_url: queue_url.into(),
        }
    }

    /// Sends tasks to a standard queue.
    ///
    /// # Errors
    /// If some could not be sent. Others were; sending all again is harmless.
    pub async fn send<T: Serialize>(&self, tasks: &[T]) -> Result<(), SendError> {
        let messages = tasks
            .iter()
            .map(|task| {
                let body = serde_json::to_string(task).map_err(SendError::Task)?;
                Ok(Outgoing {
                    body,
                    group: None,
                    deduplication: None,
                })
            })
            .collect::<Result<Vec<_>, SendError>>()?;
        self.send_messages(messages).await
    }

    /// Sends deliveries to a FIFO queue. The group is the receiver, so that one slow receiver delays nobody.
    ///
    /// # Errors
    /// If some could not be sent. Others were; sending all again is harmless.
    async fn send_deliveries(&self, tasks: &[DeliveryTask]) -> Result<(), SendError> {
        let messages = tasks
            .iter()
            .map(|task| {
                let id = deduplication_id(
                    &task.tenant,
                    &task.campaign,
                    &task.receiver,
                    task.channel,
                    task.generation,
                );
                Ok(Outgoing {
                    body: serde_json::to_string(task).map_err(SendError::Task)?,
                    group: Some(format!("{}.{}", task.campaign, task.receiver)),
                    deduplication: Some(id),
                })
            })
            .collect::<Result<Vec<_>, SendError>>()?;
        self.send_messages(messages).await
    }

    async fn send_messages(&self, messages: Vec<Outgoing>) -> Result<(), SendError> {
        let chunks: Vec<Vec<Outgoing>> = messages.chunks(BATCH).map(<[Outgoing]>::to_vec).collect();
        stream::iter(chunks.into_iter().map(|chunk| self.send_chunk(chunk)))
            .buffer_unordered(CALLS)
            .try_collect()
            .await
    }

    async fn send_chunk(&self, mut open: Vec<Outgoing>) -> Result<(), SendError> {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(1))
            .with_max_times(6)
            .with_jitter()
            .build();
        loop {
            let entries = open
                .iter()
                .enumerate()
                .map(|(index, message)| {
                    SendMessageBatchRequestEntry::builder()
                        .id(index.to_string())
                        .message_body(&message.body)
                        .set_message_group_id(message.group.clone())
                        .set_message_deduplication_id(message.deduplication.clone())
                        .build()
                        .map_err(SendError::Build)
                })
                .collect::<Result<Vec<_>, _>>()?;
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.queue_url)
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| SendError::Call {
                    queue: self.queue_url.clone(),
                    source: Box::new(error),
                })?;
            let Some(last) = answer.failed().last() else {
                return Ok(());
            };
            let refused = |code: String, left: usize| SendError::Refused {
                queue: self.queue_url.clone(),
                left,
                code,
            };
            let code = last.code().to_owned();
            if answer
                .failed()
                .iter()
                .any(aws_sdk_sqs::types::BatchResultErrorEntry::sender_fault)
            {
                return Err(refused(code, answer.failed().len()));
            }
            let failed: Vec<usize> = answer
                .failed()
                .iter()
                .filter_map(|entry| entry.id().parse().ok())
                .collect();
            open = failed
                .iter()
                .filter_map(|index| open.get(*index).cloned())
                .collect();
            match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(refused(code, open.len())),
            }
        }
    }
}

/// The queues of every channel, each with its urgent twin.
#[derive(Debug, Clone)]
pub struct ChannelQueues {
    queues: HashMap<(Channel, bool), Producer>,
}

impl ChannelQueues {
    /// The queues by channel: the usual one, then the urgent one.
    pub fn new(client: &Client, urls: impl IntoIterator<Item = (Channel, String, String)>) -> Self {
        let queues = urls
            .into_iter()
            .flat_map(|(channel, usual, urgent)| {
                [
                    ((channel, false), Producer::new(client.clone(), usual)),
                    ((channel, true), Producer::new(client.clone(), urgent)),
                ]
            })
            .collect();
        Self { queues }
    }

    /// Sends deliveries of one channel.
    ///
    /// # Errors
    /// If some could not be sent. Others were; sending all again is harmless.
    pub async fn send(
        &self,
        channel: Channel,
        priority: Priority,
        tasks: &[DeliveryTask],
    ) -> Result<(), SendError> {
        let queue = self
            .queues
            .get(&(channel, priority.uses_urgent_queue()))
            .ok_or(SendError::NoQueue(channel))?;
        queue.send_deliveries(tasks).await
    }
}
