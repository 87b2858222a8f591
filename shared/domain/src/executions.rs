//! The executions of a queue that slow tenants share, so that the others always find some free. No I/O.
//!
//! A queue has so many executions at most (`MaximumConcurrency` in the template). A tenant whose relay takes ten seconds to
//! answer, or whose templates take as long to render, would hold all of them, and everybody else would wait behind it. So
//! those who are slow share half of them, evenly.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::TenantId;

/// An account is slow if its part of a batch, which is rendering and the longest call, takes longer than this.
pub const SLOW: Duration = Duration::from_secs(2);
/// It is not any more when that takes no longer than this.
const QUICK: Duration = Duration::from_secs(1);
/// Executions of a queue that all slow tenants have together: half of `MaximumConcurrency` in the template.
pub const SHARED: usize = 5;
/// Whoever asked within this time counts when the executions are divided.
const ASKED: SignedDuration = SignedDuration::from_secs(60);
/// Nobody is told to look again later than this, because executions may come free at any time.
pub const LATEST: SignedDuration = SignedDuration::from_secs(90);
/// And nobody sooner.
const SOONEST: SignedDuration = SignedDuration::from_secs(1);

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
    /// other, as executions come free for them, so that each is looked at about twice however many wait.
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
        held.asked = now;
        if all < SHARED && held.until.len() < share {
            held.until.push(until);
            return Ok(());
        }
        let soonest = now + SOONEST;
        let at = held
            .appointed_until
            .map_or(soonest, |at| at.max(soonest))
            .min(now + LATEST);
        let apart = took / u32::try_from(share).unwrap_or(1);
        held.appointed_until = Some((at + apart).min(now + LATEST));
        Err(at)
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

/// What is to be noted of an account whose part of a batch took so long, in milliseconds, given what was noted before. Little
/// changes are not worth a write.
pub fn noted(before: Option<u32>, took: Duration) -> Option<u32> {
    let milliseconds = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
    match before {
        None => (took > SLOW).then_some(milliseconds),
        Some(_) if took <= QUICK => None,
        Some(before) if milliseconds > before.saturating_mul(2) || milliseconds < before / 2 => {
            Some(milliseconds)
        }
        Some(before) => Some(before),
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
    fn an_account_is_slow_until_it_is_clearly_quick() {
        let of = |before, milliseconds| noted(before, Duration::from_millis(milliseconds));
        assert_eq!(of(None, 2_000), None);
        assert_eq!(of(None, 2_001), Some(2_001));
        assert_eq!(of(Some(3_000), 1_500), Some(3_000));
        assert_eq!(of(Some(3_000), 1_001), Some(1_001));
        assert_eq!(of(Some(3_000), 1_000), None);
        assert_eq!(of(Some(3_000), 9_000), Some(9_000));
    }
}
