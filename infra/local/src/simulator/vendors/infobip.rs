//! Infobip: `POST /sms/3/messages` of its SMS API
//! (<https://www.infobip.com/docs/developer-resources/quickstart>).
//!
//! Infobip answers a rejected message with status 200 and the status of the message. A fault with
//! one of these statuses as its code is answered like that; all others are errors of the request.

mod submission;
pub(super) mod whatsapp;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::Draft;
use submission::Submission;

/// The API key of every account.
pub const INFOBIP_API_KEY: &str = "simulated";

/// The suffix of every account's base URL.
const DOMAIN: &str = ".api.infobip.com";

/// The statuses of messages rejected at once, with their ids and descriptions
/// (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>).
const REJECTIONS: [(&str, u32, &str); 11] = [
    ("REJECTED_NETWORK", 6, "Network is forbidden"),
    ("REJECTED_PREFIX_MISSING", 8, "Number prefix missing"),
    ("REJECTED_DND", 10, "Destination is on the DND list"),
    ("REJECTED_SOURCE", 11, "Sender is not registered"),
    ("REJECTED_NOT_ENOUGH_CREDITS", 12, "Not enough credits"),
    ("REJECTED_SENDER", 13, "Sender is blocklisted"),
    (
        "REJECTED_DESTINATION_BLOCKLISTED",
        14,
        "Destination is blocklisted",
    ),
    (
        "REJECTED_FLOODING_FILTER",
        20,
        "Rejected by the anti-flooding mechanism",
    ),
    (
        "REJECTED_SYSTEM_ERROR",
        21,
        "Rejected because of a system error",
    ),
    ("REJECTED_MESSAGE_TOO_LONG", 25, "Message is too long"),
    ("REJECTED_DESTINATION", 52, "Destination is invalid"),
];

pub(in crate::simulator) struct Infobip;

impl Vendor for Infobip {
    const PROVIDER: Provider = Provider::Infobip;
    const OPERATION: &'static str = "SendSmsMessages";
    const ROUTES: &'static [&'static str] = &["/{host}/sms/3/messages"];

    fn message_id() -> String {
        Uuid::new_v4().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let submission: Submission = serde_json::from_slice(&request.body)
            .map_err(|error| bad_request("body", &error.to_string()))?;
        // Infobip accepts several at once; only one is used here.
        let message = submission.messages.into_iter().next();
        let message = message.ok_or_else(|| bad_request("messages", "must not be empty"))?;
        let digits = message.digits();
        draft.recipients = vec![format!("+{digits}")];
        draft.message = Some(message.shown());
        message.check()?;
        let answer = json!({
            "bulkId": draft.received_at.as_nanosecond().to_string(),
            "messages": [{
                "messageId": draft.message_id,
                "status": status(1, "PENDING", 26, "PENDING_ACCEPTED", "Message sent to next instance"),
                "destination": digits,
                "details": { "messageCount": 1 },
            }],
        });
        Ok(Answer::json(200, &answer))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "E429", "Too many requests"),
            reject: "REJECTED_DESTINATION",
            server_error: ("E500", "Something went wrong."),
            unavailable: ("E503", "Service unavailable."),
            status: status_of_refusal,
            message: words_of_refusal,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        if let Some((name, id, _)) = rejection(&refusal.code) {
            let message = json!({
                "messageId": Self::message_id(),
                "status": status(5, "REJECTED", id, name, &refusal.message),
            });
            return Answer::json(200, &json!({ "messages": [message] }));
        }
        let violation = refusal.message.split_once(": ");
        let violations = violation
            .filter(|_| refusal.status == 400)
            .map(|(property, violation)| json!({ "property": property, "violation": violation }));
        let description = match violations {
            Some(_) => "Request cannot be processed.",
            None => refusal.message.as_str(),
        };
        let problem = json!({
            "errorCode": refusal.code,
            "description": description,
            "action": "Check the syntax, violations and adjust the request.",
            "violations": Vec::from_iter(violations),
            "resources": [],
        });
        Answer::json(refusal.status, &problem)
    }

    fn callback_url(call: &Call) -> Option<String> {
        call.sms()?.attributes.get("webhooks.delivery.url").cloned()
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let (status, error) = reported(kind)?;
        let sms = call.sms()?;
        let report = json!({
            "bulkId": call.received_at.as_nanosecond().to_string(),
            "price": { "pricePerMessage": 0.01, "currency": "EUR" },
            "status": status,
            "error": error,
            "messageId": call.message_id.as_deref()?,
            "to": sms.phone_number.trim_start_matches('+'),
            "sender": sms.attributes.get("sender"),
            "sentAt": time(call.received_at),
            "doneAt": time(at),
            "messageCount": 1,
            "callbackData": sms.attributes.get("webhooks.callbackData"),
        });
        Some(posted(url, &json!({ "results": [report] })))
    }

    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let message = json!({
            "messageId": reply.message_id,
            "from": reply.from.trim_start_matches('+'),
            "to": reply.to.trim_start_matches('+'),
            "text": reply.text,
            "cleanText": reply.text,
            "keyword": null,
            "receivedAt": time(at),
            "smsCount": 1,
            "price": { "pricePerMessage": 0, "currency": "EUR" },
            "callbackData": null,
        });
        let body = json!({ "results": [message], "messageCount": 1, "pendingMessageCount": 0 });
        Some(posted(url, &body))
    }
}

