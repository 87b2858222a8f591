//! One receiver on one channel: its states and what a provider call can end in.

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
    delivery::receipt::Fate,
    id::TransportId,
    reason::Reason,
    suppressions::SuppressionSource,
    transports::{
        Vendor,
        routing::{Price, Tried},
    },
};

/// The state of a delivery. Pending has no row: the channel is on and nothing has been claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has taken it up yet.
    Pending,
    /// A consumer holds it until its lease ends, and may be calling the provider.
    Claimed,
    /// The provider did not take it; another attempt follows at a set time.
    Retrying,
    /// The provider took it.
    Sent,
    /// It cannot be sent; the reason stands beside it.
    Failed,
    /// It is not to be sent; the reason stands beside it.
    Skipped,
    /// A provider call was begun and nobody recorded how it ended.
    Unknown,
    /// The campaign was canceled first.
    Canceled,
}

impl State {
    /// Every state, in the order in which they are shown.
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

    /// Whether nothing happens any more unless a person or a receipt changes it.
    pub fn is_final(self) -> bool {
        !matches!(self, State::Pending | State::Claimed | State::Retrying)
    }

    /// Whether a person should look at it; such rows stand in the sparse index.
    pub fn needs_attention(self) -> bool {
        matches!(self, State::Failed | State::Unknown)
    }
}

impl State {
    /// The state as it is shown, given where its campaign is. Canceling a campaign ends what nobody
    /// has taken up without touching the rows of a large audience one by one.
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

/// A name that is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a delivery")]
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
pub const STANDING: Duration = Duration::from_secs(3);

/// How one provider call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took the message under this id.
    Accepted {
        /// The provider's message id.
        provider_id: String,
    },
    /// The provider refused it for good.
    Rejected(Reason),
    /// The same, and it takes nothing for this address any more: the address is to be suppressed.
    Unreachable {
        /// What it said.
        reason: Reason,
        /// How the suppression comes about.
        source: SuppressionSource,
    },
    /// The provider certainly did not take it because it takes nothing, or not so much, right now.
    Throttled {
        /// How long the provider asks us to wait.
        after: Option<Duration>,
        /// What it said.
        reason: Reason,
    },
    /// The provider certainly did not take it, and another attempt may succeed.
    Transient(Reason),
    /// Nobody can tell whether the provider took it.
    Unknown(Reason),
}

impl Outcome {
    /// Why the provider did not take it, or nobody knows.
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

    /// Whether it says that the provider account does not work right now. A refusal of one message
    /// says that it does.
    pub fn blames_the_account(&self) -> bool {
        !matches!(
            self,
            Outcome::Accepted { .. } | Outcome::Rejected(_) | Outcome::Unreachable { .. }
        )
    }
}

/// What had come of a delivery when somebody had it sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// How often it had been sent again before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resend: u32,
    /// The state.
    pub state: State,
    /// Provider calls begun until then.
    pub attempt: u32,
    /// Why it had failed, was skipped or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The provider's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The transport through which it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<TransportId>,
    /// The vendor whose account that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// What had become of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    /// When that happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate_at: Option<Timestamp>,
    /// When the state had been reached.
    pub changed_at: Timestamp,
    /// Whether it had gone to another address than what followed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub elsewhere: bool,
}

/// The most of what came before that a row keeps, the newest: a row has to stay small.
const EARLIER: usize = 10;

/// Why a delivery is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAgain {
    /// It is not final.
    #[error("it is on its way; wait until it has ended, or pause or cancel the campaign")]
    UnderWay,
    /// Nothing was ever to be sent.
    #[error("nothing was to be sent there when the campaign was published")]
    NeverBegun,
    /// A provider took it, and nothing says that it did not arrive.
    #[error(
        "a provider took it, and nothing says that it did not arrive; if the address is wrong, put it right first"
    )]
    Taken,
    /// The receiver called it spam.
    #[error("the receiver called it spam")]
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
    /// The generation of the campaign in which it was claimed last.
    pub generation: u32,
    /// Provider calls begun, from 1; 0 where none was needed to know that it fails.
    pub attempt: u32,
    /// How often somebody asked for it to be sent again; part of the deduplication id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resends: u32,
    /// When the first attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    /// Whether an attempt before may have been taken by the provider, and nobody knows. Only while
    /// it is attempted again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_doubt: bool,
    /// What the provider account knows a repetition by, if it takes a message only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deduplication: Option<DeduplicationKey>,
    /// Who holds the claim: a random token of one invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When the claim lapses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The provider's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The transport through which it was last sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<TransportId>,
    /// The vendor whose account that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// What that costs, if it is taken and its route says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
    /// Other transports that surely did not bring it there, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// A fingerprint of the rendered message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why it failed, is unknown, or is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What became of the message afterwards, as far as a receipt has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    /// When that happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate_at: Option<Timestamp>,
    /// When a receipt last changed the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// What had come of it each time before somebody had it sent again, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
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

