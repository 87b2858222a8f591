//! The Apple Push Notification service:
//! <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>.
//!
//! APNs supports HTTP/2 only. It does not deduplicate and has no callbacks, so a lost response leaves the delivery
//! unknown. Each attempt has the same `apns-id`, and a duplicate replaces the first notification on the device, because
//! both have the same `apns-collapse-id`.
//!
//! An account authenticates with a token that it signs itself:
//! <https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns>.

use std::{fmt, time::Duration};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    push_address::PushAddress,
    reason::Reason,
    transports::Vendor,
};
use http::{HeaderValue, Request, Response, Version, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{KEPT_SECONDS, Push, wrong_device};
use crate::{
    Reference,
    answer::{NO_REASON, short, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    jwt,
    setup::{Callbacks, Choice, Field, Input, Setup, Values},
    vendor::{AccessToken, Account, Adapter, SignIn, Unusable},
};

/// What an APNs transport needs.
pub static SETUP: Setup = Setup {
    name: "Apple Push Notification service",
    sender: &[],
    settings: &[
        Field {
            help: "The bundle ID of the app: Certificates, Identifiers & Profiles, Identifiers.",
            example: "com.example.app",
            values: Values::Text(is_topic),
            expected: TOPIC_EXPECTED,
            ..Field::setting(TOPIC, "Bundle ID")
        },
        Field {
            help: "Without it, production.",
            example: PRODUCTION,
            values: Values::Choice(&[
                Choice {
                    value: PRODUCTION,
                    label: "Production",
                },
                Choice {
                    value: "sandbox",
                    label: "Sandbox (development builds)",
                },
            ]),
            expected: ENVIRONMENT_EXPECTED,
            ..Field::setting(ENVIRONMENT, "Environment").optional()
        },
    ],
    credentials: &[
        Field {
            help: "Certificates, Identifiers & Profiles, Keys, the key.",
            example: "ABC123DEFG",
            values: Values::Text(is_id),
            expected: "ten letters and digits",
            ..Field::credential("key_id", "Key ID")
        },
        Field {
            help: "Membership details, in the developer account.",
            example: "DEF123GHIJ",
            values: Values::Text(is_id),
            expected: "ten letters and digits",
            ..Field::credential("team_id", "Team ID")
        },
        Field {
            help: "The content of the key's .p8 file, with its line breaks. It can be downloaded once.",
            example: "-----BEGIN PRIVATE KEY-----",
            input: Input::SecretLines,
            values: Values::Text(|text| key(text).is_some()),
            expected: "a key for Apple Push Notifications in PEM, as in the .p8 file",
            ..Field::secret("private_key", "Authentication key")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::None,
};

/// Ten characters, according to Apple.
fn is_id(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn key(text: &str) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &jwt::pkcs8(text)?).ok()
}

const TOPIC: &str = "topic";
const TOPIC_EXPECTED: &str = "the bundle id of the app, as in com.example.app";
const ENVIRONMENT: &str = "environment";
const ENVIRONMENT_EXPECTED: &str =
    "production, or sandbox for apps installed from a development build";
const PRODUCTION: &str = "production";

/// Apple rejects a token older than an hour, and an account that changes its token more than once in 20 minutes. Each
/// execution environment signs its own, and all use the start of the current half hour as the issue time. A rejected
/// token is not signed again: the new one would be identical.
const RENEWED_SECONDS: i64 = 30 * 60;
/// How long a token is used after its issue time.
const USED_SECONDS: i64 = 55 * 60;

/// An app at Apple and its authentication key.
pub struct Apns<'a> {
    topic: &'a str,
    host: &'static str,
    key_id: String,
    team_id: String,
    key: EcdsaKeyPair,
    /// Marked as sensitive, so that it is not printed.
    authorization: Option<HeaderValue>,
    now: Timestamp,
}

impl fmt::Debug for Apns<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Apns")
            .field("topic", &self.topic)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    key_id: String,
    team_id: String,
    private_key: String,
}

impl Secret {
    /// `None` if an id is malformed or the key cannot be parsed.
    fn key(&self) -> Option<EcdsaKeyPair> {
        if !is_id(&self.key_id) || !is_id(&self.team_id) {
            return None;
        }
        key(&self.private_key)
    }
}

impl<'a> Apns<'a> {
    /// An app with the key from the secret, signed in or not.
    ///
    /// # Errors
    /// If the secret is malformed or the app is not set.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(&SETUP)?;
        let key = secret.key().ok_or(Unusable::Secret { needs: &SETUP })?;
        Ok(Self {
            topic: account
                .setting(TOPIC)
                .filter(|topic| is_topic(topic))
                .ok_or(Unusable::Setting {
                    expected: TOPIC_EXPECTED,
                })?,
            host: host(account.setting(ENVIRONMENT).unwrap_or(PRODUCTION)).ok_or(
                Unusable::Setting {
                    expected: ENVIRONMENT_EXPECTED,
                },
            )?,
            key_id: secret.key_id,
            team_id: secret.team_id,
            key,
            authorization: account.access_token.and_then(bearer),
            now: account.now,
        })
    }

    /// The token, and when it stops being used.
    fn token_of_now(&self) -> Result<AccessToken, BadRequest> {
        let now = self.now.as_second();
        let issued_at = now - now.rem_euclid(RENEWED_SECONDS);
        let header = Header {
            alg: "ES256",
            kid: &self.key_id,
        };
        let claims = Claims {
            iss: &self.team_id,
            iat: issued_at,
        };
        let seconds = issued_at.saturating_add(USED_SECONDS) - now;
        Ok(AccessToken {
            text: jwt::es256(&header, &claims, &self.key)?,
            lifetime: Duration::from_secs(seconds.try_into().unwrap_or_default()),
        })
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
}

/// The host for an environment.
fn host(environment: &str) -> Option<&'static str> {
    match environment {
        PRODUCTION => Some("api.push.apple.com"),
        "sandbox" => Some("api.sandbox.push.apple.com"),
        _ => None,
    }
}

