//! Taking a batch apart: one bad body must not fail the others.

use std::{collections::BTreeSet, time::Duration};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use aws_sdk_sqs::{Client, types::ChangeMessageVisibilityBatchRequestEntry};
use carillon_telemetry::Trace;
use serde::de::DeserializeOwned;

/// One message whose body was understood.
#[derive(Debug, Clone)]
pub struct Message<T> {
    /// The id, by which a failure is reported.
    pub id: String,
    /// What the visibility is changed with.
    pub receipt_handle: String,
    /// How often it has been received, this time included.
    pub received: u32,
    /// The trace that whoever sent it belongs to.
    pub trace: Option<Trace>,
    /// The task.
    pub task: T,
}

/// The system attribute in which SQS carries a tracing header.
const TRACE: &str = "AWSTraceHeader";
/// The one in which it says how often a message has been received.
const RECEIVED: &str = "ApproximateReceiveCount";

/// A message whose body was not understood.
#[derive(Debug)]
pub struct Undecodable {
    /// The message's id.
    pub id: String,
    /// Why.
    pub error: serde_json::Error,
}

/// A batch of messages from one queue.
#[derive(Debug)]
pub struct Batch<T> {
    /// The name of the queue.
    pub queue: String,
    /// What was understood.
    pub messages: Vec<Message<T>>,
    failed: BTreeSet<String>,
}

impl<T: DeserializeOwned> Batch<T> {
    /// Takes an event apart. What is not understood counts as failed and ends as a dead letter;
    /// `log` is told, so that it does not pass in silence.
    pub fn read(event: SqsEvent, log: impl FnMut(&Undecodable)) -> Self {
        Self::take_apart(event, |body| serde_json::from_str(&body), log)
    }
}

impl Batch<String> {
    /// Takes an event apart and leaves the bodies as they are.
    pub fn bodies(event: SqsEvent) -> Self {
        Self::take_apart(event, Ok, |_| ())
    }
}

impl<T> Batch<T> {
    fn take_apart(
        event: SqsEvent,
        decode: impl Fn(String) -> Result<T, serde_json::Error>,
        mut log: impl FnMut(&Undecodable),
    ) -> Self {
        let queue = event
            .records
            .first()
            .and_then(|record| record.event_source_arn.as_deref())
            .and_then(|arn| arn.rsplit(':').next())
            .unwrap_or_default()
            .to_owned();
        let mut messages = Vec::new();
        let mut failed = BTreeSet::new();
        for record in event.records {
            let id = record.message_id.unwrap_or_default();
            match decode(record.body.unwrap_or_default()) {
                Ok(task) => messages.push(Message {
                    id,
                    receipt_handle: record.receipt_handle.unwrap_or_default(),
                    received: record
                        .attributes
                        .get(RECEIVED)
                        .and_then(|count| count.parse().ok())
                        .unwrap_or(1),
                    trace: record
                        .attributes
                        .get(TRACE)
                        .and_then(|header| Trace::parse(header)),
                    task,
                }),
                Err(error) => {
                    let undecodable = Undecodable { id, error };
                    log(&undecodable);
                    failed.insert(undecodable.id);
                }
            }
        }
        Self {
            queue,
            messages,
            failed,
        }
    }

    /// The traces of the messages.
    pub fn traces(&self) -> impl Iterator<Item = &Trace> {
        self.messages
            .iter()
            .filter_map(|message| message.trace.as_ref())
    }

    /// Leaves a message in the queue.
    pub fn fail(&mut self, id: &str) {
        self.failed.insert(id.to_owned());
    }

    /// How many messages stay in the queue.
    pub fn failures(&self) -> usize {
        self.failed.len()
    }

    /// The answer to Lambda: everything that did not fail is deleted from the queue.
    pub fn response(&self) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = self
            .failed
            .iter()
            .map(|id| {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier.clone_from(id);
                failure
            })
            .collect();
        response
    }
}

/// Decides when a message that stays in its queue is seen again.
#[derive(Debug, Clone)]
pub struct Visibility {
    client: Client,
    queue_urls: Vec<String>,
}

/// The longest that a message can be hidden (ChangeMessageVisibility, API reference).
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

impl Visibility {
    /// For messages of these queues.
    pub fn new(client: Client, queue_urls: Vec<String>) -> Self {
        Self { client, queue_urls }
    }

    /// Hides messages of a queue, given by its name, each for its own time.
    ///
    /// This is an optimisation: where it fails, the queue's own visibility timeout does, so a
    /// failure is logged and nothing else.
    pub async fn hide(&self, queue: &str, messages: &[(String, Duration)]) {
        let url = self
            .queue_urls
            .iter()
            .find(|url| url.rsplit('/').next() == Some(queue));
        let Some(url) = url else {
            if !messages.is_empty() {
                tracing::warn!(
                    queue,
                    "no URL is known for this queue, so its messages keep their visibility"
                );
            }
            return;
        };
        for chunk in messages.chunks(10) {
            let entries: Result<Vec<_>, _> = chunk
                .iter()
                .enumerate()
                .map(|(index, (receipt_handle, pause))| {
                    let seconds = pause.min(&LONGEST).as_secs_f64().ceil();
                    ChangeMessageVisibilityBatchRequestEntry::builder()
                        .id(index.to_string())
                        .receipt_handle(receipt_handle)
                        .visibility_timeout(seconds as i32)
                        .build()
                })
                .collect();
            let answer = match entries {
                Ok(entries) => {
                    self.client
                        .change_message_visibility_batch()
                        .queue_url(url)
                        .set_entries(Some(entries))
                        .send()
                        .await
                }
                Err(error) => {
                    tracing::warn!(queue, %error, "a change of visibility could not be built");
                    continue;
                }
            };
            match answer {
                Ok(answer) if answer.failed().is_empty() => {}
                Ok(answer) => tracing::warn!(
                    queue,
                    failed = answer.failed().len(),
                    "messages keep their visibility"
                ),
                Err(error) => tracing::warn!(
                    queue,
                    error = &error as &dyn std::error::Error,
                    "messages keep their visibility"
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_bad_body_fails_alone() {
        let event: SqsEvent = serde_json::from_value(json!({ "Records": [
            { "messageId": "1", "receiptHandle": "a", "body": "7", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q.fifo",
              "attributes": { "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1" } },
            { "messageId": "2", "receiptHandle": "b", "body": "{" },
            { "messageId": "3", "receiptHandle": "c", "body": "9" },
        ]}))
        .unwrap();
        let mut logged = 0;
        let mut batch: Batch<u32> = Batch::read(event, |_| logged += 1);
        assert_eq!((batch.queue.as_str(), logged), ("q.fifo", 1));
        assert_eq!(
            batch
                .messages
                .iter()
                .map(|message| message.task)
                .collect::<Vec<_>>(),
            [7, 9]
        );
        let traces: Vec<&str> = batch.traces().map(Trace::root).collect();
        assert_eq!(traces, ["1-5759e988-bd862e3fe1be46a994272793"]);
        batch.fail("3");
        let failed: Vec<String> = batch
            .response()
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect();
        assert_eq!(failed, ["2", "3"]);
    }
}
