//! Browsers, through their push services (RFC 8030): the message posted to a subscription's endpoint is encrypted for
//! the browser (RFC 8291) and signed so that the push service can identify the sender (RFC 8292).
//!
//! Push services do not deduplicate and have no callbacks, so a lost response leaves the delivery unknown. Until the
//! browser has received it, a message replaces an earlier one with the same topic (RFC 8030, 5.4); after that, the page
//! can do so by the tag.

mod encryption;

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use carillon_domain::{
    delivery::Outcome,
    push_address::{PushAddress, WebSubscription},
    reason::Reason,
    transports::Vendor,
};
use encryption::Sender;
use http::{HeaderValue, Request, Response, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{KEPT_SECONDS, Push, wrong_device};
use crate::{
    Reference,
    answer::{NO_REASON, short},
    codes,
    http::{BadRequest, by_status, is_public_name, retry_after},
    jwt,
    setup::{Callbacks, Field, Setup, Values},
    vendor::{Account, Adapter, Unusable},
};

/// What a web push transport needs.
pub static SETUP: Setup = Setup {
    name: "Web push",
    sender: &[],
    settings: &[
        Field {
            help: "Where the push services can reach you if there is a problem.",
            example: "mailto:push@example.com",
            values: Values::Text(is_contact),
            expected: CONTACT_EXPECTED,
            ..Field::setting(CONTACT, "Contact")
        },
        Field {
            help: "Hosts of push services beside those of Chrome, Edge, Firefox and Safari, separated by commas.",
            example: "push.example.com",
            values: Values::Text(are_hosts),
            expected: "the hosts of additional push services, separated by commas, as in push.example.com",
            ..Field::setting(HOSTS, "Additional push services").optional()
        },
    ],
    credentials: &[
        Field {
            help: "Of a VAPID key pair, made with: npx web-push generate-vapid-keys",
            example: "usodzDX0gvpfNl9lSvV-Zoiy_CXKY3OBTnpLV24G2os",
            values: Values::Text(|text| bytes::<32>(text).is_some()),
            expected: "32 bytes in base64url",
            ..Field::secret("private_key", "Private key")
        },
        Field {
            help: "Of the same pair. Your page subscribes browsers with it; keep the pair, or all of them have to subscribe again.",
            example: "BD51yKarCLYFPWuxsUFeIxpWGzmi-DYM5hDctaSequ8_eTrcZfb3TsxsrM0-I5edO9JPe0fZGbWGVf5ZwNcE-FA",
            values: Values::Text(|text| bytes::<65>(text).is_some()),
            expected: "65 bytes in base64url",
            ..Field::credential("public_key", "Public key")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::None,
};

/// This many bytes in base64url.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok()
}

/// The push services of Chrome and Edge, Firefox, Safari, and Edge on Windows. Otherwise anybody who can subscribe
/// could name any host, whose responses could then stop the account for everybody.
const SERVICES: [&str; 5] = [
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
    "wns.windows.com",
];
const HOSTS: &str = "hosts";

const CONTACT: &str = "contact";
const CONTACT_EXPECTED: &str =
    "a contact for the push services, as in mailto:push@example.com or https://example.com/contact";

/// Lifetime of a message's VAPID token. A day at most is allowed (RFC 8292, 2).
const SIGNED_SECONDS: i64 = 12 * 60 * 60;

/// The longest message id.
const ID_BYTES: usize = 128;

/// A sender to browsers, with the key pair that their subscriptions were created for.
pub struct WebPush<'a> {
    key: EcdsaKeyPair,
    /// In its header form.
    public_key: String,
    contact: &'a str,
    /// Additional push services.
    hosts: &'a str,
    now: Timestamp,
}

impl fmt::Debug for WebPush<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WebPush")
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    private_key: String,
    public_key: String,
}

impl Secret {
    /// The key pair, and the public key in its header form. `None` if the keys are malformed or do not match.
    fn keys(&self) -> Option<(EcdsaKeyPair, String)> {
        let private_key: [u8; 32] = bytes(&self.private_key)?;
        let public_key: [u8; 65] = bytes(&self.public_key)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &private_key,
            &public_key,
        );
        Some((pair.ok()?, URL_SAFE_NO_PAD.encode(public_key)))
    }
}

