//! Enhanced status codes of mail systems, which relays reply with and which vendors report with bounces.

use carillon_domain::{delivery::cause::Cause, transports::Vendor};

use super::{CodeSource, Entry, Page, fits};

/// The registry: <https://www.iana.org/assignments/smtp-enhanced-status-codes/>, RFC 3463 and its successors. From
/// vendors that deliver mail themselves, these are the receiver's system's codes; errors of the account are reported in
/// other ways.
#[rustfmt::skip]
const OF_RECEIVERS: &[Entry] = &[
    ("5.1.1", Cause::AddressUnknown, "no such mailbox"),
    ("5.1.2", Cause::AddressUnknown, "no such domain"),
    ("5.1.3", Cause::AddressUnknown, "invalid address"),
    ("5.1.6", Cause::AddressUnknown, "moved, no forwarding address"),
    ("5.1.10", Cause::AddressUnknown, "the domain accepts no mail (RFC 7505), or no such mailbox (Exchange)"),
    ("5.2.1", Cause::NotReached, "the mailbox is disabled, temporarily or permanently"),
    ("5.2.2", Cause::MailboxFull, "the mailbox is full"),
    ("5.2.3", Cause::Content, "too large for the mailbox"),
    ("5.2.4", Cause::NotReached, "the mailing list cannot be expanded"),
    ("5.3.1", Cause::MailboxFull, "the mail system is full"),
    ("5.3.4", Cause::Content, "too large for the mail system"),
    ("5.4.1", Cause::NotReached, "no answer from the host"),
    ("5.4.4", Cause::NotReached, "no route to the host"),
    ("5.4.6", Cause::NotReached, "a routing loop"),
    ("5.4.7", Cause::NotReached, "not delivered in time"),
    ("5.6.?", Cause::Content, "invalid content or encoding"),
    ("5.7.0", Cause::Policy, "a policy of the receiver's mail system"),
    ("5.7.1", Cause::Policy, "not authorized, refused by policy"),
    ("5.7.2", Cause::Policy, "refused by a mailing list"),
    ("5.7.7", Cause::Content, "changed in transit"),
    ("5.7.9", Cause::Policy, "not authenticated as the receiver's system requires"),
    ("5.7.2?", Cause::Reputation, "DKIM, SPF or reverse DNS failed"),
    ("5.7.350", Cause::Reputation, "classified as spam"),
    ("5.7.5??", Cause::Reputation, "the sender's address or network is blocked"),
    ("5.7.6??", Cause::Reputation, "the sender's address or network is blocked"),
];

/// Replies of a relay that concern the account.
#[rustfmt::skip]
const OF_THE_ACCOUNT: &[Entry] = &[
    ("5.1.7", Cause::Account, "the sender's address is malformed"),
    ("5.1.8", Cause::Account, "the sender's address is rejected"),
    ("5.2.25?", Cause::Account, "the sender is throttled (Exchange)"),
    ("5.4.5", Cause::Account, "the mailbox's sending limit (Gmail)"),
    ("5.7.60", Cause::Account, "not allowed to send as the sender (Exchange)"),
    ("530", Cause::Account, "authentication required"),
    ("534", Cause::Account, "the authentication mechanism is too weak"),
    ("535", Cause::Account, "invalid credentials"),
    ("538", Cause::Account, "authentication requires encryption"),
];

const REGISTRY: &str = "https://www.iana.org/assignments/smtp-enhanced-status-codes/";

pub(super) const PAGES: &[Page] = &[
    Page {
        vendors: &[Vendor::Smtp],
        source: CodeSource::Answers,
        address: REGISTRY,
        entries: OF_THE_ACCOUNT,
    },
    Page {
        vendors: &[Vendor::Smtp],
        source: CodeSource::Answers,
        address: REGISTRY,
        entries: OF_RECEIVERS,
    },
    Page {
        vendors: &[Vendor::Ses, Vendor::SendGrid, Vendor::Mailgun],
        source: CodeSource::Callbacks,
        address: REGISTRY,
        entries: OF_RECEIVERS,
    },
];

/// The cause of an enhanced status code from a receiver's mail system, the same for temporary and permanent codes.
pub(crate) fn of_mail_system(code: &str) -> Option<Cause> {
    let (_, detail) = code.trim().split_once('.')?;
    let code = format!("5.{detail}");
    let found = OF_RECEIVERS
        .iter()
        .find(|(pattern, ..)| fits(pattern, &code));
    found.map(|(_, cause, _)| *cause)
}
