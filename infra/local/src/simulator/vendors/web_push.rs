//! A browser push service (RFC 8030) and its subscribed browsers.
//!
//! There is a browser for every name: `GET /_simulator/web-push-subscription/{name}` returns its subscription. All have the
//! same key pair and each has its own secret, so that messages can be decrypted here and recorded as the page would get them.
//! A browser whose name begins with `dead` is no longer subscribed.

mod decryption;

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use carillon_domain::push_address::PushAddress;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor, tokens};
use crate::simulator::calls::{Call, Message, Provider, PushMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::{Draft, SharedState};

/// The sender's private key (VAPID). All browsers are subscribed with its public key.
pub const WEB_PUSH_PRIVATE_KEY: &str = "usodzDX0gvpfNl9lSvV-Zoiy_CXKY3OBTnpLV24G2os";
/// The public key.
pub const WEB_PUSH_PUBLIC_KEY: &str =
    "BD51yKarCLYFPWuxsUFeIxpWGzmi-DYM5hDctaSequ8_eTrcZfb3TsxsrM0-I5edO9JPe0fZGbWGVf5ZwNcE-FA";

/// The private key of every browser.
const BROWSER_PRIVATE_KEY: &str = "DJG-p5NLutFoagiJF2O0cpRfAP1lwIhehJXb8uJWPYE";
const BROWSER_PUBLIC_KEY: &str =
    "BFu54lJlHsvHpoSKq6baIV-tpUD1XIYrN3NRWjATyRKiFSBxBXjirTup_zo67md3Cf0GldZE_PK8cFL54lr827Y";

const ORIGIN: &str = "https://push.carillon.example";
/// The name prefix of unsubscribed browsers.
const DEAD: &str = "dead";
/// The maximum payload that push services must accept (RFC 8030, 7.2).
const MAXIMUM_BYTES: usize = 4_096;
/// Maximum lifetime of a token (RFC 8292, 2).
const LIFETIME_SECONDS: i64 = 24 * 60 * 60;

/// Headers that control delivery.
const HEADERS: [&str; 3] = ["ttl", "urgency", "topic"];

/// A browser's address in Carillon's format: `web:` and its subscription.
#[must_use]
pub fn web_push_address(name: &str) -> String {
    let text = format!("web:{}", subscription(name));
    match PushAddress::parse(&text) {
        Ok(address) => address.expose().to_owned(),
        Err(_) => text,
    }
}

/// The result of `JSON.stringify(subscription)` in this browser.
fn subscription(name: &str) -> Value {
    let secret = URL_SAFE_NO_PAD.encode(secret(name));
    json!({
        "endpoint": format!("{ORIGIN}/send/{name}"),
        "expirationTime": null,
        "keys": { "p256dh": BROWSER_PUBLIC_KEY, "auth": secret },
    })
}

/// The authentication secret of a browser.
fn secret(name: &str) -> Vec<u8> {
    let digest = Sha256::digest(name);
    digest.get(..16).unwrap_or_default().to_vec()
}

/// Returns a browser's subscription.
pub(in crate::simulator) fn subscription_routes() -> Router<SharedState> {
    Router::new().route(
        "/_simulator/web-push-subscription/{name}",
        get(show_subscription),
    )
}

async fn show_subscription(Path(name): Path<String>) -> Json<Value> {
    Json(subscription(&name))
}

pub(in crate::simulator) struct WebPush;

/// Carillon's payload.
#[derive(Deserialize)]
struct Payload {
    title: String,
    body: String,
    icon: Option<String>,
    url: Option<String>,
    tag: Option<String>,
}

impl Vendor for WebPush {
    const PROVIDER: Provider = Provider::WebPush;
    const OPERATION: &'static str = "Push";
    const ROUTES: &'static [&'static str] = &["/push.carillon.example/send/{name}"];

    fn message_id() -> String {
        Uuid::new_v4().simple().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request, Timestamp::now())?;
        let name = request.path.split('/').nth(3).unwrap_or_default();
        draft.recipients = vec![web_push_address(name)];
        let is_seconds = |text: &str| text.parse::<u32>().is_ok();
        if !request.header("ttl").is_some_and(is_seconds) {
            return Err(refusal(
                400,
                "Missing TTL Header: the request is missing a TTL header",
            ));
        }
        if request.header("content-encoding") != Some("aes128gcm") {
            return Err(refusal(400, "Unknown Content-Encoding"));
        }
        if request.body.len() > MAXIMUM_BYTES {
            return Err(refusal(
                413,
                "This message is intended for a constrained device and is limited",
            ));
        }
        let plain = decryption::decrypt(
            &request.body,
            BROWSER_PRIVATE_KEY,
            BROWSER_PUBLIC_KEY,
            &secret(name),
        )
        .ok_or_else(|| refusal(400, "The browser cannot decrypt this message"))?;
        draft.raw = Some(Bytes::from(plain.clone()));
        let payload: Payload = serde_json::from_slice(&plain)
            .map_err(|_| refusal(400, "The page cannot read this message"))?;
        let headers = HEADERS
            .into_iter()
            .map(|name| (name, request.header(name).map(str::to_owned)));
        draft.message = Some(Message::Push(PushMessage {
            title: payload.title,
            body: payload.body,
            icon: payload.icon,
            url: payload.url,
            attributes: headers
                .chain([("tag", payload.tag)])
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect(),
        }));
        if name.starts_with(DEAD) {
            return Err(refusal(410, message("Gone", &[])));
        }
        let answer = Answer {
            status: 201,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let location = format!("{ORIGIN}/message/{}", draft.message_id);
        Ok(answer.with("location", &location))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "TooManyRequests", "Too many requests"),
            reject: "BadRequest",
            server_error: ("InternalServerError", "Internal server error"),
            unavailable: ("ServiceUnavailable", "Use exponential back-off for retries"),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    /// A plain text response, like Google's.
    fn refuse(refusal: &Refusal) -> Answer {
        Answer {
            status: refusal.status,
            headers: vec![("content-type", "text/plain; charset=utf-8".to_owned())],
            body: format!("{}\n", refusal.message).into_bytes(),
        }
    }

    /// Push services have no callbacks.
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

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    exp: i64,
    sub: String,
}

