//! Clickatell: `POST /v1/message` of its One API
//! (<https://help.clickatell.com/developers-api-reference/reference/one-api>).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider, SmsMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, Named};

/// The only API key.
pub const CLICKATELL_API_KEY: &str = "simulated";

const MAXIMUM_MESSAGES: usize = 200;
/// The integration's name in callbacks.
const INTEGRATION: &str = "fa8090815f05d5ed015f0b5b56080cd2";
/// The error codes for a whole call rather than for one message.
const OF_CALL: [&str; 10] = ["1", "2", "3", "7", "18", "19", "21", "22", "41", "43"];

pub(in crate::simulator) struct Clickatell;

#[derive(Deserialize)]
struct Submission {
    messages: Vec<Entry>,
}

/// A message. A call may contain many; only one is used here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    channel: Option<String>,
    #[serde(default)]
    to: String,
    from: Option<String>,
    #[serde(default)]
    content: String,
    client_message_id: Option<String>,
}

impl Vendor for Clickatell {
    const PROVIDER: Provider = Provider::Clickatell;
    const OPERATION: &'static str = "SendMessage";
    const ROUTES: &'static [&'static str] = &["/platform.clickatell.com/v1/message"];

    fn message_id() -> String {
        Uuid::new_v4().simple().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        if request.header("authorization") != Some(CLICKATELL_API_KEY) {
            return Err(refusal("1", "Invalid or missing integration API Key"));
        }
        CLICKATELL_API_KEY.clone_into(&mut draft.account);
        let submission: Submission = serde_json::from_slice(&request.body)
            .map_err(|_| refusal("21", "Payload data is malformed"))?;
        if submission.messages.len() > MAXIMUM_MESSAGES {
            let words = "Maximum messages per request payload exceeded";
            return Err(refusal("22", words));
        }
        let [entry] = <[Entry; 1]>::try_from(submission.messages)
            .map_err(|_| refusal("23", "Invalid or missing parameter: messages"))?;
        draft.recipients = vec![format!("+{}", entry.to)];
        draft.message = Some(entry.message());
        entry.check()?;
        let answer = json!({
            "messages": [{
                "apiMessageId": draft.message_id,
                "accepted": true,
                "to": entry.to,
                "error": null,
            }],
            "error": null,
        });
        Ok(Answer::json(202, &answer))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (400, "43", "Rate limit"),
            reject: "25",
            server_error: ("18", "Internal error"),
            unavailable: ("19", "Internal error, please retry"),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let code: Value = refusal
            .code
            .parse::<u32>()
            .map_or_else(|_| json!(refusal.code), |code| json!(code));
        let error = json!({ "code": code, "description": refusal.message });
        let answer = if OF_CALL.contains(&refusal.code.as_str()) {
            json!({ "messages": [], "error": error })
        } else {
            let handled = json!({ "apiMessageId": null, "accepted": false, "error": error });
            json!({ "messages": [handled], "error": null })
        };
        Answer::json(refusal.status, &answer)
    }

    fn callback_url(_: &Call) -> Option<String> {
        None
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let (code, status) = match kind {
            EventKind::Sent => (4, "SENT_TO_SUPPLIER"),
            EventKind::Delivered => (5, "DEVICE_ACK"),
            EventKind::Bounced => (23, "DELIVERY_FAILURE"),
            EventKind::Rejected => (100, "ROUTING_ERROR"),
            EventKind::Delayed
            | EventKind::OutOfOffice
            | EventKind::Opened
            | EventKind::Clicked
            | EventKind::Complained => return None,
        };
        let sms = call.sms()?;
        let update = json!({
            "channel": "sms",
            "messageId": call.message_id.as_ref()?,
            "clientMessageId": sms.attributes.get("clientMessageId"),
            "to": sms.phone_number.trim_start_matches('+'),
            "timestamp": at.as_millisecond(),
            "statusCode": code,
            "status": status,
        });
        Some(callback(url, &json!({ "messageStatusUpdate": [update] })))
    }

    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let text = json!({
            "channel": "sms",
            "messageId": reply.message_id,
            "relatedMessageId": null,
            "relatedClientMessageId": null,
            "from": reply.from.trim_start_matches('+'),
            "to": reply.to.trim_start_matches('+'),
            "timestamp": at.as_millisecond(),
            "content": reply.text,
            "charset": "UTF-8",
            "sms": { "network": null },
        });
        Some(callback(url, &json!({ "moText": [text] })))
    }
}

/// An unsigned event.
fn callback(url: &str, event: &Value) -> CallbackRequest {
    let body = json!({
        "integrationId": INTEGRATION,
        "integrationName": "Simulated",
        "event": event,
    });
    CallbackRequest {
        method: http::Method::POST,
        url: url.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

impl Entry {
    /// Validates like Clickatell.
    fn check(&self) -> Result<(), Refusal> {
        if self.channel.as_deref().is_some_and(|it| it != "sms") {
            let words = "Channel is not available on integration";
            return Err(refusal("39", words));
        }
        let is_number = (7..=15).contains(&self.to.len())
            && !self.to.starts_with('0')
            && self.to.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            let words = format!("Invalid recipient address: {}", self.to);
            return Err(refusal("25", words));
        }
        if self.content.is_empty() {
            return Err(refusal("23", "Invalid or missing parameter: content"));
        }
        Ok(())
    }

    fn message(&self) -> Message {
        let attributes = [
            ("clientMessageId", &self.client_message_id),
            ("from", &self.from),
        ];
        let attributes = attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
            .collect::<Named>();
        Message::Sms(SmsMessage {
            phone_number: format!("+{}", self.to),
            text: self.content.clone(),
            attributes,
        })
    }
}

fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(status(code), code, message)
}

/// The statuses of <https://docs.clickatell.com/channels/one-api/one-api-errors-table/>.
fn status(code: &str) -> u16 {
    match code {
        "1" | "7" => 401,
        "18" => 500,
        "19" => 503,
        "20" => 402,
        _ => 400,
    }
}

fn message(code: &str, recipients: &[String]) -> String {
    let number = recipients.first().map_or("", String::as_str);
    match code {
        "1" => "Invalid or missing integration API Key".to_owned(),
        "2" => "Account is not active".to_owned(),
        "20" => "Insufficient account balance".to_owned(),
        "25" => format!(
            "Invalid recipient address: {}",
            number.trim_start_matches('+')
        ),
        "26" => "Recipient opted out".to_owned(),
        "43" => "Rate limit".to_owned(),
        "100" => "Maximum message parts exceeded".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}
