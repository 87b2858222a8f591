//! What Lambda does for the functions, one invocation at a time: it takes messages from the queues and records from the
//! stream, hands them over, and takes those away that did not fail. The seed says what comes next.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    ops::RangeInclusive,
};

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry as Hide, DeleteMessageBatchRequestEntry as Delete,
    Message, MessageSystemAttributeName,
};
use futures::future::join_all;
use serde_json::{Map, Value, json};

use crate::{
    functions::Functions,
    lambda::{Mapping, Source},
    stage::{Backlog, Stage},
    support::function::Ended,
};

/// `MaximumConcurrency` of the event sources in the template.
const SIDE_BY_SIDE: usize = 10;

/// How badly the queues and the stream behave.
#[derive(Debug, Clone)]
pub(crate) struct Habits {
    /// How often a message comes although it was dealt with the first time.
    pub(crate) deliveries: RangeInclusive<u32>,
    /// A message that comes once more does so after one of these times, in seconds.
    pub(crate) pauses: &'static [i32],
    /// How many records of the stream one invocation gets at most.
    pub(crate) records: usize,
    /// Whether records wait until there is nothing else to do, and then come all together.
    pub(crate) records_wait: bool,
    /// Whether a copy of each message is kept, to be sent again later.
    pub(crate) keeps_copies: bool,
    /// Functions that get nothing.
    pub(crate) starved: &'static [&'static str],
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            deliveries: 1..=1,
            pauses: &[0, 60],
            records: 1_000,
            records_wait: false,
            keeps_copies: false,
            starved: &[],
        }
    }
}

/// One invocation that the feed made.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) function: String,
    /// How often that message of it had come, this time included, that came most often.
    pub(crate) deliveries: u32,
    pub(crate) ended: Ended,
}

/// Is told of an invocation before it is made: the function, and `deliveries` as in a step.
pub(crate) type BeforeInvocation = Box<dyn Fn(&str, u32)>;

/// Messages that were taken from a queue and are not dealt with yet.
pub(crate) struct Batch {
    url: String,
    messages: Vec<Message>,
    pub(crate) event: Value,
}

/// A message that was dealt with.
struct Copy {
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

/// Feeds the functions of one row.
pub(crate) struct Feed<'a> {
    stage: &'a Stage,
    pub(crate) habits: Habits,
    pub(crate) before: BeforeInvocation,
    dice: fastrand::Rng,
    /// How often messages are still to come, by their ids.
    left: HashMap<String, u32>,
    /// Mappings that had something to be seen when somebody last looked.
    ready: Vec<&'a Mapping>,
    copies: Vec<Copy>,
    streams: HashMap<String, Stream>,
}

/// The reader of a stream.
struct Stream {
    iterator: String,
    waiting: VecDeque<Value>,
    /// Invocations that the records at the front have had.
    rounds: u32,
}

impl<'a> Feed<'a> {
    pub(crate) async fn new(stage: &'a Stage, seed: u64) -> Self {
        let mut streams = HashMap::new();
        for mapping in &stage.mappings {
            let Source::Stream { arn } = &mapping.source else {
                continue;
            };
            let described = json!({ "StreamArn": arn, "ShardId": shard(stage, arn).await, "ShardIteratorType": "LATEST" });
            let answer = streams_call(stage, "GetShardIterator", &described).await;
            let stream = Stream {
                iterator: answer["ShardIterator"].as_str().unwrap().to_owned(),
                waiting: VecDeque::new(),
                rounds: 0,
            };
            streams.insert(arn.clone(), stream);
        }
        Self {
            stage,
            habits: Habits::default(),
            before: Box::new(|_, _| ()),
            dice: fastrand::Rng::with_seed(seed),
            left: HashMap::new(),
            ready: Vec::new(),
            copies: Vec::new(),
            streams,
        }
    }

