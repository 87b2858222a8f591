//! Sharing a queue's executions among slow tenants, so that the others always find free ones. No I/O.
//!
//! A queue has a fixed number of executions (`EmailConcurrency` and so on, parameters of the template). A tenant whose relay takes ten seconds to
//! answer, or whose templates take as long to render, would hold all of them, and everybody else would wait. So slow tenants
//! share half of them, evenly.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{delivery::rate_limiter::next_slot, id::TenantId};

/// A tenant is slow if its part of a batch, which is rendering and the longest call, takes longer than this.
pub const SLOW: Duration = Duration::from_secs(2);
/// How long a tenant then counts as slow. One quick batch proves nothing: a slow relay may answer one call in ten at once.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);
/// The fewest executions that a queue has: Lambda's minimum.
pub const FEWEST: usize = 2;
/// Tenants that requested an execution within this time count when the executions are divided.
const ASKED: SignedDuration = SignedDuration::from_secs(60);
/// A repeated request within this time is not recorded again.
const NOTED: SignedDuration = SignedDuration::from_secs(20);

/// The executions that all slow tenants share, of a queue that has this many: half of them, and at least one.
#[must_use]
pub fn shared(executions: usize) -> usize {
    (executions / 2).max(1)
}

/// The executions of a queue held by slow tenants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowExecutions {
    /// Rises with every change, for conditional writes.
    #[serde(default)]
    pub version: u64,
    /// Tenants with a recent request.
    #[serde(default)]
    tenants: BTreeMap<TenantId, Held>,
}

/// The executions of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    asked: Timestamp,
    /// When each of its executions ends at the latest.
    until: Vec<Timestamp>,
    /// The latest retry time given to a batch that got no execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_slot_at: Option<Timestamp>,
}

impl SlowExecutions {
    /// Takes an execution for a batch of a tenant, until it is given back or at the latest until the execution times out. A batch
    /// of this tenant takes about `took`, and all slow tenants have `shared` executions together.
    ///
    /// # Errors
    /// If the tenant has its share, or none is free: when the batch should retry. Retries are spaced one after another, as
    /// executions become free, up to [`LATEST`](crate::delivery::rate_limiter::LATEST).
    pub fn take(
        &mut self,
        tenant: &TenantId,
        until: Timestamp,
        took: Duration,
        shared: usize,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        self.tenants.retain(|_, held| {
            held.until.retain(|until| *until > now);
            !held.until.is_empty() || now.duration_since(held.asked) < ASKED
        });
        let all: usize = self.tenants.values().map(|held| held.until.len()).sum();
        let others = self.tenants.keys().filter(|other| *other != tenant).count();
        let share = (shared / (others + 1)).max(1);
        let held = self.tenants.entry(tenant.clone()).or_insert_with(|| Held {
            asked: now,
            until: Vec::new(),
            next_slot_at: None,
        });
        let takes = all < shared && held.until.len() < share;
        // When many wait, not every request writes the row.
        if takes || now.duration_since(held.asked) >= NOTED {
            held.asked = now;
        }
        if takes {
            held.until.push(until);
            return Ok(());
        }
        let apart = took / u32::try_from(share).unwrap_or(1);
        Err(next_slot(&mut held.next_slot_at, apart, now))
    }

    /// Gives back an execution that was taken until `until`.
    pub fn give_back(&mut self, tenant: &TenantId, until: Timestamp) {
        let Some(held) = self.tenants.get_mut(tenant) else {
            return;
        };
        if let Some(place) = held.until.iter().position(|it| *it == until) {
            held.until.remove(place);
        }
    }
}

/// Marks a tenant as slow, stored with its first account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// How long its part of a batch took, in milliseconds.
    pub ms: u32,
    /// When the mark expires.
    pub until: Timestamp,
}

impl Slow {
    /// How long a batch takes, as far as is known.
    pub fn at(slow: Option<Self>, now: Timestamp) -> Option<Duration> {
        let slow = slow.filter(|slow| slow.until > now)?;
        Some(Duration::from_millis(slow.ms.into()))
    }