/// The key under which a provider account takes a message only once, while it remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeduplicationKey {
    /// The account that was given it ([`Transport::account`](crate::transports::Transport::account)).
    pub account: String,
    /// When the first attempt with it was claimed.
    pub since: Timestamp,
    /// The number, where the account knows messages by a number ([`crate::delivery::number`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

impl DeduplicationKey {
    /// Whether an account that remembers keys for this long knows it, if it was ever given it.
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
    /// A delivery that nobody has claimed.
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

    /// Whether somebody may have it sent again, to the same address: where it was surely not delivered, or nobody knows.
    ///
    /// # Errors
    /// Why not.
    pub fn may_go_again(&self) -> Result<(), NotAgain> {
        match (self.state, self.fate) {
            (State::Failed | State::Unknown | State::Skipped, _)
            | (State::Sent, Some(Fate::Bounced)) => Ok(()),
            (State::Sent, Some(Fate::Complained)) => Err(NotAgain::Complained),
            (State::Sent, _) => Err(NotAgain::Taken),
            (State::Pending | State::Claimed | State::Retrying, _) => Err(NotAgain::UnderWay),
            (State::Canceled, _) => Err(NotAgain::Canceled),
        }
    }

    /// The row of a final delivery that is to be sent again, `elsewhere` if to another address. What had come of it stays beside it.
    #[must_use]
    pub fn again(&self, elsewhere: bool, now: Timestamp) -> Self {
        let mut delivery = self.clone();
        if delivery.earlier.len() >= EARLIER {
            delivery.earlier.drain(..=delivery.earlier.len() - EARLIER);
        }
        delivery.earlier.push(Earlier {
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
        // It is a person's doubt now, and decided.
        delivery.in_doubt = false;
        // A new time to try begins with the next attempt, and all transports may be tried again.
        delivery.begun_at = None;
        delivery.tried.clear();
        delivery.cost = None;
        delivery.changed_at = now;
        delivery
    }

    /// How often it had been sent again when the provider knew it by this id, as far as the row has it.
    pub fn resend_of(&self, provider_id: &str) -> Option<u32> {
        let is_it = |id: &Option<String>| id.as_deref() == Some(provider_id);
        // A row that is sent again keeps the id of the message before until it has one of its own.
        let earlier = self.earlier.iter().rev();
        let mut earlier = earlier.filter(|earlier| is_it(&earlier.provider_id));
        match earlier.next() {
            Some(earlier) => Some(earlier.resend),
            None => is_it(&self.provider_id).then_some(self.resends),
        }
    }

    /// Whether a message that nobody knows by its id may have gone to another address before.
    pub fn may_be_elsewhere(&self) -> bool {
        let is_unknown = |earlier: &Earlier| earlier.elsewhere && earlier.provider_id.is_none();
        self.earlier.iter().any(is_unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_had_come_of_a_delivery_stays_when_it_is_sent_again() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let bounced = Delivery {
            state: State::Sent,
            attempt: 2,
            provider_id: Some("m-1".to_owned()),
            fate: Some(Fate::Bounced),
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
            (State::Sent, Some(Fate::Bounced), 2)
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
        // A row stays small, and keeps the newest.
        let mut row = sent;
        for _ in 0..3 * EARLIER {
            row = row.again(false, now);
        }
        assert_eq!(row.earlier.len(), EARLIER);
        assert_eq!(row.earlier.last().unwrap().resend + 1, row.resends);
    }

    #[test]
    fn what_may_have_arrived_is_not_sent_again() {
        let row = |state, fate| Delivery {
            state,
            fate,
            ..Delivery::unclaimed(1, Timestamp::UNIX_EPOCH)
        };
        for (state, fate, expected) in [
            (State::Failed, None, Ok(())),
            (State::Unknown, None, Ok(())),
            (State::Skipped, None, Ok(())),
            (State::Sent, Some(Fate::Bounced), Ok(())),
            (State::Sent, None, Err(NotAgain::Taken)),
            (State::Sent, Some(Fate::Delayed), Err(NotAgain::Taken)),
            (State::Sent, Some(Fate::Delivered), Err(NotAgain::Taken)),
            (
                State::Sent,
                Some(Fate::Complained),
                Err(NotAgain::Complained),
            ),
            (State::Claimed, None, Err(NotAgain::UnderWay)),
            (State::Retrying, None, Err(NotAgain::UnderWay)),
        ] {
            assert_eq!(
                row(state, fate).may_go_again(),
                expected,
                "{state} {fate:?}"
            );
        }
    }

    #[test]
    fn states_read_back_as_written() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(
                serde_json::to_string(&state).unwrap(),
                format!("\"{state}\"")
            );
        }
    }
}
