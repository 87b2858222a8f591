//! The common parts of HTTP providers.
//!
//! Each vendor is one file: validation, responses and callbacks.

pub(super) mod apns;
pub(super) mod calling;
pub(super) mod clickatell;
pub(super) mod endpoint;
pub(super) mod fcm;
pub(super) mod google;
pub(super) mod infobip;
pub(super) mod mailgun;
pub(super) mod meta;
pub(super) mod microsoft;
pub(super) mod sendgrid;
pub(super) mod smsportal;
mod tokens;
pub(super) mod twilio;
pub(super) mod web_push;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::calls::{Call, Provider};
use super::events::EventKind;
use super::faults::{FaultKind, Reach};
use super::refusal::Refusal;
use super::state::{Draft, SharedState, Verdict};

/// Larger than any message that we send.
/// Appended to authentication errors.
const WHERE_CREDENTIALS_STAND: &str =
    " (This is the simulator. docs/simulator.md lists the credentials that it takes.)";
const MAXIMUM_REQUEST_BYTES: usize = 2 * 1024 * 1024;

/// A complete request.
pub(super) struct Submitted {
    /// The path; its first segment is the vendor's host.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Submitted {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The fields of a form, in order.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// User and password of HTTP basic authentication (RFC 7617).
    pub(super) fn basic(&self) -> Option<(String, String)> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};

        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = pair.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }
}

/// A response in a vendor's format.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// The same with another header.
    pub(super) fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, self.body).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// A vendor's callback.
pub(super) struct CallbackRequest {
    pub(super) method: http::Method,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// An inbound message to one of our numbers or addresses.
pub(super) struct Reply<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) text: &'a str,
    pub(super) message_id: &'a str,
}

/// An HTTP provider.
pub(super) trait Vendor: 'static {
    const PROVIDER: Provider;
    /// The journal's name for the submitting call, such as `SendMessage`.
    const OPERATION: &'static str;
    /// The axum route for submitting messages, beginning with the host:
    /// `/api.example.com/v1/{account}/messages`.
    const ROUTES: &'static [&'static str];

    /// An id in the vendor's format.
    fn message_id() -> String;

    /// Authenticates the caller, validates the request like the vendor, records recipient and content in the
    /// draft, and returns the vendor's response to an accepted message. Everything read before a rejection is
    /// recorded too, as is whether it is free text on WhatsApp.
    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal>;

    /// The vendor's deduplication key; `None` if it does not deduplicate.
    fn repetition_key(request: &Submitted) -> Option<String>;

    /// The vendor's error for a fault; `None` for faults without a response.
    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal>;

    /// An error in the vendor's format.
    fn refuse(refusal: &Refusal) -> Answer;

    /// The callback URL in the message itself; `None` if it is configured in the account.
    fn callback_url(call: &Call) -> Option<String>;

    /// The vendor's signed status callback; `None` if there is none for this status.
    fn callback(call: &Call, kind: EventKind, url: &str, at: Timestamp) -> Option<CallbackRequest>;

    /// The vendor's inbound callback; `None` if it has none.
    fn inbound(reply: &Reply<'_>, url: &str, at: Timestamp) -> Option<CallbackRequest>;
}

/// The routes of all vendors.
pub(super) fn routes() -> Router<SharedState> {
    Router::new()
        .merge(routes_of::<twilio::Twilio>())
        .merge(routes_of::<infobip::Infobip>())
        .merge(routes_of::<infobip::whatsapp::InfobipWhatsApp>())
        .merge(routes_of::<meta::Meta>())
        .merge(routes_of::<clickatell::Clickatell>())
        .merge(routes_of::<smsportal::SmsPortal>())
        .merge(routes_of::<sendgrid::SendGrid>())
        .merge(routes_of::<mailgun::Mailgun>())
        .merge(routes_of::<google::Google>())
        .merge(google::token_routes())
        .merge(routes_of::<microsoft::Microsoft>())
        .merge(microsoft::token_routes())
        .merge(routes_of::<endpoint::Endpoint<false>>())
        .merge(routes_of::<endpoint::Endpoint<true>>())
        .merge(routes_of::<fcm::Fcm>())
        .merge(routes_of::<apns::Apns>())
        .merge(routes_of::<web_push::WebPush>())
        .merge(web_push::subscription_routes())
}

fn routes_of<V: Vendor>() -> Router<SharedState> {
    let router = V::ROUTES.iter().fold(Router::new(), |router, path| {
        router.route(path, post(submit::<V>))
    });
    router.layer(DefaultBodyLimit::max(MAXIMUM_REQUEST_BYTES))
}

/// Accepts a message; a repetition gets the earlier response.
fn take<V: Vendor>(
    state: &SharedState,
    submitted: &Submitted,
    draft: &mut Draft,
    answer: Answer,
) -> (Verdict, Option<Answer>) {
    let verdict = state.judge(draft, Reach::Call);
    let key = V::repetition_key(submitted).filter(|_| verdict.is_accepted());
    match key.and_then(|key| state.repetitions.take(draft, key, &answer)) {
        None => (verdict, Some(answer)),
        Some(earlier) => {
            draft.message_id = earlier.message_id;
            (verdict.of_repetition(), Some(earlier.answer))
        }
    }
}

/// Appends where the simulator's credentials are documented to authentication errors. Real messages differ, but only the
/// status and code of an error carry its meaning.
fn telling_what_signs_in(mut refusal: Refusal) -> Refusal {
    if refusal.status == 401 {
        refusal.message.push_str(WHERE_CREDENTIALS_STAND);
    }
    refusal
}

async fn submit<V: Vendor>(State(state): State<SharedState>, request: Request) -> Response {
    let mut draft = Draft::of_vendor::<V>();
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAXIMUM_REQUEST_BYTES).await;
    let (verdict, answer) = match body {
        Ok(body) => {
            draft.raw = Some(body.clone());
            let submitted = Submitted {
                path: head.uri.path().to_owned(),
                headers: head.headers,
                body,
            };
            match V::submit(&submitted, &mut draft) {
                Ok(answer) => match state.windows.refusal(&draft) {
                    Some(refusal) => (Verdict::refused(refusal), None),
                    None => take::<V>(&state, &submitted, &mut draft, answer),
                },
                Err(refusal) => (Verdict::refused(telling_what_signs_in(refusal)), None),
            }
        }
        Err(error) => {
            let refusal = Refusal::new(413, "too_large", error.to_string());
            (Verdict::refused(refusal), None)
        }
    };
    let taken = answer.as_ref().map_or(200, |answer| answer.status);
    let status = verdict.status().map(|status| match status {
        200 => taken,
        other => other,
    });
    state.keep(draft, &verdict, status);
    let take = || answer.map_or_else(|| StatusCode::OK.into_response(), Answer::into_response);
    let refuse = |refusal: &Refusal| {
        let mut answer = V::refuse(refusal);
        if let Some(seconds) = refusal.retry_after_seconds {
            answer = answer.with("retry-after", &seconds);
        }
        answer.into_response()
    };
    verdict.conclude(take, refuse).await
}
