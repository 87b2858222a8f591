//! Channels, and priorities.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! channels {
    ($($(#[$doc:meta])* $name:ident: $text:literal, $words:literal, $properties:expr;)*) => {
        /// A way to reach a receiver. What an address, content and a message are on a channel is in their own types
        /// (docs/adding-a-channel.md).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Channel {
            $(
                $(#[$doc])*
                #[serde(rename = $text)]
                $name,
            )*
        }

        impl Channel {
            /// Every channel, in display order.
            pub const ALL: [Channel; [$($text),*].len()] = [$(Channel::$name),*];

            /// The names of all channels, for messages.
            pub const NAMES: &str = {
                let names = concat!($($text, ", "),*);
                names.split_at(names.len() - ", ".len()).0
            };

            /// The name in routes, keys and messages.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Channel::$name => $text,)*
                }
            }

            /// The name in sentences, as in "by SMS".
            pub const fn in_words(self) -> &'static str {
                match self {
                    $(Channel::$name => $words,)*
                }
            }

            /// What rules that are the same for all channels need to know of this one.
            pub const fn properties(self) -> Properties {
                match self {
                    $(Channel::$name => $properties,)*
                }
            }
        }
    };
}

channels! {
    /// Email.
    Email: "email", "email", Properties {
        address: AddressKind::Email,
        sender: Sender::Address,
        routes_by_prefix: false,
        has_windows: false,
        has_segments: false,
    };
    /// SMS.
    Sms: "sms", "SMS", Properties {
        address: AddressKind::Mobile,
        sender: Sender::SenderId,
        routes_by_prefix: true,
        has_windows: false,
        has_segments: true,
    };
    /// A message to a mobile number on WhatsApp.
    WhatsApp: "whatsapp", "WhatsApp", Properties {
        address: AddressKind::Mobile,
        sender: Sender::Account,
        routes_by_prefix: false,
        has_windows: true,
        has_segments: false,
    };
    /// A push notification on a device or in a browser.
    Push: "push", "push", Properties {
        address: AddressKind::Push,
        sender: Sender::Account,
        routes_by_prefix: false,
        has_windows: false,
        has_segments: false,
    };
}

/// In what channels differ for rules that are otherwise the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties {
    /// The address that it uses.
    pub address: AddressKind,
    /// The sender that a transport sets.
    pub sender: Sender,
    /// Whether routes may choose a transport by the prefix of the number.
    pub routes_by_prefix: bool,
    /// Whether free text may be sent only for a while after the receiver has written.
    pub has_windows: bool,
    /// Whether a message is billed by its segments.
    pub has_segments: bool,
}

/// An address of a receiver. Several channels may use the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressKind {
    /// An email address.
    Email,
    /// A mobile number.
    Mobile,
    /// A device or a browser.
    Push,
}

impl AddressKind {
    /// Every kind of address, in the order in which a receiver is identified by them.
    pub const ALL: [AddressKind; 3] = [AddressKind::Email, AddressKind::Mobile, AddressKind::Push];

    /// The channels that use it.
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            AddressKind::Email => &[Channel::Email],
            AddressKind::Mobile => &[Channel::Sms, Channel::WhatsApp],
            AddressKind::Push => &[Channel::Push],
        }
    }
}

// A channel that is missing in `AddressKind::channels` does not compile.
const _: () = {
    let mut place = 0;
    while place < Channel::ALL.len() {
        let channel = Channel::ALL[place];
        let of_address = channel.properties().address.channels();
        let mut found = 0;
        while found < of_address.len() && of_address[found] as usize != channel as usize {
            found += 1;
        }
        assert!(
            found < of_address.len(),
            "a channel is missing among those of its address"
        );
        place += 1;
    }
};

/// The sender that a transport of a channel sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// An email address and a name.
    Address,
    /// A name or a number, shown on phones.
    SenderId,
    /// None: the account is the sender.
    Account,
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An unknown channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a channel (one of {})", Channel::NAMES)]
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
    fn a_channel_has_one_name() {
        for channel in Channel::ALL {
            let name = serde_json::to_value(channel).unwrap();
            assert_eq!(name, channel.as_str());
            assert_eq!(channel.as_str().parse(), Ok(channel));
        }
        assert_eq!(Channel::NAMES, "email, sms, whatsapp, push");
        assert_eq!(
            UnknownChannel.to_string(),
            "not a channel (one of email, sms, whatsapp, push)"
        );
    }

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
