//! Why a provider did not bring a message to its receiver, and what follows from that.
//!
//! Vendors have hundreds of codes for it, in answers and in what they tell afterwards. Which of them means what stands in the table of the
//! adapters (`carillon_providers::codes`); what a meaning leads to stands here, once, in [`Cause::verdict`].

use std::{fmt, time::Duration};

use crate::{
    delivery::{
        Outcome,
        receipt::{Fate, News},
    },
    reason::Reason,
    suppressions::SuppressionSource,
};

/// Why a message did not reach its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The receiver wants no messages: wrote STOP, blocked the sender, or is on a list of such people.
    OptOut,
    /// The receiver called a message spam, now or earlier.
    Complaint,
    /// There is nobody at the address, and the vendor says so for good.
    AddressUnknown,
    /// The receiver's mailbox or phone is full.
    MailboxFull,
    /// The vendor cannot serve this address: a landline, another network, not on WhatsApp.
    Unserved,
    /// It could not be brought there in time, or nobody knows why it was not.
    NotReached,
    /// A rule of the receiver's mail system, operator or country, or one that concerns this destination only.
    Policy,
    /// The receiver's side does not trust the sender.
    Reputation,
    /// What the message says, its size or its form.
    Content,
    /// The account or its sender: credentials, money, rights, a sandbox, a sender that is not set up.
    Account,
    /// The account sends too much at once, or the vendor takes nothing right now.
    Rate,
    /// Something that passes and concerns this message only.
    Transient,
    /// The vendor does not say whether it took the message.
    Undetermined,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blame {
    /// The receiver's, their provider's, or the message's: this one fails.
    Receiver,
    /// Nobody's: the receiver wishes it so.
    Wish,
    /// The sender's or the account's: everybody would meet it, so nobody fails and the operator is told.
    Account,
    /// Nobody's for long: it passes.
    Passing,
    /// Nobody knows.
    Unknown,
}

/// What follows from a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is final, the address gets nothing any more, and no other transport is tried.
    Suppress(SuppressionSource),
    /// It is final for this transport; another one may have it.
    Fail,
    /// It waits until the account works again, and costs the receiver nothing.
    Wait,
    /// This message is tried again.
    Retry,
    /// Nobody knows what became of it.
    Unknown,
}

/// How far a message had come when the vendor gave it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// The vendor took it and sent it to nobody.
    BeforeSending,
    /// It was handed to the receiver's side, and came back or was lost.
    AfterSending,
}

impl Cause {
    /// Every cause, in the order in which they are shown.
    pub const ALL: [Cause; 13] = [
        Cause::OptOut,
        Cause::Complaint,
        Cause::AddressUnknown,
        Cause::MailboxFull,
        Cause::Unserved,
        Cause::NotReached,
        Cause::Policy,
        Cause::Reputation,
        Cause::Content,
        Cause::Account,
        Cause::Rate,
        Cause::Transient,
        Cause::Undetermined,
    ];