impl<'a> WebPush<'a> {
    /// A sender with the keys from the secret.
    ///
    /// # Errors
    /// If the secret is malformed or the contact is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(&SETUP)?;
        let (key, public_key) = secret.keys().ok_or(Unusable::Secret { needs: &SETUP })?;
        Ok(Self {
            key,
            public_key,
            contact: account
                .setting(CONTACT)
                .filter(|contact| is_contact(contact))
                .ok_or(Unusable::Setting {
                    expected: CONTACT_EXPECTED,
                })?,
            hosts: account.setting(HOSTS).unwrap_or_default(),
            now: account.now,
        })
    }

    /// Whether an origin is a push service or a subdomain of one.
    fn is_service(&self, origin: &str) -> bool {
        let host = origin.strip_prefix("https://").unwrap_or_default();
        let mut services = SERVICES.into_iter().chain(self.hosts.split(','));
        services.any(|service| {
            let service = service.trim();
            let rest = host.strip_suffix(service).filter(|_| !service.is_empty());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// The Authorization header for one push service (RFC 8292, 3). Marked as sensitive, so that it is not printed.
    fn authorization(&self, origin: &str) -> Result<HeaderValue, BadRequest> {
        let header = Header {
            typ: "JWT",
            alg: "ES256",
        };
        let claims = Claims {
            aud: origin,
            exp: self.now.as_second().saturating_add(SIGNED_SECONDS),
            sub: self.contact,
        };
        let token = jwt::es256(&header, &claims, &self.key)?;
        let text = format!("vapid t={token}, k={}", self.public_key);
        let mut value = HeaderValue::try_from(text).map_err(http::Error::from)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The request, encrypted with these single-use keys.
    fn request_with(
        &self,
        push: &Push<'_>,
        subscription: &WebSubscription,
        sender: &Sender,
    ) -> Result<Request<Vec<u8>>, BadRequest> {
        let payload = serde_json::to_vec(&Payload::new(push))?;
        if payload.len() > encryption::MOST_BYTES {
            return Err(BadRequest::Unfit {
                code: "too_long",
                text: "The notification is longer than 3,993 bytes, the most that every push service accepts.",
            });
        }
        let body = encryption::encrypt(&payload, subscription, sender);
        let body = body.map_err(|_| BadRequest::Unfit {
            code: "invalid_subscription",
            text: "The message cannot be encrypted for this browser: its public key is invalid.",
        })?;
        Ok(Request::post(subscription.endpoint())
            .header(
                header::AUTHORIZATION,
                self.authorization(subscription.origin())?,
            )
            .header("ttl", KEPT_SECONDS)
            .header("urgency", "high")
            .header("topic", topic(&push.reference))
            .header(header::CONTENT_ENCODING, "aes128gcm")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body)?)
    }
}

#[derive(Serialize)]
struct Header {
    typ: &'static str,
    alg: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

/// Whether this is a comma-separated list of public host names.
fn are_hosts(text: &str) -> bool {
    let is_host = |host: &str| {
        let host = host.trim();
        // Browsers report it in lower case.
        !host.bytes().any(|byte| byte.is_ascii_uppercase()) && is_public_name(host)
    };
    text.split(',').all(is_host)
}

/// Whether this is a contact URL. A push service may reject a sender that it cannot reach (RFC 8292, 2.1).
fn is_contact(text: &str) -> bool {
    let is_there = |rest: &str| rest.contains('.') && !rest.starts_with('.');
    text.len() <= 200
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && match text.split_once(':') {
            Some(("mailto", address)) => address
                .split_once('@')
                .is_some_and(|(name, domain)| !name.is_empty() && is_there(domain)),
            Some(("https", rest)) => rest.strip_prefix("//").is_some_and(is_there),
            _ => false,
        }
}

/// The topic, by which a waiting message replaces an earlier one: at most 32 characters of base64url (RFC 8030, 5.4).
fn topic(reference: &Reference<'_>) -> String {
    reference.key().chars().take(32).collect()
}

/// The payload for the page's service worker. There is no standard format, so this one is ours (docs/transports.md).
#[derive(Serialize)]
struct Payload<'a> {
    title: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    tag: String,
}

impl<'a> Payload<'a> {
    fn new(push: &Push<'a>) -> Self {
        Self {
            title: push.title,
            body: push.body,
            icon: push.icon,
            url: push.url,
            tag: topic(&push.reference),
        }
    }
}

impl Adapter<Push<'_>> for WebPush<'_> {
    fn request(&self, push: &Push<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let PushAddress::Web(subscription) = push.to else {
            return Err(wrong_device());
        };
        if !self.is_service(subscription.origin()) {
            return Err(BadRequest::Unfit {
                code: "unknown_push_service",
                text: "The browser's push service is not known; add it with the setting hosts.",
            });
        }
        let sender =
            Sender::generate().map_err(<serde_json::Error as serde::ser::Error>::custom)?;
        self.request_with(push, subscription, &sender)
    }

    fn outcome(&self, push: &Push<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let status = answer.status().as_u16();
        if answer.status().is_success() {
            return Outcome::Accepted {
                provider_id: id(answer).unwrap_or_else(|| topic(&push.reference)),
            };
        }
        let words = Words::of(answer);
        let after = retry_after(answer.headers());
        // A subscription for another key concerns only itself. 406 is Microsoft's response to too many messages
        // (https://learn.microsoft.com/en-us/windows/apps/design/shell/tiles-and-notifications/push-request-response-headers).
        let known_as = match status {
            400 | 401 | 403 if words.is_about_another_key() => "another key".to_owned(),
            status => format!("http_{status}"),
        };
        match codes::cause(Vendor::WebPush, &known_as) {
            Some(cause) => cause.outcome(after, words.reason(status)),
            None => by_status(status, after, words.reason(status)),
        }
    }
}

/// The push service's message id: the last segment of the URL at which it could be cancelled (RFC 8030, 5).
fn id(answer: &Response<Vec<u8>>) -> Option<String> {
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    let (_, id) = location.rsplit_once('/')?;
    (1..=ID_BYTES).contains(&id.len()).then(|| id.to_owned())
}

/// The body of a refusal. Each push service has its own format: Mozilla a number and a sentence
/// (<https://mozilla-services.github.io/autopush-rs/errors.html>), Apple a code
/// (<https://developer.apple.com/documentation/usernotifications/sending-web-push-notifications-in-web-apps-and-browsers>),
/// and Google a line of text.
#[derive(Default)]
struct Words {
    code: Option<String>,
    text: String,
}

#[derive(Deserialize)]
struct Refusal {
    errno: Option<u32>,
    message: Option<String>,
    reason: Option<String>,
}

impl Words {
    fn of(answer: &Response<Vec<u8>>) -> Self {
        if let Ok(refusal) = serde_json::from_slice::<Refusal>(answer.body()) {
            let errno = refusal.errno.map(|errno| format!("errno_{errno}"));
            return Self {
                code: refusal.reason.as_deref().map(short).or(errno),
                text: refusal.message.unwrap_or_default(),
            };
        }
        let text = String::from_utf8_lossy(answer.body());
        let line = text.lines().next().unwrap_or_default().trim();
        // HTML error pages are left out.
        if line.starts_with('<') {
            return Self::default();
        }
        Self {
            code: None,
            text: line.to_owned(),
        }
    }

    /// Whether the subscription was created for another key pair, in the wording of Mozilla, Google and Apple.
    fn is_about_another_key(&self) -> bool {
        self.text.contains("VAPID public key mismatch")
            || self.text.contains("do not correspond to the credentials")
            || self.code.as_deref() == Some("VapidPkHashMismatch")
    }

    fn reason(&self, status: u16) -> Reason {
        let text = match self.text.trim() {
            "" => NO_REASON,
            text => text,
        };
        let code = self.code.clone();
        Reason::new(code.unwrap_or_else(|| format!("http_{status}")), text)
    }
}

#[cfg(test)]
mod tests;
