//! Webhooks (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages>) and their
//! signature (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications>).

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::message;
use crate::simulator::calls::Call;
use crate::simulator::events::EventKind;
use crate::simulator::vendors::{CallbackRequest, Reply};

/// The signing key of webhooks.
pub const META_APP_SECRET: &str = "simulated-app-secret";

/// The account of all numbers.
const ACCOUNT: &str = "102290129340398";
/// The display number of every sender.
const SHOWN_NUMBER: &str = "15550783881";

/// Meta's webhook for a message; `None` if there is none for this status.
pub(super) fn status(
    call: &Call,
    kind: EventKind,
    url: &str,
    at: Timestamp,
) -> Option<CallbackRequest> {
    let (status, error) = match kind {
        EventKind::Sent => ("sent", None),
        EventKind::Delivered => ("delivered", None),
        EventKind::Opened => ("read", None),
        EventKind::Bounced => ("failed", Some("131026")),
        EventKind::Rejected => ("failed", Some("131049")),
        EventKind::Delayed
        | EventKind::OutOfOffice
        | EventKind::Clicked
        | EventKind::Complained => return None,
    };
    let sms = call.sms()?;
    let errors: Vec<Value> = error
        .into_iter()
        .map(|code| {
            json!({
                "code": code.parse::<i64>().ok(),
                "title": message(code, &[]),
                "message": message(code, &[]),
                "error_data": { "details": message(code, &[]) },
                "href": "/docs/whatsapp/cloud-api/support/error-codes/",
            })
        })
        .collect();
    let mut told = json!({
        "id": call.message_id.as_deref()?,
        "status": status,
        "timestamp": at.as_second().to_string(),
        "recipient_id": sms.phone_number.trim_start_matches('+'),
    });
    // Meta guarantees it for sent, delivered and read messages.
    let data = sms.attributes.get("biz_opaque_callback_data");
    if let Some(data) = data.filter(|_| error.is_none()) {
        told["biz_opaque_callback_data"] = json!(data);
    }
    if !errors.is_empty() {
        told["errors"] = Value::Array(errors);
    }
    let metadata = metadata(&call.account);
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": metadata,
        "statuses": [told],
    });
    Some(posted(url, &value))
}

/// Meta's webhook for an inbound message to the number with an id.
pub(super) fn written(reply: &Reply<'_>, url: &str, at: Timestamp) -> CallbackRequest {
    let from = reply.from.trim_start_matches('+');
    let message = json!({
        "from": from,
        "id": reply.message_id,
        "timestamp": at.as_second().to_string(),
        "type": "text",
        "text": { "body": reply.text },
    });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": metadata(reply.to),
        "contacts": [{ "profile": { "name": "Somebody" }, "wa_id": from }],
        "messages": [message],
    });
    posted(url, &value)
}

fn metadata(phone_number_id: &str) -> Value {
    json!({ "display_phone_number": SHOWN_NUMBER, "phone_number_id": phone_number_id })
}

/// A change of the field `messages`, with a signature of the body.
fn posted(url: &str, value: &Value) -> CallbackRequest {
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": ACCOUNT, "changes": [{ "value": value, "field": "messages" }] }],
    });
    let body = body.to_string().into_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA256, META_APP_SECRET.as_bytes());
    let signature = hex::encode(hmac::sign(&key, &body));
    CallbackRequest {
        method: http::Method::POST,
        url: url.to_owned(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-hub-signature-256", format!("sha256={signature}")),
        ],
        body,
    }
}
