//! A configured provider account through which a channel is sent.

use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use crate::{address::EmailAddress, channel::Channel, id::SecretName, sender::SenderId};

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
    /// BulkSMS, text messages through its JSON API.
    #[serde(rename = "bulksms")]
    BulkSms {
        /// The sender id that phones show; the one that is set at the account unless it is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender_id: Option<SenderId>,
        /// The secret that holds the API token of the account.
        credentials: SecretName,
    },
}

impl Transport {
    /// The channel that this transport serves.
    pub fn channel(&self) -> Channel {
        match self.dialect {
            Dialect::Ses { .. } => Channel::Email,
            Dialect::Sns { .. } | Dialect::BulkSms { .. } => Channel::Sms,
        }
    }

    /// The vendor's name in the ledger and in metrics.
    pub fn vendor(&self) -> &'static str {
        match self.dialect {
            Dialect::Ses { .. } => "ses",
            Dialect::Sns { .. } => "sns",
            Dialect::BulkSms { .. } => "bulksms",
        }
    }

    /// The secret that holds the credentials of the account, if it needs any of ours.
    pub fn credentials(&self) -> Option<&SecretName> {
        match &self.dialect {
            Dialect::Ses { .. } | Dialect::Sns { .. } => None,
            Dialect::BulkSms { credentials, .. } => Some(credentials),
        }
    }

    /// Tells the accounts of a tenant apart. What is known to one is not known to another.
    pub fn account(&self) -> String {
        match self.credentials() {
            Some(credentials) => format!("{}/{credentials}", self.vendor()),
            None => self.vendor().to_owned(),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_transport_reads_back_as_written_and_holds_no_secret() {
        let bulksms = Transport::from(Dialect::BulkSms {
            sender_id: "Carillon".parse().ok(),
            credentials: "bulksms".parse().unwrap(),
        });
        let written = serde_json::to_value(&bulksms).unwrap();
        assert_eq!(
            written,
            json!({
                "vendor": "bulksms",
                "sender_id": "Carillon",
                "credentials": "bulksms",
                "limits": {},
            })
        );
        assert_eq!(
            serde_json::from_value::<Transport>(written).unwrap(),
            bulksms
        );
        assert_eq!(
            (bulksms.vendor(), bulksms.channel(), bulksms.account()),
            ("bulksms", Channel::Sms, "bulksms/bulksms".to_owned())
        );
    }

    #[test]
    fn a_secret_of_somebody_else_cannot_be_named() {
        for name in ["../acme/bulksms", "acme/bulksms", "Bulksms", "", "a b"] {
            let written = json!({ "vendor": "bulksms", "credentials": name });
            assert!(
                serde_json::from_value::<Transport>(written).is_err(),
                "{name}"
            );
        }
    }
}
