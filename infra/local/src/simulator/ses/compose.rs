//! Builds the MIME of a structured message, as SES does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::address::Mailbox;
use super::wire::{Attachment, MessageHeader};
use crate::simulator::refusal::Refusal;

/// Sender and recipients.
pub(super) struct Envelope {
    pub(super) from: Mailbox,
    pub(super) to: Vec<Mailbox>,
    pub(super) cc: Vec<Mailbox>,
    pub(super) bcc: Vec<Mailbox>,
    pub(super) reply_to: Vec<Mailbox>,
}

/// The parts of a message.
pub(super) struct Pieces {
    pub(super) subject: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) headers: Vec<MessageHeader>,
    pub(super) attachments: Vec<Attachment>,
}

/// Headers that SES sets from other fields of the request.
const OWN_HEADERS: [&str; 12] = [
    "bcc",
    "cc",
    "content-disposition",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "return-path",
    "subject",
    "to",
];

/// Builds the message; Bcc recipients are only in the envelope.
pub(super) fn compose(
    envelope: &Envelope,
    pieces: Pieces,
    message_id: &str,
) -> Result<Vec<u8>, Refusal> {
    let mut builder = MessageBuilder::new()
        .header("From", envelope.from.to_header())
        .message_id(format!("{message_id}@email.amazonses.com"));
    for (name, mailboxes) in [
        ("To", &envelope.to),
        ("Cc", &envelope.cc),
        ("Reply-To", &envelope.reply_to),
    ] {
        if !mailboxes.is_empty() {
            builder = builder.header(name, Mailbox::list_to_header(mailboxes));
        }
    }
    builder = builder.subject(pieces.subject);
    check_headers(&pieces.headers)?;
    for header in pieces.headers {
        builder = builder.header(header.name, Raw::new(header.value));
    }
    if let Some(text) = pieces.text {
        builder = builder.text_body(text);
    }
    if let Some(html) = pieces.html {
        builder = builder.html_body(html);
    }
    let mut parts = Vec::new();
    for attachment in pieces.attachments {
        parts.push(attach(attachment)?);
    }
    if !parts.is_empty() {
        builder.attachments = Some(parts);
    }
    builder
        .write_to_vec()
        .map_err(|error| Refusal::bad_request(format!("The message cannot be built: {error}")))
}

fn check_headers(headers: &[MessageHeader]) -> Result<(), Refusal> {
    let mut seen: Vec<String> = Vec::new();
    for MessageHeader { name, value } in headers {
        let is_named = (1..=126).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b':');
        if !is_named {
            return Err(Refusal::bad_request(format!(
                "Invalid header name '{name}': it can contain up to 126 printable ASCII characters except for a colon."
            )));
        }
        let is_printable = value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !is_printable || value.len() > 995 || name.len() + value.len() > 996 {
            return Err(Refusal::bad_request(format!(
                "Invalid value of the header '{name}': it can contain up to 995 printable ASCII characters."
            )));
        }
        let name = name.to_ascii_lowercase();
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(Refusal::bad_request(format!(
                "The header '{name}' cannot be set here."
            )));
        }
        if seen.contains(&name) && !name.starts_with("x-") {
            return Err(Refusal::bad_request(format!("Duplicate header '{name}'.")));
        }
        seen.push(name);
    }
    Ok(())
}

fn attach(attachment: Attachment) -> Result<MimePart<'static>, Refusal> {
    let content = STANDARD.decode(&attachment.raw_content).map_err(|_| {
        Refusal::bad_request(format!(
            "The content of the attachment '{}' is not base64.",
            attachment.file_name
        ))
    })?;
    if attachment.file_name.is_empty() {
        return Err(Refusal::bad_request("An attachment needs a FileName."));
    }
    let content_type = attachment
        .content_type
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    let part = MimePart::new(content_type, content);
    let part = match (
        attachment.content_disposition.as_deref(),
        attachment.content_id,
    ) {
        (Some("INLINE"), Some(id)) => part.inline().cid(id),
        (Some("INLINE"), None) => part.inline(),
        (_, Some(id)) => part.attachment(attachment.file_name).cid(id),
        (_, None) => part.attachment(attachment.file_name),
    };
    Ok(part)
}
