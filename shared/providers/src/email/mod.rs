//! Email providers.

pub mod ses;
pub mod ses_events;

use std::io;

use carillon_domain::{
    address::EmailAddress,
    id::{CampaignId, ReceiverId},
};
use mail_builder::MessageBuilder;

use crate::Reference;

/// The parts of a MIME message.
#[derive(Debug, Clone)]
pub(crate) struct Mime<'a> {
    pub(crate) from: &'a EmailAddress,
    pub(crate) from_name: Option<&'a str>,
    pub(crate) to: &'a EmailAddress,
    pub(crate) to_name: Option<&'a str>,
    pub(crate) subject: &'a str,
    pub(crate) html: &'a str,
    pub(crate) text: &'a str,
}

/// The Message-ID of a delivery: the same at every attempt, so that a mailbox can tell a repetition.
fn message_id(campaign: &CampaignId, receiver: &ReceiverId, from: &EmailAddress) -> String {
    let domain = from.expose().rsplit('@').next().unwrap_or("localhost");
    format!("{receiver}.{campaign}@{domain}")
}

impl Mime<'_> {
    /// The message as bytes: text and HTML as alternatives (RFC 2046, 5.1.4).
    pub(crate) fn write(&self, reference: Reference<'_>) -> io::Result<Vec<u8>> {
        let address = |name: Option<&str>, address: &EmailAddress| match name {
            Some(name) => mail_builder::headers::address::Address::new_address(
                Some(name.to_owned()),
                address.expose().to_owned(),
            ),
            None => mail_builder::headers::address::Address::new_address(
                None::<String>,
                address.expose().to_owned(),
            ),
        };
        MessageBuilder::new()
            .message_id(message_id(
                reference.campaign,
                reference.receiver,
                self.from,
            ))
            .from(address(self.from_name, self.from))
            .to(address(self.to_name, self.to))
            .subject(self.subject)
            .text_body(self.text)
            .html_body(self.html)
            .write_to_vec()
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::channel::Channel;

    use super::*;

    #[test]
    fn a_message_has_both_parts_and_no_smuggled_header() {
        let from = EmailAddress::parse("news@example.org").unwrap();
        let to = EmailAddress::parse("zoe@example.com").unwrap();
        let tenant = "demo".parse().unwrap();
        let campaign = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let receiver = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let mime = Mime {
            from: &from,
            from_name: Some("Καμπάνα"),
            to: &to,
            to_name: Some("Zoë\r\nBcc: x@example.com"),
            subject: "Γεια σου, Zoë",
            html: "<p>Γεια</p>",
            text: "Γεια",
        };
        let reference = Reference {
            tenant: &tenant,
            campaign: &campaign,
            receiver: &receiver,
            channel: Channel::Email,
            resend: 0,
            number: None,
        };
        let raw = String::from_utf8(mime.write(reference).unwrap()).unwrap();
        assert!(raw.contains("multipart/alternative"), "{raw}");
        assert!(
            raw.contains("text/html") && raw.contains("text/plain"),
            "{raw}"
        );
        assert!(raw.contains("<0123456789abcdef0123456789abcdef.019a0000-0000-7000-8000-000000000000@example.org>"), "{raw}");
        assert!(
            !raw.lines()
                .any(|line| line.to_lowercase().starts_with("bcc:")),
            "{raw}"
        );
    }
}
