//! The Apple Push Notification service: `POST /3/device/{token}`
//! (<https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>), refusing as in
//! <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>. Here it is
//! spoken to over HTTP/1.1, because there is no TLS.
//!
//! A device whose token begins with `dead` has uninstalled the app, and one whose token begins with `bad` is invalid.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use carillon_domain::push_address::PushAddress;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, CallbackRequest, Reply, Submitted, Vendor, tokens};
use crate::simulator::calls::{Call, Message, Provider, PushMessage};
use crate::simulator::events::EventKind;
use crate::simulator::faults::FaultKind;
use crate::simulator::refusal::{Refusal, Words};
use crate::simulator::state::Draft;

/// The signing key of every account, under any key id.
pub const APNS_PRIVATE_KEY: &str =
    include_str!("../../../../../shared/providers/src/push/apns/fixtures/simulated-key.p8");

/// The token prefix of devices that have uninstalled the app.
const DEAD: &str = "dead";
/// The prefix of invalid device tokens.
const BAD: &str = "bad";
const MAXIMUM_BYTES: usize = 4_096;
/// Lifetime of a provider token.
const LIFETIME_SECONDS: i64 = 3_600;
/// Clock tolerance.
const TOLERANCE_SECONDS: i64 = 60;

/// Headers that control delivery.
const HEADERS: [&str; 6] = [
    "apns-topic",
    "apns-push-type",
    "apns-id",
    "apns-priority",
    "apns-expiration",
    "apns-collapse-id",
];

pub(in crate::simulator) struct Apns;

#[derive(Deserialize)]
struct Payload {
    aps: Aps,
    url: Option<String>,
    icon: Option<String>,
}

#[derive(Deserialize)]
struct Aps {
    alert: Alert,
}

#[derive(Deserialize)]
struct Alert {
    title: String,
    body: String,
}

impl Vendor for Apns {
    const PROVIDER: Provider = Provider::Apns;
    const OPERATION: &'static str = "SendNotification";
    const ROUTES: &'static [&'static str] = &[
        "/api.push.apple.com/3/device/{token}",
        "/api.sandbox.push.apple.com/3/device/{token}",
    ];

    fn message_id() -> String {
        Uuid::new_v4().to_string()
    }

    fn submit(request: &Submitted, draft: &mut Draft) -> Result<Answer, Refusal> {
        draft.account = sign_in(request, Timestamp::now())?;
        let token = request.path.split('/').nth(4).unwrap_or_default();
        let address = PushAddress::parse(&format!("apns:{token}"));
        if let Ok(address) = &address {
            draft.recipients = vec![address.expose().to_owned()];
        }
        let payload: Payload =
            serde_json::from_slice(&request.body).map_err(|_| refusal("PayloadEmpty"))?;
        let attributes = HEADERS.into_iter().filter_map(|name| {
            let value = request.header(name)?;
            Some((name.to_owned(), value.to_owned()))
        });
        draft.message = Some(Message::Push(PushMessage {
            title: payload.aps.alert.title,
            body: payload.aps.alert.body,
            icon: payload.icon,
            url: payload.url,
            attributes: attributes.collect(),
        }));
        check(request)?;
        if let Some(id) = request.header("apns-id") {
            draft.message_id = id.to_ascii_lowercase();
        }
        if address.is_err() || token.starts_with(BAD) {
            return Err(refusal("BadDeviceToken"));
        }
        if token.starts_with(DEAD) {
            return Err(refusal("Unregistered"));
        }
        let answer = Answer {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        };
        Ok(answer.with("apns-id", &draft.message_id))
    }

    fn repetition_key(_: &Submitted) -> Option<String> {
        None
    }

    fn words(fault: &FaultKind, recipients: &[String]) -> Option<Refusal> {
        let words = Words {
            throttle: (429, "TooManyProviderTokenUpdates", ""),
            reject: "BadDeviceToken",
            server_error: ("InternalServerError", ""),
            unavailable: ("ServiceUnavailable", ""),
            status,
            message,
        };
        words.of(fault, recipients)
    }

    /// APNs has codes without messages.
    fn refuse(refusal: &Refusal) -> Answer {
        let mut body = json!({ "reason": refusal.code });
        if refusal.status == 410 {
            // When the app was uninstalled.
            body = json!({
                "reason": refusal.code,
                "timestamp": Timestamp::now().as_millisecond(),
            });
        }
        let id = Uuid::new_v4().to_string();
        Answer::json(refusal.status, &body).with("apns-id", &id)
    }

    /// APNs has no callbacks.
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
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
}

