//! The rate limiter and circuit breaker of one provider account.
//!
//! The state is one row that all execution environments share. The rules here are pure; the store writes the row conditionally, so
//! that no update is lost.

use std::{num::NonZeroU32, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    channel::PriorityQueue, delivery::executions::Slow, reason::Reason, transports::Limits,
};

/// The rate-limit state of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimiter {
    /// Rises with every change, for conditional writes.
    #[serde(default)]
    pub version: u64,
    /// The rate is used up to this moment, which is ahead of now by at most one burst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_until: Option<Timestamp>,
    /// The next free retry slot for messages that have to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_slot_at: Option<Timestamp>,
    /// The UTC day whose calls are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// Calls granted on that day.
    #[serde(default)]
    pub day_calls: u64,
    /// The rate by which slots were assigned. Slots assigned at another rate are void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointed_at_rate: Option<NonZeroU32>,
    /// Set if its part of a batch was slow recently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<Slow>,
    /// The circuit breaker.
    #[serde(default)]
    pub breaker: Breaker,
}

/// Calls granted to an execution environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The number of calls.
    pub calls: u32,
    /// When they expire.
    pub until: Timestamp,
    /// Why fewer were granted than requested.
    pub shortage: Option<Shortage>,
}

/// Why not all messages can be sent now, and when the others should retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// The rate is used up; retry one after another.
    Rate {
        /// When the first one should retry.
        first: Timestamp,
        /// The interval between retries.
        apart: Duration,
        /// Messages whose slot would be later than this check again about then.
        until: Timestamp,
    },
    /// The day's quota is used up.
    Quota {
        /// When the next day begins.
        until: Timestamp,
    },
}

/// Lifetime of a lease: it lasts for a few batches, and an execution environment that is frozen meanwhile does not come back with an
/// old grant.
const LEASE: SignedDuration = SignedDuration::from_secs(3);
/// The share of the rate and the quota that is reserved for urgent campaigns: a tenth.
const RESERVE: u64 = 10;
/// An execution environment takes a quarter of a second's calls at once, so that the row is written rarely.
const BLOCKS_IN_A_SECOND: u32 = 4;
/// The longest retry delay: a hidden message does not notice that the rate was raised or an execution became free, and blocks its
/// successor.
pub const LATEST: SignedDuration = SignedDuration::from_secs(90);
/// The shortest retry delay.
const SOONEST: SignedDuration = SignedDuration::from_secs(1);

/// The next retry slot for waiting messages, behind the slots already assigned. They take `takes`.
pub(crate) fn next_slot(
    next_slot_at: &mut Option<Timestamp>,
    takes: Duration,
    now: Timestamp,
) -> Timestamp {
    let (soonest, latest) = (now + SOONEST, now + LATEST);
    let turn = next_slot_at.map_or(soonest, |until| until.clamp(soonest, latest));
    *next_slot_at = Some((turn + takes).min(latest));
    turn
}

impl RateLimiter {
    /// Grants as many calls as the limits allow, at most a block more than requested.
    pub fn lease(
        &mut self,
        limits: &Limits,
        wanted: u32,
        queue_priority: PriorityQueue,
        now: Timestamp,
    ) -> Lease {
        self.begin_day(now);
        let mut calls = u64::from(wanted);
        let mut shortage = None;
        if let Some(per_second) = limits.per_second {
            // The rest of a block expires. That costs the rate nothing, but would be lost to the quota: a block with one used call
            // would count as a quarter of a second's.
            if limits.per_day.is_none() {
                calls = calls.max(u64::from(per_second.get() / BLOCKS_IN_A_SECOND));
            }
            calls = calls.min(self.rate_left(per_second, queue_priority, now));
        }
        if let Some(left) = self.left_today(limits, queue_priority, now) {
            if left < u64::from(wanted) {
                shortage = Some(Shortage::Quota {
                    until: next_day(now),
                });
            }
            calls = calls.min(left);
        }
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        self.day_calls += u64::from(calls);
        if let Some(per_second) = limits.per_second {
            let from = self.used_until.map_or(now, |until| until.max(now));
            self.used_until = Some(from + between_calls(per_second) * calls);
            if calls < wanted && shortage.is_none() {
                shortage = Some(self.appoint(per_second, wanted - calls, now));
            }
        }
        Lease {
            calls,
            until: now + LEASE,
            shortage,
        }
    }

