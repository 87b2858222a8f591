//! Plays Lambda for the functions, one invocation at a time: receives messages from the queues and records from the
//! stream, invokes the function, and deletes the messages that did not fail. The seed decides what comes next.

mod messages;
mod records;

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use futures::future::join_all;
use serde_json::Value;

pub(crate) use self::messages::Batch;
use self::{messages::Copy, records::Stream};
use super::{
    functions::Functions,
    lambda::{Mapping, Source},
    stage::{Backlog, Stage},
};
use crate::support::function::Ended;

/// Executions of each queue, as on the local stack.
const SIDE_BY_SIDE: usize = 10;

/// The misbehaviour of the queues and the stream.
#[derive(Debug, Clone)]
pub(crate) struct Habits {
    /// How often a message is repeated although it was processed.
    pub(crate) deliveries: RangeInclusive<u32>,
    /// The delays of repeated messages, in seconds.
    pub(crate) pauses: &'static [i32],
    /// Maximum stream records per invocation.
    pub(crate) records: usize,
    /// Whether records wait for a full batch or an idle system, as under load.
    pub(crate) records_wait: bool,
    /// Whether a copy of each message is kept to be sent again later.
    pub(crate) keeps_copies: bool,
    /// Functions that are not invoked.
    pub(crate) starved: &'static [&'static str],
    /// Number of stream shards, 1 or 2, over which the items of each partition are distributed.
    pub(crate) stream_shards: usize,
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
            stream_shards: 1,
        }
    }
}

/// One invocation made by the feed.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) function: String,
    /// The highest receive count among its messages, including this receive.
    pub(crate) deliveries: u32,
    pub(crate) ended: Ended,
}

/// Called before each invocation with the function and its `deliveries`.
pub(crate) type BeforeInvocation = Box<dyn Fn(&str, u32)>;

/// Feeds the functions of one row.
pub(crate) struct Feed<'a> {
    stage: &'a Stage,
    pub(crate) habits: Habits,
    pub(crate) before: BeforeInvocation,
    dice: fastrand::Rng,
    /// Pending repetitions, by message id.
    left: HashMap<String, u32>,
    /// Mappings that had visible messages at the last check.
    ready: Vec<&'a Mapping>,
    copies: Vec<Copy>,
    streams: HashMap<String, Stream>,
    /// Lambda's own requests to SQS.
    pub(crate) requests: Requests,
}

/// Lambda's billed requests to SQS, without empty receives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Requests {
    pub(crate) receives: usize,
    pub(crate) deletes: usize,
}

impl<'a> Feed<'a> {
    pub(crate) async fn new(stage: &'a Stage, seed: u64) -> Self {
        Self {
            stage,
            habits: Habits::default(),
            before: Box::new(|_, _| ()),
            dice: fastrand::Rng::with_seed(seed),
            left: HashMap::new(),
            ready: Vec::new(),
            copies: Vec::new(),
            streams: records::open(stage).await,
            requests: Requests::default(),
        }
    }

    /// Makes one invocation; `None` if no messages or records are visible.
    pub(crate) async fn step(&mut self, functions: &mut Functions<'_>) -> Option<Step> {
        // A check costs as much as an invocation, so it is not done before each one.
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

    /// Makes as many concurrent invocations as Lambda does: for each queue as many as the template allows, for the stream one.
    /// Returns their number.
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

    /// Checks which mappings have visible messages.
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
            let waiting = self.streams[arn].waiting();
            let is_full = waiting >= mapping.batch;
            if waiting > 0 && (is_full || self.ready.is_empty() || !self.habits.records_wait) {
                self.ready.push(mapping);
            }
        }
    }

    /// The contents of the queues, not of streams.
    async fn backlogs(&self, mappings: impl Iterator<Item = &'a Mapping>) -> Vec<Backlog> {
        let look = |mapping: &'a Mapping| async {
            match mapping.queue() {
                Some(url) => self.stage.aws.backlog_of(url).await,
                None => Backlog::default(),
            }
        };
        join_all(mappings.map(look)).await
    }

    /// Whether no message or record is left anywhere, including invisible ones.
    pub(crate) async fn is_empty(&self) -> bool {
        if self.waiting_records() > 0 {
            return false;
        }
        let backlogs = self.backlogs(self.stage.mappings.iter()).await;
        backlogs.iter().all(|backlog| backlog.all() == 0)
    }
}

/// The failed records of a batch, by Lambda's rules: without partial batch responses there are none, and a response that
/// names a record not in the batch fails the whole batch.
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