/// The base URL, which identifies the account, because all have the same key.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    let host = request.path.split('/').nth(1).unwrap_or_default();
    if !host.ends_with(DOMAIN) {
        return Err(Refusal::new(404, "E404", "There is no such host."));
    }
    let authorization = request.header("authorization");
    match authorization.and_then(|value| value.strip_prefix("App ")) {
        Some(INFOBIP_API_KEY) => Ok(host.to_owned()),
        _ => Err(Refusal::new(401, "E401", words_of_refusal("E401", &[]))),
    }
}

fn bad_request(property: &str, violation: &str) -> Refusal {
    Refusal::new(400, "E400", format!("{property}: {violation}"))
}

fn rejected(name: &str) -> Refusal {
    Refusal::new(200, name, words_of_refusal(name, &[]))
}

fn rejection(code: &str) -> Option<(&'static str, u32, &'static str)> {
    REJECTIONS.into_iter().find(|(name, ..)| *name == code)
}

fn status_of_refusal(code: &str) -> u16 {
    match code {
        "E401" => 401,
        "E403" => 403,
        "E404" => 404,
        "E429" => 429,
        code if rejection(code).is_some() => 200,
        _ => 400,
    }
}

fn words_of_refusal(code: &str, _recipients: &[String]) -> String {
    let words = match (rejection(code), code) {
        (Some((_, _, words)), _) => words,
        (None, "E401") => "The request lacks valid credentials.",
        (None, "E403") => "The credentials do not allow the request.",
        _ => "Request cannot be processed.",
    };
    words.to_owned()
}

/// The final status and error that a report on a message has; `None` if there is none for this event. Only a message
/// that requests intermediate reports has reports before the final one.
fn reported(kind: EventKind) -> Option<(Value, Value)> {
    Some(match kind {
        EventKind::Delivered => (
            status(
                3,
                "DELIVERED",
                5,
                "DELIVERED_TO_HANDSET",
                "Message delivered to handset",
            ),
            error(0, "OK", 0, "NO_ERROR", "No Error"),
        ),
        EventKind::Bounced => (
            status(
                2,
                "UNDELIVERABLE",
                9,
                "UNDELIVERABLE_NOT_DELIVERED",
                "Message sent not delivered",
            ),
            error(
                1,
                "HANDSET_ERRORS",
                1,
                "EC_UNKNOWN_SUBSCRIBER",
                "Unknown Subscriber",
            ),
        ),
        EventKind::Rejected => (
            status(
                5,
                "REJECTED",
                14,
                "REJECTED_DESTINATION_BLOCKLISTED",
                "Destination is blocklisted",
            ),
            error(0, "OK", 0, "NO_ERROR", "No Error"),
        ),
        EventKind::Sent
        | EventKind::Delayed
        | EventKind::OutOfOffice
        | EventKind::Opened
        | EventKind::Clicked
        | EventKind::Complained => return None,
    })
}

fn status(group: u32, group_name: &str, id: u32, name: &str, description: &str) -> Value {
    json!({
        "groupId": group,
        "groupName": group_name,
        "id": id,
        "name": name,
        "description": description,
    })
}

fn error(group: u32, group_name: &str, id: u32, name: &str, description: &str) -> Value {
    let mut error = status(group, group_name, id, name, description);
    error["permanent"] = Value::Bool(id != 0);
    error
}

/// A time such as `2019-11-09T16:00:00.000+0000`.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn posted(url: &str, body: &Value) -> CallbackRequest {
    CallbackRequest {
        method: http::Method::POST,
        url: url.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}
