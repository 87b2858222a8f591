//! WhatsApp at Infobip: `POST /whatsapp/1/message/text` and `POST /whatsapp/1/message/template`
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-outbound-messages/send-whatsapp-template-message>).
//!
//! Request errors are as in Infobip's older APIs. Its error for free text outside the reply window is not documented, so this
//! one has WhatsApp's message and a name of our own.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Answer, CallbackRequest, Infobip, Reply, Submitted, Vendor};
use super::{posted, reported, sign_in, status, time};
use crate::simulator::calls::{Call, Message, Provider, SmsMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, Named};
use crate::simulator::windows::FreeText;

/// Maximum length of a text.
const TEXT_CHARACTERS: usize = 4096;
/// Maximum length of a template's name.
const NAME_CHARACTERS: usize = 512;
/// The code for free text outside the reply window.
const TOO_LATE: &str = "REJECTED_RE_ENGAGEMENT";
/// The code of an invalid request.
const BAD_REQUEST: &str = "BAD_REQUEST";

pub(in crate::simulator) struct InfobipWhatsApp;

/// A list of templates, or a single free text, limited to the fields used here.
#[derive(Deserialize)]
struct Templates {
    #[serde(default)]
    messages: Vec<Outgoing>,
}

/// A message to send.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    content: Content,
    callback_data: Option<String>,
    notify_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    text: Option<String>,
    template_name: Option<String>,
    template_data: Value,
    language: Option<String>,
}

impl Outgoing {
    fn shown(&self) -> Message {
        let content = &self.content;
        let text = match (&content.text, &content.template_name) {
            (Some(text), _) => text.clone(),
            (None, Some(name)) => format!("{name} {}", content.template_data),
            (None, None) => String::new(),
        };
        let mut attributes = Named::from([("from".to_owned(), self.from.clone())]);
        let more = [
            ("callbackData", &self.callback_data),
            ("notifyUrl", &self.notify_url),
            ("templateName", &content.template_name),
            ("language", &content.language),
        ];
        for (name, value) in more {
            attributes.extend(value.clone().map(|value| (name.to_owned(), value)));
        }
        Message::Sms(SmsMessage {
            phone_number: format!("+{}", self.to),
            text,
            attributes,
        })
    }

    /// A validation error: the property and the message.
    fn fault(&self, is_template: bool) -> Option<(&'static str, &'static str)> {
        let content = &self.content;
        let text = content.text.as_deref().unwrap_or_default();
        let name = content.template_name.as_deref().unwrap_or_default();
        let is_name = (1..=NAME_CHARACTERS).contains(&name.len())
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !is_number(&self.from) {
            Some(("from", "is not a valid sender"))
        } else if !is_number(&self.to) {
            Some(("to", "is not a valid number"))
        } else if !is_template && text.is_empty() {
            Some(("content.text", "must not be blank"))
        } else if text.chars().count() > TEXT_CHARACTERS {
            Some(("content.text", "is too long"))
        } else if is_template && !is_name {
            Some(("content.templateName", "is not a valid name"))
        } else if is_template && content.language.is_none() {
            Some(("content.language", "must not be null"))
        } else if is_template && !content.template_data["body"]["placeholders"].is_array() {
            Some(("content.templateData.body.placeholders", "must not be null"))
        } else {
            None
        }
    }
}

