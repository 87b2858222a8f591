//! Deliveries: one receiver on one channel, their states, and the outcomes of provider calls.

pub mod cause;
pub mod estimate;
pub mod executions;
pub mod failover;
pub mod number;
pub mod rate_limiter;
pub mod receipt;
pub mod retry;
pub mod task;
pub mod totals;
pub mod waiting;

use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaigns::Status,
    delivery::receipt::DeliveryStatus,
    id::TransportId,
    reason::Reason,
    suppressions::SuppressionSource,
    transports::{
        Vendor,
        routing::{Price, Tried},
    },
};

/// Truncates a time to milliseconds, as a delivery's row holds it: they are enough, and keep the row small.
pub fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The state of a delivery. Pending has no row: the channel is on and nothing has been claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not claimed yet.
    Pending,
    /// A consumer holds it until its lease ends, and may be calling the provider.
    Claimed,
    /// The provider did not accept it; another attempt follows at a set time.
    Retrying,
    /// The provider accepted it.
    Sent,
    /// It cannot be sent; the row has the reason.
    Failed,
    /// It is not to be sent; the row has the reason.
    Skipped,
    /// A provider call was started and its outcome was not recorded.
    Unknown,
    /// The campaign was canceled first.
    Canceled,
}

impl State {
    /// Every state, in display order.
    pub const ALL: [State; 8] = [
        State::Pending,
        State::Claimed,
        State::Retrying,
        State::Sent,
        State::Failed,
        State::Skipped,
        State::Unknown,
        State::Canceled,
    ];

    /// The name in rows, routes and totals.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Claimed => "claimed",
            State::Retrying => "retrying",
            State::Sent => "sent",
            State::Failed => "failed",
            State::Skipped => "skipped",
            State::Unknown => "unknown",
            State::Canceled => "canceled",
        }
    }

    /// Whether it stays as it is unless an admin or a receipt changes it.
    pub fn is_final(self) -> bool {
        !matches!(self, State::Pending | State::Claimed | State::Retrying)
    }

    /// Whether an admin should look at it; such rows are in the sparse index.
    pub fn needs_attention(self) -> bool {
        matches!(self, State::Failed | State::Unknown)
    }
}

impl State {
    /// The state as shown for the campaign's status. Canceling a campaign cancels all unclaimed deliveries without touching the rows
    /// of a large audience one by one.
    pub fn shown(self, status: Status) -> State {
        match (self, status) {
            (State::Pending | State::Retrying, Status::Canceled) => State::Canceled,
            _ => self,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Not a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a delivery state")]
pub struct UnknownState;

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        State::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownState)
    }
}

/// The code of the reason of a delivery whose message a queue gave up on.
pub const DEAD_LETTER: &str = "dead_letter";

/// From the look at what allows a send (the campaign's status, the channel's switch) until its
/// provider call begins, no more than this passes. So whoever forbids sends and waits as long
/// knows that no call begins any more.
pub const STILL_ALLOWED_FOR: Duration = Duration::from_secs(3);

/// The outcome of one provider call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider accepted the message under this id.
    Accepted {
        /// The provider's message id.
        provider_id: String,
    },
    /// The provider refused it permanently.
    Rejected(Reason),
    /// Refused permanently, like all further messages to this address: the address is to be suppressed.
    Unreachable {
        /// The provider's reason.
        reason: Reason,
        /// The source of the suppression.
        source: SuppressionSource,
    },
    /// The provider certainly did not accept it, because it accepts nothing, or not as much, right now.
    Throttled {
        /// The delay that the provider asks for.
        after: Option<Duration>,
        /// The provider's reason.
        reason: Reason,
    },
    /// The provider certainly did not accept it, and another attempt may succeed.
    Transient(Reason),
    /// It is unknown whether the provider accepted it.
    Unknown(Reason),
}

impl Outcome {
    /// Why the provider did not accept it, or why that is unknown.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Outcome::Accepted { .. } => None,
            Outcome::Rejected(reason)
            | Outcome::Unreachable { reason, .. }
            | Outcome::Throttled { reason, .. }
            | Outcome::Transient(reason)
            | Outcome::Unknown(reason) => Some(reason),
        }
    }

    /// Whether the provider account does not work right now. Refusing a single message shows that it does.
    pub fn blames_the_account(&self) -> bool {
        !matches!(
            self,
            Outcome::Accepted { .. } | Outcome::Rejected(_) | Outcome::Unreachable { .. }
        )
    }
}

