//! SMS Portal: `POST /v3/BulkMessages` of its REST API
//! (<https://docs.smsportal.com/reference/bulkmessages_postv3>).

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider, SmsMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, Named};

/// The secret of every client id.
pub const SMSPORTAL_CLIENT_SECRET: &str = "simulated";
/// The signing key of callbacks.
pub const SMSPORTAL_SIGNATURE_KEY: &str = "simulated-signatures";
/// The signature header of callbacks.
pub const SMSPORTAL_SIGNATURE_HEADER: &str = "x-signature";
/// The timestamp header of callbacks.
pub const SMSPORTAL_TIMESTAMP_HEADER: &str = "x-timestamp";

const MAXIMUM_MESSAGES: usize = 100;
const CUSTOMER_ID_CHARACTERS: usize = 100;
const SENDER_ID_CHARACTERS: usize = 11;
/// The report's names for errors of a whole call; any other is an error of one message.
const COUNTED: [&str; 5] = [
    "noNetwork",
    "noContents",
    "contentToLong",
    "duplicates",
    "optedOuts",
];

pub(in crate::simulator) struct SmsPortal;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submission {
    send_options: Option<SendOptions>,
    #[serde(default)]
    messages: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendOptions {
    sender_id: Option<String>,
}

/// A message. A call may contain many; only one is used here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    content: String,
    #[serde(default)]
    destination: String,
    customer_id: Option<String>,
}

impl Vendor for SmsPortal {
    const PROVIDER: Provider = Provider::SmsPortal;
    const OPERATION: &'static str = "BulkMessages";
    const ROUTES: &'static [&'static str] = &["/rest.smsportal.com/v3/BulkMessages"];

    /// The id of an event: a number.
    fn message_id() -> String {
        format!("{}", Uuid::new_v4().as_u64_pair().0 % 100_000_000_000)
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let submission: Submission = serde_json::from_slice(&request.body)
            .map_err(|error| refusal("InvalidParameter.Format", error.to_string()))?;
        if submission.messages.len() > MAXIMUM_MESSAGES {
            let words = "There are more than 100 messages.";
            return Err(refusal("InvalidParameter.Format", words));
        }
        let sender_id = submission.send_options.and_then(|it| it.sender_id);
        let [entry] = <[Entry; 1]>::try_from(submission.messages).map_err(|_| {
            let words = "A required parameter was not supplied: messages.";
            refusal("RequiredParameter.Missing", words)
        })?;
        draft.recipients = vec![format!("+{}", entry.destination)];
        draft.message = Some(entry.message(sender_id.as_ref()));
        entry.check(sender_id.as_deref())?;
        let event_id = draft.message_id.parse::<u64>().unwrap_or_default();
        let answer = json!({
            "statusCode": 200,
            "errors": [],
            "sendResponse": {
                "cost": 1,
                "remainingBalance": 1500,
                "eventId": event_id,
                "sample": entry.content,
                "costBreakdown": [{ "network": "Local", "cost": 1, "quantity": 1 }],
                "messages": 1,
                "parts": 1,
                "errorReport": {
                    "noNetwork": 0,
                    "noContents": 0,
                    "contentToLong": 0,
                    "duplicates": 0,
                    "optedOuts": 0,
                    "faults": [],
                },
            },
        });
        Ok(Answer::json(200, &answer))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "TooManyRequests", "Too many requests."),
            reject: "InvalidDestination",
            server_error: ("InternalServerError", "Something went wrong."),
            unavailable: ("ServiceUnavailable", "Try again later."),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    /// A call whose only message is rejected gets status 200 and a report.
    fn refuse(refusal: &Refusal) -> Answer {
        let error = json!({ "errorCode": refusal.code, "errorMessage": refusal.message });
        let answer = match refusal.status {
            200 => {
                let count = |name: &str| u8::from(refusal.code == name);
                let is_counted = COUNTED.contains(&refusal.code.as_str());
                let fault = json!({ "status": refusal.code, "errorMessage": refusal.message });
                let faults = if is_counted { vec![] } else { vec![fault] };
                json!({
                    "statusCode": 200,
                    "errors": [],
                    "sendResponse": {
                        "cost": 0,
                        "remainingBalance": 1500,
                        "eventId": null,
                        "messages": 0,
                        "parts": 0,
                        "errorReport": {
                            "noNetwork": count("noNetwork"),
                            "noContents": count("noContents"),
                            "contentToLong": count("contentToLong"),
                            "duplicates": count("duplicates"),
                            "optedOuts": count("optedOuts"),
                            "faults": faults,
                        },
                    },
                })
            }
            401 => error,
            status => json!({ "statusCode": status, "errors": [error] }),
        };
        Answer::json(refusal.status, &answer)
    }

    fn callback_url(_: &Call) -> Option<String> {
        None
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let status = match kind {
            EventKind::Sent => "SUBMITD",
            EventKind::Delivered => "DELIVRD",
            EventKind::Bounced => "UNDELIV",
            EventKind::Rejected => "NOROUTE",
            EventKind::Delayed
            | EventKind::OutOfOffice
            | EventKind::Opened
            | EventKind::Clicked
            | EventKind::Complained => return None,
        };
        let sms = call.sms()?;
        let body = json!({
            "customerId": sms.attributes.get("customerId"),
            "eventId": call.message_id.as_ref()?.parse::<u64>().ok()?,
            "id": call.id,
            "phoneNumber": sms.phone_number.trim_start_matches('+'),
            "receivedUtc": at.as_second(),
            "sentDataType": "SMS",
            "status": status,
        });
        Some(signed(
            http::Method::POST,
            url.to_owned(),
            body.to_string(),
            at,
        ))
    }

    /// Uses a URL template, the only format for replies with documented names.
    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("IncomingID", reply.message_id)
            .append_pair("Phonenumber", reply.from.trim_start_matches('+'))
            .append_pair("To", reply.to.trim_start_matches('+'))
            .append_pair("IncomingData", reply.text)
            .append_pair("EventID", "")
            .append_pair("CustomerID", "")
            .finish();
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}{query}");
        Some(signed(http::Method::GET, url, String::new(), at))
    }
}

