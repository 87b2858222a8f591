//! Sending tasks.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sqs::{
    error::SdkError,
    operation::send_message_batch::SendMessageBatchError,
    types::{
        MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
        SendMessageBatchRequestEntry,
    },
};
use backon::{BackoffBuilder, ExponentialBuilder};
use carillon_domain::{
    channel::{Channel, Priority, PriorityQueue},
    delivery::task::{DeliveryTask, FanoutTask, ForTenant},
    id::deduplication_id,
};
use carillon_telemetry::Trace;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use crate::{
    Sqs,
    consumer::{ORIGIN, Undecodable},
};

/// Messages per call (SendMessageBatch, API reference).
const BATCH: usize = 10;
/// The longest delay of a message (SendMessage, API reference).
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);
/// Concurrent calls.
const CALLS: usize = 8;

/// Tasks that could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A task could not be serialized.
    #[error("could not serialize a task")]
    Task(#[source] serde_json::Error),
    /// SQS rejected the call or could not be reached.
    #[error("could not send tasks to {queue}")]
    Call {
        /// The queue.
        queue: String,
        /// The SDK's error.
        #[source]
        source: Box<SdkError<SendMessageBatchError>>,
    },
    /// SQS accepted part of the batch and kept rejecting the rest.
    #[error("could not send tasks to {queue}: {left} were rejected ({code})")]
    Refused {
        /// The queue.
        queue: String,
        /// How many were rejected.
        left: usize,
        /// The last error code.
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
    sqs: Sqs,
    queue_url: String,
}

#[derive(Debug, Clone, Default)]
struct Outgoing {
    body: String,
    group: Option<String>,
    deduplication: Option<String>,
    delay: Option<Duration>,
    /// The id the message had in its original queue.
    origin: Option<String>,
}

impl Producer {
    /// A producer for the queue with this URL.
    pub fn new(sqs: Sqs, queue_url: impl Into<String>) -> Self {
        Self {
            sqs,
            queue_url: queue_url.into(),
        }
    }

    /// Sends tasks to a standard queue. It is a fair queue: SQS delivers messages of a tenant later when that tenant
    /// has more than a tenth of what is in flight, or of the processing time ("How Amazon SQS fair queues work", Amazon
    /// SQS Developer Guide).
    ///
    /// # Errors
    /// If some tasks could not be sent. The others were; sending all of them again is harmless.
    pub async fn send<T: Serialize + ForTenant>(&self, tasks: &[T]) -> Result<(), SendError> {
        self.send_after(tasks, Duration::ZERO).await
    }

    /// Sends tasks to a standard queue with a delay of at most 15 minutes (SendMessage, API reference, `DelaySeconds`).
    ///
    /// # Errors
    /// If some tasks could not be sent. The others were; sending all of them again is harmless.
    pub async fn send_after<T: Serialize + ForTenant>(
        &self,
        tasks: &[T],
        delay: Duration,
    ) -> Result<(), SendError> {
        let messages = tasks
            .iter()
            .map(|task| {
                let body = serde_json::to_string(task).map_err(SendError::Task)?;
                Ok(Outgoing {
                    body,
                    group: Some(task.tenant().to_string()),
                    delay: (!delay.is_zero()).then_some(delay.min(LONGEST_DELAY)),
                    ..Outgoing::default()
                })
            })
            .collect::<Result<Vec<_>, SendError>>()?;
        self.send_messages(messages).await
    }

    /// Sends deliveries to a FIFO queue. The message group is the receiver, so a slow receiver delays nobody else.
    ///
    /// # Errors
    /// If some deliveries could not be sent. The others were; sending all of them again is harmless.
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
                    task.resend,
                );
                Ok(Outgoing {
                    body: serde_json::to_string(task).map_err(SendError::Task)?,
                    group: Some(format!("{}.{}", task.campaign, task.receiver)),
                    deduplication: Some(id),
                    ..Outgoing::default()
                })
            })
            .collect::<Result<Vec<_>, SendError>>()?;
        self.send_messages(messages).await
    }

    /// Sends messages to a dead-letter queue unchanged.
    pub(crate) async fn send_dead(&self, messages: &[Undecodable]) -> Result<(), SendError> {
        let is_fifo = self.queue_url.ends_with(".fifo");
        let messages = messages
            .iter()
            .map(|message| Outgoing {
                body: message.body.clone(),
                group: is_fifo.then(|| message.id.clone()),
                deduplication: is_fifo.then(|| message.id.clone()),
                origin: Some(message.id.clone()),
                delay: None,
            })
            .collect();
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
        // A message attribute, not part of the body: it counts neither as personal data nor for deduplication.
        let trace = Trace::current().as_ref().map(trace_attribute).transpose()?;
        loop {
            let entries = open
                .iter()
                .enumerate()
                .map(|(index, message)| {
                    let attributes = message.origin.as_deref().map(origin_attribute);
                    SendMessageBatchRequestEntry::builder()
                        .set_message_attributes(attributes.transpose()?)
                        .id(index.to_string())
                        .message_body(&message.body)
                        .set_message_group_id(message.group.clone())
                        .set_message_deduplication_id(message.deduplication.clone())
                        .set_delay_seconds(message.delay.map(|delay| delay.as_secs() as i32))
                        .set_message_system_attributes(trace.clone())
                        .build()
                        .map_err(SendError::Build)
                })
                .collect::<Result<Vec<_>, _>>()?;
            let answer = self
                .sqs
                .client()
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

type SystemAttributes = HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>;

/// The attribute that carries the trace to the consumer (SendMessage, API reference).
fn trace_attribute(trace: &Trace) -> Result<SystemAttributes, SendError> {
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(trace.header())
        .build()
        .map_err(SendError::Build)?;
    let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
    Ok(HashMap::from([(name, value)]))
}

fn origin_attribute(id: &str) -> Result<HashMap<String, MessageAttributeValue>, SendError> {
    let value = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(id)
        .build()
        .map_err(SendError::Build)?;
    Ok(HashMap::from([(ORIGIN.to_owned(), value)]))
}

/// The environment variables with the URLs of a channel's queues.
#[derive(Debug, Clone, Copy)]
pub struct QueueVariables {
    usual: &'static str,
    urgent: &'static str,
    bulk: &'static str,
    /// That of the dead-letter queue.
    pub dead: &'static str,
    /// That of the number of executions that each queue of the channel has.
    pub concurrency: &'static str,
}

macro_rules! queue_variables {
    ($prefix:literal) => {
        QueueVariables {
            usual: concat!($prefix, "_QUEUE_URL"),
            urgent: concat!($prefix, "_URGENT_QUEUE_URL"),
            bulk: concat!($prefix, "_BULK_QUEUE_URL"),
            dead: concat!($prefix, "_DEAD_QUEUE_URL"),
            concurrency: concat!($prefix, "_CONCURRENCY"),
        }
    };
}

impl QueueVariables {
    /// Those of a channel.
    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::Email => queue_variables!("EMAIL"),
            Channel::Sms => queue_variables!("SMS"),
            Channel::WhatsApp => queue_variables!("WHATSAPP"),
            Channel::Push => queue_variables!("PUSH"),
        }
    }

    /// That of a priority queue.
    pub fn queue(self, priority: PriorityQueue) -> &'static str {
        match priority {
            PriorityQueue::Usual => self.usual,
            PriorityQueue::Urgent => self.urgent,
            PriorityQueue::Bulk => self.bulk,
        }
    }
}