    /// The name in the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::OptOut => "opt-out",
            Cause::Complaint => "complaint",
            Cause::AddressUnknown => "address unknown",
            Cause::MailboxFull => "mailbox full",
            Cause::Unserved => "not served",
            Cause::NotReached => "not reached",
            Cause::Policy => "policy",
            Cause::Reputation => "reputation",
            Cause::Content => "content",
            Cause::Account => "account",
            Cause::Rate => "rate",
            Cause::Transient => "transient",
            Cause::Undetermined => "undetermined",
        }
    }

    /// What follows from it. Nothing else decides this, whatever the vendor, the channel and the way in which it was told.
    pub fn verdict(self) -> Verdict {
        match self {
            Cause::OptOut => Verdict::Suppress(SuppressionSource::Unsubscribed),
            Cause::Complaint => Verdict::Suppress(SuppressionSource::Complained),
            Cause::AddressUnknown => Verdict::Suppress(SuppressionSource::Bounced),
            Cause::MailboxFull
            | Cause::Unserved
            | Cause::NotReached
            | Cause::Policy
            | Cause::Reputation
            | Cause::Content => Verdict::Fail,
            Cause::Account | Cause::Rate => Verdict::Wait,
            Cause::Transient => Verdict::Retry,
            Cause::Undetermined => Verdict::Unknown,
        }
    }

    /// Whose fault it is.
    pub fn blame(self) -> Blame {
        match self {
            Cause::OptOut | Cause::Complaint => Blame::Wish,
            Cause::Account => Blame::Account,
            Cause::Rate | Cause::Transient => Blame::Passing,
            Cause::Undetermined => Blame::Unknown,
            Cause::AddressUnknown
            | Cause::MailboxFull
            | Cause::Unserved
            | Cause::NotReached
            | Cause::Policy
            | Cause::Reputation
            | Cause::Content => Blame::Receiver,
        }
    }

    /// How a provider call ended that was refused for it. `after` is how long the vendor asks us to wait.
    pub fn outcome(self, after: Option<Duration>, reason: Reason) -> Outcome {
        match self.verdict() {
            Verdict::Suppress(source) => Outcome::Unreachable { reason, source },
            Verdict::Fail => Outcome::Rejected(reason),
            Verdict::Wait => Outcome::Throttled { after, reason },
            Verdict::Retry => Outcome::Transient(reason),
            Verdict::Unknown => Outcome::Unknown(reason),
        }
    }

    /// What is told of a message that the vendor took and gave up for it.
    pub fn news(self, given_up: GivenUp, reason: Reason) -> News {
        match (self.verdict(), given_up) {
            (Verdict::Suppress(SuppressionSource::Bounced), GivenUp::AfterSending) => News::Gone,
            (Verdict::Suppress(source), _) => News::Unreachable { reason, source },
            // Whatever the vendor calls it, nobody was sent what the account could not send.
            (Verdict::Wait, _) => News::Postponed {
                reason,
                by_account: true,
            },
            (_, GivenUp::AfterSending) => News::Became(Fate::Bounced),
            (Verdict::Retry, GivenUp::BeforeSending) => News::Postponed {
                reason,
                by_account: false,
            },
            (Verdict::Fail | Verdict::Unknown, GivenUp::BeforeSending) => News::Refused(reason),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Verdict {
    /// Why the address is to get nothing any more, if it is.
    pub fn suppresses(self) -> Option<SuppressionSource> {
        match self {
            Verdict::Suppress(source) => Some(source),
            Verdict::Fail | Verdict::Wait | Verdict::Retry | Verdict::Unknown => None,
        }
    }

    /// Whether another transport may have the message, if the campaign wants that.
    pub fn fails_over(self) -> bool {
        self == Verdict::Fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason() -> Reason {
        Reason::new("21610", "STOP")
    }

    #[test]
    fn only_wishes_and_unknown_addresses_suppress() {
        for cause in Cause::ALL {
            let suppresses = cause.verdict().suppresses();
            let expected = match cause {
                Cause::OptOut => Some(SuppressionSource::Unsubscribed),
                Cause::Complaint => Some(SuppressionSource::Complained),
                Cause::AddressUnknown => Some(SuppressionSource::Bounced),
                _ => None,
            };
            assert_eq!(suppresses, expected, "{cause}");
        }
    }

    #[test]
    fn what_suppresses_never_fails_over_and_is_the_same_in_an_answer_and_afterwards() {
        for cause in Cause::ALL {
            let Some(source) = cause.verdict().suppresses() else {
                continue;
            };
            assert!(!cause.verdict().fails_over(), "{cause}");
            let outcome = cause.outcome(None, reason());
            assert!(
                matches!(outcome, Outcome::Unreachable { source: it, .. } if it == source),
                "{outcome:?}"
            );
            for given_up in [GivenUp::BeforeSending, GivenUp::AfterSending] {
                let news = cause.news(given_up, reason());
                assert_eq!(news.suppression(), Some(source), "{news:?}");
                assert!(!news.is_undelivered(), "{news:?}");
            }
        }
    }

    #[test]
    fn what_is_the_accounts_fault_fails_nobody() {
        for cause in Cause::ALL
            .into_iter()
            .filter(|cause| cause.blame() == Blame::Account)
        {
            assert!(cause.outcome(None, reason()).blames_the_account());
            for given_up in [GivenUp::BeforeSending, GivenUp::AfterSending] {
                let postponed = News::Postponed {
                    reason: reason(),
                    by_account: true,
                };
                assert_eq!(cause.news(given_up, reason()), postponed);
            }
        }
    }
}
