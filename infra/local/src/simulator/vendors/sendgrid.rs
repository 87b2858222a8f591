//! SendGrid: `POST /v3/mail/send` of its Web API v3
//! (<https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>), refusing in the words of
//! <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors>, and its Event Webhook.

mod events;
mod submission;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::Draft;
use submission::Submission;

pub use events::SENDGRID_WEBHOOK_PUBLIC_KEY;

/// An API key. The part in the middle identifies the account and may be anything.
pub const SENDGRID_API_KEY: &str = "SG.local.simulated";

/// The suffix of every key.
const SECRET: &str = "simulated";

/// Codes of errors without a field. SendGrid does not return them.
const WITHOUT_FIELD: [&str; 9] = [
    "bad_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "payload_too_large",
    "unsupported_media_type",
    "too_many_requests",
    "internal_server_error",
    "service_unavailable",
];

pub(in crate::simulator) struct SendGrid;

impl Vendor for SendGrid {
    const PROVIDER: Provider = Provider::SendGrid;
    const OPERATION: &'static str = "SendMail";
    const ROUTES: &'static [&'static str] = &[
        "/api.sendgrid.com/v3/mail/send",
        "/api.eu.sendgrid.com/v3/mail/send",
    ];

    /// 22 characters without a dot.
    fn message_id() -> String {
        URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes())
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let is_json = request
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|value| value.starts_with("application/json"));
        if !is_json {
            return Err(Refusal::new(
                415,
                "unsupported_media_type",
                "Content-Type should be application/json.",
            ));
        }
        let submission: Submission = serde_json::from_slice(&request.body)
            .map_err(|_| Refusal::new(400, "bad_request", "Bad Request"))?;
        draft.recipients = submission.recipients();
        draft.message = Some(Message::Email(Box::new(submission.message())));
        submission.check()?;
        let answer = Answer {
            status: 202,
            headers: Vec::new(),
            body: Vec::new(),
        };
        Ok(answer.with("x-message-id", &draft.message_id))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "too_many_requests", "too many requests"),
            reject: "personalizations.0.to.0.email",
            server_error: ("internal_server_error", "internal server error"),
            unavailable: ("service_unavailable", "service not available"),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let code = refusal.code.as_str();
        let field = (!WITHOUT_FIELD.contains(&code)).then_some(code);
        let error = json!({ "message": refusal.message, "field": field, "help": null });
        Answer::json(refusal.status, &json!({ "errors": [error] }))
    }

    /// It is configured in the account.
    fn callback_url(_: &Call) -> Option<String> {
        None
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        events::callback(call, kind, url, at)
    }

    /// Inbound email is not simulated.
    fn inbound(_: &Reply<'_>, _: &str, _: Timestamp) -> Option<CallbackRequest> {
        None
    }
}

/// The part of the key that identifies the account.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    let key = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let parts = key
        .and_then(|key| key.strip_prefix("SG."))
        .and_then(|key| key.rsplit_once('.'));
    match parts {
        Some((account, SECRET)) if !account.is_empty() => Ok(account.to_owned()),
        _ => Err(Refusal::new(
            401,
            "unauthorized",
            "The provided authorization grant is invalid, expired, or revoked",
        )),
    }
}

fn status(code: &str) -> u16 {
    match code {
        "unauthorized" => 401,
        "forbidden" => 403,
        "not_found" => 404,
        "payload_too_large" => 413,
        "unsupported_media_type" => 415,
        "too_many_requests" => 429,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let text = match code {
        "unauthorized" => "Maximum credits exceeded",
        "forbidden" => "access forbidden",
        "not_found" => "not found",
        "payload_too_large" => "content too large",
        "personalizations.0.to.0.email" => submission::BAD_TO,
        _ => "invalid request",
    };
    text.to_owned()
}
