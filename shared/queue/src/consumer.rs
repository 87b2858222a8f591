//! Splits a batch into messages, so that one malformed body does not fail the others.

use std::{collections::BTreeSet, time::Duration};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use carillon_telemetry::Trace;
use serde::de::DeserializeOwned;

use crate::Sqs;

/// A message whose body was parsed.
#[derive(Debug, Clone)]
pub struct Message<T> {
    /// The message id, used to report a failure.
    pub id: String,
    /// The receipt handle, used to change visibility.
    pub receipt_handle: String,
    /// How often it has been received, including this time.
    pub received: u32,
    /// The sender's trace.
    pub trace: Option<Trace>,
    /// The task.
    pub task: T,
}

/// The SQS system attribute that carries a tracing header.
const TRACE: &str = "AWSTraceHeader";
/// The SQS system attribute that counts receives.
const RECEIVED: &str = "ApproximateReceiveCount";
/// Our own attribute on a message that a function put into a dead-letter queue.
pub(crate) const ORIGIN: &str = "origin";

/// A message whose body could not be parsed.
#[derive(Debug)]
pub struct Undecodable {
    /// The message's id.
    pub id: String,
    /// Why it could not be parsed.
    pub error: BodyError,
    /// How often it has been received, including this time.
    pub(crate) received: u32,
    /// The body, which may be anything.
    pub(crate) body: String,
}

/// Why a body could not be parsed. serde's messages quote the input, which may contain personal data, so only the
/// position is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not JSON.
    #[error("invalid JSON at line {line}, column {column}")]
    NoJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON, but not a task.
    #[error("JSON, but not a task, at line {line}, column {column}")]
    NoTask {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

impl From<serde_json::Error> for BodyError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            Self::NoTask { line, column }
        } else {
            Self::NoJson { line, column }
        }
    }
}

/// The raw body of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadBody {
    /// The body, which may be anything.
    pub text: String,
    /// The original message id, if one of our functions moved it here.
    pub origin: Option<String>,
}

/// A batch of messages from one queue.
#[derive(Debug)]
pub struct Batch<T> {
    /// The name of the queue.
    pub queue: String,
    /// Messages that were parsed.
    pub messages: Vec<Message<T>>,
    /// Messages that were not.
    pub(crate) undecodable: Vec<Undecodable>,
    failed: BTreeSet<String>,
}

impl<T: DeserializeOwned> Batch<T> {
    /// Parses an event. Messages that cannot be parsed count as failed and are logged through `log`. They stay in the
    /// queue until a [`DeadLetterQueue`](crate::DeadLetterQueue) takes them.
    pub fn read(event: SqsEvent, log: impl FnMut(&Undecodable)) -> Self {
        let decode = |record: &SqsMessage| {
            let body = record.body.as_deref().unwrap_or_default();
            serde_json::from_str(body).map_err(BodyError::from)
        };
        Self::take_apart(event, decode, log)
    }
}

impl Batch<DeadBody> {
    /// Reads an event of a dead-letter queue without parsing the bodies.
    pub fn dead(event: SqsEvent) -> Self {
        let body = |record: &SqsMessage| {
            let origin = record.message_attributes.get(ORIGIN);
            Ok(DeadBody {
                text: record.body.clone().unwrap_or_default(),
                origin: origin.and_then(|origin| origin.string_value.clone()),
            })
        };
        Self::take_apart(event, body, |_| ())
    }
}

