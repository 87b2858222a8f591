//! Faults that a test or a person can inject into the simulator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::calls::Provider;

mod json;

use json::FaultFields;

/// What happens to affected calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Throttled, in the provider's format.
    Throttle {
        /// Sent as `Retry-After`, if set.
        retry_after_seconds: Option<u64>,
        /// The status instead of the provider's own: 429, or 400 for SNS.
        status: Option<u16>,
    },
    /// Rejected permanently.
    Reject {
        /// The provider's code; `MessageRejected` for SES, `InvalidParameter` for SNS and `bad-request`
        /// for BulkSMS unless set.
        code: Option<String>,
        /// The provider's message; the usual one for the code unless set.
        message: Option<String>,
    },
    /// Answered with a server error.
    ServerError {
        /// From 500 to 599.
        status: u16,
    },
    /// Answered late. The message is accepted at once, so a caller's timeout does not undo it.
    /// Delays add up, and another kind of fault may affect the same call.
    Slow {
        /// The delay.
        milliseconds: u64,
    },
    /// The connection is closed without a response, and nothing was accepted.
    DropBefore,
    /// The message is accepted, and the connection is closed without a response.
    DropAfter,
}

/// A fault and the calls that it affects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FaultFields", into = "FaultFields")]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Only calls to this provider.
    pub provider: Option<Provider>,
    /// Only calls with this access key or token id.
    pub account: Option<String>,
    /// Only calls with exactly this recipient.
    pub address: Option<String>,
    /// Only calls with a recipient that ends with this.
    pub address_suffix: Option<String>,
    /// Only this share of the calls, from 0 to 1.
    pub share: Option<f64>,
    /// Selects the calls of the share: the same seed and order of calls give the same selection.
    pub seed: u64,
    /// Used up after this many strikes.
    pub times: Option<u64>,
}

impl Fault {
    /// A fault that affects every call.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            provider: None,
            account: None,
            address: None,
            address_suffix: None,
            share: None,
            seed: 0,
            times: None,
        }
    }

    /// Affects only calls to this provider.
    #[must_use]
    pub fn provider(mut self, provider: Provider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Affects only calls with this access key or token id.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Affects only calls with exactly this recipient.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Affects only calls with a recipient that ends with this.
    #[must_use]
    pub fn address_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.address_suffix = Some(suffix.into());
        self
    }

    /// Affects only this share of the calls, from 0 to 1.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = Some(share);
        self
    }

    /// Selects the calls of the share.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Is used up after this many strikes.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    fn is_for_some_addresses(&self) -> bool {
        self.address.is_some() || self.address_suffix.is_some()
    }

    fn matches(&self, target: &Target<'_>) -> bool {
        let matches_address = |recipient: &String| {
            self.address
                .as_ref()
                .is_none_or(|it| it.eq_ignore_ascii_case(recipient))
                && self
                    .address_suffix
                    .as_ref()
                    .is_none_or(|it| recipient.to_lowercase().ends_with(&it.to_lowercase()))
        };
        self.provider.is_none_or(|it| it == target.provider)
            && self
                .account
                .as_deref()
                .is_none_or(|it| it == target.account)
            && (!self.is_for_some_addresses() || target.recipients.iter().any(matches_address))
    }

    /// Validates the values.
    fn check(&self) -> Result<(), InvalidFault> {
        if self
            .share
            .is_some_and(|share| !(0.0..=1.0).contains(&share))
        {
            return Err(InvalidFault::Share);
        }
        if self.times == Some(0) {
            return Err(InvalidFault::Times);
        }
        match &self.kind {
            FaultKind::ServerError { status } if !(500..=599).contains(status) => {
                Err(InvalidFault::ServerStatus)
            }
            FaultKind::Throttle {
                status: Some(status),
                ..
            } if !(400..=599).contains(status) => Err(InvalidFault::ThrottleStatus),
            FaultKind::Slow { milliseconds } if *milliseconds > LONGEST_DELAY_MILLISECONDS => {
                Err(InvalidFault::Delay)
            }
            FaultKind::Reject {
                code: Some(code), ..
            } if !is_code(code) => Err(InvalidFault::Code),
            _ => Ok(()),
        }
    }
}

const LONGEST_DELAY_MILLISECONDS: u64 = 600_000;