    /// Calls that the rate allows right now.
    fn rate_left(
        &self,
        per_second: NonZeroU32,
        queue_priority: PriorityQueue,
        now: Timestamp,
    ) -> u64 {
        // At least two, or nothing would ever be left beside the reserve.
        let at_once = per_second.get().max(2);
        let reserve = match queue_priority {
            PriorityQueue::Urgent => 0,
            PriorityQueue::Usual | PriorityQueue::Bulk => (u64::from(at_once) / RESERVE).max(1),
        };
        let ahead = self.used_until.map_or(Duration::ZERO, |until| {
            until
                .duration_since(now)
                .max(SignedDuration::ZERO)
                .unsigned_abs()
        });
        let used = (ahead.as_nanos() * u128::from(per_second.get())).div_ceil(1_000_000_000);
        u64::from(at_once)
            .saturating_sub(u64::try_from(used).unwrap_or(u64::MAX))
            .saturating_sub(reserve)
    }

    /// Spreads waiting messages over the time that the account needs for them.
    fn appoint(&mut self, per_second: NonZeroU32, waiting: u32, now: Timestamp) -> Shortage {
        if self.appointed_at_rate != Some(per_second) {
            self.appointed_at_rate = Some(per_second);
            self.next_slot_at = None;
        }
        let apart = between_calls(per_second);
        Shortage::Rate {
            first: next_slot(&mut self.next_slot_at, apart * waiting, now),
            apart,
            until: now + LATEST,
        }
    }

    fn begin_day(&mut self, now: Timestamp) {
        let today = now.to_zoned_datetime(TimeZone::UTC).date();
        if self.day != Some(today) {
            self.day = Some(today);
            self.day_calls = 0;
        }
    }

    /// Calls left in today's quota for a priority queue; `None` without a quota.
    pub fn left_today(
        &self,
        limits: &Limits,
        queue_priority: PriorityQueue,
        now: Timestamp,
    ) -> Option<u64> {
        Some(calls_a_day(limits, queue_priority)?.saturating_sub(self.used_today(now)))
    }

    /// Calls granted today. Counted only while the account has limits.
    pub fn used_today(&self, now: Timestamp) -> u64 {
        let is_today = self.day == Some(now.to_zoned_datetime(TimeZone::UTC).date());
        if is_today { self.day_calls } else { 0 }
    }

    /// When the exhausted daily quota renews, for campaigns that may not use the reserve.
    pub fn quota_used_until(&self, limits: &Limits, now: Timestamp) -> Option<Timestamp> {
        self.lane_quota_used_until(limits, PriorityQueue::Usual, now)
    }

    /// When the exhausted daily quota renews, for a priority queue.
    pub fn lane_quota_used_until(
        &self,
        limits: &Limits,
        queue_priority: PriorityQueue,
        now: Timestamp,
    ) -> Option<Timestamp> {
        (self.left_today(limits, queue_priority, now) == Some(0)).then(|| next_day(now))
    }
}

/// Calls per day that a priority queue may use; `None` without a quota.
pub(crate) fn calls_a_day(limits: &Limits, queue_priority: PriorityQueue) -> Option<u64> {
    let per_day = limits.per_day?.get();
    Some(match queue_priority {
        PriorityQueue::Urgent => per_day,
        PriorityQueue::Usual | PriorityQueue::Bulk => per_day - per_day / RESERVE,
    })
}

fn between_calls(per_second: NonZeroU32) -> Duration {
    Duration::from_secs(1) / per_second.get()
}

pub(crate) fn next_day(now: Timestamp) -> Timestamp {
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    today
        .tomorrow()
        .and_then(|tomorrow| tomorrow.to_zoned_datetime(TimeZone::UTC))
        .map_or(now, |midnight| midnight.timestamp())
}

/// The circuit breaker: stops calls to a failing account, and probes with one message whether it works again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// When the next call may be made; `None` while the account works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<Timestamp>,
    /// How often it has opened since the account last worked.
    #[serde(default)]
    pub trips: u32,
    /// A probe with one message is under way until this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_until: Option<Timestamp>,
    /// The provider's last error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// The state of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// The account works.
    Closed,
    /// Nothing is sent.
    Open {
        /// When one message may probe.
        until: Timestamp,
    },
    /// One message may probe.
    HalfOpen,
}

