//! Amazon SES events about a mail, as EventBridge delivers them.
//!
//! The envelope is described in <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>, its content in
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>. Addresses, subjects and
//! the reader's user agent are not parsed.

use carillon_domain::{
    channel::Channel,
    delivery::{
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, Receipt, StatusUpdate},
    },
    reason::Reason,
    transports::Vendor,
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{EventSubject, codes};

/// An SES event in EventBridge's envelope.
#[derive(Debug, Clone, Deserialize)]
pub struct SesEvent {
    detail: Detail,
}

#[derive(Debug, Clone, Deserialize)]
struct Detail {
    mail: Mail,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    timestamp: Timestamp,
    #[serde(default)]
    tags: Tags,
}

/// The tags that [`super::ses`] sets on every mail, each with one value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Tags {
    tenant: Vec<String>,
    campaign: Vec<String>,
    receiver: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "eventType")]
enum Kind {
    Send,
    Delivery {
        delivery: Moment,
    },
    DeliveryDelay {
        #[serde(rename = "deliveryDelay")]
        delay: Moment,
    },
    Bounce {
        bounce: Bounce,
    },
    Complaint {
        complaint: Complaint,
    },
    Open {
        open: Moment,
    },
    Click {
        click: Moment,
    },
    Reject {
        reject: Rejection,
    },
    #[serde(rename = "Rendering Failure")]
    RenderingFailure {
        failure: RenderingFailure,
    },
    /// Somebody changed a subscription that SES manages.
    Subscription {
        subscription: Subscription,
    },
    /// Any event type that SES adds later.
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Deserialize)]
struct Moment {
    timestamp: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Bounced>,
    timestamp: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
struct Bounced {
    /// From the mail system's report, if any.
    action: Option<String>,
    /// The enhanced status code in it.
    status: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
    complaint_feedback_type: Option<String>,
    timestamp: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    timestamp: Timestamp,
    #[serde(default)]
    new_topic_preferences: TopicPreferences,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TopicPreferences {
    unsubscribe_all: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct Rejection {
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenderingFailure {
    #[serde(default)]
    error_message: String,
}

impl SesEvent {
    /// Parses an event from a topic, which has no envelope.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn of_topic(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(|detail| Self { detail })
    }

    /// Its content, if the mail has our tags.
    pub fn read(self) -> EventSubject {
        let Detail { mail, kind } = self.detail;
        let tags = || {
            Some((
                mail.tags.tenant.first()?.parse().ok()?,
                mail.tags.campaign.first()?.parse().ok()?,
                mail.tags.receiver.first()?.parse().ok()?,
            ))
        };
        let Some((tenant, campaign, receiver)) = tags() else {
            return EventSubject::Foreign;
        };
        let Some((news, at)) = kind.news() else {
            return EventSubject::Irrelevant;
        };
        EventSubject::Receipt(Receipt {
            tenant,
            campaign,
            receiver,
            channel: Channel::Email,
            transport: None,
            provider_id: mail.message_id,
            at: at.unwrap_or(mail.timestamp),
            news,
        })
    }
}

impl Kind {
    /// The event and when it happened, if that is not the time of sending.
    fn news(self) -> Option<(StatusUpdate, Option<Timestamp>)> {
        let became = |fate, at| Some((StatusUpdate::Became(fate), Some(at)));
        match self {
            Kind::Send => Some((StatusUpdate::Accepted, None)),
            Kind::Delivery { delivery } => became(DeliveryStatus::Delivered, delivery.timestamp),
            Kind::DeliveryDelay { delay } => became(DeliveryStatus::Delayed, delay.timestamp),
            Kind::Bounce { bounce } => Some((bounce.news(), Some(bounce.timestamp))),
            Kind::Complaint { complaint } => Some((complaint.news(), Some(complaint.timestamp))),
            Kind::Subscription { subscription } => subscription
                .new_topic_preferences
                .unsubscribe_all
                .then_some((StatusUpdate::OptedOut, Some(subscription.timestamp))),
            Kind::Open { open } => became(DeliveryStatus::Opened, open.timestamp),
            Kind::Click { click } => became(DeliveryStatus::Clicked, click.timestamp),
            Kind::Reject { reject } => Some((
                StatusUpdate::Refused(Reason::new(
                    "Reject",
                    format!(
                        "Amazon SES accepted the mail and then rejected it: {}",
                        reject.reason
                    ),
                )),
                None,
            )),
            Kind::RenderingFailure { failure } => Some((
                StatusUpdate::Refused(Reason::new("RenderingFailure", failure.error_message)),
                None,
            )),
            Kind::Other => None,
        }
    }
}

impl Bounce {
    /// SES reports a bounce once it has given up, whatever the type: "hard bounces and soft bounces that are no longer
    /// retried". While it retries, it reports a delay.
    ///
    /// But an automatic reply ("I am out of the office") is also reported as a bounce, a general or undetermined one
    /// without a mail system's report (so is mail to `ooto@simulator.amazonses.com`). That mail has been delivered,
    /// which SES reports separately; here it only shows that the mail was accepted.
    fn news(&self) -> StatusUpdate {
        let is_answer = match (self.bounce_type.as_str(), self.bounce_sub_type.as_str()) {
            ("Transient", "General") | ("Undetermined", _) => self
                .bounced_recipients
                .iter()
                .all(|recipient| recipient.action.is_none()),
            _ => false,
        };
        if is_answer {
            return StatusUpdate::Accepted;
        }
        let (kind, subkind) = (&self.bounce_type, &self.bounce_sub_type);
        let look_up = |code: &str| codes::cause(Vendor::Ses, code);
        let precise = look_up(&format!("bounce {kind}/{subkind}"));
        let cause = precise
            .or_else(|| look_up(&format!("bounce {kind}")))
            .unwrap_or(Cause::NotReached);
        // A bounce is general if the mail system gave no explanation; its code may show a block rather than an unknown
        // address.
        let is_vague = subkind == "General" || precise.is_none();
        let said = self.bounced_recipients.iter();
        let said = said
            .filter_map(|recipient| recipient.status.as_deref())
            .find_map(codes::of_mail_system);
        let cause = match (kind.as_str(), said) {
            ("Permanent", Some(said)) if is_vague => said,
            _ => cause,
        };
        cause.news(
            GivenUp::AfterSending,
            Reason::new(format!("{kind}/{subkind}"), "The mail bounced."),
        )
    }
}

impl Complaint {
    fn news(&self) -> StatusUpdate {
        // No new complaint: the address is on the suppression list for complaints, and SES sent nothing.
        if self.complaint_sub_type.as_deref() == Some(SUPPRESSED_BY_ACCOUNT) {
            let code = format!("complaint {SUPPRESSED_BY_ACCOUNT}");
            let cause = codes::cause(Vendor::Ses, &code).unwrap_or(Cause::Complaint);
            let text =
                "SES sends nothing to an address on the account's suppression list for complaints.";
            return cause.news(
                GivenUp::BeforeSending,
                Reason::new(SUPPRESSED_BY_ACCOUNT, text),
            );
        }
        StatusUpdate::Became(match self.complaint_feedback_type.as_deref() {
            // Somebody moved the mail out of the spam folder.
            Some("not-spam") => DeliveryStatus::Delivered,
            _ => DeliveryStatus::Complained,
        })
    }
}

/// The subtype of a complaint about an address on the account's suppression list
/// (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Complaint.html>).
const SUPPRESSED_BY_ACCOUNT: &str = "OnAccountSuppressionList";

#[cfg(test)]
mod tests;
