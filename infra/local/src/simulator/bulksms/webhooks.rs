//! BulkSMS's webhooks (<https://www.bulksms.com/developer/webhooks/>). They are not signed.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::calls::Call;
use crate::simulator::events::EventKind;
use crate::simulator::vendors::{CallbackRequest, Reply};

/// A delivery status, as sent to the account's webhook for `SENT`.
pub(in crate::simulator) fn status(
    call: &Call,
    kind: EventKind,
    url: &str,
    at: Timestamp,
) -> Option<CallbackRequest> {
    let (status, subtype) = match kind {
        EventKind::Sent => ("SENT", Value::Null),
        EventKind::Delivered => ("DELIVERED", Value::Null),
        EventKind::Bounced => ("FAILED", json!("EXPIRED")),
        EventKind::Rejected => ("FAILED", json!("NOT_SENT")),
        EventKind::Delayed
        | EventKind::OutOfOffice
        | EventKind::Opened
        | EventKind::Clicked
        | EventKind::Complained => return None,
    };
    let sms = call.sms()?;
    let message = json!({
        "id": call.message_id.as_ref()?,
        "type": "SENT",
        "from": sms.attributes.get("from"),
        "to": sms.phone_number.trim_start_matches('+'),
        "body": sms.text,
        "submission": { "date": call.received_at.to_string() },
        "status": {
            "id": format!("{status}.{}", subtype.as_str().unwrap_or("null")),
            "type": status,
            "subtype": subtype,
            "date": at.to_string(),
        },
        "userSuppliedId": sms.attributes.get("userSuppliedId"),
    });
    Some(webhook(url, "status-report", &message))
}

/// An inbound message, as sent to the webhook for `RECEIVED`.
pub(in crate::simulator) fn inbound(
    reply: &Reply<'_>,
    url: &str,
    at: Timestamp,
) -> Option<CallbackRequest> {
    let message = json!({
        "id": reply.message_id,
        "type": "RECEIVED",
        "from": reply.from.trim_start_matches('+'),
        "to": reply.to.trim_start_matches('+'),
        "body": reply.text,
        "submission": { "date": at.to_string() },
        "userSuppliedId": null,
    });
    Some(webhook(url, "incoming-message", &message))
}

fn webhook(url: &str, event: &str, message: &Value) -> CallbackRequest {
    CallbackRequest {
        method: Method::POST,
        url: url.to_owned(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-bulksms-event", event.to_owned()),
        ],
        body: json!([message]).to_string().into_bytes(),
    }
}