/// The outcome of a delivery before a manual resend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierOutcome {
    /// The number of resends before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resend: u32,
    /// The state.
    pub state: State,
    /// Provider calls started until then.
    pub attempt: u32,
    /// Why it had failed, was skipped or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The provider's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The transport used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<TransportId>,
    /// The vendor of the transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// The delivery status of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<DeliveryStatus>,
    /// When the status was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate_at: Option<Timestamp>,
    /// When the state was reached.
    pub changed_at: Timestamp,
    /// Whether the next resend went to another address.
    #[serde(default, skip_serializing_if = "is_false")]
    pub elsewhere: bool,
}

/// The most earlier outcomes that a row keeps, the newest ones: a row has to stay small.
const EARLIER: usize = 10;

/// Why a delivery cannot be resent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotResend {
    /// It is not final.
    #[error("it is still in progress; wait until it ends, or pause or cancel the campaign")]
    UnderWay,
    /// It was never to be sent.
    #[error("it was not to be sent when the campaign was published")]
    NeverBegun,
    /// A provider accepted it, and it may have arrived.
    #[error(
        "a provider accepted it, and it may have arrived; if the address is wrong, correct it first"
    )]
    Taken,
    /// The receiver reported it as spam.
    #[error("the receiver reported it as spam")]
    Complained,
    /// The campaign was canceled first.
    #[error("it was canceled; duplicate the campaign to send it")]
    Canceled,
}

