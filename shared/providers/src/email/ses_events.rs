//! What Amazon SES says of a mail afterwards, as EventBridge hands it on.
//!
//! The envelope is described in
//! <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>, its content in
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>.
//! Addresses, subjects and what a reader's browser told are not read.

use carillon_domain::{
    channel::Channel,
    delivery::Reason,
    receipt::{Fate, News, Receipt},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::Heard;

/// An event of SES in the envelope of EventBridge.
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

/// The tags that [`super::ses`] gives every mail, each with one value.
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
    /// Somebody changed a subscription that SES keeps, or whatever SES will think of next.
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
    /// From the mail system's report, if there was one.
    action: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
    complaint_feedback_type: Option<String>,
    timestamp: Timestamp,
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
    /// An event as a topic carries it, which is without the envelope.
    ///
    /// # Errors
    /// If it is none.
    pub fn of_topic(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(|detail| Self { detail })
    }

    /// What it says, if it is of a mail that carries our tags.
    pub fn read(self) -> Heard {
        let Detail { mail, kind } = self.detail;
        let tags = || {
            Some((
                mail.tags.tenant.first()?.parse().ok()?,
                mail.tags.campaign.first()?.parse().ok()?,
                mail.tags.receiver.first()?.parse().ok()?,
            ))
        };
        let Some((tenant, campaign, receiver)) = tags() else {
            return Heard::Foreign;
        };
        let Some((news, at)) = kind.news() else {
            return Heard::Irrelevant;
        };
        Heard::Receipt(Receipt {
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
    /// The news and when it happened, if that is not when the mail was sent.
    fn news(self) -> Option<(News, Option<Timestamp>)> {
        let became = |fate, at| Some((News::Became(fate), Some(at)));
        match self {
            Kind::Send => Some((News::Accepted, None)),
            Kind::Delivery { delivery } => became(Fate::Delivered, delivery.timestamp),
            Kind::DeliveryDelay { delay } => became(Fate::Delayed, delay.timestamp),
            Kind::Bounce { bounce } => Some((bounce.news(), Some(bounce.timestamp))),
            Kind::Complaint { complaint } => became(complaint.fate(), complaint.timestamp),
            Kind::Open { open } => became(Fate::Opened, open.timestamp),
            Kind::Click { click } => became(Fate::Clicked, click.timestamp),
            Kind::Reject { reject } => Some((
                News::Refused(Reason::new(
                    "Reject",
                    format!(
                        "Amazon SES took the mail and then refused it: {}",
                        reject.reason
                    ),
                )),
                None,
            )),
            Kind::RenderingFailure { failure } => Some((
                News::Refused(Reason::new("RenderingFailure", failure.error_message)),
                None,
            )),
            Kind::Other => None,
        }
    }
}

impl Bounce {
    /// SES tells of a bounce when it has given up, whatever its type: "hard bounces and soft bounces
    /// that are no longer retried". What it tries again is a delay.
    ///
    /// But an automatic answer ("I am out of the office") also comes as a bounce, a general or
    /// undetermined one without a mail system's report (so does the mail to
    /// `ooto@simulator.amazonses.com`). The mail has arrived then, which SES says by itself; here it
    /// only shows that the mail was taken.
    fn news(&self) -> News {
        let is_answer = match (self.bounce_type.as_str(), self.bounce_sub_type.as_str()) {
            ("Transient", "General") | ("Undetermined", _) => self
                .bounced_recipients
                .iter()
                .all(|recipient| recipient.action.is_none()),
            _ => false,
        };
        match self.bounce_type.as_str() {
            _ if is_answer => News::Accepted,
            // "Permanent": SES advises to mail the address no more (Amazon SES, "Contents of event data").
            "Permanent" => News::Gone,
            _ => News::Became(Fate::Bounced),
        }
    }
}

impl Complaint {
    fn fate(&self) -> Fate {
        // Nobody complained now: the address is on the list of those who did, and SES sent nothing.
        if self.complaint_sub_type.as_deref() == Some("OnAccountSuppressionList") {
            return Fate::Bounced;
        }
        match self.complaint_feedback_type.as_deref() {
            // Somebody took the mail out of the spam folder.
            Some("not-spam") => Fate::Delivered,
            _ => Fate::Complained,
        }
    }
}

#[cfg(test)]
mod tests;
