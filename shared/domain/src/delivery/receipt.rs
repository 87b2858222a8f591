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
pub enum DeliveryStatus {
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

impl DeliveryStatus {
    /// Every status, by rank.
    pub const ALL: [DeliveryStatus; 7] = [
        DeliveryStatus::Delayed,
        DeliveryStatus::Delivered,
        DeliveryStatus::Bounced,
        DeliveryStatus::Opened,
        DeliveryStatus::Clicked,
        DeliveryStatus::Replied,
        DeliveryStatus::Complained,
    ];

    /// The name in rows, routes and totals.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryStatus::Delayed => "delayed",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Bounced => "bounced",
            DeliveryStatus::Opened => "opened",
            DeliveryStatus::Clicked => "clicked",
            DeliveryStatus::Replied => "replied",
            DeliveryStatus::Complained => "complained",
        }
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An unknown delivery status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a delivery status")]
pub struct UnknownDeliveryStatus;

impl FromStr for DeliveryStatus {
    type Err = UnknownDeliveryStatus;

    fn from_str(text: &str) -> Result<Self, UnknownDeliveryStatus> {
        DeliveryStatus::ALL
            .into_iter()
            .find(|fate| fate.as_str() == text)
            .ok_or(UnknownDeliveryStatus)
    }
}

/// The event that a receipt reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusUpdate {
    /// The provider accepted the message. Settles a delivery whose outcome was unknown.
    Accepted,
    /// The provider did not accept the message after all.
    Refused(Reason),
    /// The message has this delivery status.
    Became(DeliveryStatus),
    /// Hard bounce: the address does not exist. The delivery is [`DeliveryStatus::Bounced`], and the address is suppressed.
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

impl StatusUpdate {
    /// The delivery status that this event implies, if any.
    pub fn fate(&self) -> Option<DeliveryStatus> {
        match self {
            StatusUpdate::Became(fate) => Some(*fate),
            StatusUpdate::Gone => Some(DeliveryStatus::Bounced),
            StatusUpdate::Accepted
            | StatusUpdate::Refused(_)
            | StatusUpdate::Unreachable { .. }
            | StatusUpdate::OptedOut
            | StatusUpdate::Postponed { .. } => None,
        }
    }

    /// Why the provider did not send the message after all, if it did not.
    pub fn refusal(&self) -> Option<&Reason> {
        match self {
            StatusUpdate::Refused(reason)
            | StatusUpdate::Unreachable { reason, .. }
            | StatusUpdate::Postponed { reason, .. } => Some(reason),
            StatusUpdate::Accepted
            | StatusUpdate::Became(_)
            | StatusUpdate::Gone
            | StatusUpdate::OptedOut => None,
        }
    }

    /// Whether the message did not arrive but might by another route to the same address.
    pub fn is_undelivered(&self) -> bool {
        matches!(
            self,
            StatusUpdate::Refused(_) | StatusUpdate::Became(DeliveryStatus::Bounced)
        )
    }

    /// Why the address is to be suppressed, if this event is a reason.
    pub fn suppression(&self) -> Option<SuppressionSource> {
        match self {
            StatusUpdate::Gone => Some(SuppressionSource::Bounced),
            StatusUpdate::Became(DeliveryStatus::Complained) => Some(SuppressionSource::Complained),
            StatusUpdate::Unreachable { source, .. } => Some(*source),
            StatusUpdate::OptedOut => Some(SuppressionSource::Unsubscribed),
            StatusUpdate::Became(_)
            | StatusUpdate::Accepted
            | StatusUpdate::Refused(_)
            | StatusUpdate::Postponed { .. } => None,
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
    pub news: StatusUpdate,
}

impl ForTenant for Receipt {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}
