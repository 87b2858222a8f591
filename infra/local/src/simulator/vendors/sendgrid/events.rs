//! The Event Webhook (<https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>) and its signature.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::simulator::calls::{Call, EmailMessage};
use crate::simulator::events::EventKind;
use crate::simulator::vendors::CallbackRequest;

/// The public key of events, a SubjectPublicKeyInfo in base64, as displayed by SendGrid.
pub const SENDGRID_WEBHOOK_PUBLIC_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECOA+I58AAFrsjcqqVnzn9fWcRG3rdKQj5UaYyWc6ie0X9yWx8M6lj8hcyw2x8Mc009gcQjTCbyxc3LpO5PLkag==";

/// The private key, in PKCS #8. It signs only simulated events.
const PRIVATE_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0oCA7vpWhzuDT/BxT61hljeaiJYuIvXJiS+ybuZe5q6hRANCAAQI4D4jnwAAWuyNyqpWfOf19ZxEbet0pCPlRpjJZzqJ7Rf3JbHwzqWPyFzLDbHwxzTT2BxCNMJvLFzcuk7k8uRq";

/// SendGrid's webhook; `None` if there is none for this status.
pub(super) fn callback(
    call: &Call,
    kind: EventKind,
    url: &str,
    at: Timestamp,
) -> Option<CallbackRequest> {
    let event = event(call, call.email()?, kind, at)?;
    let body = format!("[{event}]\r\n").into_bytes();
    let timestamp = at.as_second().to_string();
    let signature = sign(&[timestamp.as_bytes(), &body].concat())?;
    Some(CallbackRequest {
        method: Method::POST,
        url: url.to_owned(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-twilio-email-event-webhook-signature", signature),
            ("x-twilio-email-event-webhook-timestamp", timestamp),
        ],
        body,
    })
}

fn event(call: &Call, email: &EmailMessage, kind: EventKind, at: Timestamp) -> Option<Value> {
    let id = call.message_id.as_deref()?;
    let (name, more) = described(kind)?;
    let mut event = Map::new();
    event.insert("email".to_owned(), call.recipients.first()?.as_str().into());
    event.insert("timestamp".to_owned(), at.as_second().into());
    event.insert("event".to_owned(), name.into());
    let smtp_id = email.header("message-id").map_or_else(
        || format!("<{id}@ismtpd0001p1iad1.sendgrid.net>"),
        str::to_owned,
    );
    event.insert("smtp-id".to_owned(), smtp_id.into());
    event.insert(
        "sg_event_id".to_owned(),
        Uuid::new_v4().simple().to_string().into(),
    );
    event.insert(
        "sg_message_id".to_owned(),
        format!("{id}.recvd-5f5fc76c-simulated-1-0.0").into(),
    );
    // Custom arguments are top-level fields.
    event.extend(
        email
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into())),
    );
    if let Value::Object(more) = more {
        event.extend(more);
    }
    Some(Value::Object(event))
}

/// The name of an event and its specific fields.
fn described(kind: EventKind) -> Option<(&'static str, Value)> {
    const USER_AGENT: &str = "Mozilla/5.0 (simulated)";
    Some(match kind {
        EventKind::Sent => ("processed", json!({})),
        EventKind::Delayed => (
            "deferred",
            json!({ "response": "400 try again later", "attempt": "5" }),
        ),
        EventKind::Delivered => ("delivered", json!({ "response": "250 OK", "tls": 1 })),
        EventKind::Bounced => (
            "bounce",
            json!({ "reason": "500 unknown recipient", "status": "5.0.0", "type": "bounce" }),
        ),
        EventKind::Opened => (
            "open",
            json!({ "useragent": USER_AGENT, "ip": "192.0.2.1", "sg_machine_open": false }),
        ),
        EventKind::Clicked => (
            "click",
            json!({ "useragent": USER_AGENT, "ip": "192.0.2.1", "url": "https://carillon.example/" }),
        ),
        EventKind::Complained => ("spamreport", json!({})),
        EventKind::Rejected => (
            "dropped",
            json!({ "reason": "Bounced Address", "status": "5.0.0" }),
        ),
        EventKind::OutOfOffice => return None,
    })
}

fn sign(message: &[u8]) -> Option<String> {
    let key = STANDARD.decode(PRIVATE_KEY).ok()?;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key).ok()?;
    let signature = key.sign(&SystemRandom::new(), message).ok()?;
    Some(STANDARD.encode(signature))
}
