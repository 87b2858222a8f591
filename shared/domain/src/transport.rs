//! A configured provider account through which a channel is sent.

use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use crate::{address::EmailAddress, channel::Channel};

/// A transport: whom we speak to and how, and how much it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transport {
    /// Whose dialect is spoken, and what that needs to know.
    #[serde(flatten)]
    pub dialect: Dialect,
    /// How much the account takes.
    #[serde(default)]
    pub limits: Limits,
}

/// How much a provider account takes. What is not set is not limited by us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Provider calls in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<NonZeroU32>,
    /// Provider calls in a day, by UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<NonZeroU64>,
}

/// The most calls in a second that can be set: more than any provider grants an account.
pub const MOST_PER_SECOND: u32 = 100_000;
/// The most calls in a day that can be set.
pub const MOST_PER_DAY: u64 = 1_000_000_000;

impl Limits {
    /// Whether there is any.
    pub fn are_set(&self) -> bool {
        self.per_second.is_some() || self.per_day.is_some()
    }
}

/// A vendor and what it needs to know. Credentials never stand here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "vendor", rename_all = "snake_case")]
pub enum Dialect {
    /// Amazon SES, version 2 of its API.
    Ses {
        /// The verified address that mail comes from.
        from: EmailAddress,
        /// The name beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_name: Option<String>,
        /// The SES configuration set, if one is used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        configuration_set: Option<String>,
    },
    /// Amazon SNS, text messages to phone numbers.
    Sns {
        /// The sender id that phones show, where the country supports it: up to 11 letters and digits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender_id: Option<String>,
    },
}

impl Transport {
    /// The channel that this transport serves.
    pub fn channel(&self) -> Channel {
        match self.dialect {
            Dialect::Ses { .. } => Channel::Email,
            Dialect::Sns { .. } => Channel::Sms,
        }
    }

    /// The vendor's name in the ledger and in metrics.
    pub fn vendor(&self) -> &'static str {
        match self.dialect {
            Dialect::Ses { .. } => "ses",
            Dialect::Sns { .. } => "sns",
        }
    }
}

impl From<Dialect> for Transport {
    fn from(dialect: Dialect) -> Self {
        Self {
            dialect,
            limits: Limits::default(),
        }
    }
}
