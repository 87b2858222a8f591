//! Lambda's polling of a queue.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry as Hide, DeleteMessageBatchRequestEntry as Delete,
    Message, MessageSystemAttributeName,
};
use serde_json::{Map, Value, json};

use super::{Feed, Step, failures};
use crate::{
    harness::{
        functions::Functions,
        lambda::{Mapping, Source},
    },
    support::function::Ended,
};

/// Received messages that are not processed yet.
pub(crate) struct Batch {
    url: String,
    messages: Vec<Message>,
    pub(crate) event: Value,
}

/// A processed message.
pub(super) struct Copy {
    url: String,
    body: String,
    group: Option<String>,
    deduplication: Option<String>,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
}

impl Feed<'_> {
    /// Receives a batch for a paused function, from any of its queues.
    pub(crate) async fn take(&mut self, function: &str) -> Option<Batch> {
        for mapping in &self.stage.mappings {
            if mapping.function == function
                && let Some(batch) = self.receive(mapping).await
            {
                return Some(batch);
            }
        }
        None
    }

    /// Receives a batch from the queue whose name has this suffix.
    pub(crate) async fn take_from(&mut self, queue: &str) -> Option<Batch> {
        let mut mappings = self.stage.mappings.iter();
        let ends_so = |mapping: &&Mapping| mapping.queue().is_some_and(|url| url.ends_with(queue));
        self.receive(mappings.find(ends_so)?).await
    }

    /// Deletes the messages of a batch that none of these responses reports as failed.
    pub(crate) async fn finish(&mut self, batch: &Batch, answers: &[Value]) {
        let is_done = |message: &&Message| {
            let named = |answer: &Value| {
                let failures = answer["batchItemFailures"].as_array();
                let mut failures = failures.into_iter().flatten();
                failures.any(|failure| failure["itemIdentifier"] == id(message))
            };
            answers.iter().any(|answer| !named(answer))
        };
        let done = batch.messages.iter().filter(is_done).collect();
        self.take_away(&batch.url, done).await;
    }

    async fn receive(&mut self, mapping: &Mapping) -> Option<Batch> {
        let Source::Queue { arn, url } = &mapping.source else {
            return None;
        };
        let call = self.stage.aws.sqs.receive_message().queue_url(url);
        let answer = call
            .max_number_of_messages(i32::try_from(mapping.batch.min(10)).unwrap())
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .unwrap();
        let messages = answer.messages.filter(|messages| !messages.is_empty())?;
        self.requests.receives += 1;
        let records: Vec<Value> = messages
            .iter()
            .map(|message| record(message, arn))
            .collect();
        Some(Batch {
            url: url.clone(),
            messages,
            event: json!({ "Records": records }),
        })
    }

    pub(super) async fn feed_messages(
        &mut self,
        functions: &mut Functions<'_>,
        mapping: &Mapping,
    ) -> Option<Step> {
        let batch = self.receive(mapping).await?;
        let deliveries = batch.messages.iter().map(deliveries).max().unwrap();
        (self.before)(&mapping.function, deliveries);
        let ended = functions.invoke(&mapping.function, &batch.event).await;
        if let Ended::Answered(answer) = &ended {
            let failed = failures(mapping, answer, batch.messages.iter().map(id));
            let done = batch
                .messages
                .iter()
                .filter(|message| !failed.contains(id(message)))
                .collect();
            self.take_away(&batch.url, done).await;
        }
        Some(Step {
            function: mapping.function.clone(),
            deliveries,
            ended,
        })
    }

    /// Deletes messages, or leaves them to be received again.
    async fn take_away(&mut self, url: &str, messages: Vec<&Message>) {
        let (mut delete, mut hide) = (Vec::new(), Vec::new());
        for (index, message) in messages.into_iter().enumerate() {
            let deliveries = self.habits.deliveries.clone();
            let dice = &mut self.dice;
            let left = self
                .left
                .entry(id(message).to_owned())
                .or_insert_with(|| dice.u32(deliveries));
            *left -= 1;
            let handle = message.receipt_handle().unwrap();
            if *left > 0 {
                let pause = *self.dice.choice(self.habits.pauses).unwrap();
                let entry = Hide::builder().id(index.to_string()).receipt_handle(handle);
                hide.push(entry.visibility_timeout(pause).build().unwrap());
                continue;
            }
            let entry = Delete::builder()
                .id(index.to_string())
                .receipt_handle(handle);
            delete.push(entry.build().unwrap());
            if self.habits.keeps_copies {
                self.copies.push(copy(url, message));
            }
        }
        let sqs = &self.stage.aws.sqs;
        // The receipt handle may be stale; the message is then received again, as on AWS.
        if !delete.is_empty() {
            self.requests.deletes += 1;
            let call = sqs.delete_message_batch().queue_url(url);
            call.set_entries(Some(delete)).send().await.unwrap();
        }
        if !hide.is_empty() {
            let call = sqs.change_message_visibility_batch().queue_url(url);
            call.set_entries(Some(hide)).send().await.unwrap();
        }
    }

    /// Sends every processed message again, and returns how many.
    pub(crate) async fn send_copies(&mut self) -> usize {
        let copies = std::mem::take(&mut self.copies);
        for copy in &copies {
            let call = self.stage.aws.sqs.send_message();
            call.queue_url(&copy.url)
                .message_body(&copy.body)
                .set_message_group_id(copy.group.clone())
                .set_message_deduplication_id(copy.deduplication.clone())
                .send()
                .await
                .unwrap();
        }
        copies.len()
    }
}

fn id(message: &Message) -> &str {
    message.message_id().unwrap()
}

fn deliveries(message: &Message) -> u32 {
    let name = MessageSystemAttributeName::ApproximateReceiveCount;
    system(message, &name).unwrap().parse().unwrap()
}

fn system(message: &Message, name: &MessageSystemAttributeName) -> Option<String> {
    message.attributes()?.get(name).cloned()
}

fn copy(url: &str, message: &Message) -> Copy {
    use MessageSystemAttributeName as Name;
    Copy {
        url: url.to_owned(),
        body: message.body().unwrap().to_owned(),
        group: system(message, &Name::MessageGroupId),
        deduplication: system(message, &Name::MessageDeduplicationId),
    }
}

/// A message as a function sees it.
fn record(message: &Message, arn: &str) -> Value {
    let attributes: Map<String, Value> = message
        .attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), json!(value)))
        .collect();
    json!({
        "messageId": id(message),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    })
}
