//! What a campaign's channel waits for when none of its accounts accepts messages. No I/O.
//!
//! A message that has to wait longer than a minute or two leaves its queue: the ledger shows it as pending, and only the
//! condition that the campaign waits for is recorded. When the condition is met, the campaign is enqueued again in its
//! next generation.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    channel::{Channel, PriorityQueue},
    delivery::rate_limiter::{BreakerState, RateLimiter},
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
pub enum ChannelState {
    /// An account accepts messages.
    Free,
    /// None works, and single messages probe whether this one does again.
    Tries(TransportId),
    /// None accepts messages.
    Waits(WaitsFor),
}

/// Whether an account has quota left today for a priority queue.
fn has_calls(
    rate_limiter: &RateLimiter,
    transport: &Transport,
    queue_priority: PriorityQueue,
    now: Timestamp,
) -> bool {
    rate_limiter
        .lane_quota_used_until(&transport.limits, queue_priority, now)
        .is_none()
}

/// The state of a channel, given its accounts. `rate_limiter` returns the rate limiter of an account, if it has one.
pub fn course<'a>(
    setup: &Setup,
    channel: Channel,
    rate_limiter: impl Fn(&TransportId) -> Option<&'a RateLimiter>,
    queue_priority: PriorityQueue,
    now: Timestamp,
) -> ChannelState {
    let mut course = ChannelState::Waits(WaitsFor::Transport(channel));
    for transport in setup.in_use(channel) {
        let Some(rate_limiter) = rate_limiter(&transport.id) else {
            return ChannelState::Free;
        };
        let works = rate_limiter.breaker.state(now) == BreakerState::Closed;
        match (
            has_calls(rate_limiter, transport, queue_priority, now),
            works,
        ) {
            (true, true) => return ChannelState::Free,
            (true, false) => course = ChannelState::Tries(transport.id.clone()),
            (false, _) if matches!(course, ChannelState::Tries(_)) => {}
            (false, _) => course = ChannelState::Waits(WaitsFor::Account(transport.id.clone())),
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
    rate_limiter: impl Fn(&TransportId) -> Option<&'a RateLimiter>,
    queue_priority: PriorityQueue,
    now: Timestamp,
) -> BTreeSet<TransportId> {
    let in_use = setup.in_use(channel).into_iter();
    in_use
        .filter(|transport| {
            rate_limiter(&transport.id).is_none_or(|rate_limiter| {
                rate_limiter.breaker.state(now) == BreakerState::Closed
                    && has_calls(rate_limiter, transport, queue_priority, now)
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
    rate_limiter: impl Fn(&TransportId) -> Option<&'a RateLimiter>,
    queue_priority: PriorityQueue,
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
    let free = free(
        setup,
        transport.channel(),
        &rate_limiter,
        queue_priority,
        now,
    );
    if free.contains(account) || !free.is_subset(others) {
        return true;
    }
    let nobody_tries = |rate_limiter: &RateLimiter| {
        let is_late = |until: Timestamp| now.duration_since(until) > NOBODY_TRIES;
        has_calls(rate_limiter, transport, queue_priority, now)
            && rate_limiter.breaker.state(now) == BreakerState::HalfOpen
            && rate_limiter.breaker.open_until.is_some_and(is_late)
    };
    rate_limiter(account).is_none_or(nobody_tries)
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

    fn used(calls: u64) -> RateLimiter {
        RateLimiter {
            day: Some("2026-11-21".parse().unwrap()),
            day_calls: calls,
            ..RateLimiter::default()
        }
    }

    fn broken() -> RateLimiter {
        let mut rate_limiter = RateLimiter::default();
        let reason = Reason::new("Throttling", "slow down");
        rate_limiter.breaker.trip(None, &reason, now());
        rate_limiter
    }

    #[test]
    fn a_channel_continues_while_one_account_accepts_messages() {
        let of = |setup: &Setup, rate_limiters: &[(&str, RateLimiter)]| {
            let rate_limiters: BTreeMap<TransportId, RateLimiter> = rate_limiters
                .iter()
                .map(|(id, rate_limiter)| (id.parse().unwrap(), rate_limiter.clone()))
                .collect();
            course(
                setup,
                Channel::Sms,
                |id| rate_limiters.get(id),
                PriorityQueue::Usual,
                now(),
            )
        };
        let one = setup(&["a"], 100);
        let account = || ChannelState::Waits(WaitsFor::Account("a".parse().unwrap()));
        assert_eq!(of(&one, &[]), ChannelState::Free);
        assert_eq!(of(&one, &[("a", used(89))]), ChannelState::Free);
        assert_eq!(of(&one, &[("a", used(90))]), account());
        let tries = ChannelState::Tries("a".parse().unwrap());
        assert_eq!(of(&one, &[("a", broken())]), tries);
        assert_eq!(
            of(&Setup::default(), &[]),
            ChannelState::Waits(WaitsFor::Transport(Channel::Sms))
        );
    }

    #[test]
    fn a_wait_for_a_transport_ends_only_with_a_new_one() {
        let waits = WaitsFor::Transport(Channel::Sms);
        let is_over = |setup: &Setup, others: &[&str]| {
            let others = others.iter().map(|id| id.parse().unwrap()).collect();
            is_over(
                &waits,
                &others,
                setup,
                |_| None,
                PriorityQueue::Usual,
                now(),
            )
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
        let is_over = |setup: &Setup, rate_limiter: &RateLimiter, others: &[&str], now| {
            let others = others.iter().map(|id| id.parse().unwrap()).collect();
            let of = |id: &TransportId| (*id == a).then_some(rate_limiter);
            is_over(&waits, &others, setup, of, PriorityQueue::Usual, now)
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
            PriorityQueue::Usual,
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
