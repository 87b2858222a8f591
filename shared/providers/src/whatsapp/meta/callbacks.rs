//! What Meta says by calling, through the webhook of the app
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages>): what became
//! of messages, and what somebody wrote. A webhook serves all numbers of an account, and one call may tell many
//! things.
//!
//! Meta signs each call over its body with the secret of the app
//! (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications>). No time is signed, so an old
//! call that somebody makes again is believed; it says what was said before. Before it calls at all, it wants to
//! hear back what it asks with a token of ours
//! (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests>).

use carillon_domain::{delivery::{cause::{Cause, GivenUp}, receipt::{Fate, News}}, suppressions::keyword::Keyword};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Meta, Problem};
use crate::{
    signature::{is_hmac_sha256, is_same},
    vendor::{BadCallback, Callback, Callbacks, Told},
};

/// The header with the signature.
const SIGNATURE: &str = "x-hub-signature-256";
/// What the signature begins with.
const ALGORITHM: &str = "sha256=";
/// Meta asks with some ten digits; nobody needs to have more said after them.
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

/// What has changed. Changes of other kinds than messages have none of this.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Value {
    metadata: Metadata,
    statuses: Vec<Status>,
    messages: Vec<Written>,
    user_preferences: Vec<Preference>,
}

/// That somebody switched a sender's marketing off or on again
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences>).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Preference {
    wa_id: String,
    category: String,
    value: String,
    timestamp: Moment,
}

/// Seconds since 1970, which Meta writes as a number or as text.
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

/// Which of our numbers it is about.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    display_phone_number: String,
    phone_number_id: String,
}

/// What became of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    id: String,
    status: String,
    timestamp: String,
    biz_opaque_callback_data: Option<String>,
    errors: Vec<Problem>,
}

/// What somebody wrote, did with a button, or sent without words.
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

/// Words, whatever they are called.
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
    fn hear(&self, callback: &Callback<'_>) -> Result<Vec<Told>, BadCallback> {
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
    /// Checks the signature: HMAC-SHA256 over the body byte for byte, in hexadecimal.
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

    /// Everything that one change tells.
    fn tell(&self, value: Value, now: Timestamp) -> Vec<Told> {
        let Value {
            metadata,
            statuses,
            messages,
            user_preferences,
        } = value;
        let is_here = metadata.phone_number_id == self.phone_number_id;
        let receipts = statuses.into_iter().map(|status| receipt(status, now));
        let inbound = messages.into_iter().map(|written| {
            // What is written to another number is for whoever sends from there.
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
            .map(|told| told.unwrap_or(Told::Irrelevant))
            .collect()
    }
}

/// What became of a message, if it is one of ours. Meta promises to give back what a message carries when it was sent, delivered or read, and
/// not when it failed
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status>): then its id alone tells
/// whose it is.
fn receipt(status: Status, now: Timestamp) -> Option<Told> {
    let news = news(&status)?;
    let at = time(&status.timestamp, now);
    let provider_id = status.id;
    Some(match status.biz_opaque_callback_data {
        Some(data) => Told::Receipt {
            delivery: data.parse().ok()?,
            provider_id,
            at,
            news,
        },
        None if status.status == FAILED && !provider_id.is_empty() => Told::ReceiptOfMessage {
            provider_id,
            at,
            news,
        },
        None => return None,
    })
}

/// What a status says (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status>).
/// A message fails when it cannot be sent, and when it cannot be delivered.
fn news(status: &Status) -> Option<News> {
    Some(match status.status.as_str() {
        "sent" => News::Accepted,
        "delivered" => News::Became(Fate::Delivered),
        "read" | "played" => News::Became(Fate::Opened),
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

/// What somebody switched, if it is the marketing of a sender.
fn asked(preference: &Preference, now: Timestamp) -> Option<Told> {
    let wish = match (preference.category.as_str(), preference.value.as_str()) {
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
    is_number.then(|| Told::Asked {
        from: format!("+{digits}"),
        wish,
        provider_id: format!("preference-{digits}-{seconds}"),
        at: time(&seconds, now),
    })
}

/// What somebody wrote; nothing if nobody did, as when a number changes or a message is only marked with a sign.
fn inbound(written: Written, metadata: &Metadata, now: Timestamp) -> Option<Told> {
    let words = match written.kind.as_str() {
        "text" => written.text,
        "button" => written.button,
        "interactive" => written
            .interactive
            .and_then(|it| it.button_reply.or(it.list_reply)),
        "image" => written.image,
        "video" => written.video,
        "document" => written.document,
        // They come without words.
        "audio" | "voice" | "sticker" | "location" | "contacts" => None,
        _ => return None,
    };
    let words = words.unwrap_or_default();
    let text = words.body.or(words.text).or(words.title).or(words.caption);
    let digits = written.from?;
    let is_number = (5..=15).contains(&digits.len()) && is_digits(&digits);
    is_number.then(|| Told::Inbound {
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

/// One of our numbers as Meta shows it, with its plus sign and without what stands between digits.
fn shown(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit);
    format!("+{}", digits.collect::<String>())
}

/// A time in seconds since 1970; when it came, if it is none.
fn time(seconds: &str, now: Timestamp) -> Timestamp {
    let seconds = seconds.parse::<i64>().ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(now)
}
