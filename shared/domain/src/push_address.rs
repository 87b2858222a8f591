//! Push addresses: an app on a device, or a browser.
//!
//! An address is one line of text that begins with its push service:
//!
//! - `fcm:` and a registration token (<https://firebase.google.com/docs/cloud-messaging/manage-tokens>),
//! - `apns:` and a device token in hexadecimal digits
//!   (<https://developer.apple.com/documentation/usernotifications/registering-your-app-with-apns>),
//! - `sns:` and the ARN of a platform endpoint (<https://docs.aws.amazon.com/sns/latest/dg/mobile-push-api.html>),
//! - `web:` and the JSON of a browser's subscription (<https://www.w3.org/TR/push-api/#pushsubscription-interface>).
//!
//! It has one canonical form, so that equal ones compare equal. It cannot be printed: whoever has it can write to
//! somebody's screen.

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Serialize};

use crate::address::InvalidAddress;

/// The longest address. The longest that push services issue are about half of it.
pub const MOST_BYTES: usize = 1_024;

/// The most bytes of input that are read: a browser's JSON may contain more than is stored.
const MOST_GIVEN_BYTES: usize = 4 * MOST_BYTES;

/// Browsers write keys without padding, but some libraries add it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const HTTPS: &str = "https://";

/// A push address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PushAddress {
    /// A registration token of Firebase Cloud Messaging.
    Fcm(DeviceToken),
    /// A device token of the Apple Push Notification service.
    Apns(DeviceToken),
    /// The ARN of a platform endpoint of Amazon SNS.
    Sns(DeviceToken),
    /// A browser's subscription.
    Web(WebSubscription),
}

/// The identifier of a device at a push service. It cannot be printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceToken {
    /// The whole address; the token is what follows its first colon.
    text: String,
}

impl DeviceToken {
    fn new(kind: &str, token: &str) -> Self {
        Self {
            text: format!("{kind}:{token}"),
        }
    }

    /// The token itself, for the push service.
    pub fn expose(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, token)| token)
    }
}

/// A browser's subscription: where messages are posted, and what encrypts them. It cannot be printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebSubscription {
    text: String,
    endpoint: String,
    public_key: [u8; 65],
    secret: [u8; 16],
}

impl WebSubscription {
    /// The URL at the push service to which messages are posted, over TLS.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The push service: the origin of the endpoint (RFC 6454, 6.2).
    pub fn origin(&self) -> &str {
        let (authority, _) = split_authority(self.endpoint.strip_prefix(HTTPS).unwrap_or_default());
        let length = HTTPS.len() + authority.len();
        self.endpoint.get(..length).unwrap_or(&self.endpoint)
    }

    /// The browser's public key on the curve P-256, uncompressed. It has not been checked to be a point on the curve.
    pub fn public_key(&self) -> &[u8; 65] {
        &self.public_key
    }

    /// The secret that the browser shares with authorised senders (RFC 8291, 3.2).
    pub fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    fn read(json: &str) -> Option<Self> {
        let given: Written = serde_json::from_str(json).ok()?;
        let endpoint = canonical(&given.endpoint)?;
        let decode = |text: &str| BASE64.decode(text).ok();
        let public_key: [u8; 65] = decode(&given.keys.p256dh)?.try_into().ok()?;
        // An uncompressed point begins with 4 (SEC 1, 2.3.3).
        public_key.first().filter(|first| **first == 4)?;
        let secret: [u8; 16] = decode(&given.keys.auth)?.try_into().ok()?;
        let written = Written {
            endpoint: endpoint.clone(),
            keys: Keys {
                p256dh: BASE64.encode(public_key),
                auth: BASE64.encode(secret),
            },
        };
        Some(Self {
            text: format!("web:{}", serde_json::to_string(&written).ok()?),
            endpoint,
            public_key,
            secret,
        })
    }
}

/// The parts of a browser's `JSON.stringify(subscription)` that are stored.
#[derive(Serialize, Deserialize)]
struct Written {
    endpoint: String,
    keys: Keys,
}

#[derive(Serialize, Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

