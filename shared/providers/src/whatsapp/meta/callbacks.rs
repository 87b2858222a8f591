//! Meta's webhooks
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages>): delivery
//! statuses and inbound messages. A webhook serves all numbers of an account, and one call may contain many events.
//!
//! Meta signs the body of each call with the app secret
//! (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications>). No timestamp is
//! signed, so a replayed call is accepted; it only repeats what was said before. Before its first call, Meta verifies
//! the URL by a challenge with our token, which must be returned
//! (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests>).

use carillon_domain::{
    delivery::{
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, StatusUpdate},
    },
    suppressions::keyword::Keyword,
};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Meta, Problem};
use crate::{
    signature::{is_hmac_sha256, is_same},
    vendor::{BadCallback, Callback, Callbacks, ProviderEvent},
};

/// The signature header.
const SIGNATURE: &str = "x-hub-signature-256";
/// The prefix of the signature.
const ALGORITHM: &str = "sha256=";
/// The longest challenge that is returned; Meta's has about ten digits.
const CHALLENGE_CHARACTERS: usize = 128;
/// The message could not be delivered: <https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>.
const UNDELIVERABLE: i64 = 131_026;
/// The status of a message that could not be sent or delivered.
const FAILED: &str = "failed";

#[derive(Deserialize)]
struct Notification {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    value: Value,
}

/// A change. Changes other than messages have none of these fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Value {
    metadata: Metadata,
    statuses: Vec<Status>,
    messages: Vec<Written>,
    user_preferences: Vec<Preference>,
}

/// A receiver turned a sender's marketing messages off or on
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences>).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Preference {
    wa_id: String,
    category: String,
    value: String,
    timestamp: Moment,
}

/// Seconds since 1970, as a number or a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Number(i64),
}

impl Default for Moment {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// The number of ours that it concerns.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    display_phone_number: String,
    phone_number_id: String,
}

/// A delivery status.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    id: String,
    status: String,
    timestamp: String,
    biz_opaque_callback_data: Option<String>,
    errors: Vec<Problem>,
}

/// An inbound message: a text, a button, or media.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    id: String,
    from: Option<String>,
    timestamp: String,
    #[serde(rename = "type")]
    kind: String,
    text: Option<Words>,
    button: Option<Words>,
    interactive: Option<Interactive>,
    image: Option<Words>,
    video: Option<Words>,
    document: Option<Words>,
}

/// A text, in any of these fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    body: Option<String>,
    text: Option<String>,
    title: Option<String>,
    caption: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Interactive {
    button_reply: Option<Words>,
    list_reply: Option<Words>,
}

impl Callbacks for Meta<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        self.verify(callback)?;
        let notification: Notification =
            serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
        let changes = notification.entry.into_iter().flat_map(|it| it.changes);
        let told = changes.flat_map(|change| self.tell(change.value, callback.now));
        Ok(told.collect())
    }

    fn greeting(&self, callback: &Callback<'_>) -> Option<String> {
        if callback.method != Method::GET {
            return None;
        }
        let field = |wanted: &str| {
            let found = callback.query().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value)
        };
        let is_ours =
            |token: &String| is_same(token.as_bytes(), self.credentials.verify_token.as_bytes());
        let is_challenge = |text: &String| {
            (1..=CHALLENGE_CHARACTERS).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        field("hub.mode").filter(|mode| mode == "subscribe")?;
        field("hub.verify_token").filter(is_ours)?;
        field("hub.challenge").filter(is_challenge)
    }
}

impl Meta<'_> {
    /// Verifies the signature: HMAC-SHA256 over the raw body, in hexadecimal.
    fn verify(&self, callback: &Callback<'_>) -> Result<(), BadCallback> {
        let signature = callback.header(SIGNATURE).ok_or(BadCallback::Unsigned)?;
        let digits = signature
            .strip_prefix(ALGORITHM)
            .ok_or(BadCallback::Forged)?;
        let signature = hex::decode(digits).map_err(|_| BadCallback::Forged)?;
        let key = self.credentials.app_secret.as_bytes();
        if is_hmac_sha256(key, callback.body, &signature) {
            Ok(())
        } else {
            Err(BadCallback::Forged)
        }
    }

    /// All events of one change.
    fn tell(&self, value: Value, now: Timestamp) -> Vec<ProviderEvent> {
        let Value {
            metadata,
            statuses,
            messages,
            user_preferences,
        } = value;
        let is_here = metadata.phone_number_id == self.phone_number_id;
        let receipts = statuses.into_iter().map(|status| receipt(status, now));
        let inbound = messages.into_iter().map(|written| {
            // Messages to another number are for whoever sends from it.
            let written = is_here.then_some(written);
            written.and_then(|written| inbound(written, &metadata, now))
        });
        let preferences = user_preferences.into_iter().map(|preference| {
            let preference = is_here.then_some(preference);
            preference.and_then(|preference| asked(&preference, now))
        });
        receipts
            .chain(inbound)
            .chain(preferences)
            .map(|told| told.unwrap_or(ProviderEvent::Irrelevant))
            .collect()
    }
}

