//! Firebase Cloud Messaging: `POST /v1/projects/{project}/messages:send`
//! (<https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>), refusing as in
//! <https://firebase.google.com/docs/cloud-messaging/error-codes>. Google's token endpoint issues its tokens.
//!
//! A device whose token begins with `dead` has uninstalled the app.

use std::collections::BTreeMap;

use carillon_domain::push_address::PushAddress;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor};
use crate::simulator::calls::{Call, Message, Provider, PushMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::Draft;

/// The signing key of every service account.
pub const FCM_PRIVATE_KEY: &str = include_str!(
    "../../../../../shared/providers/src/email/google/fixtures/simulated-service-account.pem"
);

/// The OAuth scope.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// The prefix of every token; the rest identifies the account. Tokens for email have another prefix.
pub(super) const TOKEN: &str = "simulated-messaging.";

/// The token prefix of devices that have uninstalled the app.
const DEAD: &str = "dead";
/// Notification and data together: <https://firebase.google.com/docs/cloud-messaging/concept-options>.
const MAXIMUM_BYTES: usize = 4_096;

const INVALID_TOKEN: &str = "The registration token is not a valid FCM registration token";

pub(in crate::simulator) struct Fcm;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    message: Fields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    token: Option<String>,
    fid: Option<String>,
    #[serde(default)]
    notification: Notification,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    android: Android,
    #[serde(default, rename = "webpush")]
    _webpush: serde_json::Value,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notification {
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    image: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Android {
    priority: Option<String>,
    ttl: Option<String>,
    #[serde(default)]
    notification: Tagged,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagged {
    tag: Option<String>,
}

impl Vendor for Fcm {
    const PROVIDER: Provider = Provider::Fcm;
    const OPERATION: &'static str = "messages.send";
    const ROUTES: &'static [&'static str] =
        &["/fcm.googleapis.com/v1/projects/{project}/messages:send"];

    /// For example `0:1500415314455276%31bd1c9631bd1c96`.
    fn message_id() -> String {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        format!("0:{:016}%{low:016x}", high % 10_000_000_000_000_000)
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request)?;
        let submission: Submission = serde_json::from_slice(&request.body).map_err(|error| {
            let message = format!("Invalid JSON payload received. {error}");
            Refusal::new(400, "INVALID_ARGUMENT", message)
        })?;
        let Fields {
            token,
            fid,
            notification,
            data,
            android,
            ..
        } = submission.message;
        let registration = token.or(fid).filter(|it| !it.is_empty());
        let token = registration.ok_or_else(|| {
            Refusal::new(
                400,
                "INVALID_ARGUMENT",
                "Recipient of the message is not set.",
            )
        })?;
        let size = notification.title.len()
            + notification.body.len()
            + data
                .iter()
                .map(|(name, text)| name.len() + text.len())
                .sum::<usize>();
        let named = [
            ("priority", android.priority),
            ("ttl", android.ttl),
            ("tag", android.notification.tag),
        ];
        draft.message = Some(Message::Push(PushMessage {
            title: notification.title,
            body: notification.body,
            icon: notification.image,
            url: data.get("url").cloned(),
            attributes: named
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect(),
        }));
        let address = PushAddress::parse(&format!("fcm:{token}"))
            .map_err(|_| Refusal::new(400, "INVALID_ARGUMENT", INVALID_TOKEN))?;
        draft.recipients = vec![address.expose().to_owned()];
        if token.starts_with(DEAD) {
            return Err(refusal("UNREGISTERED"));
        }
        if size > MAXIMUM_BYTES {
            let message = "Android message is too big";
            return Err(Refusal::new(400, "INVALID_ARGUMENT", message));
        }
        let project = request.path.split('/').nth(4).unwrap_or_default();
        let name = format!("projects/{project}/messages/{}", draft.message_id);
        Ok(Answer::json(200, &json!({ "name": name })))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (
                429,
                "QUOTA_EXCEEDED",
                "Resource has been exhausted (e.g. check quota).",
            ),
            reject: "INVALID_ARGUMENT",
            server_error: ("INTERNAL", "Internal error encountered."),
            unavailable: ("UNAVAILABLE", "The service is currently unavailable."),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let detail = json!({
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
            "errorCode": refusal.code,
        });
        let body = json!({
            "error": {
                "code": refusal.status,
                "message": refusal.message,
                "status": canonical(refusal),
                "details": [detail],
            }
        });
        Answer::json(refusal.status, &body)
    }

    /// FCM has no callbacks.
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

/// The service account of a token.
fn sign_in(request: &Submitted) -> Result<String, Refusal> {
    request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| token.strip_prefix(TOKEN))
        .filter(|account| !account.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| refusal("UNAUTHENTICATED"))
}

/// The error format of all Google services.
fn canonical(refusal: &Refusal) -> &str {
    match refusal.code.as_str() {
        "UNREGISTERED" => "NOT_FOUND",
        "SENDER_ID_MISMATCH" => "PERMISSION_DENIED",
        "QUOTA_EXCEEDED" => "RESOURCE_EXHAUSTED",
        "THIRD_PARTY_AUTH_ERROR" => "UNAUTHENTICATED",
        code => code,
    }
}

fn refusal(code: &str) -> Refusal {
    Refusal::new(status(code), code, message(code, &[]))
}

fn status(code: &str) -> u16 {
    match code {
        "UNAUTHENTICATED" | "THIRD_PARTY_AUTH_ERROR" => 401,
        "SENDER_ID_MISMATCH" | "PERMISSION_DENIED" => 403,
        "UNREGISTERED" | "NOT_FOUND" => 404,
        "QUOTA_EXCEEDED" => 429,
        "INTERNAL" => 500,
        "UNAVAILABLE" => 503,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let text = match code {
        "UNAUTHENTICATED" => {
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."
        }
        "THIRD_PARTY_AUTH_ERROR" => "Auth error from APNS or Web Push Service",
        "SENDER_ID_MISMATCH" => "SenderId mismatch",
        "PERMISSION_DENIED" => "The caller does not have permission",
        "UNREGISTERED" | "NOT_FOUND" => "Requested entity was not found.",
        "QUOTA_EXCEEDED" => "Resource has been exhausted (e.g. check quota).",
        _ => "Request contains an invalid argument.",
    };
    text.to_owned()
}