impl PushAddress {
    /// Reads an address with its push service in front, as in `fcm:fX2…`.
    ///
    /// # Errors
    /// If it is not a push address of a supported service, or is too long.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        Self::read(text.trim())
            .filter(|address| address.expose().len() <= MOST_BYTES)
            .ok_or(InvalidAddress::Push)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > MOST_GIVEN_BYTES {
            return None;
        }
        let (kind, rest) = text.split_once(':')?;
        Some(match kind {
            "fcm" if is_registration_token(rest) => Self::Fcm(DeviceToken::new(kind, rest)),
            "apns" if is_device_token(rest) => {
                Self::Apns(DeviceToken::new(kind, &rest.to_ascii_lowercase()))
            }
            "sns" if is_endpoint(rest) => Self::Sns(DeviceToken::new(kind, rest)),
            "web" => Self::Web(WebSubscription::read(rest)?),
            _ => return None,
        })
    }

    /// Its push service: `fcm`, `apns`, `sns` or `web`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fcm(_) => "fcm",
            Self::Apns(_) => "apns",
            Self::Sns(_) => "sns",
            Self::Web(_) => "web",
        }
    }

    /// The address itself, for the provider, the ledger and the caller who owns it.
    pub fn expose(&self) -> &str {
        match self {
            Self::Fcm(token) | Self::Apns(token) | Self::Sns(token) => &token.text,
            Self::Web(subscription) => &subscription.text,
        }
    }
}

/// Tokens have no documented format; all issued ones consist of these characters.
fn is_registration_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_:.=~%+".contains(&byte))
}

/// Whole bytes. Apple says that their number may change; currently it is 32.
fn is_device_token(text: &str) -> bool {
    (64..=200).contains(&text.len())
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// As in `arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/app/7c7f8d0e-…`.
fn is_endpoint(text: &str) -> bool {
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "sns", region, account, resource] = parts.as_slice() else {
        return false;
    };
    let resource: Vec<&str> = resource.split('/').collect();
    let ["endpoint", platform, application, id] = resource.as_slice() else {
        return false;
    };
    account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && [partition, region, platform, application, id]
            .into_iter()
            .all(|word| is_word(word))
}

/// A URL over TLS in canonical form, its host in lower case and without the default port; none if it is not one.
fn canonical(endpoint: &str) -> Option<String> {
    // Characters not allowed in a URL (RFC 3986, 2), and a fragment, which is never sent.
    let is_foreign = |byte: u8| !byte.is_ascii_graphic() || b"\"<>\\^`{|}#".contains(&byte);
    if endpoint.bytes().any(is_foreign) {
        return None;
    }
    let scheme = endpoint.get(..HTTPS.len())?;
    if !scheme.eq_ignore_ascii_case(HTTPS) {
        return None;
    }
    let (authority, path) = split_authority(endpoint.get(HTTPS.len()..)?);
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(":443").unwrap_or(&authority);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
    let is_port = port
        .parse::<u16>()
        .is_ok_and(|port| port > 0 && port != 443);
    let is_host = is_port
        && host.contains('.')
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    is_host.then(|| format!("{HTTPS}{authority}{path}"))
}

/// The part before the path or the query, and the rest.
fn split_authority(text: &str) -> (&str, &str) {
    let end = text.find(['/', '?']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

impl TryFrom<String> for PushAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        Self::parse(&text)
    }
}

impl From<PushAddress> for String {
    fn from(address: PushAddress) -> String {
        match address {
            PushAddress::Fcm(token) | PushAddress::Apns(token) | PushAddress::Sns(token) => {
                token.text
            }
            PushAddress::Web(subscription) => subscription.text,
        }
    }
}

impl fmt::Debug for PushAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PushAddress(redacted)")
    }
}

impl fmt::Display for PushAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(push address)")
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeviceToken(redacted)")
    }
}

