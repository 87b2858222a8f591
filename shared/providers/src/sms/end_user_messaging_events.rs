//! AWS End User Messaging events about a text message, as a topic delivers them.
//!
//! The events are described in
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>, their types in
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html>. The service also puts
//! events on the account's event bus; as documented, those have no context, so they could not be matched to a delivery.
//! Numbers and carriers are not parsed.

use carillon_domain::{
    channel::Channel,
    delivery::{
        cause::GivenUp,
        receipt::{DeliveryStatus, Receipt, StatusUpdate},
    },
    reason::Reason,
    transports::Vendor,
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{EventSubject, answer::NO_REASON, codes};

/// An End User Messaging event.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextEvent {
    event_type: String,
    /// In milliseconds since 1970.
    event_timestamp: i64,
    /// Whether it is the last one; carriers may report for 72 hours.
    #[serde(default)]
    is_final: bool,
    message_id: String,
    #[serde(default)]
    message_status: String,
    message_status_description: Option<String>,
    #[serde(default)]
    context: Context,
}

/// The context that [`super::end_user_messaging`] sets on every message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Context {
    tenant: Option<String>,
    campaign: Option<String>,
    receiver: Option<String>,
}

impl TextEvent {
    /// Its content, if the message has our context.
    pub fn read(self) -> EventSubject {
        let context = || {
            Some((
                self.context.tenant.as_deref()?.parse().ok()?,
                self.context.campaign.as_deref()?.parse().ok()?,
                self.context.receiver.as_deref()?.parse().ok()?,
            ))
        };
        let Some((tenant, campaign, receiver)) = context() else {
            return EventSubject::Foreign;
        };
        let (Some(news), Ok(at)) = (
            self.news(),
            Timestamp::from_millisecond(self.event_timestamp),
        ) else {
            return EventSubject::Irrelevant;
        };
        EventSubject::Receipt(Receipt {
            tenant,
            campaign,
            receiver,
            channel: Channel::Sms,
            transport: None,
            provider_id: self.message_id,
            at,
            news,
        })
    }

    fn news(&self) -> Option<StatusUpdate> {
        let kind = self.event_type.strip_prefix("TEXT_")?;
        let given_up = match kind {
            // UNKNOWN: no outcome was reported for 72 hours.
            "QUEUED" | "PENDING" | "SENT" | "UNKNOWN" => return Some(StatusUpdate::Accepted),
            // "Depending on the destination country the TEXT_DELIVERED and TEXT_SUCCESSFUL events may be used
            // interchangeably."
            "DELIVERED" | "SUCCESSFUL" => {
                return Some(StatusUpdate::Became(DeliveryStatus::Delivered));
            }
            "UNREACHABLE" | "CARRIER_UNREACHABLE" if !self.is_final => {
                return Some(StatusUpdate::Became(DeliveryStatus::Delayed));
            }
            // It was not passed to a carrier.
            "INVALID_MESSAGE" | "PROTECT_BLOCKED" => GivenUp::BeforeSending,
            _ => GivenUp::AfterSending,
        };
        let cause = codes::cause(Vendor::EndUserMessaging, &self.event_type)?;
        Some(cause.news(given_up, self.reason(kind)))
    }

    fn reason(&self, kind: &str) -> Reason {
        let code = match self.message_status.as_str() {
            "" => kind,
            status => status,
        };
        let text = self.message_status_description.as_deref();
        Reason::new(code, text.unwrap_or(NO_REASON))
    }
}

#[cfg(test)]
mod tests;
