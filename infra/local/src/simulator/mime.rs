//! Parses a message from its MIME, so that it is shown as sent.

use mail_parser::{Address, Message, MessageParser, MimeHeaders as _, PartType};

use super::calls::{Attachment, EmailMessage, Header};

/// A message and the bare addresses of its headers.
pub(super) struct ReadMessage {
    pub(super) email: EmailMessage,
    pub(super) from: Vec<String>,
    pub(super) recipients: Vec<String>,
}

/// Parses a message; none if it has no header.
pub(super) fn read(raw: &[u8]) -> Option<ReadMessage> {
    let message = MessageParser::default().parse(raw)?;
    let email = EmailMessage {
        from: display(message.from())
            .into_iter()
            .next()
            .unwrap_or_default(),
        to: display(message.to()),
        cc: display(message.cc()),
        bcc: display(message.bcc()),
        reply_to: display(message.reply_to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.text_bodies().find_map(|part| match &part.body {
            PartType::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        }),
        html: message.html_bodies().find_map(|part| match &part.body {
            PartType::Html(html) => Some(html.clone().into_owned()),
            _ => None,
        }),
        headers: headers(&message),
        attachments: message
            .attachments()
            .map(|part| Attachment {
                file_name: part.attachment_name().map(str::to_owned),
                content_type: part.content_type().map_or_else(
                    || "application/octet-stream".to_owned(),
                    |content_type| match content_type.subtype() {
                        Some(subtype) => format!("{}/{subtype}", content_type.ctype()),
                        None => content_type.ctype().to_owned(),
                    },
                ),
                size: part.len(),
            })
            .collect(),
        ..EmailMessage::default()
    };
    let recipients = [message.to(), message.cc(), message.bcc()]
        .into_iter()
        .flat_map(addresses)
        .collect();
    Some(ReadMessage {
        email,
        from: addresses(message.from()),
        recipients,
    })
}

fn display(mailboxes: Option<&Address<'_>>) -> Vec<String> {
    mailboxes
        .into_iter()
        .flat_map(Address::iter)
        .map(|mailbox| {
            let address = mailbox.address().unwrap_or_default();
            match mailbox.name() {
                Some(name) => format!("{name} <{address}>"),
                None => address.to_owned(),
            }
        })
        .collect()
}

fn addresses(mailboxes: Option<&Address<'_>>) -> Vec<String> {
    mailboxes
        .into_iter()
        .flat_map(Address::iter)
        .map(|mailbox| mailbox.address().unwrap_or_default().to_owned())
        .collect()
}

fn headers(message: &Message<'_>) -> Vec<Header> {
    message
        .headers_raw()
        .map(|(name, value)| Header {
            name: name.to_owned(),
            value: value.replace(['\r', '\n'], "").trim().to_owned(),
        })
        .collect()
}