    /// Makes one invocation; nothing if nobody has anything that can be seen.
    pub(crate) async fn step(&mut self, functions: &mut Functions<'_>) -> Option<Step> {
        // A look costs as much as an invocation, so there is none before each of them.
        let mut has_looked = self.ready.is_empty() || self.dice.u8(..4) == 0;
        if has_looked {
            self.look().await;
        }
        loop {
            if self.ready.is_empty() {
                if has_looked {
                    return None;
                }
                self.look().await;
                has_looked = true;
                continue;
            }
            let place = self.dice.usize(..self.ready.len());
            let mapping = self.ready[place];
            let step = match &mapping.source {
                Source::Queue { .. } => self.feed_messages(functions, mapping).await,
                Source::Stream { arn } => self.feed_records(functions, mapping, arn).await,
            };
            if step.is_some() {
                return step;
            }
            self.ready.swap_remove(place);
        }
    }

    /// Makes as many invocations as Lambda makes side by side: for each queue as many as the template allows, for the
    /// stream one. Gives their number.
    pub(crate) async fn round(&mut self, functions: &mut Functions<'_>) -> usize {
        self.look().await;
        let mut invocations = 0;
        for mapping in self.ready.clone() {
            for _ in 0..SIDE_BY_SIDE {
                let step = match &mapping.source {
                    Source::Queue { .. } => self.feed_messages(functions, mapping).await,
                    Source::Stream { arn } => self.feed_records(functions, mapping, arn).await,
                };
                let is_stream = matches!(mapping.source, Source::Stream { .. });
                invocations += usize::from(step.is_some());
                if step.is_none() || is_stream {
                    break;
                }
            }
        }
        invocations
    }

    /// Finds out who has something that can be seen.
    async fn look(&mut self) {
        let stage = self.stage;
        let starved = self.habits.starved;
        self.ready.clear();
        let fed = stage
            .mappings
            .iter()
            .filter(|mapping| !starved.contains(&mapping.function.as_str()));
        for (mapping, backlog) in fed.clone().zip(self.backlogs(fed.clone()).await) {
            if backlog.visible > 0 {
                self.ready.push(mapping);
            }
        }
        for mapping in fed {
            let Source::Stream { arn } = &mapping.source else {
                continue;
            };
            self.read(mapping, arn).await;
            let has_records = !self.streams[arn].waiting.is_empty();
            if has_records && (self.ready.is_empty() || !self.habits.records_wait) {
                self.ready.push(mapping);
            }
        }
    }