/// The queues of every channel, one per priority.
#[derive(Debug, Clone)]
pub struct ChannelQueues {
    queues: HashMap<(Channel, PriorityQueue), Producer>,
}

impl ChannelQueues {
    /// The queues whose URLs `url_of` returns for the names of environment variables.
    ///
    /// # Errors
    /// If `url_of` fails.
    pub fn new<E>(
        sqs: &Sqs,
        url_of: impl Fn(&'static str) -> Result<String, E>,
    ) -> Result<Self, E> {
        let mut queues = HashMap::new();
        for channel in Channel::ALL {
            for queue_priority in PriorityQueue::ALL {
                let url = url_of(QueueVariables::of(channel).queue(queue_priority))?;
                queues.insert((channel, queue_priority), Producer::new(sqs.clone(), url));
            }
        }
        Ok(Self { queues })
    }

    /// Sends deliveries of one channel.
    ///
    /// # Errors
    /// If some deliveries could not be sent. The others were; sending all of them again is harmless.
    pub async fn send(
        &self,
        channel: Channel,
        queue_priority: PriorityQueue,
        tasks: &[DeliveryTask],
    ) -> Result<(), SendError> {
        let queue = self
            .queues
            .get(&(channel, queue_priority))
            .ok_or(SendError::NoQueue(channel))?;
        queue.send_deliveries(tasks).await
    }
}

/// The two queues of fan-out tasks.
#[derive(Debug, Clone)]
pub struct FanoutQueues {
    usual: Producer,
    urgent: Producer,
}

impl FanoutQueues {
    /// The queues whose URLs `url_of` returns for the names of environment variables.
    ///
    /// # Errors
    /// If `url_of` fails.
    pub fn new<E>(
        sqs: &Sqs,
        url_of: impl Fn(&'static str) -> Result<String, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            usual: Producer::new(sqs.clone(), url_of("FANOUT_QUEUE_URL")?),
            urgent: Producer::new(sqs.clone(), url_of("FANOUT_URGENT_QUEUE_URL")?),
        })
    }

    /// Sends tasks of a campaign with this priority after a delay.
    ///
    /// # Errors
    /// If some tasks could not be sent. The others were; sending all of them again is harmless.
    pub async fn send_after(
        &self,
        priority: Priority,
        tasks: &[FanoutTask],
        delay: Duration,
    ) -> Result<(), SendError> {
        let queue = if priority >= Priority::High {
            &self.urgent
        } else {
            &self.usual
        };
        queue.send_after(tasks, delay).await
    }

    /// Sends tasks of a campaign with this priority.
    ///
    /// # Errors
    /// If some tasks could not be sent. The others were; sending all of them again is harmless.
    pub async fn send(&self, priority: Priority, tasks: &[FanoutTask]) -> Result<(), SendError> {
        self.send_after(priority, tasks, Duration::ZERO).await
    }
}