/// A delivery status, if the message is ours. Meta documents that it returns our data when a message was sent,
/// delivered or read, but not when it failed
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status>):
/// then the message's id is the only link to its delivery.
fn receipt(status: Status, now: Timestamp) -> Option<ProviderEvent> {
    let news = news(&status)?;
    let at = time(&status.timestamp, now);
    let provider_id = status.id;
    Some(match status.biz_opaque_callback_data {
        Some(data) => ProviderEvent::Receipt {
            delivery: data.parse().ok()?,
            provider_id,
            at,
            news,
        },
        None if status.status == FAILED && !provider_id.is_empty() => {
            ProviderEvent::ReceiptOfMessage {
                provider_id,
                at,
                news,
            }
        }
        None => return None,
    })
}

/// What a status means
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status>). A
/// message fails if it cannot be sent, and if it cannot be delivered.
fn news(status: &Status) -> Option<StatusUpdate> {
    Some(match status.status.as_str() {
        "sent" => StatusUpdate::Accepted,
        "delivered" => StatusUpdate::Became(DeliveryStatus::Delivered),
        "read" | "played" => StatusUpdate::Became(DeliveryStatus::Opened),
        FAILED => {
            let nothing = Problem::default();
            let error = status.errors.first().unwrap_or(&nothing);
            let given_up = match error.code {
                Some(UNDELIVERABLE) => GivenUp::AfterSending,
                _ => GivenUp::BeforeSending,
            };
            let cause = error.cause().unwrap_or(Cause::NotReached);
            cause.news(given_up, error.reason(|| FAILED.to_owned()))
        }
        _ => return None,
    })
}

/// The preference that was changed, if it is about a sender's marketing messages.
fn asked(preference: &Preference, now: Timestamp) -> Option<ProviderEvent> {
    let keyword = match (preference.category.as_str(), preference.value.as_str()) {
        ("marketing_messages", "stop") => Keyword::Stop,
        ("marketing_messages", "resume") => Keyword::Start,
        _ => return None,
    };
    let digits = preference.wa_id.trim_start_matches('+');
    let is_number = (5..=15).contains(&digits.len()) && is_digits(digits);
    let seconds = match &preference.timestamp {
        Moment::Text(text) => text.clone(),
        Moment::Number(number) => number.to_string(),
    };
    is_number.then(|| ProviderEvent::Asked {
        from: format!("+{digits}"),
        keyword,
        provider_id: format!("preference-{digits}-{seconds}"),
        at: time(&seconds, now),
    })
}

/// An inbound message; `None` for system events and reactions, such as a changed number.
fn inbound(written: Written, metadata: &Metadata, now: Timestamp) -> Option<ProviderEvent> {
    let words = match written.kind.as_str() {
        "text" => written.text,
        "button" => written.button,
        "interactive" => written
            .interactive
            .and_then(|it| it.button_reply.or(it.list_reply)),
        "image" => written.image,
        "video" => written.video,
        "document" => written.document,
        // These have no text.
        "audio" | "voice" | "sticker" | "location" | "contacts" => None,
        _ => return None,
    };
    let words = words.unwrap_or_default();
    let text = words.body.or(words.text).or(words.title).or(words.caption);
    let digits = written.from?;
    let is_number = (5..=15).contains(&digits.len()) && is_digits(&digits);
    is_number.then(|| ProviderEvent::Inbound {
        from: format!("+{digits}"),
        to: shown(&metadata.display_phone_number),
        text: text.unwrap_or_default(),
        at: time(&written.timestamp, now),
        provider_id: written.id,
    })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One of our numbers in Meta's display format, reduced to a plus sign and digits.
fn shown(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit);
    format!("+{}", digits.collect::<String>())
}

/// A time in seconds since 1970; the time of receipt if it is malformed.
fn time(seconds: &str, now: Timestamp) -> Timestamp {
    let seconds = seconds.parse::<i64>().ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(now)
}
