//! What AWS End User Messaging says of a text message afterwards, as a topic hands it on.
//!
//! The events are described in
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>, their kinds in
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html>. The service also puts events on
//! the event bus of the account; what is documented of those has no context, so they could not be told to a delivery. Numbers and
//! carriers are not read.

use carillon_domain::{channel::Channel, delivery::{cause::GivenUp, receipt::{Fate, News, Receipt}}, reason::Reason, transports::Vendor};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{Heard, answer::NO_REASON, codes};

/// An event of End User Messaging.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextEvent {
    event_type: String,
    /// In milliseconds since 1970.
    event_timestamp: i64,
    /// Whether nothing follows; carriers may say more for 72 hours.
    #[serde(default)]
    is_final: bool,
    message_id: String,
    #[serde(default)]
    message_status: String,
    message_status_description: Option<String>,
    #[serde(default)]
    context: Context,
}

/// What [`super::end_user_messaging`] gives every message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Context {
    tenant: Option<String>,
    campaign: Option<String>,
    receiver: Option<String>,
}

impl TextEvent {
    /// What it says, if it is of a message that carries our context.
    pub fn read(self) -> Heard {
        let context = || {
            Some((
                self.context.tenant.as_deref()?.parse().ok()?,
                self.context.campaign.as_deref()?.parse().ok()?,
                self.context.receiver.as_deref()?.parse().ok()?,
            ))
        };
        let Some((tenant, campaign, receiver)) = context() else {
            return Heard::Foreign;
        };
        let (Some(news), Ok(at)) = (
            self.news(),
            Timestamp::from_millisecond(self.event_timestamp),
        ) else {
            return Heard::Irrelevant;
        };
        Heard::Receipt(Receipt {
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

    fn news(&self) -> Option<News> {
        let kind = self.event_type.strip_prefix("TEXT_")?;
        let given_up = match kind {
            // Of what is unknown, nobody heard for 72 hours what became of it.
            "QUEUED" | "PENDING" | "SENT" | "UNKNOWN" => return Some(News::Accepted),
            // "Depending on the destination country the TEXT_DELIVERED and TEXT_SUCCESSFUL events may be used
            // interchangeably."
            "DELIVERED" | "SUCCESSFUL" => return Some(News::Became(Fate::Delivered)),
            "UNREACHABLE" | "CARRIER_UNREACHABLE" if !self.is_final => {
                return Some(News::Became(Fate::Delayed));
            }
            // No carrier was given it.
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
