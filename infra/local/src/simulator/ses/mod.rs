//! Amazon SES, API version 2: `SendEmail` and `SendBulkEmail`.

mod address;
mod bulk;
mod compose;
mod template;
mod wire;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::calls::{Message, Provider};
use super::faults::Reach;
use super::mime;
use super::refusal::Refusal;
use super::signature;
use super::state::{Draft, Named, SharedState, Verdict};
use address::{Mailbox, check_address};
use compose::{Envelope, Pieces, compose};
use wire::{Destination, EmailContent, SendEmail, Tag, Text};

/// Maximum size of an encoded message.
const MAXIMUM_MESSAGE_BYTES: usize = 40 * 1024 * 1024;

/// Maximum size of a request: the largest message in base64, plus the rest of the request.
const MAXIMUM_REQUEST_BYTES: usize = 64 * 1024 * 1024;

const MAXIMUM_RECIPIENTS: usize = 50;

/// The routes of SES.
pub(super) fn routes() -> Router<SharedState> {
    Router::new()
        .route("/v2/email/outbound-emails", post(send_email))
        .route(
            "/v2/email/outbound-bulk-emails",
            post(bulk::send_bulk_email),
        )
        .layer(DefaultBodyLimit::max(MAXIMUM_REQUEST_BYTES))
}

async fn send_email(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let mut draft = Draft::new(Provider::Ses, "SendEmail");
    let verdict = match read(&headers, body, &mut draft) {
        Ok(()) => state.judge(&draft, Reach::Call),
        Err(refusal) => Verdict::refused(refusal),
    };
    let message_id = draft.message_id.clone();
    let status = verdict.status();
    state.keep(draft, &verdict, status);
    verdict
        .conclude(
            || {
                answer(
                    StatusCode::OK,
                    &serde_json::json!({ "MessageId": message_id }),
                )
            },
            refuse,
        )
        .await
}

fn read(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    draft.account = check_signature(headers)?;
    let request: SendEmail = parse(body)?;
    let tags = read_tags(&request.email_tags)?;
    if let Some(destination) = &request.destination {
        draft.recipients = bare_recipients(destination);
    }
    let mut rendering_failure = None;
    let EmailContent {
        simple,
        raw,
        template,
    } = request.content;
    let (raw, bcc) = match (simple, raw, template) {
        (None, Some(raw), None) => {
            let from = request.from_email_address.as_deref();
            (
                read_raw(&raw.data, from, request.destination.as_ref(), draft)?,
                Vec::new(),
            )
        }
        (Some(simple), None, None) => {
            let envelope = read_envelope(
                request.from_email_address.as_deref(),
                request.destination.as_ref(),
                &request.reply_to_addresses,
            )?;
            let body = simple.body.unwrap_or_default();
            let pieces = Pieces {
                subject: simple.subject.map(Text::into_delivered).unwrap_or_default(),
                text: body.text.map(Text::into_delivered),
                html: body.html.map(Text::into_delivered),
                headers: simple.headers,
                attachments: simple.attachments,
            };
            if pieces.text.is_none() && pieces.html.is_none() {
                return Err(Refusal::bad_request(
                    "The body of the message needs Text or Html.",
                ));
            }
            let raw = compose(&envelope, pieces, &draft.message_id)?;
            (raw, addresses(&envelope.bcc))
        }
        (None, None, Some(template)) => {
            let envelope = read_envelope(
                request.from_email_address.as_deref(),
                request.destination.as_ref(),
                &request.reply_to_addresses,
            )?;
            let values = template::read_values(template.template_data.as_deref())?;
            let rendered = template::render(template::content(&template)?, &values);
            rendering_failure = rendered.failure;
            let pieces = Pieces {
                subject: rendered.subject,
                text: rendered.text,
                html: rendered.html,
                headers: template.headers,
                attachments: template.attachments,
            };
            let raw = compose(&envelope, pieces, &draft.message_id)?;
            (raw, addresses(&envelope.bcc))
        }
        _ => {
            return Err(Refusal::bad_request(
                "Content must have exactly one of Simple, Raw and Template.",
            ));
        }
    };
    finish(draft, raw, |email| {
        email.bcc.extend(bcc);
        email.tags = tags;
        email.configuration_set = request.configuration_set_name;
        email.rendering_failure = rendering_failure;
    })
}

/// Parses the message from its MIME and records both.
fn finish(
    draft: &mut Draft,
    raw: Vec<u8>,
    complete: impl FnOnce(&mut super::calls::EmailMessage),
) -> Result<(), Refusal> {
    let size = raw.len();
    draft.raw = Some(raw.into());
    let mut read = mime::read(draft.raw.as_deref().unwrap_or_default())
        .ok_or_else(|| Refusal::bad_request("The message cannot be parsed."))?;
    complete(&mut read.email);
    draft.message = Some(Message::Email(Box::new(read.email)));
    if size > MAXIMUM_MESSAGE_BYTES {
        return Err(Refusal::bad_request(format!(
            "Message length is more than {MAXIMUM_MESSAGE_BYTES} bytes long: '{size}'."
        )));
    }
    Ok(())
}

