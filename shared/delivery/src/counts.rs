//! What became of a batch, in numbers.

use std::{collections::BTreeMap, time::Duration};

use carillon_domain::channel::Channel;
use carillon_telemetry::{Line, Metrics};

/// Counts of one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages in the batch.
    pub(crate) messages: usize,
    /// Left in the queue without an attempt.
    pub(crate) deferred: usize,
    /// Taken out of the queue while their deliveries wait for an account.
    pub(crate) parked: usize,
    /// Hints about which nothing was left to do.
    pub(crate) dropped: usize,
    /// Messages that could not be read.
    pub(crate) undecodable: usize,
    /// Accounts that were found not to work, so that nobody calls them for a while.
    pub(crate) breaker_opened: usize,
    /// What became of claims, by the vendor of the transport; `None` where there was no need to
    /// call one.
    pub(crate) claims: BTreeMap<Option<&'static str>, Claims>,
}

/// What became of claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Deliveries claimed, each followed by one provider call.
    pub(crate) claimed: usize,
    /// Taken by the provider.
    pub(crate) sent: usize,
    /// Ended without being sent.
    pub(crate) failed: usize,
    /// Not to be sent, because their address is suppressed.
    pub(crate) skipped: usize,
    /// Ended so that nobody knows.
    pub(crate) unknown: usize,
    /// To be tried again.
    pub(crate) retried: usize,
    /// How long provider calls took.
    pub(crate) latency: Vec<Duration>,
}

impl Counts {
    /// What became of claims with the transport of a vendor.
    pub(crate) fn of(&mut self, vendor: Option<&'static str>) -> &mut Claims {
        self.claims.entry(vendor).or_default()
    }

    /// Puts the numbers into the line of the batch.
    pub(crate) fn write(&self, channel: Channel, line: &mut Line) {
        line.set("messages", self.messages);
        line.note("dropped", self.dropped);
        line.note("undecodable", self.undecodable);
        let vendors: Vec<&'static str> = self.claims.keys().copied().flatten().collect();
        let mut metrics = match vendors[..] {
            [vendor] => {
                let mut metrics = Metrics::by(&[&["channel"], &["channel", "transport"]]);
                metrics.label("transport", vendor);
                metrics
            }
            _ => Metrics::by(&[&["channel"]]),
        };
        metrics.label("channel", channel.as_str());
        for claims in self.claims.values() {
            claims.write(&mut metrics);
        }
        let latency = self.claims.values().flat_map(|claims| &claims.latency);
        metrics.durations("latency", latency);
        metrics.count("deferred", self.deferred);
        metrics.count("parked", self.parked);
        metrics.count("breaker_opened", self.breaker_opened);
        line.measure(metrics);
        // A document has one value for a label, so transports that share a batch have one each.
        if vendors.len() > 1 {
            for vendor in vendors {
                let mut metrics = Metrics::by(&[&["channel", "transport"]]);
                metrics.label("channel", channel.as_str());
                metrics.label("transport", vendor);
                if let Some(claims) = self.claims.get(&Some(vendor)) {
                    claims.write(&mut metrics);
                    metrics.durations("latency", &claims.latency);
                }
                line.measure_aside(metrics);
            }
        }
    }
}

impl Claims {
    fn write(&self, metrics: &mut Metrics) {
        metrics.count("claimed", self.claimed);
        metrics.count("sent", self.sent);
        metrics.count("failed", self.failed);
        metrics.count("skipped", self.skipped);
        metrics.count("unknown", self.unknown);
        metrics.count("retried", self.retried);
    }
}