    /// What is in the queues; of a stream, nothing.
    async fn backlogs(&self, mappings: impl Iterator<Item = &'a Mapping>) -> Vec<Backlog> {
        let look = |mapping: &'a Mapping| async {
            match mapping.queue() {
                Some(url) => self.stage.aws.backlog_of(url).await,
                None => Backlog::default(),
            }
        };
        join_all(mappings.map(look)).await
    }

    /// Whether no message and no record is left anywhere, hidden ones included.
    pub(crate) async fn is_empty(&self) -> bool {
        if self.waiting_records() > 0 {
            return false;
        }
        let backlogs = self.backlogs(self.stage.mappings.iter()).await;
        backlogs.iter().all(|backlog| backlog.all() == 0)
    }

    /// Takes a batch for a function that nobody feeds, from any of its queues.
    pub(crate) async fn take(&self, function: &str) -> Option<Batch> {
        for mapping in &self.stage.mappings {
            if mapping.function == function
                && let Some(batch) = self.receive(mapping).await
            {
                return Some(batch);
            }
        }
        None
    }

    /// Takes those messages of a batch away that none of these answers calls failed.
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

    async fn receive(&self, mapping: &Mapping) -> Option<Batch> {
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

    async fn feed_messages(
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

    /// Deletes messages, or lets them come once more.
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
        // A handle may be outdated by now; the message then comes once more, as it does on AWS.
        if !delete.is_empty() {
            let call = sqs.delete_message_batch().queue_url(url);
            call.set_entries(Some(delete)).send().await.unwrap();
        }
        if !hide.is_empty() {
            let call = sqs.change_message_visibility_batch().queue_url(url);
            call.set_entries(Some(hide)).send().await.unwrap();
        }
    }

    /// Sends every message once more that was dealt with so far, and says how many those were.
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

    async fn feed_records(
        &mut self,
        functions: &mut Functions<'_>,
        mapping: &Mapping,
        arn: &str,
    ) -> Option<Step> {
        let stream = self.streams.get_mut(arn).unwrap();
        let most = stream
            .waiting
            .len()
            .min(mapping.batch)
            .min(self.habits.records);
        if most == 0 {
            return None;
        }
        // An invocation gets what has come so far, which is more or less.
        let is_all = self.habits.records_wait || stream.waiting.len() > most;
        let count = if is_all {
            most
        } else {
            self.dice.usize(1..=most)
        };
        let records: Vec<&Value> = stream.waiting.iter().take(count).collect();
        let number = |record: &Value| {
            record["dynamodb"]["SequenceNumber"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let numbers: Vec<String> = records.iter().map(|record| number(record)).collect();
        let event = json!({ "Records": records });
        stream.rounds += 1;
        let deliveries = stream.rounds;
        (self.before)(&mapping.function, deliveries);
        let ended = functions.invoke(&mapping.function, &event).await;
        if let Ended::Answered(answer) = &ended {
            let failed = failures(mapping, answer, numbers.iter().map(String::as_str));
            let mut done = numbers
                .iter()
                .position(|number| failed.contains(number.as_str()))
                .unwrap_or(count);
            if stream.rounds < self.dice.u32(self.habits.deliveries.clone()) {
                // They come again, cut differently, as they do when the answer was lost.
                done = self.dice.usize(0..=done);
            }
            if done > 0 {
                stream.rounds = 0;
                stream.waiting.drain(..done);
            }
        }
        Some(Step {
            function: mapping.function.clone(),
            deliveries,
            ended,
        })
    }

    /// Takes over what the stream has.
    async fn read(&mut self, mapping: &Mapping, arn: &str) {
        let stream = self.streams.get_mut(arn).unwrap();
        loop {
            let call = json!({ "ShardIterator": stream.iterator, "Limit": 1_000 });
            let answer = streams_call(self.stage, "GetRecords", &call).await;
            let records = answer["Records"].as_array().unwrap();
            let wanted = records.iter().filter(|record| mapping.wants(record));
            stream.waiting.extend(wanted.cloned());
            answer["NextShardIterator"]
                .as_str()
                .unwrap()
                .clone_into(&mut stream.iterator);
            if records.is_empty() {
                return;
            }
        }
    }

    /// Keeps the places in the streams from going stale, which they do after 15 minutes.
    pub(crate) async fn refresh(&mut self) {
        for mapping in &self.stage.mappings {
            if let Source::Stream { arn } = &mapping.source {
                self.read(mapping, arn).await;
            }
        }
    }

    /// Records that the functions have not seen.
    pub(crate) fn waiting_records(&self) -> usize {
        self.streams
            .values()
            .map(|stream| stream.waiting.len())
            .sum()
    }
}

async fn shard(stage: &Stage, arn: &str) -> String {
    let answer = streams_call(stage, "DescribeStream", &json!({ "StreamArn": arn })).await;
    let shards = answer["StreamDescription"]["Shards"].as_array().unwrap();
    assert_eq!(shards.len(), 1, "the local AWS has one shard for a stream");
    shards[0]["ShardId"].as_str().unwrap().to_owned()
}

async fn streams_call(stage: &Stage, operation: &str, body: &Value) -> Value {
    let operation = format!("DynamoDBStreams_20120810.{operation}");
    stage.aws.json("dynamodb", &operation, body).await
}

/// Those records of a batch that the function leaves to us. As Lambda has it: without partial answers there are none,
/// and an answer that names a record that is not in the batch fails all of it.
fn failures<'m>(
    mapping: &Mapping,
    answer: &Value,
    all: impl Iterator<Item = &'m str>,
) -> HashSet<String> {
    let all: HashSet<String> = all.map(str::to_owned).collect();
    let named = answer["batchItemFailures"].as_array();
    let named: HashSet<String> = named
        .into_iter()
        .flatten()
        .map(|failure| {
            failure["itemIdentifier"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    match (mapping.partial, named.is_subset(&all)) {
        (false, _) => HashSet::new(),
        (true, true) => named,
        (true, false) => all,
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
