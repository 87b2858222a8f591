//! Mailgun: `POST /v3/{domain}/messages.mime`
//! (<https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages/post-v3--domain-name--messages-mime>)
//! and its webhooks.

mod form;
mod webhooks;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::mime;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::Draft;
use form::Part;

pub use webhooks::MAILGUN_SIGNING_KEY;

/// The API key of every domain.
pub const MAILGUN_API_KEY: &str = "simulated";

/// Maximum size of all names and values that begin with `o:`, `h:`, `v:` or `t:`.
const MAXIMUM_OPTION_BYTES: usize = 16 * 1024;

const BAD_TO: &str = "'to' parameter is not a valid address. please check documentation";

pub(in crate::simulator) struct Mailgun;

impl Vendor for Mailgun {
    const PROVIDER: Provider = Provider::Mailgun;
    const OPERATION: &'static str = "SendMime";
    const ROUTES: &'static [&'static str] = &[
        "/api.mailgun.net/v3/{domain}/messages.mime",
        "/api.eu.mailgun.net/v3/{domain}/messages.mime",
    ];

    /// The Message-ID for an email without one.
    fn message_id() -> String {
        format!("{}@mailgun.example", Uuid::new_v4().simple())
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        let domain = request.path.split('/').nth(3).unwrap_or_default();
        draft.account = sign_in(request, domain)?;
        let content_type = request.header("content-type").unwrap_or_default();
        let parts = form::read(content_type, &request.body).unwrap_or_default();
        note(&parts, draft);
        check(&parts)?;
        if draft.message.is_none() {
            return Err(bad_request("message parameter is missing"));
        }
        Ok(Answer::json(
            200,
            &json!({
                "id": format!("<{}>", draft.message_id),
                "message": "Queued. Thank you.",
            }),
        ))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "too_many_requests", "Too many requests"),
            reject: "bad_request",
            server_error: ("internal_server_error", "Internal Server Error"),
            unavailable: ("service_unavailable", "Service Unavailable"),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        if refusal.status == 401 {
            return Answer {
                status: 401,
                headers: vec![("content-type", "text/plain; charset=utf-8".to_owned())],
                body: b"Forbidden".to_vec(),
            };
        }
        Answer::json(refusal.status, &json!({ "message": refusal.message }))
    }

    /// It is configured in the domain.
    fn callback_url(_: &Call) -> Option<String> {
        None
    }

    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest> {
        webhooks::callback(call, kind, url, at)
    }

    /// Inbound email is not simulated.
    fn inbound(_: &Reply<'_>, _: &str, _: Timestamp) -> Option<CallbackRequest> {
        None
    }
}

/// The domain, which identifies the account.
fn sign_in(request: &Submitted, domain: &str) -> Result<String, Refusal> {
    let is_known = request
        .basic()
        .is_some_and(|(user, key)| user == "api" && key == MAILGUN_API_KEY);
    if !is_known {
        return Err(Refusal::new(401, "unauthorized", "Forbidden"));
    }
    if !domain.contains('.') {
        let message = format!("Domain not found: {domain}");
        return Err(Refusal::new(404, "not_found", message));
    }
    Ok(domain.to_owned())
}

/// Records the recipients and the content. The id is the Message-ID.
fn note(parts: &[Part<'_>], draft: &mut Draft) {
    draft.recipients = parts
        .iter()
        .filter(|part| part.name == "to")
        .map(Part::text)
        .collect();
    let raw = parts.iter().find(|part| part.name == "message");
    let Some(read) = raw.and_then(|part| mime::read(part.content)) else {
        return;
    };
    let mut email = read.email;
    if let Some(id) = email.header("message-id") {
        draft.message_id = id.trim_matches(['<', '>']).to_owned();
    }
    email.tags = parts
        .iter()
        .filter(|part| part.is_option())
        .map(|part| (part.name.clone(), part.text()))
        .collect();
    draft.message = Some(Message::Email(Box::new(email)));
}

/// Validates like Mailgun.
fn check(parts: &[Part<'_>]) -> Result<(), Refusal> {
    let find = |name: &str| parts.iter().find(|part| part.name == name);
    let to = find("to").ok_or_else(|| bad_request("to parameter is missing"))?;
    if !is_address(&to.text()) {
        return Err(bad_request(BAD_TO));
    }
    let message = find("message").ok_or_else(|| bad_request("message parameter is missing"))?;
    if !message.is_file {
        return Err(bad_request("'message' parameter is not a file"));
    }
    let size: usize = parts
        .iter()
        .filter(|part| part.is_option())
        .map(|part| part.name.len() + part.content.len())
        .sum();
    if size > MAXIMUM_OPTION_BYTES {
        return Err(bad_request(
            "Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total",
        ));
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
}

fn bad_request(message: &str) -> Refusal {
    Refusal::new(400, "bad_request", message)
}

fn status(code: &str) -> u16 {
    match code {
        "unauthorized" => 401,
        "request_failed" => 402,
        "forbidden" => 403,
        "not_found" => 404,
        "limit_exceeded" => 420,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let text = match code {
        "unauthorized" => "Forbidden",
        "request_failed" => "Request failed",
        "forbidden" => "Domain mailgun.example is not allowed to send: Account disabled",
        "not_found" => "Domain not found: mailgun.example",
        "limit_exceeded" => {
            "Domain mailgun.example is not allowed to send: recipient limit exceeded"
        }
        _ => BAD_TO,
    };
    text.to_owned()
}
