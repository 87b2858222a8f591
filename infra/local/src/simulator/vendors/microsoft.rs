//! Microsoft: `POST /v1.0/users/{user}/sendMail` of Microsoft Graph with MIME
//! (<https://learn.microsoft.com/en-us/graph/api/user-sendmail>), and its token endpoint
//! (<https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
pub const MICROSOFT_CLIENT_SECRET: &str = "simulated~client.secret";

/// The prefix of every token; the rest identifies the account.
const TOKEN: &str = "simulated.";

const SCOPE: &str = "https://graph.microsoft.com/.default";
const LIFETIME_SECONDS: u32 = 3599;

pub(in crate::simulator) struct Microsoft;

impl Vendor for Microsoft {
    const PROVIDER: Provider = Provider::Microsoft;
    const OPERATION: &'static str = "SendMail";
    const ROUTES: &'static [&'static str] = &["/graph.microsoft.com/v1.0/users/{user}/sendMail"];

    /// The request's id, because Graph returns no message id.
    fn message_id() -> String {
        Uuid::new_v4().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let is_mime = request
            .header("content-type")
            .is_some_and(|value| value.starts_with("text/plain"));
        if !is_mime {
            return Err(refusal("RequestBodyRead"));
        }
        let bad_mime = || refusal("ErrorMimeContentInvalidBase64String");
        let raw = STANDARD.decode(&request.body).map_err(|_| bad_mime())?;
        let read = mime::read(&raw).ok_or_else(bad_mime)?;
        draft.raw = Some(Bytes::from(raw));
        draft.recipients = read.recipients;
        draft.message = Some(Message::Email(Box::new(read.email)));
        if draft.recipients.is_empty() || !draft.recipients.iter().all(|it| is_address(it)) {
            return Err(refusal("ErrorInvalidRecipients"));
        }
        let mailbox = mailbox(&request.path);
        if !read.from.iter().any(|it| it.eq_ignore_ascii_case(&mailbox)) {
            return Err(refusal("ErrorSendAsDenied"));
        }
        let answer = Answer {
            status: 202,
            headers: Vec::new(),
            body: Vec::new(),
        };
        Ok(answer
            .with("request-id", &draft.message_id)
            .with("client-request-id", &draft.message_id))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (
                429,
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
            ),
            reject: "ErrorInvalidRecipients",
            server_error: (
                "ErrorInternalServerError",
                "An internal server error occurred. The operation failed.",
            ),
            unavailable: (
                "ErrorServerBusy",
                "The server cannot service this request right now. Try again later.",
            ),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let id = Uuid::new_v4().to_string();
        let inner = json!({
            "date": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": id,
            "client-request-id": id,
        });
        let body = json!({
            "error": {
                "code": refusal.code,
                "message": refusal.message,
                "innerError": inner,
            }
        });
        Answer::json(refusal.status, &body).with("request-id", &id)
    }

    /// Graph has no callbacks.
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
    Router::new().route(
        "/login.microsoftonline.com/{directory}/oauth2/v2.0/token",
        post(token),
    )
}

async fn token(Path(directory): Path<String>, body: Bytes) -> Response {
    let answer = match grant(&directory, &body) {
        Ok(client_id) => Answer::json(
            200,
            &json!({
                "token_type": "Bearer",
                "expires_in": LIFETIME_SECONDS,
                "access_token": format!("{TOKEN}{client_id}"),
            }),
        ),
        Err((status, error, number, words)) => Answer::json(
            status,
            &json!({
                "error": error,
                "error_description": format!("AADSTS{number}: {words}\r\nTrace ID: {}", Uuid::new_v4()),
                "error_codes": [number],
            }),
        ),
    };
    answer.into_response()
}

/// The client of a token request, which identifies the account; otherwise the status, code, number and message of the error.
fn grant(directory: &str, body: &[u8]) -> Result<String, (u16, &'static str, u32, &'static str)> {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    // `common` and the like are for users, not for applications.
    if !directory.contains(['.', '-']) {
        return Err((400, "invalid_request", 90002, "Tenant not found."));
    }
    if field("grant_type") != "client_credentials" {
        return Err((
            400,
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type.",
        ));
    }
    if field("client_id").is_empty() {
        return Err((
            400,
            "unauthorized_client",
            700_016,
            "Application was not found in the directory.",
        ));
    }
    if field("client_secret") != MICROSOFT_CLIENT_SECRET {
        return Err((
            401,
            "invalid_client",
            7_000_215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.",
        ));
    }
    if field("scope") != SCOPE {
        return Err((
            400,
            "invalid_scope",
            70011,
            "The provided value for the input parameter 'scope' is not valid.",
        ));
    }
    Ok(field("client_id").to_owned())
}

/// The client of a token.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| token.strip_prefix(TOKEN))
        .filter(|account| !account.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| refusal("InvalidAuthenticationToken"))
}

/// The mailbox in the path, decoded.
fn mailbox(path: &str) -> String {
    let part = path.split('/').nth(4).unwrap_or_default();
    form_urlencoded::parse(part.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn is_address(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
}

fn refusal(code: &str) -> Refusal {
    Refusal::new(status(code), code, message(code, &[]))
}

fn status(code: &str) -> u16 {
    match code {
        "InvalidAuthenticationToken" => 401,
        "ErrorAccessDenied" | "ErrorSendAsDenied" => 403,
        "ErrorInvalidUser" | "MailboxNotEnabledForRESTAPI" => 404,
        "ErrorMessageSizeExceeded" => 413,
        "ErrorQuotaExceeded" => 507,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let text = match code {
        "InvalidAuthenticationToken" => "Access token is empty.",
        "ErrorAccessDenied" => "Access is denied. Check credentials and try again.",
        "ErrorSendAsDenied" => {
            "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message."
        }
        "ErrorInvalidUser" => "The requested user is invalid.",
        "MailboxNotEnabledForRESTAPI" => {
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        }
        "ErrorMessageSizeExceeded" => "The message exceeds the maximum supported size.",
        "ErrorQuotaExceeded" => "The mailbox is full.",
        "ErrorExceededMessageLimit" | "ErrorSubmissionQuotaExceeded" => {
            "The submission quota has been reached."
        }
        "ErrorMimeContentInvalidBase64String" => "Invalid base64 string for MIME content.",
        "RequestBodyRead" => "The content type of the request is not supported.",
        _ => {
            "At least one recipient is not valid., A message can't be sent because it contains no recipients."
        }
    };
    text.to_owned()
}
