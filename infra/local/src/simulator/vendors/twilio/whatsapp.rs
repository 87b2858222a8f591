//! WhatsApp messages, which use Twilio's call for text messages: numbers have the prefix `whatsapp:`, and a template is named
//! by its `ContentSid`
//! (<https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder>).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ACCOUNT, Answer, CallbackRequest, Form, Reply, refusals, resource, signed};
use crate::simulator::calls::{Message, Provider, SmsMessage};
use crate::simulator::refusal::Refusal;
use crate::simulator::state::Draft;
use crate::simulator::windows::FreeText;

/// The prefix of numbers.
const PREFIX: &str = "whatsapp:";

/// A number in Twilio's format.
pub(super) fn address(number: &str) -> String {
    format!("{PREFIX}{number}")
}

/// Whether a message is to or from WhatsApp.
pub(super) fn is_meant(form: &Form) -> bool {
    ["To", "From"]
        .into_iter()
        .any(|name| form.field(name).starts_with(PREFIX))
}

/// The same as for text messages, under another name in the journal.
pub(super) fn submit(form: &Form, draft: &mut Draft) -> Result<Answer, Refusal> {
    draft.provider = Provider::TwilioWhatsApp;
    let (to, from) = (form.field("To"), form.field("From"));
    let number = to.strip_prefix(PREFIX).unwrap_or(to);
    let attributes = form.named(&["From", "StatusCallback", "ContentSid", "ContentVariables"]);
    let text = match form.field("ContentSid") {
        "" => form.field("Body").to_owned(),
        sid => format!("{sid} {}", form.field("ContentVariables")),
    };
    draft.recipients = vec![number.to_owned()];
    draft.message = Some(Message::Sms(SmsMessage {
        phone_number: number.to_owned(),
        text,
        attributes: attributes.clone(),
    }));
    if let Some(code) = fault(form, number) {
        return Err(refusals::refused(code, &draft.recipients));
    }
    if form.field("ContentSid").is_empty() {
        let refusal = refusals::refused("63016", &draft.recipients);
        draft.free_text = Some(FreeText::new(from, number, refusal));
    }
    let answer = resource(draft, to, form.field("Body"), &attributes);
    Ok(Answer::json(201, &answer))
}

/// Validates like Twilio.
fn fault(form: &Form, number: &str) -> Option<&'static str> {
    let (to, from) = (form.field("To"), form.field("From"));
    let (text, content) = (form.field("Body"), form.field("ContentSid"));
    if to.is_empty() {
        Some("21604")
    } else if from.is_empty() {
        Some("21603")
    } else if !to.starts_with(PREFIX) || !from.starts_with(PREFIX) {
        Some("21910")
    } else if !from.strip_prefix(PREFIX).is_some_and(refusals::is_e164) {
        Some("21212")
    } else if text.is_empty() && content.is_empty() {
        Some("21619")
    } else if text.chars().count() > refusals::TEXT_CHARACTERS {
        Some("21617")
    } else if !content.is_empty() && !is_content_sid(content) {
        Some("21655")
    } else if !are_variables(form.field("ContentVariables")) {
        Some("21656")
    } else {
        let attributes = form.named(&["StatusCallback"]);
        refusals::refusal_of_receiver(number).or_else(|| refusals::refusal_of_callback(&attributes))
    }
}

fn is_content_sid(text: &str) -> bool {
    text.strip_prefix("HX").is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// An object of strings, or nothing.
fn are_variables(text: &str) -> bool {
    text.is_empty() || serde_json::from_str::<BTreeMap<String, String>>(text).is_ok()
}

/// An inbound WhatsApp message.
pub(in crate::simulator::vendors) fn inbound(
    reply: &Reply<'_>,
    url: &str,
    _at: Timestamp,
) -> Option<CallbackRequest> {
    let (from, to) = (address(reply.from), address(reply.to));
    let fields = [
        ("SmsMessageSid", reply.message_id),
        ("NumMedia", "0"),
        ("ProfileName", "Somebody"),
        ("MessageType", "text"),
        ("SmsSid", reply.message_id),
        ("WaId", reply.from.trim_start_matches('+')),
        ("SmsStatus", "received"),
        ("Body", reply.text),
        ("To", to.as_str()),
        ("NumSegments", "1"),
        ("MessageSid", reply.message_id),
        ("AccountSid", ACCOUNT),
        ("From", from.as_str()),
        ("ApiVersion", "2010-04-01"),
    ];
    Some(signed(url, &fields))
}
