//! Receipts: what a provider reports about a message after accepting it.

mod effect;

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::effect::Effect;
use crate::{
    channel::Channel,
    delivery::task::ForTenant,
    id::{CampaignId, ReceiverId, TenantId, TransportId},
    reason::Reason,
    suppressions::SuppressionSource,
};

/// The delivery status of a message that a provider accepted. Ordered by rank: receipts arrive repeatedly and in any order, and
/// only one of a higher rank changes the status.
///
/// A bounce outranks a delivery, because mail systems bounce messages they first accepted; anything the receiver did outranks
/// both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The provider is still trying.
    Delayed,
    /// Arrived at the receiver's mail system, network or device.
    Delivered,
    /// Could not be delivered after all.
    Bounced,
    /// Opened by the receiver.
    Opened,
    /// The receiver followed a link in it.
    Clicked,
    /// The receiver answered.
    Replied,
    /// The receiver reported it as spam.
    Complained,
}

impl Fate {
    /// Every status, by rank.
    pub const ALL: [Fate; 7] = [
        Fate::Delayed,
        Fate::Delivered,
        Fate::Bounced,
        Fate::Opened,
        Fate::Clicked,
        Fate::Replied,
        Fate::Complained,
    ];

    /// The name in rows, routes and totals.
    pub fn as_str(self) -> &'static str {
        match self {
            Fate::Delayed => "delayed",
            Fate::Delivered => "delivered",
            Fate::Bounced => "bounced",
            Fate::Opened => "opened",
            Fate::Clicked => "clicked",
            Fate::Replied => "replied",
            Fate::Complained => "complained",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An unknown delivery status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a delivery status")]
pub struct UnknownFate;

impl FromStr for Fate {
    type Err = UnknownFate;

    fn from_str(text: &str) -> Result<Self, UnknownFate> {
        Fate::ALL
            .into_iter()
            .find(|fate| fate.as_str() == text)
            .ok_or(UnknownFate)
    }
}

/// The event that a receipt reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The provider accepted the message. Settles a delivery whose outcome was unknown.
    Accepted,
    /// The provider did not accept the message after all.
    Refused(Reason),
    /// The message has this delivery status.
    Became(Fate),
    /// Hard bounce: the address does not exist. The delivery is [`Fate::Bounced`], and the address is suppressed.
    Gone,
    /// The provider did not send the message and no longer sends to this address: the receiver opted out, complained earlier, or
    /// is known not to exist. The address is suppressed.
    Unreachable {
        /// The provider's reason.
        reason: Reason,
        /// The source of the suppression.
        source: SuppressionSource,
    },
    /// The receiver opted out at the provider. This message arrived.
    OptedOut,
    /// The provider did not send the message, for a reason unrelated to the receiver; it is sent again.
    Postponed {
        /// The provider's reason.
        reason: Reason,
        /// Whether the account is the cause, so that all its messages wait.
        by_account: bool,
    },
}

impl News {
    /// The delivery status that this event implies, if any.
    pub fn fate(&self) -> Option<Fate> {
        match self {
            News::Became(fate) => Some(*fate),
            News::Gone => Some(Fate::Bounced),
            News::Accepted
            | News::Refused(_)
            | News::Unreachable { .. }
            | News::OptedOut
            | News::Postponed { .. } => None,
        }
    }

    /// Why the provider did not send the message after all, if it did not.
    pub fn refusal(&self) -> Option<&Reason> {
        match self {
            News::Refused(reason)
            | News::Unreachable { reason, .. }
            | News::Postponed { reason, .. } => Some(reason),
            News::Accepted | News::Became(_) | News::Gone | News::OptedOut => None,
        }
    }

    /// Whether the message did not arrive but might by another route to the same address.
    pub fn is_undelivered(&self) -> bool {
        matches!(self, News::Refused(_) | News::Became(Fate::Bounced))
    }

    /// Why the address is to be suppressed, if this event is a reason.
    pub fn suppression(&self) -> Option<SuppressionSource> {
        match self {
            News::Gone => Some(SuppressionSource::Bounced),
            News::Became(Fate::Complained) => Some(SuppressionSource::Complained),
            News::Unreachable { source, .. } => Some(*source),
            News::OptedOut => Some(SuppressionSource::Unsubscribed),
            News::Became(_) | News::Accepted | News::Refused(_) | News::Postponed { .. } => None,
        }
    }
}

/// A provider event about one delivery; its JSON is the body of a message in the receipts queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The receiver.
    pub receiver: ReceiverId,
    /// The channel.
    pub channel: Channel,
    /// The transport whose vendor reports it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<TransportId>,
    /// The provider's id of the message.
    pub provider_id: String,
    /// When it happened, by the provider's clock.
    pub at: Timestamp,
    /// The event.
    pub news: News,
}

impl ForTenant for Receipt {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}
