//! Events of the Event Webhook: <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>.

use carillon_domain::{
    delivery::{
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    transports::Vendor,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    answer::NO_REASON,
    codes,
    vendor::{BadCallback, DeliveryReference, ProviderEvent},
};

/// The events of one callback. They cover everything the account sends, and custom arguments are mixed with the other
/// fields, so an event that cannot be parsed belongs to somebody else.
pub(super) fn read(body: &[u8], now: Timestamp) -> Result<Vec<ProviderEvent>, BadCallback> {
    let events: Vec<Value> = serde_json::from_slice(body).map_err(|_| BadCallback::Unreadable)?;
    let told = events.into_iter().map(|event| {
        let event = Event::deserialize(event).ok();
        event
            .and_then(|event| event.told(now))
            .unwrap_or(ProviderEvent::Irrelevant)
    });
    Ok(told.collect())
}

#[derive(Deserialize)]
struct Event {
    event: String,
    /// Our custom argument.
    delivery: String,
    timestamp: Option<i64>,
    sg_message_id: Option<String>,
    #[serde(rename = "smtp-id")]
    smtp_id: Option<String>,
    reason: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The mail system's enhanced status code.
    status: Option<String>,
    bounce_classification: Option<String>,
    #[serde(default)]
    sg_machine_open: bool,
}

impl Event {
    fn told(&self, now: Timestamp) -> Option<ProviderEvent> {
        let delivery: DeliveryReference = self.delivery.parse().ok()?;
        let at = self
            .timestamp
            .and_then(|second| Timestamp::from_second(second).ok());
        Some(ProviderEvent::Receipt {
            delivery,
            provider_id: self.message_id()?.to_owned(),
            at: at.unwrap_or(now),
            news: self.news()?,
        })
    }

    /// The id from the response to the submission, with which `sg_message_id` begins.
    ///
    /// An asynchronous bounce lacks it. Such a bounce has what SendGrid calls the SMTP id, which contains the same id
    /// unless SendGrid replaced it with our Message-ID; then nothing tells which of a delivery's messages bounced.
    fn message_id(&self) -> Option<&str> {
        let own = self
            .sg_message_id
            .as_deref()
            .and_then(|id| id.split('.').next());
        let of_smtp = || {
            let id = self.smtp_id.as_deref()?.trim_matches(['<', '>']);
            let (local, host) = id.split_once('@')?;
            host.ends_with(".sendgrid.net").then_some(local)
        };
        own.or_else(of_smtp).filter(|id| !id.is_empty())
    }

    fn news(&self) -> Option<StatusUpdate> {
        Some(match self.event.as_str() {
            "processed" => StatusUpdate::Accepted,
            "deferred" => StatusUpdate::Became(DeliveryStatus::Delayed),
            "delivered" => StatusUpdate::Became(DeliveryStatus::Delivered),
            "bounce" => self.bounce(),
            "dropped" => self.drop(),
            // Some mail programs fetch all images automatically, which is not an open.
            "open" if self.sg_machine_open => return None,
            "open" => StatusUpdate::Became(DeliveryStatus::Opened),
            "click" => StatusUpdate::Became(DeliveryStatus::Clicked),
            "spamreport" => StatusUpdate::Became(DeliveryStatus::Complained),
            "unsubscribe" | "group_unsubscribe" => StatusUpdate::OptedOut,
            _ => return None,
        })
    }

    /// Not retried. A block says nothing about the address; for the rest, SendGrid's classification and the mail
    /// system's code tell why.
    fn bounce(&self) -> StatusUpdate {
        let look_up = |code: &str| codes::cause(Vendor::SendGrid, code);
        let is_blocked = self.kind.as_deref() == Some("blocked");
        let class = self.bounce_classification.as_deref();
        let by_class = class.and_then(|class| look_up(&format!("bounce, {class}")));
        let by_mail_system = self.status.as_deref().and_then(codes::of_mail_system);
        let is_vague = class.is_none_or(|class| !CLEAR.contains(&class));
        let cause = match by_mail_system {
            _ if is_blocked => look_up("blocked"),
            Some(cause) if is_vague => Some(cause),
            _ => by_class.or_else(|| look_up("bounce")),
        };
        let cause = cause.unwrap_or(Cause::NotReached);
        let reason = Reason::new("bounce", self.reason.as_deref().unwrap_or(NO_REASON));
        cause.news(GivenUp::AfterSending, reason)
    }

    fn drop(&self) -> StatusUpdate {
        let why = self.reason.as_deref().unwrap_or("no reason given");
        // "Spam Content (if Spam Checker app is enabled)".
        let known_as = why.split(" (").next().unwrap_or_default().trim();
        let cause = codes::cause(Vendor::SendGrid, &format!("dropped, {known_as}"));
        let text = format!("SendGrid accepted the mail and then dropped it: {why}");
        cause
            .unwrap_or(Cause::Content)
            .news(GivenUp::BeforeSending, Reason::new("dropped", text))
    }
}

/// Bounce classifications that are precise without the mail system's code
/// (<https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/bounce-and-block-classifications>).
const CLEAR: [&str; 4] = [
    "Invalid Address",
    "Content",
    "Reputation",
    "Frequency or Volume Too High",
];

#[cfg(test)]
mod tests;