/// Signs `v1:{timestamp}|{METHOD}|{url}|{requestBody}`:
/// <https://docs.smsportal.com/docs/webhook-signatures>.
fn signed(method: http::Method, url: String, body: String, at: Timestamp) -> CallbackRequest {
    let timestamp = at.as_second().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SMSPORTAL_SIGNATURE_KEY.as_bytes());
    let text = format!("v1:{timestamp}|{method}|{url}|{body}");
    let signature = hex::encode(hmac::sign(&key, text.as_bytes()));
    let mut headers = vec![
        (SMSPORTAL_SIGNATURE_HEADER, signature),
        (SMSPORTAL_TIMESTAMP_HEADER, timestamp),
    ];
    if !body.is_empty() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    CallbackRequest {
        method,
        url,
        headers,
        body: body.into_bytes(),
    }
}

/// The client id.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    if request.header("authorization").is_none() {
        let words = "The required authentication header is missing.";
        return Err(refusal("AuthenticationHeader.Missing", words));
    }
    match request.basic() {
        Some((id, secret)) if !id.is_empty() && secret == SMSPORTAL_CLIENT_SECRET => Ok(id),
        _ => {
            let words = "The given credentials are invalid.";
            Err(refusal("InvalidCredentials", words))
        }
    }
}

impl Entry {
    /// Validates like SMS Portal.
    fn check(&self, sender_id: Option<&str>) -> Result<(), Refusal> {
        let is_long =
            |text: Option<&str>, maximum| text.is_some_and(|text| text.chars().count() > maximum);
        if is_long(sender_id, SENDER_ID_CHARACTERS) {
            let words = "The sender id has more than 11 characters.";
            return Err(refusal("InvalidParameter.Format", words));
        }
        if is_long(self.customer_id.as_deref(), CUSTOMER_ID_CHARACTERS) {
            let words = "The customer id has more than 100 characters.";
            return Err(refusal("InvalidParameter.Format", words));
        }
        let is_number = (7..=15).contains(&self.destination.len())
            && !self.destination.starts_with('0')
            && self.destination.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(refusal("InvalidDestination", "The destination is invalid."));
        }
        if self.content.is_empty() {
            return Err(refusal("noContents", ""));
        }
        Ok(())
    }

    fn message(&self, sender_id: Option<&String>) -> Message {
        let attributes = [
            ("customerId", self.customer_id.as_ref()),
            ("senderId", sender_id),
        ];
        let attributes = attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())))
            .collect::<Named>();
        Message::Sms(SmsMessage {
            phone_number: format!("+{}", self.destination),
            text: self.content.clone(),
            attributes,
        })
    }
}

fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(status(code), code, message)
}

/// The statuses of <https://docs.smsportal.com/docs/rest-error-codes>; errors of one message come with
/// 200.
fn status(code: &str) -> u16 {
    match code {
        "InvalidDestination" => 200,
        code if COUNTED.contains(&code) => 200,
        "InvalidCredentials"
        | "AuthenticationHeader.Missing"
        | "AuthenticationToken.Invalid"
        | "AuthenticationToken.Expired" => 401,
        "InsufficientCredits" => 403,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    match code {
        "InvalidDestination" => "The destination is invalid.".to_owned(),
        "InvalidCredentials" => "The given credentials are invalid.".to_owned(),
        "InsufficientCredits" => "The account has insufficient credits.".to_owned(),
        _ => "The request was refused.".to_owned(),
    }
}
