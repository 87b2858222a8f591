//! Twilio: `POST /2010-04-01/Accounts/{AccountSid}/Messages.json` of Programmable Messaging
//! (<https://www.twilio.com/docs/messaging/api/message-resource>). WhatsApp messages are sent with the same call.
//!
//! Twilio's magic test numbers are rejected here too
//! (<https://www.twilio.com/docs/iam/test-credentials>).

mod refusals;
pub(super) mod whatsapp;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider, SmsMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, Named};

/// The auth token of every account, which also signs its callbacks.
pub const TWILIO_AUTH_TOKEN: &str = "simulated";
/// The secret of every API key.
pub const TWILIO_API_KEY_SECRET: &str = "simulated-key";

/// The account that owns a number.
const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// The sender number of a messaging service.
const POOL_NUMBER: &str = "+15005550006";

pub(in crate::simulator) struct Twilio;

impl Vendor for Twilio {
    const PROVIDER: Provider = Provider::Twilio;
    const OPERATION: &'static str = "CreateMessage";
    const ROUTES: &'static [&'static str] =
        &["/api.twilio.com/2010-04-01/Accounts/{account}/Messages.json"];

    fn message_id() -> String {
        format!("SM{}", Uuid::new_v4().simple())
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let form = Form(request.form());
        if whatsapp::is_meant(&form) {
            return whatsapp::submit(&form, draft);
        }
        let field = |name: &str| form.field(name);
        let to = field("To");
        let attributes = form.named(&["From", "MessagingServiceSid", "StatusCallback"]);
        draft.recipients = vec![to.to_owned()];
        draft.message = Some(Message::Sms(SmsMessage {
            phone_number: to.to_owned(),
            text: field("Body").to_owned(),
            attributes: attributes.clone(),
        }));
        refusals::check(to, field("Body"), &attributes)?;
        Ok(Answer::json(
            201,
            &resource(draft, to, field("Body"), &attributes),
        ))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "20429", "Too Many Requests"),
            reject: "21211",
            server_error: ("20500", "An internal server error has occurred"),
            unavailable: ("20503", "Service unavailable"),
            status: refusals::status,
            message: refusals::message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let code = refusal.code.parse::<u32>().ok();
        let more_info = code.map(|code| format!("https://www.twilio.com/docs/errors/{code}"));
        let problem = json!({
            "code": code,
            "message": refusal.message,
            "more_info": more_info,
            "status": refusal.status,
        });
        Answer::json(refusal.status, &problem)
    }

    fn callback_url(call: &Call) -> Option<String> {
        call.sms()?.attributes.get("StatusCallback").cloned()
    }

    fn callback(
        call: &Call,
        kind: EventKind,
        url: &str,
        _at: Timestamp,
    ) -> Option<CallbackRequest> {
        let is_whatsapp = call.provider == Provider::TwilioWhatsApp;
        let (status, error) = match kind {
            EventKind::Sent => ("sent", None),
            EventKind::Delivered => ("delivered", None),
            EventKind::Opened if is_whatsapp => ("read", None),
            EventKind::Bounced if is_whatsapp => ("undelivered", Some("63024")),
            EventKind::Rejected if is_whatsapp => ("failed", Some("63049")),
            EventKind::Bounced => ("undelivered", Some("30003")),
            EventKind::Rejected => ("failed", Some("30007")),
            EventKind::Delayed
            | EventKind::OutOfOffice
            | EventKind::Opened
            | EventKind::Clicked
            | EventKind::Complained => return None,
        };
        let id = call.message_id.as_deref()?;
        let sms = call.sms()?;
        let from = sms
            .attributes
            .get("From")
            .map_or(POOL_NUMBER, String::as_str);
        let to = match is_whatsapp {
            true => whatsapp::address(&sms.phone_number),
            false => sms.phone_number.clone(),
        };
        let mut fields = vec![
            ("SmsSid", id),
            ("SmsStatus", status),
            ("MessageStatus", status),
            ("To", to.as_str()),
            ("MessageSid", id),
            ("AccountSid", call.account.as_str()),
            ("From", from),
            ("ApiVersion", "2010-04-01"),
        ];
        fields.extend(error.map(|code| ("ErrorCode", code)));
        Some(signed(url, &fields))
    }

    fn inbound(reply: &Reply<'_>, url: &str, _at: Timestamp) -> Option<CallbackRequest> {
        let fields = [
            ("SmsMessageSid", reply.message_id),
            ("NumMedia", "0"),
            ("SmsSid", reply.message_id),
            ("SmsStatus", "received"),
            ("Body", reply.text),
            ("To", reply.to),
            ("NumSegments", "1"),
            ("MessageSid", reply.message_id),
            ("AccountSid", ACCOUNT),
            ("From", reply.from),
            ("ApiVersion", "2010-04-01"),
        ];
        Some(signed(url, &fields))
    }
}

/// The fields of a request.
struct Form(Vec<(String, String)>);

impl Form {
    /// The value of a field; empty if there is none.
    fn field(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The non-empty fields.
    fn named(&self, names: &[&str]) -> Named {
        names
            .iter()
            .map(|name| ((*name).to_owned(), self.field(name).to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

/// The account, authenticated with its token or an API key.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    let account = request.path.split('/').nth(4).unwrap_or_default();
    let is_known = request.basic().is_some_and(|(user, password)| {
        (user == account && password == TWILIO_AUTH_TOKEN)
            || (user.starts_with("SK") && password == TWILIO_API_KEY_SECRET)
    });
    if is_known && account.starts_with("AC") {
        Ok(account.to_owned())
    } else {
        Err(refusals::refused("20003", &[]))
    }
}

/// Twilio's representation of an accepted message.
fn resource(draft: &Draft, to: &str, text: &str, attributes: &Named) -> Value {
    let (account, id) = (&draft.account, &draft.message_id);
    let service = attributes.get("MessagingServiceSid");
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{id}");
    let date = draft
        .received_at
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string();
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": text,
        "date_created": date,
        "date_sent": null,
        "date_updated": date,
        "direction": "outbound-api",
        "error_code": null,
        "error_message": null,
        "from": attributes.get("From"),
        "messaging_service_sid": service,
        "num_media": "0",
        "num_segments": if service.is_some() { "0" } else { "1" },
        "price": null,
        "price_unit": null,
        "sid": id,
        "status": if service.is_some() { "accepted" } else { "queued" },
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": to,
        "uri": format!("{uri}.json"),
    })
}

/// Signs a callback's URL and sorted fields
/// (<https://www.twilio.com/docs/usage/webhooks/webhooks-security>).
fn signed(url: &str, fields: &[(&str, &str)]) -> CallbackRequest {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let mut text = url.to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    let key = hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        TWILIO_AUTH_TOKEN.as_bytes(),
    );
    let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    CallbackRequest {
        method: http::Method::POST,
        url: url.to_owned(),
        headers: vec![
            (
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            ),
            ("x-twilio-signature", signature),
        ],
        body: body.into_bytes(),
    }
}