impl BreakerState {
    /// The name in the API and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open { .. } => "open",
            BreakerState::HalfOpen => "half_open",
        }
    }
}

/// Consecutive failures that open a breaker.
pub const FAILURES: u32 = 5;
/// How long it first stays open; doubled each time.
const FIRST_OPEN: Duration = Duration::from_secs(30);
/// How long it stays open at most.
const LONGEST_OPEN: Duration = Duration::from_secs(15 * 60);
/// The longest duration of a probe: longer than a claim's lease.
const PROBE: SignedDuration = SignedDuration::from_secs(75);

impl Breaker {
    /// The state at a moment.
    pub fn state(&self, now: Timestamp) -> BreakerState {
        match (self.open_until, self.probe_until) {
            (None, _) => BreakerState::Closed,
            (Some(until), _) if until > now => BreakerState::Open { until },
            (Some(_), Some(until)) if until > now => BreakerState::Open { until },
            (Some(_), _) => BreakerState::HalfOpen,
        }
    }

    /// Opens the breaker, for longer each time and at least as long as the provider asks.
    pub fn trip(&mut self, asked: Option<Duration>, reason: &Reason, now: Timestamp) {
        let doubled = FIRST_OPEN
            .saturating_mul(1_u32.checked_shl(self.trips.min(16)).unwrap_or(u32::MAX))
            .min(LONGEST_OPEN);
        let pause = asked.map_or(doubled, |asked| asked.clamp(doubled, LONGEST_OPEN));
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        self.open_until = Some(now + pause);
        self.probe_until = None;
        self.trips = self.trips.saturating_add(1);
        self.reason = Some(reason.clone());
    }

    /// Takes the probe, if it is free. Returns whether it was taken.
    pub fn take_probe(&mut self, now: Timestamp) -> bool {
        let is_free = self.state(now) == BreakerState::HalfOpen;
        if is_free {
            self.probe_until = Some(now + PROBE);
        }
        is_free
    }

    /// Gives the probe back without a result.
    pub fn give_back_probe(&mut self) {
        self.probe_until = None;
    }

    /// Closes the breaker, because the account works.
    pub fn close(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T23:00:00Z".parse().unwrap()
    }

    fn limits(per_second: u32, per_day: u64) -> Limits {
        Limits {
            per_second: per_second.try_into().ok(),
            per_day: per_day.try_into().ok(),
        }
    }

    #[test]
    fn an_hours_grants_stay_within_the_rate() {
        for (per_second, queue_priority) in [
            (1, PriorityQueue::Usual),
            (14, PriorityQueue::Bulk),
            (200, PriorityQueue::Urgent),
        ] {
            let mut rate_limiter = RateLimiter::default();
            let mut granted = 0;
            for tick in 0..36_000 {
                let now = now() + SignedDuration::from_millis(tick * 100);
                granted += rate_limiter
                    .lease(&limits(per_second, 0), 10, queue_priority, now)
                    .calls;
            }
            let allowed = f64::from(per_second) * 3_600.0;
            let ratio = f64::from(granted) / allowed;
            assert!((0.98..=1.01).contains(&ratio), "{per_second}: {ratio}");
        }
    }

    #[test]
    fn a_quota_counts_only_the_requested_calls() {
        let mut rate_limiter = RateLimiter::default();
        for second in 0..50 {
            let now = now() + SignedDuration::from_secs(second);
            let lease = rate_limiter.lease(&limits(100, 1_000), 1, PriorityQueue::Usual, now);
            assert_eq!(lease.calls, 1);
        }
        assert_eq!(rate_limiter.day_calls, 50);
        let lease = RateLimiter::default().lease(&limits(100, 0), 1, PriorityQueue::Usual, now());
        assert_eq!(lease.calls, 25, "without a quota a block saves writes");
    }

