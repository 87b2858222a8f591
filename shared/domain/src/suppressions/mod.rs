//! Suppressed addresses, which get nothing from any campaign of their tenant.

pub mod keyword;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{channel_address::ChannelAddress, reason::Reason};

/// The reason code of a delivery skipped because its address is suppressed.
pub const SUPPRESSED: &str = "suppressed";

/// The source of a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionSource {
    /// The receiver opted out.
    Unsubscribed,
    /// A message to the address bounced.
    Bounced,
    /// The receiver reported a message as spam.
    Complained,
    /// An operator suppressed it.
    Operator,
}

impl SuppressionSource {
    /// Every source.
    pub const ALL: [SuppressionSource; 4] = [
        SuppressionSource::Unsubscribed,
        SuppressionSource::Bounced,
        SuppressionSource::Complained,
        SuppressionSource::Operator,
    ];

    /// The name in rows, routes and reasons.
    pub fn as_str(self) -> &'static str {
        match self {
            SuppressionSource::Unsubscribed => "unsubscribed",
            SuppressionSource::Bounced => "bounced",
            SuppressionSource::Complained => "complained",
            SuppressionSource::Operator => "operator",
        }
    }

    /// Why a delivery to such an address is skipped.
    pub fn reason(self) -> Reason {
        Reason::new(SUPPRESSED, format!("The address is suppressed ({self})."))
    }
}

impl fmt::Display for SuppressionSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A suppressed address of a tenant. `Debug` shows no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The address.
    #[serde(flatten)]
    pub address: ChannelAddress,
    /// The source.
    pub source: SuppressionSource,
    /// Since when.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;

    #[test]
    fn a_suppression_reads_back_and_prints_no_address() {
        for (channel, text) in [
            (Channel::Email, "ann@example.com"),
            (Channel::Sms, "+442079460000"),
        ] {
            let suppression = Suppression {
                address: ChannelAddress::parse(channel, text).unwrap(),
                source: SuppressionSource::Unsubscribed,
                at: "2026-11-21T09:00:00Z".parse().unwrap(),
            };
            let json = serde_json::to_value(&suppression).unwrap();
            assert_eq!(
                (&json["channel"], &json["address"]),
                (&channel.as_str().into(), &text.into())
            );
            assert_eq!(
                serde_json::from_value::<Suppression>(json).unwrap(),
                suppression
            );
            assert!(!format!("{suppression:?}").contains(text));
        }
    }

    #[test]
    fn a_reason_names_the_source() {
        for source in SuppressionSource::ALL {
            let name = serde_json::to_value(source).unwrap();
            assert_eq!(name, source.as_str());
            let reason = source.reason();
            assert_eq!(reason.code, "suppressed");
            assert!(reason.text.contains(source.as_str()), "{}", reason.text);
        }
    }
}
