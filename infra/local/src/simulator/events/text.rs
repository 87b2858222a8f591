//! Events in the format of AWS End User Messaging:
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::EventKind;
use crate::aws::{REGION, STACK_NAME};
use crate::simulator::calls::{Call, Provider, SmsMessage};
use crate::simulator::end_user_messaging::{CONFIGURATION_SET, CONTEXT};

/// The template's topic for its events. The account is the local AWS's default.
pub(super) fn topic() -> String {
    format!("arn:aws:sns:{REGION}:000000000000:{STACK_NAME}-text-events")
}

/// Whether the service would publish events for a call's message by itself.
pub(super) fn names_a_set(call: &Call) -> bool {
    message(call).is_some_and(|sms| sms.attributes.contains_key(CONFIGURATION_SET))
}

fn message(call: &Call) -> Option<&SmsMessage> {
    call.sms()
        .filter(|_| call.provider == Provider::EndUserMessaging)
}

/// One event. `None` if the call sent no text message through the service, or there is no such event.
pub(super) fn notice(call: &Call, kind: EventKind) -> Option<Value> {
    let (sms, message_id) = (message(call)?, call.message_id.as_deref()?);
    let (status, description, is_final, milliseconds) = described(kind)?;
    let at = call.received_at + Duration::from_millis(milliseconds);
    let attribute = |name: &str| sms.attributes.get(name).map(String::as_str);
    let context: Map<String, Value> = sms
        .attributes
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(CONTEXT)?, value)))
        .map(|(name, value)| (name.to_owned(), value.as_str().into()))
        .collect();
    Some(json!({
        "eventType": format!("TEXT_{status}"),
        "eventVersion": "1.0",
        "eventTimestamp": at.as_millisecond(),
        "isFinal": is_final,
        "originationPhoneNumber": attribute("OriginationIdentity").unwrap_or("SHARED"),
        "destinationPhoneNumber": sms.phone_number,
        "messageId": message_id,
        "messageRequestTimestamp": call.received_at.as_millisecond(),
        "messageEncoding": "GSM",
        "messageType": attribute("MessageType").unwrap_or("TRANSACTIONAL"),
        "messageStatus": status,
        "messageStatusDescription": description,
        "context": context,
        "totalMessageParts": 1,
        "totalMessagePrice": 0.00581,
        "totalCarrierFee": 0.0,
    }))
}

/// The status, its description, whether it is final, and its delay after the message. The time does not depend on when the
/// event is sent, so a repeated event is identical.
fn described(kind: EventKind) -> Option<(&'static str, &'static str, bool, u64)> {
    Some(match kind {
        EventKind::Sent => ("QUEUED", "Message is queued for delivery", false, 0),
        EventKind::Delayed => (
            "UNREACHABLE",
            "Phone is currently unreachable/unavailable",
            false,
            10,
        ),
        EventKind::Delivered => ("DELIVERED", "Message has been accepted by phone", true, 20),
        EventKind::Bounced => (
            "UNREACHABLE",
            "Phone is currently unreachable/unavailable",
            true,
            30,
        ),
        EventKind::Rejected => (
            "PROTECT_BLOCKED",
            "Message has been blocked by a protect configuration",
            true,
            80,
        ),
        EventKind::OutOfOffice | EventKind::Opened | EventKind::Clicked | EventKind::Complained => {
            return None;
        }
    })
}