    #[test]
    fn the_reserve_is_left_for_urgent_campaigns() {
        let mut rate_limiter = RateLimiter::default();
        let usual = rate_limiter.lease(&limits(20, 100), 50, PriorityQueue::Usual, now());
        assert_eq!(usual.calls, 18);
        let urgent = rate_limiter.lease(&limits(20, 100), 50, PriorityQueue::Urgent, now());
        assert_eq!(urgent.calls, 2);
        let later = now() + SignedDuration::from_mins(5);
        rate_limiter.day_calls = 89;
        assert_eq!(
            rate_limiter
                .lease(&limits(20, 100), 5, PriorityQueue::Bulk, later)
                .calls,
            1
        );
        assert_eq!(
            rate_limiter
                .lease(&limits(20, 100), 5, PriorityQueue::Urgent, later)
                .calls,
            5
        );
    }

    #[test]
    fn waiting_messages_retry_one_after_another() {
        let mut rate_limiter = RateLimiter::default();
        let first = rate_limiter.lease(&limits(10, 0), 10, PriorityQueue::Usual, now());
        assert_eq!(first.calls, 9);
        let Some(Shortage::Rate { first, apart, .. }) = first.shortage else {
            panic!("{first:?}");
        };
        assert_eq!(apart, Duration::from_millis(100));
        assert_eq!(first, now() + SignedDuration::from_secs(1));
        let second = rate_limiter.lease(&limits(10, 0), 10, PriorityQueue::Usual, now());
        assert_eq!(second.calls, 0);
        let Some(Shortage::Rate { first, .. }) = second.shortage else {
            panic!("{second:?}");
        };
        assert_eq!(first, now() + SignedDuration::from_millis(1_100));
    }

    #[test]
    fn retry_delays_are_capped_so_that_a_raised_rate_is_noticed() {
        let mut rate_limiter = RateLimiter::default();
        let appoint = |rate_limiter: &mut RateLimiter, per_second, waiting| {
            let lease =
                rate_limiter.lease(&limits(per_second, 0), waiting, PriorityQueue::Usual, now());
            let Some(Shortage::Rate { first, until, .. }) = lease.shortage else {
                panic!("{lease:?}");
            };
            (
                first.duration_since(now()).as_secs(),
                until.duration_since(now()).as_secs(),
            )
        };
        assert_eq!(appoint(&mut rate_limiter, 2, 1_000), (1, 90));
        assert_eq!(appoint(&mut rate_limiter, 2, 10), (90, 90));
        assert_eq!(
            appoint(&mut rate_limiter, 20, 100),
            (1, 90),
            "the rate was raised"
        );
    }

    #[test]
    fn a_used_up_quota_renews_at_midnight() {
        let mut rate_limiter = RateLimiter::default();
        let all = rate_limiter.lease(&limits(0, 3), 10, PriorityQueue::Urgent, now());
        let midnight = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(
            (all.calls, all.shortage),
            (3, Some(Shortage::Quota { until: midnight }))
        );
        assert_eq!(
            rate_limiter.quota_used_until(&limits(0, 3), now()),
            Some(midnight)
        );
        let next = rate_limiter.lease(&limits(0, 3), 10, PriorityQueue::Urgent, midnight);
        assert_eq!(next.calls, 3);
        assert_eq!(rate_limiter.quota_used_until(&limits(0, 4), midnight), None);
    }

    #[test]
    fn a_breaker_lets_one_probe_through_and_backs_off() {
        let reason = Reason::new("Throttling", "slow down");
        let mut breaker = Breaker::default();
        assert_eq!(breaker.state(now()), BreakerState::Closed);
        breaker.trip(None, &reason, now());
        let until = now() + SignedDuration::from_secs(30);
        assert_eq!(breaker.state(now()), BreakerState::Open { until });
        assert!(!breaker.take_probe(now()));
        assert!(breaker.take_probe(until));
        assert!(!breaker.take_probe(until), "a probe is under way");
        breaker.trip(None, &reason, until);
        let until = until + SignedDuration::from_secs(60);
        assert_eq!(breaker.open_until, Some(until));
        assert!(breaker.take_probe(until));
        breaker.give_back_probe();
        assert!(breaker.take_probe(until));
        breaker.close();
        assert_eq!(breaker, Breaker::default());
        breaker.trip(Some(Duration::from_secs(120)), &reason, now());
        assert_eq!(
            breaker.open_until,
            Some(now() + SignedDuration::from_secs(120))
        );
    }
}
