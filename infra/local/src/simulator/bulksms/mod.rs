//! BulkSMS: `POST /v1/messages` of its JSON API (<https://www.bulksms.com/developer/json/v1/>).

mod submission;
pub(super) mod webhooks;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::calls::Provider;
use super::faults::Reach;
use super::refusal::Refusal;
use super::state::{Draft, SharedState, Verdict};
use submission::Submission;

/// The secret of every API token.
pub const BULKSMS_TOKEN_SECRET: &str = "simulated";

/// Larger than any message.
const MAXIMUM_REQUEST_BYTES: usize = 256 * 1024;

const ERRORS: &str = "https://developer.bulksms.com/json/v1/errors";

/// The route of BulkSMS. Providers other than AWS are distinguished by their host, the first part of the
/// path.
pub(super) fn routes() -> Router<SharedState> {
    Router::new()
        .route("/api.bulksms.com/v1/messages", post(submit))
        .layer(DefaultBodyLimit::max(MAXIMUM_REQUEST_BYTES))
}

async fn submit(
    State(state): State<SharedState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let mut draft = Draft::new(Provider::BulkSms, "SendMessages");
    let (verdict, answer) = match read(&headers, query.as_deref(), body, &mut draft) {
        Ok(submission) => {
            let verdict = state.judge(&draft, Reach::Call);
            take(&state, &mut draft, &submission, verdict)
        }
        Err(refusal) => (Verdict::refused(refusal), Value::Null),
    };
    let status = verdict.status().map(|status| match status {
        200 => StatusCode::CREATED.as_u16(),
        other => other,
    });
    state.keep(draft, &verdict, status);
    let created = || (StatusCode::CREATED, Json(answer)).into_response();
    verdict.conclude(created, refuse).await
}

/// Accepts a submission; a repetition gets the earlier response.
fn take(
    state: &SharedState,
    draft: &mut Draft,
    submission: &Submission,
    verdict: Verdict,
) -> (Verdict, Value) {
    let answer = submission.answer(draft);
    let Some(id) = submission
        .deduplication_id
        .filter(|_| verdict.is_accepted())
    else {
        return (verdict, answer);
    };
    match state.submissions.take(draft, id.to_string(), &answer) {
        None => (verdict, answer),
        Some(earlier) => {
            draft.message_id = earlier.message_id;
            (verdict.of_repetition(), earlier.answer)
        }
    }
}

fn read(
    headers: &HeaderMap,
    query: Option<&str>,
    body: Result<Bytes, BytesRejection>,
    draft: &mut Draft,
) -> Result<Submission, Refusal> {
    draft.account = sign_in(headers)?;
    let body = body.map_err(|rejection| {
        Refusal::new(
            rejection.status().as_u16(),
            "bad-request",
            rejection.body_text(),
        )
    })?;
    draft.raw = Some(body.clone());
    let is_json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    if !is_json {
        return Err(bad_request("Content-Type must be application/json"));
    }
    let submission = Submission::read(query.unwrap_or_default(), &body)?;
    draft.recipients = vec![submission.to.clone()];
    draft.message = Some(submission.message());
    submission.check()?;
    Ok(submission)
}

/// The id of the token.
fn sign_in(headers: &HeaderMap) -> Result<String, Refusal> {
    let refused = || {
        Refusal::new(
            401,
            "authentication-failed",
            "Full authentication is required to access this resource",
        )
    };
    let value = headers.get(AUTHORIZATION).ok_or_else(refused)?;
    let pair = value.to_str().ok().and_then(|value| {
        let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        String::from_utf8(decoded).ok()
    });
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, BULKSMS_TOKEN_SECRET)) if !id.is_empty() => Ok(id.to_owned()),
        _ => Err(refused()),
    }
}

fn bad_request(detail: impl Into<String>) -> Refusal {
    Refusal::new(400, "bad-request", detail)
}

fn refuse(refusal: &Refusal) -> Response {
    let problem = json!({
        "type": format!("{ERRORS}#{}", refusal.code),
        "title": title(&refusal.code),
        "status": refusal.status,
        "detail": refusal.message,
    });
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, Json(problem)).into_response();
    if let Some(seconds) = refusal.retry_after_seconds {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `insufficient-credits` is titled “Insufficient Credits”.
fn title(code: &str) -> String {
    let words = code.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}
