//! What mail systems say: enhanced status codes, which relays answer with and which vendors pass on when mail comes back.

use carillon_domain::{delivery::cause::Cause, transports::Vendor};

use super::{Entry, Page, SaidIn, fits};

/// The registry: <https://www.iana.org/assignments/smtp-enhanced-status-codes/>, RFC 3463 and its successors. Those of vendors that deliver
/// mail by themselves are what the receiver's system told them; what they say of the account they say in other ways.
#[rustfmt::skip]
const OF_RECEIVERS: &[Entry] = &[
    ("5.1.1", Cause::AddressUnknown, "no such mailbox"),
    ("5.1.2", Cause::AddressUnknown, "no such domain"),
    ("5.1.3", Cause::AddressUnknown, "no address at all"),
    ("5.1.6", Cause::AddressUnknown, "moved, and nobody says where to"),
    ("5.1.10", Cause::AddressUnknown, "a domain that takes no mail (RFC 7505), or no such mailbox (Exchange)"),
    ("5.2.1", Cause::NotReached, "the mailbox is switched off, for now or for good"),
    ("5.2.2", Cause::MailboxFull, "the mailbox is full"),
    ("5.2.3", Cause::Content, "too large for the mailbox"),
    ("5.2.4", Cause::NotReached, "a mailing list that cannot be expanded"),
    ("5.3.1", Cause::MailboxFull, "the mail system is full"),
    ("5.3.4", Cause::Content, "too large for the mail system"),
    ("5.4.1", Cause::NotReached, "no answer from the host"),
    ("5.4.4", Cause::NotReached, "no way to the host"),
    ("5.4.6", Cause::NotReached, "a loop"),
    ("5.4.7", Cause::NotReached, "not delivered in time"),
    ("5.6.?", Cause::Content, "what the message consists of"),
    ("5.7.0", Cause::Policy, "a rule of the receiver's mail system"),
    ("5.7.1", Cause::Policy, "not authorized, refused by a rule"),
    ("5.7.2", Cause::Policy, "a mailing list that does not take it"),
    ("5.7.7", Cause::Content, "changed on its way"),
    ("5.7.9", Cause::Policy, "not authenticated as the receiver's system wants it"),
    ("5.7.2?", Cause::Reputation, "DKIM, SPF or reverse DNS do not pass"),
    ("5.7.350", Cause::Reputation, "taken for spam"),
    ("5.7.5??", Cause::Reputation, "the sender's address or network is blocked"),
    ("5.7.6??", Cause::Reputation, "the sender's address or network is blocked"),
];

/// What a relay answers that speaks for the account.
#[rustfmt::skip]
const OF_THE_ACCOUNT: &[Entry] = &[
    ("5.1.7", Cause::Account, "the sender's address is malformed"),
    ("5.1.8", Cause::Account, "the sender's address is not taken"),
    ("5.2.25?", Cause::Account, "the sender is throttled (Exchange)"),
    ("5.4.5", Cause::Account, "the mailbox has sent all that it may (Gmail)"),
    ("5.7.60", Cause::Account, "may not send as the sender (Exchange)"),
    ("530", Cause::Account, "signing in is required"),
    ("534", Cause::Account, "the way of signing in is too weak"),
    ("535", Cause::Account, "the credentials are not right"),
    ("538", Cause::Account, "signing in wants encryption"),
];

const REGISTRY: &str = "https://www.iana.org/assignments/smtp-enhanced-status-codes/";

pub(super) const PAGES: &[Page] = &[
    Page {
        vendors: &[Vendor::Smtp],
        said_in: SaidIn::Answers,
        address: REGISTRY,
        entries: OF_THE_ACCOUNT,
    },
    Page {
        vendors: &[Vendor::Smtp],
        said_in: SaidIn::Answers,
        address: REGISTRY,
        entries: OF_RECEIVERS,
    },
    Page {
        vendors: &[Vendor::Ses, Vendor::SendGrid, Vendor::Mailgun],
        said_in: SaidIn::Callbacks,
        address: REGISTRY,
        entries: OF_RECEIVERS,
    },
];

/// What an enhanced status code of a receiver's mail system stands for; of a class for now and of one for good it is the same.
pub(crate) fn of_mail_system(code: &str) -> Option<Cause> {
    let (_, detail) = code.trim().split_once('.')?;
    let code = format!("5.{detail}");
    let found = OF_RECEIVERS
        .iter()
        .find(|(pattern, ..)| fits(pattern, &code));
    found.map(|(_, cause, _)| *cause)
}
