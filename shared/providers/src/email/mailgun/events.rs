//! Webhooks: their signatures, <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>,
//! and their payloads, <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>.

use std::iter;

use carillon_domain::{
    delivery::{
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    transports::Vendor,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    answer::NO_REASON,
    codes,
    signature::is_hmac_sha256,
    vendor::{BadCallback, Callback, DeliveryReference, ProviderEvent},
};

/// A webhook's unique token, to be remembered once the webhook was accepted
/// ([`Mailgun::hear`](crate::vendor::Callbacks::hear)); `None` if it has none. It is verified with the signature.
pub(super) fn replay_token(callback: &Callback<'_>) -> Option<String> {
    let webhook = Webhook::read(callback.body).ok()?;
    Some(webhook.signature?.token)
}

/// Mailgun retries for eight hours ("Webhook retries" of its documentation) and does not say that it signs each retry
/// anew. Webhooks are distinguished by their tokens, so an old signature cannot be replayed.
const BELIEVED_SECONDS: u64 = 9 * 60 * 60;

/// A webhook as received.
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

/// A number according to the documentation, a text in its example.
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

    /// Verifies the signature, which covers the timestamp and the token but not the event.
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
        // The signature does not cover where the timestamp ends and the token begins. Moving a digit would change the
        // age.
        let signed_at: i64 = timestamp.parse().map_err(|_| BadCallback::Unreadable)?;
        if now.as_second().abs_diff(signed_at) > BELIEVED_SECONDS {
            return Err(BadCallback::Stale);
        }
        Ok(())
    }

    /// Its provider events. Only the event name and the timestamp are always present.
    pub(super) fn told(&self, now: Timestamp) -> Result<ProviderEvent, BadCallback> {
        let event = Event::deserialize(&self.event).map_err(|_| BadCallback::Unreadable)?;
        Ok(event.receipt(now).unwrap_or(ProviderEvent::Irrelevant))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event {
    event: String,
    timestamp: f64,
    severity: Option<String>,
    /// An empty list if there is none.
    #[serde(default)]
    user_variables: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    reject: Value,
    reason: Option<String>,
    #[serde(default)]
    delivery_status: Value,
}

impl Event {
    fn receipt(&self, now: Timestamp) -> Option<ProviderEvent> {
        let delivery: DeliveryReference = text(&self.user_variables, "/delivery")?.parse().ok()?;
        let provider_id = text(&self.message, "/headers/message-id")?.trim_matches(['<', '>']);
        let at = SignedDuration::try_from_secs_f64(self.timestamp)
            .and_then(Timestamp::from_duration)
            .unwrap_or(now);
        Some(ProviderEvent::Receipt {
            delivery,
            provider_id: provider_id.to_owned(),
            at,
            news: self.news()?,
        })
    }

    fn news(&self) -> Option<StatusUpdate> {
        Some(match self.event.as_str() {
            "accepted" => StatusUpdate::Accepted,
            "rejected" => self.rejected(),
            "delivered" => StatusUpdate::Became(DeliveryStatus::Delivered),
            "failed" if self.severity.as_deref() == Some("temporary") => {
                StatusUpdate::Became(DeliveryStatus::Delayed)
            }
            "failed" => self.failed(),
            "opened" => StatusUpdate::Became(DeliveryStatus::Opened),
            "clicked" => StatusUpdate::Became(DeliveryStatus::Clicked),
            "complained" => StatusUpdate::Became(DeliveryStatus::Complained),
            "unsubscribed" => StatusUpdate::OptedOut,
            _ => return None,
        })
    }

    fn rejected(&self) -> StatusUpdate {
        let why = text(&self.reject, "/reason").unwrap_or("no reason given");
        // Authorized recipients of a sandbox domain have to agree first:
        // https://documentation.mailgun.com/docs/mailgun/user-manual/domains/sandbox
        let known_as = match why.to_lowercase().contains("sandbox") {
            true => "rejected, sandbox",
            false => "rejected",
        };
        let cause = codes::cause(Vendor::Mailgun, known_as).unwrap_or(Cause::Content);
        let text = format!("Mailgun accepted the mail and then rejected it: {why}");
        cause.news(GivenUp::BeforeSending, Reason::new("rejected", text))
    }

    /// A permanent failure. Mailgun gives its kind in one word. If that word is vague, the mail system's code takes
    /// precedence: a full or blocked mailbox is not an unknown address.
    fn failed(&self) -> StatusUpdate {
        let look_up = |reason: &str| codes::cause(Vendor::Mailgun, &format!("failed, {reason}"));
        let reason = self.reason.as_deref().unwrap_or_default();
        let known = look_up(reason).filter(|_| !VAGUE.contains(&reason));
        let is_hard = text(&self.delivery_status, "/bounce-type") == Some("hard");
        let by_mail_system = || self.of_mail_system();
        let cause = known
            .or_else(by_mail_system)
            .or_else(|| look_up(reason))
            .or_else(|| look_up(if is_hard { "bounce" } else { "generic" }))
            .unwrap_or(Cause::NotReached);
        let given_up = match reason.starts_with("suppress-") {
            true => GivenUp::BeforeSending,
            false => GivenUp::AfterSending,
        };
        let said = text(&self.delivery_status, "/message").filter(|text| !text.is_empty());
        let said = said.or_else(|| text(&self.delivery_status, "/description"));
        let code = if reason.is_empty() { "failed" } else { reason };
        cause.news(given_up, Reason::new(code, said.unwrap_or(NO_REASON)))
    }

    /// The mail system's cause, as far as its code shows.
    fn of_mail_system(&self) -> Option<Cause> {
        let enhanced = text(&self.delivery_status, "/enhanced-code").unwrap_or_default();
        let message = text(&self.delivery_status, "/message").unwrap_or_default();
        let mut words = [enhanced]
            .into_iter()
            .chain(message.split_whitespace().take(3));
        let by_enhanced = words.find_map(codes::of_mail_system);
        let basic = self
            .delivery_status
            .pointer("/code")
            .and_then(Value::as_u64);
        // On its own, 552 is "exceeded storage allocation" (RFC 5321, 4.2.3).
        by_enhanced.or_else(|| (basic == Some(552)).then_some(Cause::MailboxFull))
    }
}

/// Mailgun's reasons that a mail system's code makes more precise.
const VAGUE: [&str; 2] = ["bounce", "generic"];

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests;