/// The team in the token, which identifies the account.
fn sign_in(request: &Submitted, now: Timestamp) -> Result<String, Refusal> {
    let token = request
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token)
        .ok_or_else(|| refusal("MissingProviderToken"))?;
    let invalid = || refusal("InvalidProviderToken");
    let key = public_key().ok_or_else(invalid)?;
    let tokens::Token::<Header, Claims> { header, claims } =
        tokens::read(token, &key).ok_or_else(invalid)?;
    let is_id = |text: &str| text.len() == 10;
    if header.alg != "ES256" || !is_id(&header.kid) || !is_id(&claims.iss) {
        return Err(invalid());
    }
    let age = now.as_second().saturating_sub(claims.iat);
    if age < -TOLERANCE_SECONDS {
        return Err(invalid());
    }
    if age > LIFETIME_SECONDS {
        return Err(refusal("ExpiredProviderToken"));
    }
    Ok(claims.iss)
}

/// The public key of the accounts.
fn public_key() -> Option<Vec<u8>> {
    let text: String = APNS_PRIVATE_KEY
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let key = STANDARD.decode(text).ok()?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}

/// Validates like APNs, regardless of the device.
fn check(request: &Submitted) -> Result<(), Refusal> {
    let header = |name: &str| request.header(name);
    let is_topic = |text: &str| text.contains('.') && !text.contains(char::is_whitespace);
    match header("apns-topic") {
        None => return Err(refusal("MissingTopic")),
        Some(topic) if !is_topic(topic) => return Err(refusal("BadTopic")),
        Some(_) => {}
    }
    if header("apns-push-type") != Some("alert") {
        return Err(refusal("InvalidPushType"));
    }
    if header("apns-id").is_some_and(|id| Uuid::try_parse(id).is_err()) {
        return Err(refusal("BadMessageId"));
    }
    if header("apns-priority").is_some_and(|text| !["1", "5", "10"].contains(&text)) {
        return Err(refusal("BadPriority"));
    }
    if header("apns-expiration").is_some_and(|text| text.parse::<u64>().is_err()) {
        return Err(refusal("BadExpirationDate"));
    }
    if header("apns-collapse-id").is_some_and(|text| text.len() > 64) {
        return Err(refusal("BadCollapseId"));
    }
    if request.body.len() > MAXIMUM_BYTES {
        return Err(refusal("PayloadTooLarge"));
    }
    Ok(())
}

fn refusal(code: &str) -> Refusal {
    Refusal::new(status(code), code, "")
}

fn status(code: &str) -> u16 {
    match code {
        "BadCertificate"
        | "BadCertificateEnvironment"
        | "BadEnvironmentKeyIdInToken"
        | "ExpiredProviderToken"
        | "Forbidden"
        | "InvalidProviderToken"
        | "MissingProviderToken"
        | "UnrelatedKeyIdInToken" => 403,
        "BadPath" => 404,
        "MethodNotAllowed" => 405,
        "ExpiredToken" | "Unregistered" => 410,
        "PayloadTooLarge" => 413,
        "TooManyProviderTokenUpdates" | "TooManyRequests" => 429,
        "InternalServerError" => 500,
        "ServiceUnavailable" | "Shutdown" => 503,
        _ => 400,
    }
}

fn message(_: &str, _: &[String]) -> String {
    String::new()
}