/// The signer's public key, which identifies the account (RFC 8292, 3).
fn sign_in(request: &Submitted, now: Timestamp) -> Result<String, Refusal> {
    let invalid = || refusal(403, "invalid JWT provided");
    let (token, key) = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("vapid t="))
        .and_then(|value| value.split_once(", k="))
        .ok_or_else(|| refusal(401, "authorization header must be specified."))?;
    let public_key = URL_SAFE_NO_PAD.decode(key).map_err(|_| invalid())?;
    let tokens::Token::<Header, Claims> { header, claims } =
        tokens::read(token, &public_key).ok_or_else(invalid)?;
    let left = claims.exp.saturating_sub(now.as_second());
    let is_timely = (0..=LIFETIME_SECONDS).contains(&left);
    let has_contact = claims.sub.starts_with("mailto:") || claims.sub.starts_with("https://");
    if header.alg != "ES256" || claims.aud != ORIGIN || !is_timely || !has_contact {
        return Err(invalid());
    }
    if key != WEB_PUSH_PUBLIC_KEY {
        return Err(refusal(403, OTHER_KEY));
    }
    Ok(key.to_owned())
}

const OTHER_KEY: &str = "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.";

fn refusal(status: u16, message: impl Into<String>) -> Refusal {
    let code = match status {
        401 => "Unauthorized",
        403 => "Forbidden",
        410 => "Gone",
        413 => "PayloadTooLarge",
        _ => "BadRequest",
    };
    Refusal::new(status, code, message)
}

fn status(code: &str) -> u16 {
    match code {
        "Unauthorized" => 401,
        "Forbidden" | "OtherKey" => 403,
        "NotFound" => 404,
        "Gone" => 410,
        "PayloadTooLarge" => 413,
        "TooManyRequests" => 429,
        _ => 400,
    }
}

fn message(code: &str, _: &[String]) -> String {
    let text = match code {
        "NotFound" => "Not Found",
        "Gone" => "push subscription has unsubscribed or expired.",
        "OtherKey" => OTHER_KEY,
        "Forbidden" => "invalid JWT provided",
        "Unauthorized" => "authorization header must be specified.",
        _ => "Bad Request",
    };
    text.to_owned()
}
