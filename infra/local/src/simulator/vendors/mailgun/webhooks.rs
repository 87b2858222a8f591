//! Webhooks (<https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>) and their
//! signature (<https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>).

use aws_lc_rs::hmac;
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::simulator::calls::{Call, EmailMessage};
use crate::simulator::events::EventKind;
use crate::simulator::vendors::CallbackRequest;

/// The signing key of webhooks.
pub const MAILGUN_SIGNING_KEY: &str = "simulated-signing-key";

const TOKEN_CHARACTERS: usize = 50;

/// Mailgun's webhook; `None` if there is none for this status.
pub(super) fn callback(
    call: &Call,
    kind: EventKind,
    url: &str,
    at: Timestamp,
) -> Option<CallbackRequest> {
    let event = event(call, call.email()?, kind, at)?;
    let body = json!({ "signature": signature(at), "event-data": event });
    Some(CallbackRequest {
        method: Method::POST,
        url: url.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    })
}

/// Covers the time and a random token, not the event.
fn signature(at: Timestamp) -> Value {
    let timestamp = at.as_second().to_string();
    let mut token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    token.truncate(TOKEN_CHARACTERS);
    let key = hmac::Key::new(hmac::HMAC_SHA256, MAILGUN_SIGNING_KEY.as_bytes());
    let signature = hmac::sign(&key, format!("{timestamp}{token}").as_bytes());
    json!({ "timestamp": timestamp, "token": token, "signature": hex::encode(signature) })
}

fn event(call: &Call, email: &EmailMessage, kind: EventKind, at: Timestamp) -> Option<Value> {
    let id = call.message_id.as_deref()?;
    let (name, more) = described(kind)?;
    let variables: Map<String, Value> = email
        .tags
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("v:")?;
            Some((name.to_owned(), value.as_str().into()))
        })
        .collect();
    // An empty list if there are none, like Mailgun's.
    let variables = if variables.is_empty() {
        json!([])
    } else {
        Value::Object(variables)
    };
    let mut event = json!({
        "event": name,
        "id": Uuid::new_v4().simple().to_string(),
        "timestamp": at.as_duration().as_secs_f64(),
        "domain": { "name": call.account },
        "recipient": call.recipients.first()?,
        "message": {
            "headers": {
                "message-id": id,
                "from": email.from,
                "to": email.to.first(),
                "subject": email.subject,
            },
        },
        "user-variables": variables,
    });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    Some(event)
}

/// The name of an event and its specific fields.
fn described(kind: EventKind) -> Option<(&'static str, Value)> {
    Some(match kind {
        EventKind::Sent => ("accepted", json!({ "method": "HTTP" })),
        EventKind::Delayed => (
            "failed",
            json!({
                "severity": "temporary",
                "reason": "generic",
                "delivery-status": { "code": 421, "message": "retry later", "retry-seconds": 600 },
            }),
        ),
        EventKind::Delivered => (
            "delivered",
            json!({ "delivery-status": { "code": 250, "message": "OK" } }),
        ),
        EventKind::Bounced => (
            "failed",
            json!({
                "severity": "permanent",
                "reason": "bounce",
                "delivery-status": { "code": 550, "message": "5.5.0 mailbox unavailable" },
            }),
        ),
        EventKind::Opened => ("opened", json!({ "ip": "192.0.2.1" })),
        EventKind::Clicked => (
            "clicked",
            json!({ "ip": "192.0.2.1", "url": "https://carillon.example/" }),
        ),
        EventKind::Complained => ("complained", json!({})),
        EventKind::Rejected => (
            "rejected",
            json!({ "reject": { "reason": "Not allowed to send", "description": "" } }),
        ),
        EventKind::OutOfOffice => return None,
    })
}