/// A delivery's row in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The state; never pending.
    pub state: State,
    /// The campaign's generation when it was last claimed.
    pub generation: u32,
    /// Provider calls started, from 1; 0 if it failed without one.
    pub attempt: u32,
    /// The number of manual resends; part of the deduplication id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resends: u32,
    /// When the first attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    /// Whether an earlier attempt may have been accepted by the provider. Only while it is being retried.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_doubt: bool,
    /// The key by which the provider account recognises a repetition, if it deduplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deduplication: Option<DeduplicationKey>,
    /// The holder of the claim: a random token of one invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When the claim expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The provider's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The transport last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<TransportId>,
    /// The vendor of the transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// The price, if it is accepted and its route has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
    /// Other transports that certainly failed to deliver it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// A fingerprint of the rendered message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why it failed, is unknown, or is retried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The delivery status of the message, as reported by receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<DeliveryStatus>,
    /// When the status was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate_at: Option<Timestamp>,
    /// When a receipt last changed the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// The outcomes before each manual resend, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierOutcome>,
    /// When the state was reached.
    pub changed_at: Timestamp,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The key by which a provider account deduplicates a message, for as long as it remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeduplicationKey {
    /// The account that received it ([`Transport::account`](crate::transports::Transport::account)).
    pub account: String,
    /// When the first attempt with it was claimed.
    pub since: Timestamp,
    /// The number, if the account uses numeric keys ([`crate::delivery::number`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

impl DeduplicationKey {
    /// Whether an account that remembers keys for this long still knows it, if it ever received it.
    pub fn is_known_to(
        &self,
        account: &str,
        remembers_for: SignedDuration,
        now: Timestamp,
    ) -> bool {
        self.account == account && now.duration_since(self.since) < remembers_for
    }
}

impl Delivery {
    /// An unclaimed delivery.
    pub fn unclaimed(generation: u32, now: Timestamp) -> Self {
        Self {
            state: State::Pending,
            generation,
            attempt: 0,
            resends: 0,
            begun_at: None,
            in_doubt: false,
            deduplication: None,
            owner: None,
            lease_until: None,
            retry_at: None,
            provider_id: None,
            transport: None,
            vendor: None,
            cost: None,
            tried: Vec::new(),
            digest: None,
            reason: None,
            fate: None,
            fate_at: None,
            heard_at: None,
            earlier: Vec::new(),
            changed_at: now,
        }
    }

    /// Whether it may be resent to the same address: if it was certainly not delivered, or the outcome is unknown.
    ///
    /// # Errors
    /// Why not.
    pub fn check_resend(&self) -> Result<(), CannotResend> {
        match (self.state, self.fate) {
            (State::Failed | State::Unknown | State::Skipped, _)
            | (State::Sent, Some(DeliveryStatus::Bounced)) => Ok(()),
            (State::Sent, Some(DeliveryStatus::Complained)) => Err(CannotResend::Complained),
            (State::Sent, _) => Err(CannotResend::Taken),
            (State::Pending | State::Claimed | State::Retrying, _) => Err(CannotResend::UnderWay),
            (State::Canceled, _) => Err(CannotResend::Canceled),
        }
    }

    /// The row of a final delivery that is to be resent, `elsewhere` if to another address. The earlier outcome is kept.
    #[must_use]
    pub fn again(&self, elsewhere: bool, now: Timestamp) -> Self {
        let mut delivery = self.clone();
        if delivery.earlier.len() >= EARLIER {
            delivery.earlier.drain(..=delivery.earlier.len() - EARLIER);
        }
        delivery.earlier.push(EarlierOutcome {
            resend: self.resends,
            state: self.state,
            attempt: self.attempt,
            reason: delivery.reason.take(),
            provider_id: self.provider_id.clone(),
            transport: self.transport.clone(),
            vendor: self.vendor,
            fate: delivery.fate.take(),
            fate_at: delivery.fate_at.take(),
            changed_at: self.changed_at,
            elsewhere,
        });
        delivery.state = State::Retrying;
        delivery.retry_at = Some(now);
        delivery.resends = self.resends.saturating_add(1);
        // An admin has decided about the unknown outcome.
        delivery.in_doubt = false;
        // The retry deadline starts again with the next attempt, and all transports may be tried again.
        delivery.begun_at = None;
        delivery.tried.clear();
        delivery.cost = None;
        delivery.changed_at = now;
        delivery
    }

    /// The resend to which the provider's id belongs, as far as the row knows.
    pub fn resend_of(&self, provider_id: &str) -> Option<u32> {
        let is_it = |id: &Option<String>| id.as_deref() == Some(provider_id);
        // A resent row keeps the id of the previous message until it has its own.
        let earlier = self.earlier.iter().rev();
        let mut earlier = earlier.filter(|earlier| is_it(&earlier.provider_id));
        match earlier.next() {
            Some(earlier) => Some(earlier.resend),
            None => is_it(&self.provider_id).then_some(self.resends),
        }
    }

    /// Whether a message with an unrecorded id may have gone to another address before.
    pub fn may_be_elsewhere(&self) -> bool {
        let is_unknown =
            |earlier: &EarlierOutcome| earlier.elsewhere && earlier.provider_id.is_none();
        self.earlier.iter().any(is_unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resend_keeps_the_earlier_outcome() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let bounced = Delivery {
            state: State::Sent,
            attempt: 2,
            provider_id: Some("m-1".to_owned()),
            fate: Some(DeliveryStatus::Bounced),
            fate_at: Some(now),
            ..Delivery::unclaimed(1, now)
        };
        let again = bounced.again(true, now);
        assert_eq!(
            (again.state, again.resends, again.fate, again.retry_at),
            (State::Retrying, 1, None, Some(now))
        );
        let [earlier] = &again.earlier[..] else {
            panic!("{again:?}");
        };
        assert_eq!(
            (earlier.state, earlier.fate, earlier.attempt),
            (State::Sent, Some(DeliveryStatus::Bounced), 2)
        );
        assert!(earlier.elsewhere && !again.may_be_elsewhere());
        assert_eq!(again.resend_of("m-1"), Some(0));
        assert_eq!(again.resend_of("m-2"), None);
        let sent = Delivery {
            state: State::Sent,
            provider_id: Some("m-2".to_owned()),
            ..again
        };
        assert_eq!(sent.resend_of("m-1"), Some(0));
        assert_eq!(sent.resend_of("m-2"), Some(1));
        // A row stays small by keeping only the newest outcomes.
        let mut row = sent;
        for _ in 0..3 * EARLIER {
            row = row.again(false, now);
        }
        assert_eq!(row.earlier.len(), EARLIER);
        assert_eq!(row.earlier.last().unwrap().resend + 1, row.resends);
    }

    #[test]
    fn a_delivery_that_may_have_arrived_is_not_resent() {
        let row = |state, fate| Delivery {
            state,
            fate,
            ..Delivery::unclaimed(1, Timestamp::UNIX_EPOCH)
        };
        for (state, fate, expected) in [
            (State::Failed, None, Ok(())),
            (State::Unknown, None, Ok(())),
            (State::Skipped, None, Ok(())),
            (State::Sent, Some(DeliveryStatus::Bounced), Ok(())),
            (State::Sent, None, Err(CannotResend::Taken)),
            (
                State::Sent,
                Some(DeliveryStatus::Delayed),
                Err(CannotResend::Taken),
            ),
            (
                State::Sent,
                Some(DeliveryStatus::Delivered),
                Err(CannotResend::Taken),
            ),
            (
                State::Sent,
                Some(DeliveryStatus::Complained),
                Err(CannotResend::Complained),
            ),
            (State::Claimed, None, Err(CannotResend::UnderWay)),
            (State::Retrying, None, Err(CannotResend::UnderWay)),
        ] {
            assert_eq!(
                row(state, fate).check_resend(),
                expected,
                "{state} {fate:?}"
            );
        }
    }

    #[test]
    fn states_survive_a_round_trip() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(
                serde_json::to_string(&state).unwrap(),
                format!("\"{state}\"")
            );
        }
    }
}
