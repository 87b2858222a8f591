//! Channels, and priorities.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A way to reach a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Email.
    Email,
    /// SMS.
    Sms,
    /// A message to a mobile number on WhatsApp.
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// A push notification on a device or in a browser.
    Push,
}

impl Channel {
    /// Every channel, in display order.
    pub const ALL: [Channel; 4] = [
        Channel::Email,
        Channel::Sms,
        Channel::WhatsApp,
        Channel::Push,
    ];

    /// The name in routes, keys and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::WhatsApp => "whatsapp",
            Channel::Push => "push",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An unknown channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a channel (one of email, sms, whatsapp, push)")]
pub struct UnknownChannel;

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Channel::ALL
            .into_iter()
            .find(|channel| channel.as_str() == text)
            .ok_or(UnknownChannel)
    }
}

/// The priority queue of a channel that a campaign uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriorityQueue {
    /// For campaigns of high or urgent priority.
    Urgent,
    /// For small campaigns.
    Usual,
    /// For large campaigns, so that small ones do not wait behind them.
    Bulk,
}

impl PriorityQueue {
    /// Every priority queue.
    pub const ALL: [PriorityQueue; 3] = [
        PriorityQueue::Urgent,
        PriorityQueue::Usual,
        PriorityQueue::Bulk,
    ];

    /// The priority queue for a campaign with so many receivers.
    pub fn of(priority: Priority, receivers: u64) -> Self {
        if priority >= Priority::High {
            PriorityQueue::Urgent
        } else if receivers > LARGE {
            PriorityQueue::Bulk
        } else {
            PriorityQueue::Usual
        }
    }
}

/// A campaign with more receivers than this is large, and so are several small ones of a tenant that are enqueued within a
/// minute: ten executions need a second or two for this many, and two need less than ten, so a small campaign waits no longer than
/// that behind one tenant.
pub const LARGE: u64 = 500;

/// The priority of a campaign. High and urgent ones use queues of their own, so that nothing delays them.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Yields to everything else.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Uses the urgent queues.
    High,
    /// Uses the urgent queues, and the reserve of a provider's rate first.
    Urgent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_campaigns_do_not_wait_behind_large_ones_nor_urgent_ones_behind_any() {
        assert_eq!(
            PriorityQueue::of(Priority::Normal, LARGE),
            PriorityQueue::Usual
        );
        assert_eq!(
            PriorityQueue::of(Priority::Low, LARGE + 1),
            PriorityQueue::Bulk
        );
        assert_eq!(
            PriorityQueue::of(Priority::High, LARGE + 1),
            PriorityQueue::Urgent
        );
    }
}