fn read_raw(
    data: &str,
    from: Option<&str>,
    destination: Option<&Destination>,
    draft: &mut Draft,
) -> Result<Vec<u8>, Refusal> {
    let raw = STANDARD
        .decode(data)
        .map_err(|_| Refusal::new(400, "SerializationException", "Raw data is not base64."))?;
    if raw.is_empty() {
        return Err(Refusal::bad_request("The raw message is empty."));
    }
    let read =
        mime::read(&raw).ok_or_else(|| Refusal::bad_request("The message cannot be parsed."))?;
    draft.raw = Some(Bytes::copy_from_slice(&raw));
    draft.message = Some(Message::Email(Box::new(read.email)));
    match destination {
        Some(destination) if destination.len() > 0 => check_destination(destination)?,
        _ => {
            draft.recipients = read.recipients;
            check_count(draft.recipients.len())?;
            for recipient in &draft.recipients {
                check_address(recipient)?;
            }
        }
    }
    if let Some(from) = from {
        Mailbox::parse(from)?;
    }
    if read.from.is_empty() {
        return Err(Refusal::bad_request("Missing required header 'From'."));
    }
    for address in &read.from {
        check_address(address)?;
    }
    Ok(raw)
}

fn read_envelope(
    from: Option<&str>,
    destination: Option<&Destination>,
    reply_to: &[String],
) -> Result<Envelope, Refusal> {
    let from = from.ok_or_else(|| Refusal::bad_request("FromEmailAddress is required."))?;
    let destination =
        destination.ok_or_else(|| Refusal::bad_request("Destination is required."))?;
    check_count(destination.len())?;
    Ok(Envelope {
        from: Mailbox::parse(from)?,
        to: Mailbox::parse_all(&destination.to_addresses)?,
        cc: Mailbox::parse_all(&destination.cc_addresses)?,
        bcc: Mailbox::parse_all(&destination.bcc_addresses)?,
        reply_to: Mailbox::parse_all(reply_to)?,
    })
}

fn check_destination(destination: &Destination) -> Result<(), Refusal> {
    check_count(destination.len())?;
    for list in [
        &destination.to_addresses,
        &destination.cc_addresses,
        &destination.bcc_addresses,
    ] {
        Mailbox::parse_all(list)?;
    }
    Ok(())
}

fn check_count(recipients: usize) -> Result<(), Refusal> {
    match recipients {
        0 => Err(Refusal::bad_request(
            "Missing destination: at least one recipient is required.",
        )),
        1..=MAXIMUM_RECIPIENTS => Ok(()),
        _ => Err(Refusal::bad_request(format!(
            "Recipient count exceeds {MAXIMUM_RECIPIENTS}."
        ))),
    }
}

/// The bare addresses of a destination; unparseable ones stay as written.
fn bare_recipients(destination: &Destination) -> Vec<String> {
    [
        &destination.to_addresses,
        &destination.cc_addresses,
        &destination.bcc_addresses,
    ]
    .into_iter()
    .flatten()
    .map(|text| Mailbox::parse(text).map_or_else(|_| text.clone(), |mailbox| mailbox.address))
    .collect()
}

fn addresses(mailboxes: &[Mailbox]) -> Vec<String> {
    mailboxes
        .iter()
        .map(|mailbox| mailbox.address.clone())
        .collect()
}

fn read_tags(tags: &[Tag]) -> Result<Named, Refusal> {
    let is_valid = |text: &str| {
        (1..=256).contains(&text.len())
            && text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@')
            })
    };
    let mut named = Named::new();
    for Tag { name, value } in tags {
        for (what, text) in [("name", name), ("value", value)] {
            if !is_valid(text) {
                return Err(Refusal::bad_request(format!(
                    "Invalid tag {what} <{text}>: only alphanumeric ASCII characters, '_', '-', '.' and '@' are allowed."
                )));
            }
        }
        if named.insert(name.clone(), value.clone()).is_some() {
            return Err(Refusal::bad_request(format!(
                "Duplicate tag name <{name}>."
            )));
        }
    }
    Ok(named)
}

fn check_signature(headers: &HeaderMap) -> Result<String, Refusal> {
    signature::check(headers, "ses").map_err(signature::SignatureError::in_json)
}

fn parse<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let body = body.map_err(|rejection| {
        Refusal::new(
            rejection.status().as_u16(),
            "RequestEntityTooLarge",
            rejection.body_text(),
        )
    })?;
    serde_json::from_slice(&body)
        .map_err(|error| Refusal::new(400, "SerializationException", error.to_string()))
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// An error in the SDKs' format: the code in a header, the message in the body.
fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = answer(status, &serde_json::json!({ "message": refusal.message }));
    let headers = response.headers_mut();
    if let Ok(code) = HeaderValue::from_str(&refusal.code) {
        headers.insert("x-amzn-errortype", code);
    }
    if let Some(seconds) = refusal.retry_after_seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}
