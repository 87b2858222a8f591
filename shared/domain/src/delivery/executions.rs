//! The executions of a queue that slow tenants share, so that the others always find some free. No I/O.
//!
//! A queue has so many executions at most (`MaximumConcurrency` in the template). A tenant whose relay takes ten seconds to
//! answer, or whose templates take as long to render, would hold all of them, and everybody else would wait behind it. So
//! those who are slow share half of them, evenly.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{delivery::rate_limiter::next_turn, id::TenantId};

/// A tenant is slow if its part of a batch, which is rendering and the longest call, takes longer than this.
pub const SLOW: Duration = Duration::from_secs(2);
/// It counts as slow for so long after that. One quick batch shows nothing: whoever answers may answer one of ten at once.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);
/// Executions of a queue that all slow tenants have together: half of `MaximumConcurrency` in the template.
pub const SHARED: usize = 5;
/// Whoever asked within this time counts when the executions are divided.
const ASKED: SignedDuration = SignedDuration::from_secs(60);
/// Whoever asks again within this time is known to ask.
const NOTED: SignedDuration = SignedDuration::from_secs(20);

/// Who of the slow tenants holds executions of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowExecutions {
    /// Rises with every change; whoever writes must have read the one before.
    #[serde(default)]
    pub version: u64,
    /// Those who asked of late.
    #[serde(default)]
    tenants: BTreeMap<TenantId, Held>,
}

/// What a tenant holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    asked: Timestamp,
    /// When each of its executions is over at the latest.
    until: Vec<Timestamp>,
    /// Batches that got none were told to come again up to this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    appointed_until: Option<Timestamp>,
}

impl SlowExecutions {
    /// Takes an execution for a batch of a tenant until it is given back, at the latest until it would have ended anyway. A batch
    /// of this tenant takes about as long as `took`.
    ///
    /// # Errors
    /// If the tenant has its share, or there is none: when the batch should come again. Batches are told to come one after the
    /// other, as executions come free for them, as far as that is within [`LATEST`](crate::delivery::rate_limiter::LATEST).
    pub fn take(
        &mut self,
        tenant: &TenantId,
        until: Timestamp,
        took: Duration,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        self.tenants.retain(|_, held| {
            held.until.retain(|until| *until > now);
            !held.until.is_empty() || now.duration_since(held.asked) < ASKED
        });
        let all: usize = self.tenants.values().map(|held| held.until.len()).sum();
        let others = self.tenants.keys().filter(|other| *other != tenant).count();
        let share = (SHARED / (others + 1)).max(1);
        let held = self.tenants.entry(tenant.clone()).or_insert_with(|| Held {
            asked: now,
            until: Vec::new(),
            appointed_until: None,
        });
        let takes = all < SHARED && held.until.len() < share;
        // Where many wait, the row is not written by everybody who looks.
        if takes || now.duration_since(held.asked) >= NOTED {
            held.asked = now;
        }
        if takes {
            held.until.push(until);
            return Ok(());
        }
        let apart = took / u32::try_from(share).unwrap_or(1);
        Err(next_turn(&mut held.appointed_until, apart, now))
    }

    /// Gives an execution back that was taken until then.
    pub fn give_back(&mut self, tenant: &TenantId, until: Timestamp) {
        let Some(held) = self.tenants.get_mut(tenant) else {
            return;
        };
        if let Some(place) = held.until.iter().position(|it| *it == until) {
            held.until.remove(place);
        }
    }
}

/// That a tenant is slow, noted at its first account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// How long its part of a batch took, in milliseconds.
    pub ms: u32,
    /// Until when that counts.
    pub until: Timestamp,
}

impl Slow {
    /// How long a batch takes, as far as is known at this moment.
    pub fn at(slow: Option<Self>, now: Timestamp) -> Option<Duration> {
        let slow = slow.filter(|slow| slow.until > now)?;
        Some(Duration::from_millis(slow.ms.into()))
    }

    /// What is to be noted of a tenant whose part of a batch took so long, if anything is.
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

    /// Takes an execution that may last for a minute, for a batch of five seconds; or says in how many seconds to come again.
    fn take(executions: &mut SlowExecutions, name: &str, second: i64) -> Result<(), i64> {
        let took = Duration::from_secs(5);
        let taken = executions.take(&tenant(name), at(second + 60), took, at(second));
        taken.map_err(|again| again.duration_since(at(second)).as_secs())
    }

    #[test]
    fn one_slow_tenant_has_half_of_the_executions_and_several_share_it() {
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
    fn what_a_dead_execution_held_comes_back_and_whoever_is_gone_counts_no_more() {
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
    fn those_that_wait_come_as_executions_come_free_and_within_a_minute_and_a_half() {
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
    fn an_account_is_slow_for_minutes_and_little_changes_are_not_written() {
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
        assert_eq!(of(slow, 10, 1), None, "one quick batch shows nothing");
        assert_eq!(of(slow, 3_000, 1), None);
        assert!(of(slow, 9_000, 1).is_some());
        assert!(of(slow, 3_000, 200).is_some());
    }
}
