//! What became of a batch, in numbers.

use std::{collections::BTreeMap, time::Duration};

/// Counts of one batch. They add up over batches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages in the batch.
    pub messages: usize,
    /// Deliveries claimed, each followed by one provider call.
    pub claimed: usize,
    /// Taken by the provider.
    pub sent: usize,
    /// Ended without being sent.
    pub failed: usize,
    /// Ended so that nobody knows.
    pub unknown: usize,
    /// To be tried again.
    pub retried: usize,
    /// Left in the queue without an attempt.
    pub deferred: usize,
    /// Hints about which nothing was left to do.
    pub dropped: usize,
    /// Messages that could not be read.
    pub undecodable: usize,
    /// How long provider calls took, by vendor.
    pub latencies: BTreeMap<&'static str, Vec<Duration>>,
}
