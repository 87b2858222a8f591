//! Email providers.

pub mod google;
pub mod mailgun;
pub mod microsoft;
pub mod sendgrid;
pub mod ses;
pub mod ses_events;
pub mod smtp;

use std::io;

use carillon_domain::{
    address::EmailAddress,
    transports::{EmailSender, Transport, Vendor},
};
use google::Google;
use mail_builder::{
    MessageBuilder,
    headers::{address::Address, raw::Raw},
};
use mailgun::Mailgun;
use microsoft::Microsoft;
use sendgrid::SendGrid;

use crate::{
    Deduplication, Reference,
    endpoint::{self, Endpoint},
    setup::{Field, Values},
    vendor::{Account, Adapter, Callbacks, SignIn, Unusable},
};

/// An outgoing email.
#[derive(Debug, Clone, Copy)]
pub struct Email<'a> {
    /// The receiver's address.
    pub to: &'a EmailAddress,
    /// The receiver's name, if known.
    pub to_name: Option<&'a str>,
    /// The subject, on one line.
    pub subject: &'a str,
    /// The HTML part.
    pub html: &'a str,
    /// The plain-text part.
    pub text: &'a str,
    /// The Reply-To address, if it differs from the sender (RFC 5322, 3.6.2).
    pub reply_to: Option<&'a EmailAddress>,
    /// The unsubscribe link, if there is one.
    pub unsubscribe_url: Option<&'a str>,
    /// The reference of the delivery.
    pub reference: Reference<'a>,
}

/// Accompanies a List-Unsubscribe header whose URL accepts a one-click POST (RFC 8058, 3.1).
pub(crate) const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

impl Email<'_> {
    /// The Message-ID without brackets: the same at every attempt, so that a mailbox can recognize a duplicate.
    pub fn message_id(&self, from: &EmailSender) -> String {
        let domain = from.address.expose().rsplit('@').next();
        let domain = domain.unwrap_or("localhost");
        let Reference {
            campaign, receiver, ..
        } = self.reference;
        // A resent mail is a different one, and vendors that use this id report on each.
        match self.reference.resend {
            0 => format!("{receiver}.{campaign}@{domain}"),
            resend => format!("{receiver}.{campaign}.{resend}@{domain}"),
        }
    }

    /// The message as bytes: text and HTML as alternatives (RFC 2046, 5.1.4).
    ///
    /// # Errors
    /// If it cannot be built.
    pub fn write(&self, from: &EmailSender) -> io::Result<Vec<u8>> {
        let address = |name: Option<&str>, address: &EmailAddress| {
            Address::new_address(name.map(str::to_owned), address.expose().to_owned())
        };
        let mut message = MessageBuilder::new();
        if let Some(url) = self.unsubscribe_url {
            message = message
                .header("List-Unsubscribe", Raw::new(format!("<{url}>")))
                .header("List-Unsubscribe-Post", Raw::new(ONE_CLICK));
        }
        if let Some(reply_to) = self.reply_to {
            message = message.reply_to(address(None, reply_to));
        }
        message
            .message_id(self.message_id(from))
            .from(address(from.name.as_deref(), &from.address))
            .to(address(self.to_name, self.to))
            .subject(self.subject)
            .text_body(self.text)
            .html_body(self.html)
            .write_to_vec()
    }
}

/// An email vendor with an HTTP API.
pub type EmailAdapter<'a, 'm> = Box<dyn Adapter<Email<'m>> + Send + Sync + 'a>;

/// A vendor's adapter; `None` if it has no HTTP API for email.
///
/// # Errors
/// If the account cannot be used.
pub fn adapter<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<EmailAdapter<'a, 'm>>, Unusable> {
    Ok(match vendor {
        Vendor::SendGrid => Some(Box::new(SendGrid::new(account)?)),
        Vendor::Mailgun => Some(Box::new(Mailgun::new(account)?)),
        Vendor::HttpEmail => Some(Box::new(Endpoint::new(account)?)),
        Vendor::Google => Some(Box::new(Google::new(account)?)),
        Vendor::Microsoft => Some(Box::new(Microsoft::new(account)?)),
        _ => None,
    })
}