/// It becomes a header value:
/// <https://developer.apple.com/documentation/bundleresources/information-property-list/cfbundleidentifier>.
fn is_topic(text: &str) -> bool {
    let is_of_topic = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (1..=155).contains(&text.len()) && text.bytes().all(is_of_topic)
}

/// The Authorization header, marked as sensitive; `None` if the token is not a valid header value.
fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The id of a notification, the same at each attempt: the beginning of its key as a UUID (RFC 9562, 5.8).
fn notification_id(reference: &Reference<'_>) -> String {
    let key = reference.key();
    let digits = key.get(..32).unwrap_or_default();
    let bits = u128::from_str_radix(digits, 16).unwrap_or_default();
    // Version 8 (custom), with the standard variant.
    let bits = bits & !(0xf_u128 << 76) & !(0b11_u128 << 62);
    let bits = bits | (8_u128 << 76) | (0b10_u128 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xffff,
        (bits >> 48) & 0xffff,
        bits & 0xffff_ffff_ffff
    )
}

impl SignIn for Apns<'_> {
    fn local_token(&self) -> Option<Result<AccessToken, Reason>> {
        let token = self.token_of_now();
        Some(token.map_err(|error| Reason::new("secret_invalid", error.to_string())))
    }

    fn token_request(&self) -> Result<Request<Vec<u8>>, BadRequest> {
        Err(BadRequest::NotSignedIn)
    }

    fn token(&self, _: &Response<Vec<u8>>) -> Result<AccessToken, Reason> {
        Err(unreadable())
    }
}

/// The payload of a notification:
/// <https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification>. Amazon SNS takes the same.
#[derive(Serialize)]
pub(super) struct Payload<'a> {
    aps: Aps<'a>,
    /// For the app, which opens it on a tap.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// For the app's service extension, which runs before the notification is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Aps<'a> {
    alert: Alert<'a>,
    sound: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutable_content: Option<u8>,
}

#[derive(Serialize)]
struct Alert<'a> {
    title: &'a str,
    body: &'a str,
}

