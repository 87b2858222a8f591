//! Counts the AWS usage of functions.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    dynamodb::{self, Key, Touch, Units},
    harness::functions::FunctionTap,
    support::proxy::{Seen, Side},
};

/// SQS bills one request per 64 KB of payload ("Amazon SQS pricing").
const BILLED_BYTES: usize = 64 * 1024;

#[derive(Default)]
struct Counts {
    calls: BTreeMap<(String, String), u64>,
    touches: Vec<Touch>,
    sqs_requests: u64,
    fifo_requests: u64,
    delivery_bodies: Vec<usize>,
}

/// Observes the calls of all functions.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Counts>>);

impl Meter {
    pub(crate) fn tap(&self) -> Arc<FunctionTap> {
        let counts = Arc::clone(&self.0);
        Arc::new(
            move |function: &str, seen: &Seen, asked: &Bytes, answer: &Bytes| {
                if seen.side == Side::Aws {
                    let mut counts = counts.lock().unwrap();
                    counts.note(function, &seen.operation, asked, answer);
                }
            },
        )
    }

    /// Calls by function and operation.
    pub(crate) fn calls(&self) -> BTreeMap<(String, String), u64> {
        self.0.lock().unwrap().calls.clone()
    }

    pub(crate) fn all_calls(&self) -> u64 {
        self.0.lock().unwrap().calls.values().sum()
    }

    pub(crate) fn calls_of(&self, wanted: &str) -> u64 {
        let calls = self.calls();
        let of = calls.iter().filter(|((function, _), _)| function == wanted);
        of.map(|(_, count)| count).sum()
    }

    /// Billed requests to standard and to FIFO queues.
    pub(crate) fn sqs_requests(&self) -> (u64, u64) {
        let counts = self.0.lock().unwrap();
        (counts.sqs_requests, counts.fifo_requests)
    }

    /// The body sizes of delivery tasks.
    pub(crate) fn delivery_bodies(&self) -> Vec<usize> {
        self.0.lock().unwrap().delivery_bodies.clone()
    }

    pub(crate) fn units(&self, sizes: &HashMap<Key, usize>) -> Units {
        dynamodb::units(self.0.lock().unwrap().touches.iter(), sizes)
    }

    /// Write units of the busiest partition key of a table or an index, and that key.
    pub(crate) fn busiest(&self, sizes: &HashMap<Key, usize>) -> (String, f64) {
        let mut units: BTreeMap<String, f64> = BTreeMap::new();
        for touch in &self.0.lock().unwrap().touches {
            if matches!(touch.kind, dynamodb::Kind::Write(_)) {
                let one = dynamodb::units(std::iter::once(touch), sizes);
                *units.entry(touch.key.0.clone()).or_default() += one.write;
            }
        }
        let busiest = units.into_iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
        busiest.unwrap_or_default()
    }

    /// Writes by partition key.
    pub(crate) fn writes_by_partition(&self) -> BTreeMap<String, u64> {
        let mut writes = BTreeMap::new();
        for touch in &self.0.lock().unwrap().touches {
            if matches!(touch.kind, dynamodb::Kind::Write(_)) {
                *writes.entry(touch.key.0.clone()).or_default() += 1;
            }
        }
        writes
    }
}

impl Counts {
    fn note(&mut self, function: &str, operation: &str, asked: &Bytes, answer: &Bytes) {
        let call = (function.to_owned(), operation.to_owned());
        *self.calls.entry(call).or_default() += 1;
        if operation.starts_with("DynamoDB_") {
            let asked = serde_json::from_slice(asked).unwrap();
            let answer = serde_json::from_slice(answer).unwrap_or_default();
            self.touches
                .extend(dynamodb::touched(operation, &asked, &answer));
        } else if operation.starts_with("AmazonSQS.") {
            self.note_sqs(&serde_json::from_slice(asked).unwrap());
        }
    }

    fn note_sqs(&mut self, asked: &Value) {
        let entries = asked["Entries"].as_array();
        let bodies: Vec<&str> = entries
            .into_iter()
            .flatten()
            .chain([asked])
            .filter_map(|entry| entry["MessageBody"].as_str())
            .collect();
        let bytes: usize = bodies.iter().map(|body| body.len()).sum();
        let requests = bytes.div_ceil(BILLED_BYTES).max(1) as u64;
        if asked["QueueUrl"].as_str().unwrap().ends_with(".fifo") {
            self.fifo_requests += requests;
            self.delivery_bodies
                .extend(bodies.iter().map(|body| body.len()));
        } else {
            self.sqs_requests += requests;
        }
    }
}
