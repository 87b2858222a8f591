//! What a campaign's channel waits for when none of its accounts accepts messages. No I/O.
//!
//! A message that has to wait longer than a minute or two leaves its queue: the ledger shows it as pending, and only the
//! condition that the campaign waits for is recorded. When the condition is met, the campaign is enqueued again in its
//! next generation.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    channel::{Channel, Lane},
    delivery::rate_limiter::{BreakerState, Governor},
    id::TransportId,
    transports::{Transport, routing::Setup},
};

/// Shorter waits are spent in the queue.
pub const LONGEST_IN_QUEUE: Duration = Duration::from_secs(90);
/// Messages still in the queue probe whether an account works again. If no probe has happened for this long after the
/// breaker's time, none are left in the queue.
const NOBODY_TRIES: SignedDuration = SignedDuration::from_mins(2);

/// The condition that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitsFor {
    /// An account works again, or a new day or a higher quota lets it accept more.
    Account(TransportId),
    /// Another transport of the channel is in use, because no current one fits the address.
    Transport(Channel),
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitsFor::Account(transport) => write!(formatter, "account/{transport}"),
            WaitsFor::Transport(channel) => write!(formatter, "transport/{channel}"),
        }
    }
}

/// Not a wait condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a wait condition")]
pub struct UnknownWait;

impl FromStr for WaitsFor {
    type Err = UnknownWait;

    fn from_str(text: &str) -> Result<Self, UnknownWait> {
        match text.split_once('/') {
            Some(("account", id)) => id.parse().map(Self::Account).map_err(|_| UnknownWait),
            Some(("transport", channel)) => channel
                .parse()
                .map(Self::Transport)
                .map_err(|_| UnknownWait),
            _ => Err(UnknownWait),
        }
    }
}

/// The state of a channel at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Course {
    /// An account accepts messages.
    Free,
    /// None works, and single messages probe whether this one does again.
    Tries(TransportId),
    /// None accepts messages.
    Waits(WaitsFor),
}

/// Whether an account has quota left today for a priority queue.
fn has_calls(governor: &Governor, transport: &Transport, lane: Lane, now: Timestamp) -> bool {
    governor
        .lane_quota_used_until(&transport.limits, lane, now)
        .is_none()
}

/// The state of a channel, given its accounts. `governor` returns the rate limiter of an account, if it has one.
pub fn course<'a>(
    setup: &Setup,
    channel: Channel,
    governor: impl Fn(&TransportId) -> Option<&'a Governor>,
    lane: Lane,
    now: Timestamp,
) -> Course {
    let mut course = Course::Waits(WaitsFor::Transport(channel));
    for transport in setup.in_use(channel) {
        let Some(governor) = governor(&transport.id) else {
            return Course::Free;
        };
        let works = governor.breaker.state(now) == BreakerState::Closed;
        match (has_calls(governor, transport, lane, now), works) {
            (true, true) => return Course::Free,
            (true, false) => course = Course::Tries(transport.id.clone()),
            (false, _) if matches!(course, Course::Tries(_)) => {}
            (false, _) => course = Course::Waits(WaitsFor::Account(transport.id.clone())),
        }
    }
    course
}

/// The transports that a channel uses.
pub fn in_use(setup: &Setup, channel: Channel) -> BTreeSet<TransportId> {
    let in_use = setup.in_use(channel).into_iter();
    in_use.map(|transport| transport.id.clone()).collect()
}

/// The transports of a channel that accept messages now.
pub fn free<'a>(
    setup: &Setup,
    channel: Channel,
    governor: impl Fn(&TransportId) -> Option<&'a Governor>,
    lane: Lane,
    now: Timestamp,
) -> BTreeSet<TransportId> {
    let in_use = setup.in_use(channel).into_iter();
    in_use
        .filter(|transport| {
            governor(&transport.id).is_none_or(|governor| {
                governor.breaker.state(now) == BreakerState::Closed
                    && has_calls(governor, transport, lane, now)
            })
        })
        .map(|transport| transport.id.clone())
        .collect()
}