impl<'a> Payload<'a> {
    pub(super) fn new(push: &Push<'a>) -> Self {
        Self {
            aps: Aps {
                alert: Alert {
                    title: push.title,
                    body: push.body,
                },
                sound: "default",
                // Without it the service extension does not run.
                mutable_content: push.icon.map(|_| 1),
            },
            url: push.url,
            icon: push.icon,
        }
    }
}

impl Adapter<Push<'_>> for Apns<'_> {
    fn request(&self, push: &Push<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let PushAddress::Apns(token) = push.to else {
            return Err(wrong_device());
        };
        let authorization = self.authorization.clone().ok_or(BadRequest::NotSignedIn)?;
        let expiration = self.now.as_second().saturating_add(KEPT_SECONDS.into());
        Ok(
            Request::post(format!("https://{}/3/device/{}", self.host, token.expose()))
                .version(Version::HTTP_2)
                .header(header::AUTHORIZATION, authorization)
                .header("apns-topic", self.topic)
                .header("apns-push-type", "alert")
                .header("apns-id", notification_id(&push.reference))
                .header("apns-priority", "10")
                .header("apns-expiration", expiration)
                // 32 bytes in hexadecimal: 64 bytes, the longest that Apple accepts.
                .header("apns-collapse-id", push.reference.key())
                .header(header::CONTENT_TYPE, "application/json")
                .body(serde_json::to_vec(&Payload::new(push))?)?,
        )
    }

    fn outcome(&self, push: &Push<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let status = answer.status().as_u16();
        match status {
            200 => {
                let id = answer.headers().get("apns-id");
                let id = id.and_then(|id| id.to_str().ok());
                return Outcome::Accepted {
                    provider_id: id.map_or_else(|| notification_id(&push.reference), str::to_owned),
                };
            }
            201..=299 => return Outcome::Unknown(unreadable()),
            _ => {}
        }
        let Refusal { reason: code } = serde_json::from_slice(answer.body()).unwrap_or_default();
        judge(status, &code, answer)
    }
}

/// The body of a refusal:
/// <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    reason: String,
}

fn judge(status: u16, code: &str, answer: &Response<Vec<u8>>) -> Outcome {
    let after = retry_after(answer.headers());
    let reason = match code {
        "" => Reason::new(format!("http_{status}"), NO_REASON),
        code => Reason::new(short(code), describe(code)),
    };
    // `BadDeviceToken` is not final for the device: with the wrong environment, all devices are rejected like this.
    match codes::cause(Vendor::Apns, code) {
        Some(cause) => cause.outcome(after, reason),
        // The device no longer exists, whatever the code.
        None if status == 410 => Cause::AddressUnknown.outcome(after, reason),
        None => by_status(status, after, reason),
    }
}

/// APNs returns codes only; these are their texts.
fn describe(code: &str) -> &'static str {
    match code {
        "BadDeviceToken" => {
            "The device token is not valid in this environment: check it and the setting environment."
        }
        "DeviceTokenNotForTopic" => "The device token belongs to another app.",
        "Unregistered" => "The app is no longer on the device.",
        "ExpiredToken" => "The device token has expired.",
        "BadTopic" | "MissingTopic" | "TopicDisallowed" => {
            "The key is not valid for this app: check the setting topic."
        }
        "ExpiredProviderToken" | "InvalidProviderToken" | "MissingProviderToken" => {
            "The key was rejected: check key_id, team_id and private_key."
        }
        // Apple documents the first; the second has been observed.
        "BadEnvironmentKeyIdInToken" | "BadEnvironmentKeyInToken" | "UnrelatedKeyIdInToken" => {
            "The key is not valid for this environment or this app."
        }
        "TooManyProviderTokenUpdates" => {
            "The account changed its token too often; no action is needed unless this persists."
        }
        "TooManyRequests" => "Too many notifications were sent to this device in a row.",
        "PayloadTooLarge" => "The notification is longer than 4,096 bytes.",
        "IdleTimeout" | "ServiceUnavailable" | "Shutdown" => {
            "APNs accepts nothing on this connection at the moment."
        }
        "InternalServerError" => "Internal error at Apple.",
        _ => NO_REASON,
    }
}

#[cfg(test)]
mod tests;
