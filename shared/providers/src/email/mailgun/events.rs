//! Webhooks: how they are signed, <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>,
//! and what they tell, <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>.

use std::iter;

use carillon_domain::{
    delivery::Reason,
    receipt::{Fate, News},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    signature::is_hmac_sha256,
    vendor::{BadCallback, Callback, DeliveryReference, Told},
};

/// What makes a webhook one of its kind, to be remembered once it was heard
/// ([`Mailgun::hear`](crate::vendor::Callbacks::hear)); `None` if it has no such token. It is checked with the signature.
pub fn replay_token(callback: &Callback<'_>) -> Option<String> {
    let webhook = Webhook::read(callback.body).ok()?;
    Some(webhook.signature?.token)
}

/// Mailgun calls again for eight hours ("Webhook retries" of its documentation), and does not say that it signs anew. A
/// webhook is told from another by its token, so that an old signature is no key.
const BELIEVED_SECONDS: u64 = 9 * 60 * 60;

/// A webhook as it comes.
#[derive(Deserialize)]
pub(super) struct Webhook {
    signature: Option<Signature>,
    #[serde(rename = "event-data", default)]
    event: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Signature {
    timestamp: Seconds,
    token: String,
    signature: String,
    /// That of the primary account, if a subaccount sent the mail.
    parent_signature: Option<String>,
}

/// The documentation calls it a number, and its example has it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Text(String),
    Number(i64),
}

impl Webhook {
    pub(super) fn read(body: &[u8]) -> Result<Self, BadCallback> {
        serde_json::from_slice(body).map_err(|_| BadCallback::Unreadable)
    }

    /// Checks the signature, which is over the time and the token and says nothing of the event.
    pub(super) fn verify(&self, key: &[u8], now: Timestamp) -> Result<(), BadCallback> {
        let signature = self.signature.as_ref().ok_or(BadCallback::Unsigned)?;
        let timestamp = match &signature.timestamp {
            Seconds::Text(text) => text.clone(),
            Seconds::Number(number) => number.to_string(),
        };
        let message = format!("{timestamp}{}", signature.token);
        let is_signed = iter::once(&signature.signature)
            .chain(&signature.parent_signature)
            .filter_map(|digits| hex::decode(digits).ok())
            .any(|signature| is_hmac_sha256(key, message.as_bytes(), &signature));
        if !is_signed {
            return Err(BadCallback::Forged);
        }
        // Where the time ends and the token begins is not signed. A digit more or less makes it another age.
        let signed_at: i64 = timestamp.parse().map_err(|_| BadCallback::Unreadable)?;
        if now.as_second().abs_diff(signed_at) > BELIEVED_SECONDS {
            return Err(BadCallback::Stale);
        }
        Ok(())
    }

    /// What it tells. Every event has a name and a time, and nothing else is certain.
    pub(super) fn told(&self, now: Timestamp) -> Result<Told, BadCallback> {
        let event = Event::deserialize(&self.event).map_err(|_| BadCallback::Unreadable)?;
        Ok(event.receipt(now).unwrap_or(Told::Irrelevant))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event {
    event: String,
    timestamp: f64,
    severity: Option<String>,
    /// An empty list if there are none.
    #[serde(default)]
    user_variables: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    reject: Value,
}

impl Event {
    fn receipt(&self, now: Timestamp) -> Option<Told> {
        let delivery: DeliveryReference = text(&self.user_variables, "/delivery")?.parse().ok()?;
        let provider_id = text(&self.message, "/headers/message-id")?.trim_matches(['<', '>']);
        let at = SignedDuration::try_from_secs_f64(self.timestamp)
            .and_then(Timestamp::from_duration)
            .unwrap_or(now);
        Some(Told::Receipt {
            delivery,
            provider_id: provider_id.to_owned(),
            at,
            news: self.news()?,
        })
    }

    fn news(&self) -> Option<News> {
        Some(match self.event.as_str() {
            "accepted" => News::Accepted,
            "rejected" => News::Refused(Reason::new(
                "rejected",
                format!(
                    "Mailgun took the mail and then rejected it: {}",
                    text(&self.reject, "/reason").unwrap_or("no reason given")
                ),
            )),
            "delivered" => News::Became(Fate::Delivered),
            "failed" if self.severity.as_deref() == Some("temporary") => {
                News::Became(Fate::Delayed)
            }
            "failed" => News::Gone,
            "opened" => News::Became(Fate::Opened),
            "clicked" => News::Became(Fate::Clicked),
            "complained" => News::Became(Fate::Complained),
            _ => return None,
        })
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests;
