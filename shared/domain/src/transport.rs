//! A configured provider account through which a channel is sent.

use serde::{Deserialize, Serialize};

use crate::{address::EmailAddress, channel::Channel};

/// A transport and what it needs to know. Credentials never stand here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "vendor", rename_all = "snake_case")]
pub enum Transport {
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
        match self {
            Transport::Ses { .. } => Channel::Email,
            Transport::Sns { .. } => Channel::Sms,
        }
    }

    /// The vendor's name in the ledger and in metrics.
    pub fn vendor(&self) -> &'static str {
        match self {
            Transport::Ses { .. } => "ses",
            Transport::Sns { .. } => "sns",
        }
    }
}
