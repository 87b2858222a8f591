//! Meta: `POST /{version}/{phone-number-id}/messages` of the WhatsApp Cloud API
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>), refusing with the codes of
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>, and its webhooks.

mod submission;
mod webhooks;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::Draft;
use crate::simulator::windows::FreeText;
use submission::Submission;

pub use webhooks::META_APP_SECRET;

/// The access token of every business phone number.
pub const META_ACCESS_TOKEN: &str = "simulated-access-token";
/// The verify token of the webhook handshake.
pub const META_VERIFY_TOKEN: &str = "simulated-verify-token";

pub(in crate::simulator) struct Meta;

impl Vendor for Meta {
    const PROVIDER: Provider = Provider::Meta;
    const OPERATION: &'static str = "SendMessage";
    const ROUTES: &'static [&'static str] =
        &["/graph.facebook.com/v23.0/{phone_number_id}/messages"];

    fn message_id() -> String {
        format!("wamid.{}", STANDARD.encode(Uuid::new_v4().as_bytes()))
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let submission: Submission = serde_json::from_slice(&request.body)
            .map_err(|error| Refusal::new(400, "100", error.to_string()))?;
        let number = submission.number();
        draft.recipients = vec![number.clone()];
        draft.message = Some(submission.shown());
        submission.check().map_err(refused)?;
        if submission.is_free_text() {
            let refusal = refused("131047");
            draft.free_text = Some(FreeText::new(&draft.account, &number, refusal));
        }
        let answer = json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": submission.to, "wa_id": number.trim_start_matches('+') }],
            "messages": [{ "id": draft.message_id, "message_status": "accepted" }],
        });
        Ok(Answer::json(200, &answer))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "130429", "Rate limit hit"),
            reject: "131026",
            server_error: ("131000", "Something went wrong"),
            unavailable: ("2", "Service temporarily unavailable"),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let code = refusal.code.parse::<i64>().ok();
        let error = json!({
            "message": format!("(#{}) {}", refusal.code, refusal.message),
            "type": "OAuthException",
            "code": code,
            "error_data": { "messaging_product": "whatsapp", "details": refusal.message },
            "fbtrace_id": Uuid::new_v4().simple().to_string(),
        });
        Answer::json(refusal.status, &json!({ "error": error }))
    }

    /// It is configured in the app.
    fn callback_url(_: &Call) -> Option<String> {
        None
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        webhooks::status(call, kind, url, at)
    }

    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        Some(webhooks::written(reply, url, at))
    }
}

/// The id of the number, which identifies the account, because all have the same token.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    let id = request.path.split('/').nth(3).unwrap_or_default();
    let authorization = request.header("authorization");
    match authorization.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(META_ACCESS_TOKEN) if id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(id.to_owned())
        }
        Some(META_ACCESS_TOKEN) => Err(refused("33")),
        _ => Err(refused("190")),
    }
}

fn refused(code: &str) -> Refusal {
    Refusal::new(status(code), code, message(code, &[]))
}

fn status(code: &str) -> u16 {
    match code {
        "0" | "190" => 401,
        "10" | "368" | "130497" | "131031" => 403,
        "132001" => 404,
        "4" | "80007" | "130429" | "131048" | "131056" => 429,
        "131000" | "131016" => 500,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let words = match code {
        "33" => "The business phone number has been deleted.",
        "100" => "Invalid parameter",
        "190" => "Error validating access token: Session has expired.",
        "368" => "Temporarily blocked for policies violations",
        "131008" => "Required parameter is missing",
        "131009" => "Parameter value is not valid",
        "131026" => "Message undeliverable",
        "131031" => "Business Account locked",
        "131042" => "Business eligibility payment issue",
        "131047" => {
            "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
        }
        "131048" => "Spam rate limit hit",
        "131049" => "This message was not delivered to maintain healthy ecosystem engagement.",
        "132001" => "Template name does not exist in the translation",
        "133010" => "Phone number not registered",
        _ => "The request was refused.",
    };
    words.to_owned()
}