fn is_number(digits: &str) -> bool {
    (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl Vendor for InfobipWhatsApp {
    const PROVIDER: Provider = Provider::InfobipWhatsApp;
    const OPERATION: &'static str = "SendWhatsAppMessage";
    const ROUTES: &'static [&'static str] = &[
        "/{host}/whatsapp/1/message/text",
        "/{host}/whatsapp/1/message/template",
    ];

    fn message_id() -> String {
        Uuid::new_v4().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request).map_err(|refusal| match refusal.status {
            401 => Refusal::new(401, "UNAUTHORIZED", message("UNAUTHORIZED", &[])),
            _ => refusal,
        })?;
        let unreadable = |error: serde_json::Error| bad_request("body", &error.to_string());
        let is_template = request.path.ends_with("/template");
        let outgoing = match is_template {
            true => {
                let templates: Templates =
                    serde_json::from_slice(&request.body).map_err(unreadable)?;
                // Infobip accepts several at once; only one is used here.
                let first = templates.messages.into_iter().next();
                first.ok_or_else(|| bad_request("messages", "must not be empty"))?
            }
            false => serde_json::from_slice::<Outgoing>(&request.body).map_err(unreadable)?,
        };
        draft.recipients = vec![format!("+{}", outgoing.to)];
        draft.message = Some(outgoing.shown());
        if let Some((property, fault)) = outgoing.fault(is_template) {
            return Err(bad_request(property, fault));
        }
        if !is_template {
            let refusal = Refusal::new(200, TOO_LATE, message(TOO_LATE, &[]));
            draft.free_text = Some(FreeText::new(&outgoing.from, &outgoing.to, refusal));
        }
        let taken = json!({
            "to": outgoing.to,
            "messageCount": 1,
            "messageId": draft.message_id,
            "status": status(1, "PENDING", 7, "PENDING_ENROUTE", "Message sent to next instance"),
        });
        Ok(match is_template {
            true => {
                let bulk = draft.received_at.as_nanosecond().to_string();
                Answer::json(200, &json!({ "messages": [taken], "bulkId": bulk }))
            }
            false => Answer::json(200, &taken),
        })
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "TOO_MANY_REQUESTS", "Too many requests"),
            reject: "REJECTED_DESTINATION",
            server_error: ("GENERAL_ERROR", "Something went wrong."),
            unavailable: ("SERVICE_UNAVAILABLE", "Service unavailable."),
            status: status_of_refusal,
            message,
        };
        words.of(fault, recipients)
    }

    /// The response to a rejected message, in the format for free text, which is sufficient here.
    fn refuse(refusal: &Refusal) -> Answer {
        if refusal.code == TOO_LATE {
            let status = status(5, "REJECTED", 0, TOO_LATE, &refusal.message);
            let answer = json!({ "messageId": Self::message_id(), "status": status });
            return Answer::json(200, &answer);
        }
        if super::rejection(&refusal.code).is_some() {
            return Infobip::refuse(refusal);
        }
        let mut exception = Map::from_iter([
            ("messageId".to_owned(), json!(refusal.code)),
            ("text".to_owned(), json!(refusal.message)),
        ]);
        let violation = refusal.message.split_once(": ");
        if let Some((property, violation)) = violation.filter(|_| refusal.code == BAD_REQUEST) {
            exception.insert("text".to_owned(), json!("Bad request"));
            let violations = json!({ property: [violation] });
            exception.insert("validationErrors".to_owned(), violations);
        }
        let problem = json!({ "requestError": { "serviceException": exception } });
        Answer::json(refusal.status, &problem)
    }

    fn callback_url(call: &Call) -> Option<String> {
        call.sms()?.attributes.get("notifyUrl").cloned()
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        if kind == EventKind::Opened {
            return seen(call, url, at);
        }
        let (status, error) = reported(kind)?;
        let sms = call.sms()?;
        let report = json!({
            "bulkId": "",
            "price": { "pricePerMessage": 0.21, "currency": "EUR" },
            "status": status,
            "error": error,
            "messageId": call.message_id.as_deref()?,
            "to": sms.phone_number.trim_start_matches('+'),
            "sentAt": time(call.received_at),
            "doneAt": time(at),
            "messageCount": 1,
            "callbackData": sms.attributes.get("callbackData"),
        });
        Some(posted(url, &json!({ "results": [report] })))
    }

    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let message = json!({
            "from": reply.from.trim_start_matches('+'),
            "to": reply.to.trim_start_matches('+'),
            "integrationType": "WHATSAPP",
            "receivedAt": time(at),
            "messageId": reply.message_id,
            "pairedMessageId": null,
            "callbackData": null,
            "message": { "type": "TEXT", "text": reply.text },
            "contact": { "name": "Somebody" },
            "price": { "pricePerMessage": 0, "currency": "EUR" },
        });
        let body = json!({ "results": [message], "messageCount": 1, "pendingMessageCount": 0 });
        Some(posted(url, &body))
    }
}

/// A seen report, which does not echo our data.
fn seen(call: &Call, url: &str, at: Timestamp) -> Option<CallbackRequest> {
    let sms = call.sms()?;
    let report = json!({
        "messageId": call.message_id.as_deref()?,
        "from": sms.attributes.get("from"),
        "to": sms.phone_number.trim_start_matches('+'),
        "sentAt": time(call.received_at),
        "seenAt": time(at),
    });
    Some(posted(url, &json!({ "results": [report] })))
}

fn bad_request(property: &str, violation: &str) -> Refusal {
    Refusal::new(400, BAD_REQUEST, format!("{property}: {violation}"))
}

fn status_of_refusal(code: &str) -> u16 {
    match code {
        "UNAUTHORIZED" => 401,
        "FORBIDDEN" => 403,
        "TOO_MANY_REQUESTS" => 429,
        TOO_LATE => 200,
        code if super::rejection(code).is_some() => 200,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let words = match (super::rejection(code), code) {
        (Some((_, _, words)), _) => words,
        (None, TOO_LATE) => {
            "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
        }
        (None, "UNAUTHORIZED") => "Invalid login details",
        _ => "Request cannot be processed.",
    };
    words.to_owned()
}
