//! Google: `POST /upload/gmail/v1/users/me/messages/send` of the Gmail API
//! (<https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send>), refusing as in
//! <https://developers.google.com/workspace/gmail/api/guides/handle-errors>, and its authorization server.

mod token;

use axum::Router;
use axum::routing::post;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::mime;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, SharedState};

/// The secret of every client id.
pub const GOOGLE_CLIENT_SECRET: &str = "simulated-client-secret";
/// The refresh token of every user.
pub const GOOGLE_REFRESH_TOKEN: &str = "1//simulated-refresh-token";

/// The prefix of every token; the rest identifies the account.
const TOKEN: &str = "simulated.";

const NO_RECIPIENT: &str = "Recipient address required";
const BAD_TO: &str = "Invalid To header";

pub(in crate::simulator) struct Google;

impl Vendor for Google {
    const PROVIDER: Provider = Provider::Google;
    const OPERATION: &'static str = "SendMessage";
    const ROUTES: &'static [&'static str] =
        &["/gmail.googleapis.com/upload/gmail/v1/users/me/messages/send"];

    /// 16 hexadecimal digits.
    fn message_id() -> String {
        format!("{:016x}", Uuid::new_v4().as_u64_pair().0)
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let content_type = request.header("content-type").unwrap_or_default();
        if content_type != "message/rfc822" {
            let message = format!(
                "Media type '{content_type}' is not supported. Valid media types: [message/rfc822]"
            );
            return Err(refusal("badContent", message));
        }
        let read =
            mime::read(&request.body).ok_or_else(|| refusal("invalidArgument", NO_RECIPIENT))?;
        draft.recipients = read.recipients;
        draft.message = Some(Message::Email(Box::new(read.email)));
        if draft.recipients.is_empty() {
            return Err(refusal("invalidArgument", NO_RECIPIENT));
        }
        if !draft.recipients.iter().all(|address| is_address(address)) {
            return Err(refusal("invalidArgument", BAD_TO));
        }
        let id = &draft.message_id;
        let answer = json!({ "id": id, "threadId": id, "labelIds": ["SENT"] });
        Ok(Answer::json(200, &answer))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (
                429,
                "rateLimitExceeded",
                "User-rate limit exceeded. (Mail sending)",
            ),
            reject: "invalidArgument",
            server_error: ("backendError", "Backend Error"),
            unavailable: ("backendError", "The service is currently unavailable."),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let domain = if refusal.code.ends_with("LimitExceeded") {
            "usageLimits"
        } else {
            "global"
        };
        let error = json!({
            "message": refusal.message,
            "domain": domain,
            "reason": refusal.code,
        });
        let body = json!({
            "error": {
                "code": refusal.status,
                "message": refusal.message,
                "errors": [error],
            }
        });
        Answer::json(refusal.status, &body)
    }

    /// Gmail has no callbacks.
    fn callback_url(_: &Call) -> Option<String> {
        None
    }

    fn callback(_: &Call, _: EventKind, _: &str, _: Timestamp) -> Option<CallbackRequest> {
        None
    }

    fn inbound(_: &Reply<'_>, _: &str, _: Timestamp) -> Option<CallbackRequest> {
        None
    }
}

/// The token endpoint.
pub(in crate::simulator) fn token_routes() -> Router<SharedState> {
    Router::new().route("/oauth2.googleapis.com/token", post(token::token))
}

/// The account of a token.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| token.strip_prefix(TOKEN))
        .filter(|account| !account.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| refusal("authError", "Invalid Credentials"))
}

fn is_address(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
}

fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(status(code), code, message)
}

fn status(code: &str) -> u16 {
    match code {
        "authError" => 401,
        "dailyLimitExceeded"
        | "userRateLimitExceeded"
        | "rateLimitExceeded"
        | "domainPolicy"
        | "insufficientPermissions" => 403,
        "notFound" => 404,
        "uploadTooLarge" => 413,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let text = match code {
        "authError" => "Invalid Credentials",
        "dailyLimitExceeded" => "Daily Limit Exceeded",
        "userRateLimitExceeded" => "User Rate Limit Exceeded",
        "rateLimitExceeded" => "Rate Limit Exceeded",
        "domainPolicy" => "The domain administrators have disabled Gmail apps.",
        "insufficientPermissions" => "Request had insufficient authentication scopes.",
        "failedPrecondition" => "Mail service not enabled",
        "notFound" => "Requested entity was not found.",
        "uploadTooLarge" => "Request is too large.",
        "badRequest" => "Bad Request",
        _ => BAD_TO,
    };
    text.to_owned()
}
