//! Why a provider did not deliver a message, and what follows from that.
//!
//! Vendors have hundreds of codes, in responses and in later events. The adapters' table (`carillon_providers::codes`) maps each code to a
//! cause; the consequences of a cause are defined once, in [`Cause::verdict`].

use std::{fmt, time::Duration};

use crate::{
    delivery::{
        Outcome,
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    suppressions::SuppressionSource,
};

/// Why a message did not reach its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The receiver opted out: wrote STOP, blocked the sender, or is on an opt-out list.
    OptOut,
    /// The receiver reported a message as spam, now or earlier.
    Complaint,
    /// The address does not exist, and the vendor says this is permanent.
    AddressUnknown,
    /// The receiver's mailbox or phone is full.
    MailboxFull,
    /// The vendor cannot serve this address: a landline, another network, not on WhatsApp.
    Unserved,
    /// It could not be delivered in time, or the reason is not known.
    NotReached,
    /// A rule of the receiver's mail system, carrier or country, or a rule for this destination only.
    Policy,
    /// The receiver's side does not trust the sender.
    Reputation,
    /// The content of the message, its size or its format.
    Content,
    /// The account or its sender: credentials, balance, permissions, a sandbox, a sender that is not set up.
    Account,
    /// The account sends too fast, or the vendor accepts nothing right now.
    Rate,
    /// A temporary fault that affects only this message.
    Transient,
    /// The vendor does not say whether it accepted the message.
    Undetermined,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blame {
    /// The receiver, their provider, or the message: this delivery fails.
    Receiver,
    /// Nobody: the receiver wants it so.
    Wish,
    /// The sender or the account: every message would be affected, so none fails and the operator is alerted.
    Account,
    /// Nobody for long: it is temporary.
    Passing,
    /// Not known.
    Unknown,
}

/// The consequence of a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Final: the address is suppressed, and no other transport is tried.
    Suppress(SuppressionSource),
    /// Final for this transport; another one may be tried.
    Fail,
    /// The message waits until the account works again, and does not fail.
    Wait,
    /// This message is retried.
    Retry,
    /// The outcome is unknown.
    Unknown,
}

/// How far a message had come when the vendor abandoned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// The vendor accepted it but did not send it.
    BeforeSending,
    /// It was passed to the receiver's side, and bounced or was lost.
    AfterSending,
}

impl Cause {
    /// Every cause, in display order.
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

    /// The consequence of the cause. Nothing else decides this, regardless of vendor, channel and how it was reported.
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

    /// The outcome of a provider call refused for this cause. `after` is the delay that the vendor asks for.
    pub fn outcome(self, after: Option<Duration>, reason: Reason) -> Outcome {
        match self.verdict() {
            Verdict::Suppress(source) => Outcome::Unreachable { reason, source },
            Verdict::Fail => Outcome::Rejected(reason),
            Verdict::Wait => Outcome::Throttled { after, reason },
            Verdict::Retry => Outcome::Transient(reason),
            Verdict::Unknown => Outcome::Unknown(reason),
        }
    }

    /// The provider event for a message that the vendor accepted and then abandoned for this cause.
    pub fn news(self, given_up: GivenUp, reason: Reason) -> StatusUpdate {
        match (self.verdict(), given_up) {
            (Verdict::Suppress(SuppressionSource::Bounced), GivenUp::AfterSending) => {
                StatusUpdate::Gone
            }
            (Verdict::Suppress(source), _) => StatusUpdate::Unreachable { reason, source },
            // Whatever the vendor calls it, a message that the account could not send has reached nobody.
            (Verdict::Wait, _) => StatusUpdate::Postponed {
                reason,
                by_account: true,
            },
            (_, GivenUp::AfterSending) => StatusUpdate::Became(DeliveryStatus::Bounced),
            (Verdict::Retry, GivenUp::BeforeSending) => StatusUpdate::Postponed {
                reason,
                by_account: false,
            },
            (Verdict::Fail | Verdict::Unknown, GivenUp::BeforeSending) => {
                StatusUpdate::Refused(reason)
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Verdict {
    /// The source of the suppression, if the address is to be suppressed.
    pub fn suppresses(self) -> Option<SuppressionSource> {
        match self {
            Verdict::Suppress(source) => Some(source),
            Verdict::Fail | Verdict::Wait | Verdict::Retry | Verdict::Unknown => None,
        }
    }

    /// Whether another transport may be tried, if the campaign allows failover.
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
    fn only_opt_outs_complaints_and_unknown_addresses_suppress() {
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
    fn suppressing_causes_never_fail_over_and_are_the_same_in_responses_and_events() {
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
    fn account_causes_fail_no_delivery() {
        for cause in Cause::ALL
            .into_iter()
            .filter(|cause| cause.blame() == Blame::Account)
        {
            assert!(cause.outcome(None, reason()).blames_the_account());
            for given_up in [GivenUp::BeforeSending, GivenUp::AfterSending] {
                let postponed = StatusUpdate::Postponed {
                    reason: reason(),
                    by_account: true,
                };
                assert_eq!(cause.news(given_up, reason()), postponed);
            }
        }
    }
}