/// How an account signs in; `None` if the vendor takes its credentials with each call.
///
/// # Errors
/// If the account cannot be used.
pub fn sign_in<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn SignIn + Send + Sync + 'a>>, Unusable> {
    Ok(match vendor {
        Vendor::Google => Some(Box::new(Google::new(account)?)),
        Vendor::Microsoft => Some(Box::new(Microsoft::new(account)?)),
        _ => None,
    })
}

/// A vendor's callback parser; `None` if it has no callbacks.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    Ok(match vendor {
        Vendor::SendGrid => Some(Box::new(SendGrid::new(account)?)),
        Vendor::Mailgun => Some(Box::new(Mailgun::new(account)?)),
        Vendor::HttpEmail => Some(Box::new(Endpoint::new(account)?)),
        _ => None,
    })
}

/// How an account deduplicates; `None` if it does not.
pub fn deduplication(transport: &Transport) -> Option<Deduplication> {
    match transport.vendor {
        Vendor::HttpEmail => endpoint::deduplication(&transport.settings),
        _ => None,
    }
}

/// Maximum length of a sender name, in characters.
const NAME_CHARACTERS: usize = 100;

/// The sender of emails.
pub(crate) const SENDER: &[Field] = &[
    Field {
        help: "The address that emails come from. The vendor must have verified it or its domain.",
        example: "news@example.org",
        values: Values::Text(|text| EmailAddress::parse(text).is_ok()),
        expected: "the sender address of emails",
        invalid: "invalid_address",
        ..Field::setting("from", "From address")
    },
    Field {
        help: "The name that mail programs show beside the address.",
        example: "Mill Lane Fibre",
        values: Values::Text(is_sender_name),
        expected: "1 to 100 characters in one line, without @",
        invalid: "invalid_name",
        ..Field::setting("from_name", "From name").optional()
    },
];

fn is_sender_name(name: &str) -> bool {
    (1..=NAME_CHARACTERS).contains(&name.chars().count())
        && !name.contains(char::is_control)
        // Phones show the name alone, and an address in it would be taken for the sender's.
        && !name.contains('@')
}

/// Letters, digits and hyphens between dots. It becomes part of a URL, so nothing else is allowed.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use carillon_domain::channel::Channel;

    use super::*;

    #[test]
    fn a_message_has_both_parts_and_no_injected_header() {
        let from = EmailSender {
            address: EmailAddress::parse("news@example.org").unwrap(),
            name: Some("Καμπάνα".to_owned()),
        };
        let to = EmailAddress::parse("zoe@example.com").unwrap();
        let tenant = "demo".parse().unwrap();
        let campaign = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let receiver = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let reference = Reference {
            tenant: &tenant,
            campaign: &campaign,
            receiver: &receiver,
            channel: Channel::Email,
            resend: 0,
            number: None,
        };
        let email = Email {
            to: &to,
            to_name: Some("Zoë\r\nBcc: x@example.com"),
            subject: "Γεια σου, Zoë",
            html: "<p>Γεια</p>",
            text: "Γεια",
            unsubscribe_url: Some("https://example.org/unsubscribe/x"),
            reply_to: Some(&EmailAddress::parse("service@example.org").unwrap()),
            reference,
        };
        let raw = String::from_utf8(email.write(&from).unwrap()).unwrap();
        assert!(raw.contains("multipart/alternative"), "{raw}");
        assert!(
            raw.contains("text/html") && raw.contains("text/plain"),
            "{raw}"
        );
        assert!(raw.contains("<0123456789abcdef0123456789abcdef.019a0000-0000-7000-8000-000000000000@example.org>"), "{raw}");
        for header in [
            "List-Unsubscribe: <https://example.org/unsubscribe/x>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Reply-To: <service@example.org>\r\n",
        ] {
            assert!(raw.contains(header), "{raw}");
        }
        assert!(
            !raw.lines()
                .any(|line| line.to_lowercase().starts_with("bcc:")),
            "{raw}"
        );
    }
}
