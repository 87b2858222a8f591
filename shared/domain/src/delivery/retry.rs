//! The retry policy of deliveries: attempts, deadline and pauses.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{channel::Priority, delivery::Delivery};

/// The retries of a delivery that fails for temporary reasons, by priority.
///
/// The first limit reached ends them: a message that is urgent today is useless tomorrow, and one
/// that no provider accepts after so many attempts will not be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most provider calls.
    pub attempts: u32,
    /// How long after the first attempt another one may start.
    pub deadline: SignedDuration,
    /// The longest pause between two attempts.
    pub longest_pause: Duration,
}

/// The first pause between attempts, doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The shortest pause.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The most attempts at any priority (FEATURES, T4).
const ATTEMPTS: u32 = 50;

impl RetryPolicy {
    /// The policy of a priority.
    pub fn of(priority: Priority) -> Self {
        let (hours, longest_pause_minutes) = match priority {
            Priority::Urgent => (4, 1),
            Priority::High => (12, 5),
            Priority::Normal => (24, 15),
            Priority::Low => (48, 30),
        };
        Self {
            attempts: ATTEMPTS,
            deadline: SignedDuration::from_hours(hours),
            longest_pause: Duration::from_secs(longest_pause_minutes * 60),
        }
    }

    /// Whether no further automatic attempt follows. A manual resend is always possible.
    pub fn is_used_up(&self, delivery: &Delivery, now: Timestamp) -> bool {
        delivery.begun_at.is_some_and(|begun| {
            delivery.attempt >= self.attempts || now.duration_since(begun) > self.deadline
        })
    }

    /// The delay before the next attempt: the provider's request, else exponential backoff with
    /// full jitter.
    ///
    /// `spread` is a random number from 0 to 1. Full jitter is the variant that AWS measured as
    /// best ("Exponential Backoff And Jitter", AWS Architecture Blog).
    pub fn pause(&self, attempt: u32, asked: Option<Duration>, spread: f64) -> Duration {
        let ceiling = FIRST_PAUSE
            .saturating_mul(1_u32.checked_shl(attempt.min(16)).unwrap_or(u32::MAX))
            .min(self.longest_pause);
        asked
            .unwrap_or_else(|| ceiling.mul_f64(spread.clamp(0.0, 1.0)))
            .clamp(SHORTEST_PAUSE, self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_cap_and_honour_the_provider() {
        let policy = RetryPolicy::of(Priority::Normal);
        let pause = |attempt, asked: Option<u64>, spread| {
            policy
                .pause(attempt, asked.map(Duration::from_secs), spread)
                .as_secs()
        };
        assert_eq!(pause(1, None, 1.0), 4);
        assert_eq!(pause(3, None, 1.0), 16);
        assert_eq!(pause(40, None, 1.0), 15 * 60);
        assert_eq!(pause(5, None, 0.0), 1);
        assert_eq!(pause(1, Some(30), 0.5), 30);
        assert_eq!(pause(1, Some(86_400), 0.5), 15 * 60);
    }

    #[test]
    fn retries_end_after_their_attempts_or_deadline() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let policy = RetryPolicy::of(Priority::Urgent);
        let at = |attempt, hours_ago| {
            let mut delivery = Delivery::unclaimed(1, now);
            delivery.attempt = attempt;
            delivery.begun_at = Some(now - SignedDuration::from_hours(hours_ago));
            policy.is_used_up(&delivery, now)
        };
        assert_eq!([at(49, 1), at(50, 1), at(1, 5)], [false, true, true]);
    }
}
