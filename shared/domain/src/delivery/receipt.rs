//! Receipts: what a provider says of a message after it took it.

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

/// What became of a message that a provider took. Ordered by rank: receipts come repeated and in
/// any order, and only one of a higher rank changes what is known.
///
/// A bounce outranks a delivery, because mail systems bounce what they first took in; what a person
/// did outranks both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The provider has it and is still trying.
    Delayed,
    /// It arrived at the receiver's mail system, network or device.
    Delivered,
    /// It could not be delivered after all.
    Bounced,
    /// It was looked at.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// It was answered.
    Replied,
    /// The receiver called it spam.
    Complained,
}

impl Fate {
    /// Every fate, by rank.
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

/// A name that is no fate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a fate of a message")]
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

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The provider took the message. Settles a delivery of which nobody knew whether it did.
    Accepted,
    /// The provider did not take the message after all.
    Refused(Reason),
    /// This became of the message.
    Became(Fate),
    /// It came back, because there is nobody at the address and never will be: a hard bounce. The delivery is
    /// [`Fate::Bounced`], and the address gets nothing any more.
    Gone,
    /// The provider did not send it after all, and sends nothing to this address any more: the receiver wants nothing, complained
    /// earlier, or is known not to be there. The address gets nothing any more.
    Unreachable {
        /// What it said.
        reason: Reason,
        /// How the suppression comes about.
        source: SuppressionSource,
    },
    /// The receiver asked the provider for no more messages. This one arrived.
    OptedOut,
    /// The provider did not send it after all, for a reason that is not the receiver's: it is sent again.
    Postponed {
        /// What it said.
        reason: Reason,
        /// Whether the account is to blame, so that all its messages wait.
        by_account: bool,
    },
}

impl News {
    /// What became of the message, if that is what it says.
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

    /// Why the provider did not send it after all, if it did not.
    pub fn refusal(&self) -> Option<&Reason> {
        match self {
            News::Refused(reason)
            | News::Unreachable { reason, .. }
            | News::Postponed { reason, .. } => Some(reason),
            News::Accepted | News::Became(_) | News::Gone | News::OptedOut => None,
        }
    }

    /// Whether it says that the message did not arrive, and another way to the same address might.
    pub fn is_undelivered(&self) -> bool {
        matches!(self, News::Refused(_) | News::Became(Fate::Bounced))
    }

    /// Why the address is to get nothing any more, if this is a reason.
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

/// What a provider says of one delivery. As JSON it is the body of a message in the receipts queue.
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
    /// The transport whose vendor says it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<TransportId>,
    /// The provider's id of the message.
    pub provider_id: String,
    /// When it happened, by the provider's clock.
    pub at: Timestamp,
    /// What happened.
    pub news: News,
}

impl ForTenant for Receipt {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}
