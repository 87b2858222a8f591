//! One receiver on one channel: its states and what a provider call can end in.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::Status,
    id::TransportId,
    receipt::Fate,
    routing::{Price, Tried},
    suppression::SuppressionSource,
    transport::Vendor,
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

/// Why something was not sent: a stable name, and words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable name, or the provider's own code.
    pub code: String,
    /// What an operator reads.
    pub text: String,
}

/// The code of the reason of a delivery whose message a queue gave up on.
pub const DEAD_LETTER: &str = "dead_letter";

/// The longest text of a reason that is kept, in characters, so that a row stays within one write unit.
const REASON_CHARACTERS: usize = 160;

impl Reason {
    /// A reason, its text shortened to what a row keeps.
    pub fn new(code: impl Into<String>, text: impl AsRef<str>) -> Self {
        Self {
            code: code.into(),
            text: text.as_ref().chars().take(REASON_CHARACTERS).collect(),
        }
    }
}

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
    /// The account that was given it ([`Transport::account`](crate::transport::Transport::account)).
    pub account: String,
    /// When the first attempt with it was claimed.
    pub since: Timestamp,
    /// The number, where the account knows messages by a number ([`crate::number`]).
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
            changed_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
