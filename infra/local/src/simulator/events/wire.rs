//! Events in SES's format:
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::EventKind;
use crate::simulator::calls::{Call, EmailMessage};

/// One entry of PutEvents, <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>.
/// `None` if the call sent no mail.
pub(super) fn entry(call: &Call, kind: EventKind) -> Option<Value> {
    let (detail_type, ..) = described(kind);
    Some(json!({
        "Source": "aws.ses",
        "DetailType": detail_type,
        "Detail": detail(call, kind)?.to_string(),
    }))
}

/// The event itself.
pub(super) fn detail(call: &Call, kind: EventKind) -> Option<Value> {
    let (email, message_id) = (call.email()?, call.message_id.as_deref()?);
    let (_, event_type, name, offset) = described(kind);
    let at = call.received_at + offset;
    let mut detail = Map::new();
    detail.insert("eventType".to_owned(), event_type.into());
    detail.insert("mail".to_owned(), mail(call, email, message_id));
    detail.insert(name.to_owned(), body(kind, call, at));
    Some(Value::Object(detail))
}

/// The names of an event in EventBridge and in SES, the object with its details, and its delay after the
/// email. The time does not depend on when the event is sent, so a repeated event is identical.
fn described(kind: EventKind) -> (&'static str, &'static str, &'static str, Duration) {
    let (detail_type, event_type, name, milliseconds) = match kind {
        EventKind::Sent => ("Email Sent", "Send", "send", 0),
        EventKind::Delayed => (
            "Email Delivery Delayed",
            "DeliveryDelay",
            "deliveryDelay",
            10,
        ),
        EventKind::Delivered => ("Email Delivered", "Delivery", "delivery", 20),
        EventKind::Bounced => ("Email Bounced", "Bounce", "bounce", 30),
        EventKind::OutOfOffice => ("Email Bounced", "Bounce", "bounce", 40),
        EventKind::Opened => ("Email Opened", "Open", "open", 50),
        EventKind::Clicked => ("Email Clicked", "Click", "click", 60),
        EventKind::Complained => ("Email Complaint Received", "Complaint", "complaint", 70),
        EventKind::Rejected => ("Email Rejected", "Reject", "reject", 80),
    };
    (
        detail_type,
        event_type,
        name,
        Duration::from_millis(milliseconds),
    )
}

fn mail(call: &Call, email: &EmailMessage, message_id: &str) -> Value {
    let mut tags: Map<String, Value> = email
        .tags
        .iter()
        .map(|(name, value)| (name.clone(), json!([value])))
        .collect();
    if let Some(set) = &email.configuration_set {
        tags.insert("ses:configuration-set".to_owned(), json!([set]));
    }
    json!({
        "timestamp": moment(call.received_at),
        "source": email.from,
        "messageId": message_id,
        "destination": call.recipients,
        "headersTruncated": false,
        "commonHeaders": { "from": [email.from], "to": email.to, "subject": email.subject },
        "tags": tags,
    })
}

fn body(kind: EventKind, call: &Call, at: Timestamp) -> Value {
    let at = moment(at);
    let recipients = |more: Value| -> Vec<Value> {
        call.recipients
            .iter()
            .map(|address| {
                let mut recipient = more.clone();
                recipient["emailAddress"] = address.as_str().into();
                recipient
            })
            .collect()
    };
    match kind {
        EventKind::Sent => json!({}),
        EventKind::Rejected => json!({ "reason": "Bad content" }),
        EventKind::Delayed => json!({
            "timestamp": at,
            "delayType": "MailboxFull",
            "delayedRecipients": recipients(json!({ "status": "4.2.2" })),
        }),
        EventKind::Delivered => json!({
            "timestamp": at,
            "recipients": call.recipients,
            "smtpResponse": "250 2.0.0 OK",
        }),
        EventKind::Bounced => json!({
            "timestamp": at,
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": recipients(json!({ "action": "failed", "status": "5.1.1" })),
        }),
        EventKind::OutOfOffice => json!({
            "timestamp": at,
            "bounceType": "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": recipients(json!({})),
        }),
        EventKind::Opened => json!({ "timestamp": at, "ipAddress": "192.0.2.1" }),
        EventKind::Clicked => json!({
            "timestamp": at,
            "ipAddress": "192.0.2.1",
            "link": "https://carillon.example/",
        }),
        EventKind::Complained => json!({
            "timestamp": at,
            "complaintSubType": null,
            "complaintFeedbackType": "abuse",
            "complainedRecipients": recipients(json!({})),
        }),
    }
}

/// A timestamp in SES's format, with milliseconds.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}