impl<T> Batch<T> {
    fn take_apart(
        event: SqsEvent,
        decode: impl Fn(&SqsMessage) -> Result<T, BodyError>,
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
        let mut unread = Vec::new();
        let mut failed = BTreeSet::new();
        for record in event.records {
            let decoded = decode(&record);
            let id = record.message_id.unwrap_or_default();
            let received = record.attributes.get(RECEIVED);
            let received = received.and_then(|count| count.parse().ok()).unwrap_or(1);
            match decoded {
                Ok(task) => messages.push(Message {
                    id,
                    receipt_handle: record.receipt_handle.unwrap_or_default(),
                    received,
                    trace: record
                        .attributes
                        .get(TRACE)
                        .and_then(|header| Trace::parse(header)),
                    task,
                }),
                Err(error) => {
                    let body = record.body.unwrap_or_default();
                    let undecodable = Undecodable {
                        id,
                        error,
                        received,
                        body,
                    };
                    log(&undecodable);
                    failed.insert(undecodable.id.clone());
                    unread.push(undecodable);
                }
            }
        }
        Self {
            queue,
            messages,
            undecodable: unread,
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

    /// Removes a message from the failures, so that it is deleted after all.
    pub(crate) fn let_go(&mut self, id: &str) {
        self.failed.remove(id);
    }

    /// How many messages stay in the queue.
    pub fn failures(&self) -> usize {
        self.failed.len()
    }

    /// The response to Lambda: SQS deletes every message that is not listed as failed.
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

/// Sets when a message that stays in its queue becomes visible again.
#[derive(Debug, Clone)]
pub struct Visibility {
    sqs: Sqs,
    queue_urls: Vec<String>,
}

/// The longest time a message is hidden. SQS allows 12 hours from the receive and rejects a timeout beyond that instead
/// of truncating it (ChangeMessageVisibility, API reference); an hour leaves more room than any invocation has used by
/// then. Waits longer than minutes are kept in the ledger, so our messages never come near the limit.
const LONGEST: Duration = Duration::from_secs(11 * 60 * 60);

impl Visibility {
    /// For messages of these queues.
    pub fn new(sqs: Sqs, queue_urls: Vec<String>) -> Self {
        Self { sqs, queue_urls }
    }

    /// Hides messages of a queue, given by name, each for its own time.
    ///
    /// This is an optimisation: if it fails, the queue's visibility timeout applies, so a failure is only logged.
    pub async fn hide(&self, queue: &str, messages: &[(String, Duration)]) {
        let url = self
            .queue_urls
            .iter()
            .find(|url| url.rsplit('/').next() == Some(queue));
        let Some(url) = url else {
            if !messages.is_empty() {
                tracing::warn!(
                    queue,
                    "no URL is known for this queue; its messages keep the default visibility timeout"
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
                    self.sqs
                        .client()
                        .change_message_visibility_batch()
                        .queue_url(url)
                        .set_entries(Some(entries))
                        .send()
                        .await
                }
                Err(error) => {
                    tracing::warn!(queue, %error, "could not build a visibility change");
                    continue;
                }
            };
            match answer {
                Ok(answer) if answer.failed().is_empty() => {}
                Ok(answer) => tracing::warn!(
                    queue,
                    failed = answer.failed().len(),
                    "could not change visibility; messages keep the default timeout"
                ),
                Err(error) => tracing::warn!(
                    queue,
                    error = &error as &dyn std::error::Error,
                    "could not change visibility; messages keep the default timeout"
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
    fn errors_about_a_body_do_not_quote_it() {
        let event: SqsEvent = serde_json::from_value(json!({ "Records": [
            { "messageId": "1", "body": "\"ann@example.com\"" },
            { "messageId": "2", "body": "ann@example.com", "attributes": { "ApproximateReceiveCount": "7" } },
        ]}))
        .unwrap();
        let mut logged = Vec::new();
        let batch: Batch<u32> = Batch::read(event, |undecodable| {
            logged.push((undecodable.error.to_string(), undecodable.received));
        });
        assert_eq!(
            logged,
            [
                ("JSON, but not a task, at line 1, column 17".to_owned(), 1),
                ("invalid JSON at line 1, column 1".to_owned(), 7)
            ]
        );
        assert_eq!(batch.failures(), 2);
    }

    #[test]
    fn one_malformed_body_fails_alone() {
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