/// A code is sent in a header, so only name characters are allowed.
fn is_code(code: &str) -> bool {
    (1..=100).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Why a fault cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// `share` is out of range.
    #[error("share must be from 0 to 1")]
    Share,
    /// `times` is zero.
    #[error("times must be at least 1")]
    Times,
    /// Not a server error.
    #[error("status must be from 500 to 599")]
    ServerStatus,
    /// Not an error.
    #[error("status must be from 400 to 599")]
    ThrottleStatus,
    /// The delay is too long.
    #[error("milliseconds must be at most 600000")]
    Delay,
    /// Not an error code.
    #[error("code must be 1 to 100 letters, digits, dots, dashes or underscores")]
    Code,
    /// A field of another kind of fault.
    #[error("{field} does not belong to a fault of kind {kind}")]
    Field {
        /// The field.
        field: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// A required field of this kind is missing.
    #[error("{field} is required for a fault of kind {kind}")]
    Missing {
        /// The field.
        field: &'static str,
        /// The kind.
        kind: &'static str,
    },
}

/// A fault that is active or used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedFault {
    /// The id for removing it.
    pub id: u64,
    /// How many calls matched.
    pub matched: u64,
    /// How many calls it affected.
    pub struck: u64,
    /// Whether it is used up.
    pub used_up: bool,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
}

/// The call to decide about.
pub(super) struct Target<'a> {
    pub(super) provider: Provider,
    pub(super) account: &'a str,
    pub(super) recipients: &'a [String],
}

/// Which faults apply: those for a bulk call as a whole, or for one of its entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Call,
    BulkCall,
    BulkEntry,
}

impl Reach {
    /// A fault for some addresses gives only their entries of a bulk call an error status, as in SES.
    /// Connection faults always affect the whole call.
    fn includes(self, fault: &Fault) -> bool {
        let for_entries = fault.is_for_some_addresses()
            && !matches!(
                fault.kind,
                FaultKind::Slow { .. } | FaultKind::DropBefore | FaultKind::DropAfter
            );
        match self {
            Self::Call => true,
            Self::BulkCall => !for_entries,
            Self::BulkEntry => for_entries,
        }
    }
}

/// The effect of the faults on one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) delay: Duration,
    pub(super) fault: Option<(u64, FaultKind)>,
}

/// The faults in the order they were set.
#[derive(Default)]
pub(super) struct Faults {
    placed: Vec<PlacedFault>,
    last_id: u64,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) -> Result<PlacedFault, InvalidFault> {
        fault.check()?;
        self.last_id += 1;
        let placed = PlacedFault {
            id: self.last_id,
            matched: 0,
            struck: 0,
            used_up: false,
            fault,
        };
        self.placed.push(placed.clone());
        Ok(placed)
    }

    pub(super) fn list(&self) -> Vec<PlacedFault> {
        self.placed.clone()
    }

    pub(super) fn find(&self, id: u64) -> Option<PlacedFault> {
        self.placed.iter().find(|placed| placed.id == id).cloned()
    }

    pub(super) fn remove(&mut self, id: u64) -> bool {
        let before = self.placed.len();
        self.placed.retain(|placed| placed.id != id);
        self.placed.len() < before
    }

    pub(super) fn clear(&mut self) -> usize {
        std::mem::take(&mut self.placed).len()
    }

    /// Applies the first matching fault; slow ones only add their delay.
    pub(super) fn strike(&mut self, target: &Target<'_>, reach: Reach) -> Strike {
        let mut strike = Strike::default();
        for placed in &mut self.placed {
            if placed.used_up || !reach.includes(&placed.fault) || !placed.fault.matches(target) {
                continue;
            }
            let turn = placed.matched;
            placed.matched += 1;
            let spared = placed
                .fault
                .share
                .is_some_and(|share| unit_interval(placed.fault.seed, turn) >= share);
            if spared {
                continue;
            }
            placed.struck += 1;
            placed.used_up = placed
                .fault
                .times
                .is_some_and(|times| placed.struck >= times);
            if let FaultKind::Slow { milliseconds } = placed.fault.kind {
                strike.delay += Duration::from_millis(milliseconds);
            } else {
                strike.fault = Some((placed.id, placed.fault.kind.clone()));
                break;
            }
        }
        strike
    }
}

/// A number in [0, 1) that depends only on seed and turn (SplitMix64).
fn unit_interval(seed: u64, turn: u64) -> f64 {
    let mut bits = seed.wrapping_add(turn.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    // The upper 53 bits fill the mantissa exactly.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
    let numerator = (bits >> 11) as f64;
    numerator / 9_007_199_254_740_992.0
}