/// Whether the wait is over. `others` are the transports that were free when the wait for an account began, or in use when
/// the wait for a transport began.
pub fn is_over<'a>(
    waits_for: &WaitsFor,
    others: &BTreeSet<TransportId>,
    setup: &Setup,
    governor: impl Fn(&TransportId) -> Option<&'a Governor>,
    lane: Lane,
    now: Timestamp,
) -> bool {
    let account = match waits_for {
        WaitsFor::Transport(channel) => {
            return !in_use(setup, *channel).is_subset(others);
        }
        WaitsFor::Account(account) => account,
    };
    // If it was deleted or switched off, messages go elsewhere or fail.
    let Some(transport) = setup.transports.get(account).filter(|it| setup.uses(it)) else {
        return true;
    };
    let free = free(setup, transport.channel(), &governor, lane, now);
    if free.contains(account) || !free.is_subset(others) {
        return true;
    }
    let nobody_tries = |governor: &Governor| {
        let is_late = |until: Timestamp| now.duration_since(until) > NOBODY_TRIES;
        has_calls(governor, transport, lane, now)
            && governor.breaker.state(now) == BreakerState::HalfOpen
            && governor.breaker.open_until.is_some_and(is_late)
    };
    governor(account).is_none_or(nobody_tries)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        reason::Reason,
        transports::{Limits, Vendor},
    };

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn setup(ids: &[&str], per_day: u64) -> Setup {
        let transports = ids.iter().map(|id| {
            let mut transport = Transport::new(Vendor::Twilio);
            transport.id = id.parse().unwrap();
            transport.limits = Limits {
                per_second: None,
                per_day: per_day.try_into().ok(),
            };
            (transport.id.clone(), transport)
        });
        Setup {
            transports: transports.collect(),
            ..Setup::default()
        }
    }

    fn used(calls: u64) -> Governor {
        Governor {
            day: Some("2026-11-21".parse().unwrap()),
            day_calls: calls,
            ..Governor::default()
        }
    }

    fn broken() -> Governor {
        let mut governor = Governor::default();
        let reason = Reason::new("Throttling", "slow down");
        governor.breaker.trip(None, &reason, now());
        governor
    }

    #[test]
    fn a_channel_continues_while_one_account_accepts_messages() {
        let of = |setup: &Setup, governors: &[(&str, Governor)]| {
            let governors: BTreeMap<TransportId, Governor> = governors
                .iter()
                .map(|(id, governor)| (id.parse().unwrap(), governor.clone()))
                .collect();
            course(
                setup,
                Channel::Sms,
                |id| governors.get(id),
                Lane::Usual,
                now(),
            )
        };
        let one = setup(&["a"], 100);
        let account = || Course::Waits(WaitsFor::Account("a".parse().unwrap()));
        assert_eq!(of(&one, &[]), Course::Free);
        assert_eq!(of(&one, &[("a", used(89))]), Course::Free);
        assert_eq!(of(&one, &[("a", used(90))]), account());
        let tries = Course::Tries("a".parse().unwrap());
        assert_eq!(of(&one, &[("a", broken())]), tries);
        assert_eq!(
            of(&Setup::default(), &[]),
            Course::Waits(WaitsFor::Transport(Channel::Sms))
        );
    }

    #[test]
    fn a_wait_for_a_transport_ends_only_with_a_new_one() {
        let waits = WaitsFor::Transport(Channel::Sms);
        let is_over = |setup: &Setup, others: &[&str]| {
            let others = others.iter().map(|id| id.parse().unwrap()).collect();
            is_over(&waits, &others, setup, |_| None, Lane::Usual, now())
        };
        assert!(!is_over(&Setup::default(), &[]));
        assert!(is_over(&setup(&["a"], 100), &[]));
        assert!(
            !is_over(&setup(&["b"], 100), &["b"]),
            "b does not fit the address"
        );
    }

    #[test]
    fn a_wait_ends_when_its_condition_is_met() {
        let a: TransportId = "a".parse().unwrap();
        let waits = WaitsFor::Account(a.clone());
        let is_over = |setup: &Setup, governor: &Governor, others: &[&str], now| {
            let others = others.iter().map(|id| id.parse().unwrap()).collect();
            let of = |id: &TransportId| (*id == a).then_some(governor);
            is_over(&waits, &others, setup, of, Lane::Usual, now)
        };
        let at = now();
        assert!(!is_over(&setup(&["a"], 100), &used(90), &[], at));
        assert!(
            is_over(&setup(&["a"], 1_000), &used(90), &[], at),
            "the quota was raised"
        );
        assert!(
            is_over(
                &setup(&["a"], 100),
                &used(90),
                &[],
                at + SignedDuration::from_hours(12)
            ),
            "another day"
        );
        assert!(
            is_over(&setup(&["b"], 100), &used(90), &[], at),
            "the account was deleted"
        );
        let later = at + SignedDuration::from_secs(31);
        assert!(
            !is_over(&setup(&["a"], 100), &broken(), &[], later),
            "somebody tries"
        );
        let much_later = later + SignedDuration::from_mins(3);
        assert!(
            is_over(&setup(&["a"], 100), &broken(), &[], much_later),
            "nobody tries"
        );
        let transport = WaitsFor::Transport(Channel::Email);
        let none = BTreeSet::new();
        assert!(!super::is_over(
            &transport,
            &none,
            &setup(&["a"], 1),
            |_| None,
            Lane::Usual,
            at
        ));
    }

    #[test]
    fn wait_conditions_survive_a_round_trip() {
        for waits in [
            WaitsFor::Account("email-2".parse().unwrap()),
            WaitsFor::Transport(Channel::WhatsApp),
        ] {
            assert_eq!(waits.to_string().parse(), Ok(waits));
        }
        assert_eq!("account/".parse::<WaitsFor>(), Err(UnknownWait));
    }
}
