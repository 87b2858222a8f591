//! Lambda's polling of a stream.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::{Feed, Step, failures};
use crate::{
    harness::{
        functions::Functions,
        lambda::{Mapping, Source},
        stage::Stage,
    },
    support::function::Ended,
};

/// The reader of a stream.
pub(super) struct Stream {
    iterator: String,
    shards: [Shard; 2],
}

/// A shard of a stream: its records are in order, independent of other shards.
#[derive(Default)]
struct Shard {
    waiting: VecDeque<Value>,
    /// The number of invocations for the first records.
    rounds: u32,
}

impl Stream {
    pub(super) fn waiting(&self) -> usize {
        self.shards.iter().map(|shard| shard.waiting.len()).sum()
    }
}

/// The shard of an item's records.
fn shard_of(record: &Value, shards: usize) -> usize {
    let sort = record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap();
    sort.bytes().map(usize::from).sum::<usize>() % shards
}

/// Starts reading all streams from now on.
pub(super) async fn open(stage: &Stage) -> HashMap<String, Stream> {
    let mut streams = HashMap::new();
    for mapping in &stage.mappings {
        let Source::Stream { arn } = &mapping.source else {
            continue;
        };
        let described = json!({ "StreamArn": arn, "ShardId": shard(stage, arn).await, "ShardIteratorType": "LATEST" });
        let answer = streams_call(stage, "GetShardIterator", &described).await;
        let stream = Stream {
            iterator: answer["ShardIterator"].as_str().unwrap().to_owned(),
            shards: Default::default(),
        };
        streams.insert(arn.clone(), stream);
    }
    streams
}

impl Feed<'_> {
    pub(super) async fn feed_records(
        &mut self,
        functions: &mut Functions<'_>,
        mapping: &Mapping,
        arn: &str,
    ) -> Option<Step> {
        let stream = self.streams.get_mut(arn).unwrap();
        // One of two shards lags most of the time.
        let place = match [
            stream.shards[0].waiting.len(),
            stream.shards[1].waiting.len(),
        ] {
            [0, _] => 1,
            [_, 0] => 0,
            _ => usize::from(self.dice.u8(..5) == 0),
        };
        let stream = &mut stream.shards[place];
        let most = stream
            .waiting
            .len()
            .min(mapping.batch)
            .min(self.habits.records);
        if most == 0 {
            return None;
        }
        // An invocation gets a varying number of the available records.
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
                // They are repeated in different batches, as after a lost response.
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

    /// Reads the available records.
    pub(super) async fn read(&mut self, mapping: &Mapping, arn: &str) {
        let stream = self.streams.get_mut(arn).unwrap();
        loop {
            let call = json!({ "ShardIterator": stream.iterator, "Limit": 1_000 });
            let answer = streams_call(self.stage, "GetRecords", &call).await;
            let records = answer["Records"].as_array().unwrap();
            for record in records.iter().filter(|record| mapping.wants(record)) {
                let shard = shard_of(record, self.habits.stream_shards);
                stream.shards[shard].waiting.push_back(record.clone());
            }
            answer["NextShardIterator"]
                .as_str()
                .unwrap()
                .clone_into(&mut stream.iterator);
            if records.is_empty() {
                return;
            }
        }
    }

    /// Keeps the shard iterators from expiring, which they do after 15 minutes.
    pub(crate) async fn refresh(&mut self) {
        let starved = self.habits.starved;
        let mappings = self.stage.mappings.iter();
        let fed = mappings.filter(|mapping| !starved.contains(&mapping.function.as_str()));
        for mapping in fed {
            if let Source::Stream { arn } = &mapping.source {
                self.read(mapping, arn).await;
            }
        }
    }

    /// Unprocessed records.
    pub(crate) fn waiting_records(&self) -> usize {
        self.streams.values().map(Stream::waiting).sum()
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
