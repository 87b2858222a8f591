//! The outcomes of a batch, in numbers.

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
    /// Removed from the queue while their deliveries wait for an account.
    pub(crate) parked: usize,
    /// Messages with nothing left to do.
    pub(crate) dropped: usize,
    /// Unreadable messages.
    pub(crate) undecodable: usize,
    /// Accounts found not to work, which are not called for a while.
    pub(crate) breaker_opened: usize,
    /// Outcomes of claims, by the vendor of the transport; `None` where no vendor had to be
    /// called.
    pub(crate) claims: BTreeMap<Option<&'static str>, Claims>,
}

/// Outcomes of claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Deliveries claimed, each followed by one provider call.
    pub(crate) claimed: usize,
    /// Accepted by the provider.
    pub(crate) sent: usize,
    /// Ended without being sent.
    pub(crate) failed: usize,
    /// Not sent, because the address is suppressed.
    pub(crate) skipped: usize,
    /// Ended with an unknown outcome.
    pub(crate) unknown: usize,
    /// To be retried.
    pub(crate) retried: usize,
    /// How long provider calls took.
    pub(crate) latency: Vec<Duration>,
}

impl Counts {
    /// Outcomes of claims with a vendor's transports.
    pub(crate) fn of(&mut self, vendor: Option<&'static str>) -> &mut Claims {
        self.claims.entry(vendor).or_default()
    }

    /// Adds the numbers to the batch's log line.
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
        // A document has one value per label, so transports that share a batch have one each.
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
