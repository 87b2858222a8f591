//! Estimating when a campaign in progress will finish.

use jiff::{SignedDuration, Timestamp};

use crate::{
    channel::PriorityQueue,
    delivery::rate_limiter::{BreakerState, RateLimiter, calls_a_day, next_day},
    transports::Limits,
};

/// The progress of a campaign on one channel, and the limits of its account.
#[derive(Debug, Clone, Copy)]
pub struct Course<'a> {
    /// Open deliveries.
    pub open: u64,
    /// Finished deliveries.
    pub finished: u64,
    /// The limits of the account.
    pub limits: Limits,
    /// The state of the account.
    pub rate_limiter: &'a RateLimiter,
    /// The priority queue, which decides the usable share of the limits.
    pub queue_priority: PriorityQueue,
}

/// A UTC day; Unix time has no leap seconds.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// When the last channel will finish, if this is known for all unfinished ones.
///
/// Other campaigns on the same accounts are ignored, so it may be later.
pub fn estimated_end<'a>(
    courses: impl IntoIterator<Item = Course<'a>>,
    since: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    courses
        .into_iter()
        .filter(|course| course.open > 0)
        .map(|course| course.end(since, now))
        .try_fold(None, |latest, end| Some(latest.max(Some(end?))))
        .flatten()
}

impl Course<'_> {
    fn end(&self, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let rate = self.rate(since, now)?;
        let begin = match self.rate_limiter.breaker.state(now) {
            BreakerState::Open { until } => until,
            BreakerState::Closed | BreakerState::HalfOpen => now,
        };
        let left_today = self
            .rate_limiter
            .left_today(&self.limits, self.queue_priority, begin);
        let (begin, open, longest) =
            match (left_today, calls_a_day(&self.limits, self.queue_priority)) {
                (Some(left), Some(a_day)) if self.open > left => {
                    let rest = self.open - left;
                    let whole_days = (rest - 1) / a_day.max(1);
                    let pause = DAY.checked_mul(i32::try_from(whole_days).ok()?)?;
                    let last_day = next_day(begin).checked_add(pause).ok()?;
                    // A remainder that fits one day's quota finishes within the day, however slow
                    // earlier days make the rate look.
                    (last_day, rest - whole_days * a_day, DAY)
                }
                _ => (begin, self.open, SignedDuration::MAX),
            };
        let takes = SignedDuration::try_from_secs_f64((as_f64(open) / rate).ceil()).ok()?;
        begin.checked_add(takes.min(longest)).ok()
    }

    /// Deliveries per second: the account's limit, else the observed rate.
    fn rate(&self, since: Timestamp, now: Timestamp) -> Option<f64> {
        if let Some(per_second) = self.limits.per_second {
            return Some(f64::from(per_second.get()));
        }
        let elapsed = now.duration_since(since).as_secs_f64();
        (self.finished > 0 && elapsed > 0.0).then(|| as_f64(self.finished) / elapsed)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an estimate is not that precise"
)]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::reason::Reason;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn course(rate_limiter: &RateLimiter, open: u64, per_second: u32, per_day: u64) -> Course<'_> {
        Course {
            open,
            finished: 0,
            limits: Limits {
                per_second: per_second.try_into().ok(),
                per_day: per_day.try_into().ok(),
            },
            rate_limiter,
            queue_priority: PriorityQueue::Usual,
        }
    }

    fn end<'a>(courses: impl IntoIterator<Item = Course<'a>>) -> Option<String> {
        let (since, now) = (at("2026-11-21T09:00:00Z"), at("2026-11-21T10:00:00Z"));
        estimated_end(courses, since, now).map(|end| end.to_string())
    }

    #[test]
    fn the_estimate_uses_the_limit_or_else_the_observed_rate() {
        let rate_limiter = RateLimiter::default();
        let limited = course(&rate_limiter, 36_000, 10, 0);
        assert_eq!(end([limited]).as_deref(), Some("2026-11-21T11:00:00Z"));
        let seen = Course {
            finished: 7_200,
            ..course(&rate_limiter, 3_600, 0, 0)
        };
        assert_eq!(end([seen]).as_deref(), Some("2026-11-21T10:30:00Z"));
        assert_eq!(
            end([limited, seen]).as_deref(),
            Some("2026-11-21T11:00:00Z"),
            "the last channel counts"
        );
    }

    #[test]
    fn there_is_no_estimate_without_data_or_open_deliveries() {
        let rate_limiter = RateLimiter::default();
        let unseen = course(&rate_limiter, 10, 0, 0);
        assert_eq!(end([unseen]), None);
        assert_eq!(end([course(&rate_limiter, 10, 1, 0), unseen]), None);
        assert_eq!(end([course(&rate_limiter, 0, 1, 0)]), None);
        let through = course(&rate_limiter, 0, 0, 0);
        assert!(end([course(&rate_limiter, 10, 1, 0), through]).is_some());
        assert_eq!(end([course(&rate_limiter, u64::MAX, 1, 0)]), None);
        assert_eq!(end([course(&rate_limiter, u64::MAX, 1, 1)]), None);
    }

    #[test]
    fn a_quota_renews_at_midnight() {
        let mut rate_limiter = RateLimiter {
            day: Some("2026-11-21".parse().unwrap()),
            day_calls: 50,
            ..RateLimiter::default()
        };
        // 90 a day beside the reserve, 40 of them left today.
        let ends = |rate_limiter: &RateLimiter, open| end([course(rate_limiter, open, 1, 100)]);
        for (open, expected) in [
            (40, "2026-11-21T10:00:40Z"),
            (41, "2026-11-22T00:00:01Z"),
            (130, "2026-11-22T00:01:30Z"),
            (131, "2026-11-23T00:00:01Z"),
        ] {
            assert_eq!(
                ends(&rate_limiter, open).as_deref(),
                Some(expected),
                "{open}"
            );
        }
        rate_limiter.day = Some("2026-11-20".parse().unwrap());
        assert_eq!(
            ends(&rate_limiter, 90).as_deref(),
            Some("2026-11-21T10:01:30Z"),
            "yesterday's calls do not count"
        );
        let slow = Course {
            finished: 1,
            ..course(&rate_limiter, 180, 0, 100)
        };
        assert_eq!(end([slow]).as_deref(), Some("2026-11-23T00:00:00Z"));
    }

    #[test]
    fn a_failing_account_starts_later() {
        let mut rate_limiter = RateLimiter::default();
        let asked = Some(Duration::from_secs(600));
        let reason = Reason::new("Throttling", "slow down");
        let now = at("2026-11-21T10:00:00Z");
        rate_limiter.breaker.trip(asked, &reason, now);
        assert_eq!(
            end([course(&rate_limiter, 60, 1, 0)]).as_deref(),
            Some("2026-11-21T10:11:00Z")
        );
    }
}