    /// The mark to store for a tenant whose part of a batch took this long, if any.
    pub fn news(before: Option<Self>, took: Duration, now: Timestamp) -> Option<Self> {
        if took <= SLOW {
            return None;
        }
        let news = Self {
            ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
            until: now + REMEMBERED,
        };
        let is_known = before.is_some_and(|before| {
            before.until.duration_since(now) > REMEMBERED / 2
                && (before.ms / 2..=before.ms.saturating_mul(2)).contains(&news.ms)
        });
        (!is_known).then_some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    /// Half of a queue with ten executions.
    const SHARED: usize = 5;

    /// Takes an execution for at most a minute and a batch of five seconds; the error is the retry delay in seconds.
    fn take(executions: &mut SlowExecutions, name: &str, second: i64) -> Result<(), i64> {
        let took = Duration::from_secs(5);
        let taken = executions.take(&tenant(name), at(second + 60), took, SHARED, at(second));
        taken.map_err(|again| again.duration_since(at(second)).as_secs())
    }

    #[test]
    fn half_of_a_queue_is_shared_and_at_least_one_execution() {
        assert_eq!(shared(10), SHARED);
        assert_eq!([FEWEST, 3, 4, 40].map(shared), [1, 1, 2, 20]);
        let (mut executions, took) = (SlowExecutions::default(), Duration::from_secs(5));
        let mut take = |name| executions.take(&tenant(name), at(60), took, shared(FEWEST), at(0));
        assert_eq!(take("a"), Ok(()));
        assert!(
            take("a").is_err() && take("b").is_err(),
            "the other execution is for the fast"
        );
    }

    #[test]
    fn slow_tenants_share_half_of_the_executions() {
        let mut executions = SlowExecutions::default();
        let taken = (0..10).filter(|_| take(&mut executions, "a", 0).is_ok());
        assert_eq!(taken.count(), SHARED);
        assert!(take(&mut executions, "b", 1).is_err(), "none is left");
        executions.give_back(&tenant("a"), at(60));
        let a = take(&mut executions, "a", 2);
        assert!(a.is_err(), "b asked, and a has more than its half");
        assert_eq!(take(&mut executions, "b", 2), Ok(()));
        executions.give_back(&tenant("a"), at(60));
        executions.give_back(&tenant("a"), at(60));
        assert_eq!(take(&mut executions, "b", 3), Ok(()));
        let b = take(&mut executions, "b", 3);
        assert!(b.is_err(), "two of five are b's half");
        assert!(take(&mut executions, "a", 3).is_err(), "and two are a's");
    }

    #[test]
    fn a_crashed_execution_is_released_and_an_absent_tenant_no_longer_counts() {
        let mut executions = SlowExecutions::default();
        for _ in 0..SHARED {
            assert_eq!(take(&mut executions, "a", 0), Ok(()));
        }
        assert!(take(&mut executions, "b", 59).is_err());
        assert_eq!(take(&mut executions, "b", 60), Ok(()));
        let taken = (0..10).filter(|_| take(&mut executions, "b", 130).is_ok());
        assert_eq!(taken.count(), SHARED);
    }

    #[test]
    fn retries_are_spaced_as_executions_become_free_within_90_seconds() {
        let mut executions = SlowExecutions::default();
        for _ in 0..SHARED {
            assert_eq!(take(&mut executions, "a", 0), Ok(()));
        }
        let again: Vec<_> = (0..200).map(|_| take(&mut executions, "a", 0)).collect();
        assert_eq!(again[..4], [Err(1), Err(2), Err(3), Err(4)]);
        assert_eq!(again[199], Err(90));
        assert_eq!(take(&mut executions, "a", 59), Err(31));
    }

    #[test]
    fn a_tenant_stays_slow_for_minutes_and_small_changes_are_not_written() {
        let of = |before, milliseconds, second| {
            Slow::news(before, Duration::from_millis(milliseconds), at(second))
        };
        assert_eq!(of(None, 2_000, 0), None);
        let slow = of(None, 2_001, 0);
        assert_eq!(
            slow.map(|slow| (slow.ms, slow.until)),
            Some((2_001, at(300)))
        );
        assert_eq!(Slow::at(slow, at(299)), Some(Duration::from_millis(2_001)));
        assert_eq!(Slow::at(slow, at(300)), None);
        assert_eq!(of(slow, 10, 1), None, "one quick batch proves nothing");
        assert_eq!(of(slow, 3_000, 1), None);
        assert!(of(slow, 9_000, 1).is_some());
        assert!(of(slow, 3_000, 200).is_some());
    }
}
