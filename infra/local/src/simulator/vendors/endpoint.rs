//! Custom endpoints of tenants: one for text messages and one for email. They accept Carillon's default body (the one
//! without a body template; docs/transports.md), and sign as in Standard Webhooks 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

mod signing;
mod submission;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, Named};
use submission::Submission;

pub use signing::ENDPOINT_SIGNING_KEY;

/// The header that identifies the account, because all have the same key; a secret may set it. Otherwise the host does.
const ACCOUNT: &str = "x-account";
/// The attribute for the idempotency key, in addition to those of the body.
const KEY: &str = "idempotency-key";

/// An endpoint for email or for text messages.
pub(in crate::simulator) struct Endpoint<const EMAIL: bool>;

impl<const EMAIL: bool> Vendor for Endpoint<EMAIL> {
    const PROVIDER: Provider = if EMAIL {
        Provider::HttpEmail
    } else {
        Provider::HttpSms
    };
    const OPERATION: &'static str = "PostMessage";
    const ROUTES: &'static [&'static str] = if EMAIL {
        &["/email.endpoint.example/messages"]
    } else {
        &["/sms.endpoint.example/messages"]
    };

    fn message_id() -> String {
        Uuid::new_v4().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        let host = request.path.split('/').nth(1).unwrap_or_default();
        let account = request.header(ACCOUNT).unwrap_or(host);
        account.clone_into(&mut draft.account);
        signing::verify(request, draft.received_at)?;
        let key = request.header(KEY).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| refused("no_key"))?;
        let is_json = request
            .header("content-type")
            .is_some_and(|value| value.starts_with("application/json"));
        if !is_json {
            return Err(refused("not_json"));
        }
        let submission: Submission = serde_json::from_slice(&request.body)
            .map_err(|error| Refusal::new(400, "unreadable", error.to_string()))?;
        draft.recipients = vec![submission.to.clone()];
        draft.message = Some(submission.message::<EMAIL>(key));
        submission.check::<EMAIL>().map_err(refused)?;
        Ok(Answer::json(202, &json!({ "id": draft.message_id })))
    }

    fn repetition_key(request: &Submitted) -> Option<String> {
        request.header(KEY).map(str::to_owned)
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "too_many", "There are too many messages."),
            reject: "invalid_to",
            server_error: ("broken", "Something went wrong."),
            unavailable: ("unavailable", "The endpoint takes nothing right now."),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let reason = json!({ "code": refusal.code, "text": refusal.message });
        Answer::json(refusal.status, &json!({ "reason": reason }))
    }

    fn callback_url(call: &Call) -> Option<String> {
        named(call)?.get("callback_url").cloned()
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let status = match kind {
            EventKind::Sent => "accepted",
            EventKind::Delayed => "delayed",
            EventKind::Delivered => "delivered",
            EventKind::Bounced => "bounced",
            EventKind::Opened => "opened",
            EventKind::Clicked => "clicked",
            EventKind::Complained => "complained",
            EventKind::Rejected => "refused",
            EventKind::OutOfOffice => return None,
        };
        let reason = (kind == EventKind::Rejected)
            .then(|| json!({ "code": "blocked", "text": "The receiver is blocked." }));
        let report = json!({
            "delivery": named(call)?.get("delivery")?,
            "provider_id": call.message_id.as_deref()?,
            "status": status,
            "at": at.to_string(),
            "reason": reason,
        });
        posted(url, &report, at)
    }

    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        let inbound = json!({
            "from": reply.from,
            "to": reply.to,
            "text": reply.text,
            "id": reply.message_id,
            "at": at.to_string(),
        });
        posted(url, &json!({ "inbound": inbound }), at)
    }
}

/// The attributes of the body apart from the message itself.
fn named(call: &Call) -> Option<&Named> {
    let of_sms = call.sms().map(|sms| &sms.attributes);
    of_sms.or_else(|| call.email().map(|email| &email.tags))
}

/// A signed callback.
fn posted(url: &str, body: &Value, at: Timestamp) -> Option<CallbackRequest> {
    let body = body.to_string().into_bytes();
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(signing::headers(&body, at)?);
    Some(CallbackRequest {
        method: http::Method::POST,
        url: url.to_owned(),
        headers,
        body,
    })
}

fn refused(code: &str) -> Refusal {
    Refusal::new(status(code), code, message(code, &[]))
}

fn status(code: &str) -> u16 {
    match code {
        "unsigned" | "forged" | "stale" => 401,
        "not_json" => 415,
        "no_key" | "unreadable" => 400,
        _ => 422,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let words = match code {
        "unsigned" => "The request is not signed.",
        "forged" => "The signature is not right.",
        "stale" => "The request was signed too long ago.",
        "no_key" => "The request has no Idempotency-Key.",
        "not_json" => "The body is not JSON.",
        "invalid_to" => "Nobody can be reached there.",
        "invalid_from" => "Nobody is named whom the message is from.",
        "empty" => "The message says nothing.",
        _ => "The message was refused.",
    };
    words.to_owned()
}