impl fmt::Debug for WebSubscription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebSubscription(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The keys of the example in RFC 8291, 5.
    const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const ARN: &str = "arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/app/7c7f8d0e-0000-4000-8000-000000000000";

    fn web(endpoint: &str, p256dh: &str, auth: &str) -> String {
        let keys = json!({ "p256dh": p256dh, "auth": auth });
        let subscription = json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys });
        format!("web:{subscription}")
    }

    #[test]
    fn an_address_has_one_canonical_form() {
        let token = "AB01".repeat(16);
        let kept = format!(
            "web:{{\"endpoint\":\"https://push.example.net/push/JzLQ3raZ?x=1\",\"keys\":{{\"p256dh\":\"{P256DH}\",\"auth\":\"{AUTH}\"}}}}"
        );
        for (text, kind, expected) in [
            (
                " fcm:dA-1_x:APA91b ".to_owned(),
                "fcm",
                "fcm:dA-1_x:APA91b".to_owned(),
            ),
            (
                format!("apns:{token}"),
                "apns",
                format!("apns:{}", token.to_lowercase()),
            ),
            (format!("sns:{ARN}"), "sns", format!("sns:{ARN}")),
            (
                web("https://push.example.net/push/JzLQ3raZ?x=1", P256DH, AUTH),
                "web",
                kept.clone(),
            ),
            (
                web(
                    "HTTPS://Push.Example.NET:443/push/JzLQ3raZ?x=1",
                    &format!("{P256DH}="),
                    &format!("{AUTH}=="),
                ),
                "web",
                kept.clone(),
            ),
            (kept.clone(), "web", kept.clone()),
        ] {
            let address = PushAddress::parse(&text).unwrap();
            assert_eq!(
                (address.kind(), address.expose()),
                (kind, expected.as_str())
            );
            assert_eq!(PushAddress::parse(address.expose()), Ok(address.clone()));
            let json = serde_json::to_value(&address).unwrap();
            assert_eq!(json, expected.as_str());
            assert_eq!(
                serde_json::from_value::<PushAddress>(json).unwrap(),
                address
            );
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
        let endpoint = "https://push.example.net/push/JzLQ3raZ";
        let point = BASE64.decode(P256DH).unwrap();
        let compressed = BASE64.encode(&point[..33]);
        let other_form = BASE64.encode([&[5][..], &point[1..]].concat());
        for text in [
            String::new(),
            "fcm".to_owned(),
            "fcm:".to_owned(),
            "fcm:with space".to_owned(),
            format!("fcm:{}", "a".repeat(MOST_BYTES)),
            "gcm:dA1".to_owned(),
            "ann@example.com".to_owned(),
            format!("apns:{}", "ab".repeat(31)),
            format!("apns:{}a", "ab".repeat(32)),
            format!("apns:{}", "ab".repeat(101)),
            format!("apns:{}", "xy".repeat(32)),
            "sns:arn:aws:sns:eu-central-1:123456789012:topic".to_owned(),
            format!("sns:{}", ARN.replace("123456789012", "12345678901")),
            format!("sns:{ARN}/more"),
            format!("sns:{}", ARN.replace(":sns:", ":sqs:")),
            "web:{}".to_owned(),
            web("http://push.example.net/push", P256DH, AUTH),
            web("https://localhost/push", P256DH, AUTH),
            web("https://push.example.net:443:443/push", P256DH, AUTH),
            web("https://push.example.net:0/push", P256DH, AUTH),
            web("https://push.example.net:/push", P256DH, AUTH),
            web("https://push.example.net:65536/push", P256DH, AUTH),
            web("https://a@push.example.net/push", P256DH, AUTH),
            web("https://push.example.net/#part", P256DH, AUTH),
            web("https://push.example.net/a b", P256DH, AUTH),
            web("ftp://push.example.net/", P256DH, AUTH),
            web(endpoint, "", AUTH),
            web(endpoint, &compressed, AUTH),
            web(endpoint, &other_form, AUTH),
            web(endpoint, P256DH, "BTBZMqHH6r4Tts7J_aSI"),
            web(endpoint, P256DH, "not base64!"),
            web(
                &format!("{endpoint}{}", "a".repeat(MOST_BYTES)),
                P256DH,
                AUTH,
            ),
        ] {
            assert_eq!(
                PushAddress::parse(&text),
                Err(InvalidAddress::Push),
                "{text}"
            );
        }
    }

    #[test]
    fn a_subscription_knows_its_push_service() {
        let origin = |endpoint: &str| match PushAddress::parse(&web(endpoint, P256DH, AUTH)) {
            Ok(PushAddress::Web(subscription)) => subscription.origin().to_owned(),
            other => panic!("{other:?}"),
        };
        for (endpoint, expected) in [
            (
                "https://push.example.net/push/x",
                "https://push.example.net",
            ),
            (
                "https://push.example.net:8443/x",
                "https://push.example.net:8443",
            ),
            ("https://push.example.net?x", "https://push.example.net"),
            ("https://push.example.net", "https://push.example.net"),
        ] {
            assert_eq!(origin(endpoint), expected);
        }
    }

    #[test]
    fn a_device_is_identified_by_its_token() {
        let Ok(PushAddress::Sns(arn)) = PushAddress::parse(&format!("sns:{ARN}")) else {
            panic!("an ARN");
        };
        assert_eq!(arn.expose(), ARN);
    }

    #[test]
    fn addresses_cannot_be_printed() {
        for text in [
            "fcm:hidden".to_owned(),
            format!("sns:{ARN}"),
            web("https://hidden.example.net/hidden", P256DH, AUTH),
        ] {
            let address = PushAddress::parse(&text).unwrap();
            let inner = match &address {
                PushAddress::Fcm(token) | PushAddress::Apns(token) | PushAddress::Sns(token) => {
                    format!("{token:?}")
                }
                PushAddress::Web(subscription) => format!("{subscription:?}"),
            };
            let printed = format!("{address} {address:?} {inner}");
            for part in ["hidden", "arn", "BTBZ"] {
                assert!(!printed.contains(part), "{printed}");
            }
        }
    }
}
