//! One receiver on one channel: its states and what a provider call can end in.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// The provider certainly did not take it, and another attempt may succeed.
    Retry {
        /// How long the provider asks us to wait.
        after: Option<Duration>,
        /// What it said.
        reason: Reason,
    },
    /// Nobody can tell whether the provider took it.
    Unknown(Reason),
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
    /// When the first attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
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
    /// The vendor that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// A fingerprint of the rendered message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why it failed, is unknown, or is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When the state was reached.
    pub changed_at: Timestamp,
}

/// A delivery that no provider has taken this long after its first attempt counts as failed. Time
/// decides and not the number of attempts, because a provider that throttles uses up attempts and
/// says nothing about the receiver.
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// The first pause between attempts.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

impl Delivery {
    /// Whether no further attempt is to be made.
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        self.begun_at
            .is_some_and(|begun| now.duration_since(begun) > GIVE_UP_AFTER)
    }
}

/// How long to wait before the next attempt: what the provider asks for, else exponential with full jitter.
///
/// `spread` is a random number from 0 to 1. Full jitter is the variant that AWS measured as best
/// ("Exponential Backoff And Jitter", AWS Architecture Blog).
pub fn pause_before_retry(attempt: u32, asked: Option<Duration>, spread: f64) -> Duration {
    let ceiling = FIRST_PAUSE
        .saturating_mul(1_u32.checked_shl(attempt.min(16)).unwrap_or(u32::MAX))
        .min(LONGEST_PAUSE);
    let jittered = ceiling
        .mul_f64(spread.clamp(0.0, 1.0))
        .max(Duration::from_secs(1));
    asked.map_or(jittered, |asked| {
        asked.min(LONGEST_PAUSE).max(Duration::from_secs(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_cap_and_follow_the_provider() {
        assert_eq!(pause_before_retry(1, None, 1.0), Duration::from_secs(4));
        assert_eq!(pause_before_retry(3, None, 1.0), Duration::from_secs(16));
        assert_eq!(pause_before_retry(40, None, 1.0), LONGEST_PAUSE);
        assert_eq!(pause_before_retry(5, None, 0.0), Duration::from_secs(1));
        assert_eq!(
            pause_before_retry(1, Some(Duration::from_secs(30)), 0.5),
            Duration::from_secs(30)
        );
        assert_eq!(
            pause_before_retry(1, Some(Duration::from_secs(86_400)), 0.5),
            LONGEST_PAUSE
        );
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
