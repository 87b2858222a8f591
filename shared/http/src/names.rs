//! The fixed names of the API, described for OpenAPI.
//!
//! The rules live in the domain, which knows nothing of OpenAPI; a variant added there does not
//! compile here until it has a name.

use carillon_domain::{
    campaigns, channel, delivery, delivery::receipt, operations::job, receivers, suppressions,
};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IntoDeserializer, value::Error},
};
use utoipa::ToSchema;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident as $shown:ident of $domain:path { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $shown)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                use $domain as Domain;
                match value {
                    $(Domain::$variant => Self::$variant,)*
                }
            }
        }
    };
}

names! {
    /// A channel.
    ChannelName as Channel of channel::Channel {
        /// Email.
        Email,
        /// A text message to a mobile phone.
        Sms,
        /// A WhatsApp message to a mobile number.
        #[serde(rename = "whatsapp")]
        WhatsApp,
        /// A notification on a device or in a browser.
        Push,
    }
}

names! {
    /// The priority of a campaign.
    PriorityName as Priority of channel::Priority {
        /// May wait for all other campaigns.
        Low,
        /// The default.
        Normal,
        /// Uses separate queues.
        High,
        /// Uses separate queues, and is first to use the rate of a provider.
        Urgent,
    }
}

names! {
    /// The status of a job.
    JobStatusName as JobStatus of job::JobStatus {
        /// Queued or in progress.
        Running,
        /// Finished.
        Done,
        /// It kept failing, and can be retried.
        Failed,
        /// Canceled.
        Canceled,
    }
}

names! {
    /// The status of a campaign.
    CampaignStatus as CampaignStatus of campaigns::Status {
        /// Being written; may be incomplete.
        Draft,
        /// Will be published at a set time.
        Scheduled,
        /// Being sent to the receivers.
        Published,
        /// Stopped temporarily; can be resumed or canceled.
        Paused,
        /// Every delivery has a final state.
        Completed,
        /// Stopped permanently.
        Canceled,
    }
}

names! {
    /// What happens to deliveries if it is unknown whether the provider accepted them.
    OnUnknownName as OnUnknown of campaigns::OnUnknown {
        /// They stay unknown until a person or a receipt settles them.
        Hold,
        /// They are sent again, and may arrive twice.
        Resend,
    }
}

names! {
    /// The delivery status of a message that a provider accepted.
    DeliveryStatusName as DeliveryStatus of receipt::DeliveryStatus {
        /// The provider has the message and is still trying.
        Delayed,
        /// The message arrived at the receiver's mail system, network or device.
        Delivered,
        /// The message could not be delivered.
        Bounced,
        /// The message was opened.
        Opened,
        /// A link in the message was followed.
        Clicked,
        /// The receiver replied.
        Replied,
        /// The receiver reported the message as spam.
        Complained,
    }
}

names! {
    /// The state of a delivery.
    DeliveryState as DeliveryState of delivery::State {
        /// Not started yet.
        Pending,
        /// Being processed by a consumer.
        Claimed,
        /// Waiting for another attempt.
        Retrying,
        /// Accepted by the provider.
        Sent,
        /// Not sent; see the reason.
        Failed,
        /// Not to be sent; see the reason.
        Skipped,
        /// Started, with an unknown outcome.
        Unknown,
        /// Canceled before sending.
        Canceled,
    }
}

names! {
    /// The source of a suppression.
    SuppressionSourceName as SuppressionSource of suppressions::SuppressionSource {
        /// The person opted out.
        Unsubscribed,
        /// A message to the address bounced.
        Bounced,
        /// The person reported a message as spam.
        Complained,
        /// An operator suppressed the address.
        Operator,
    }
}

names! {
    /// What happens to a row of a file that has an invalid address and a valid one.
    OnBadAddressName as OnBadAddress of receivers::OnBadAddress {
        /// The person is added without the invalid parts, which are reported.
        Keep,
        /// The row is refused.
        Refuse,
    }
}

names! {
    /// What happened to a row of a file.
    RowEffectName as RowEffect of carillon_store::RowEffect {
        /// The row was not added.
        Refused,
        /// The row was added without the invalid parts.
        LeftOut,
        /// The receiver was already in the campaign, and the row changed nothing.
        Duplicate,
    }
}

names! {
    /// The status of an import.
    ImportStatusName as ImportStatus of carillon_store::ImportStatus {
        /// The file has not been uploaded yet.
        WaitingForUpload,
        /// The file has been uploaded, but no campaign is set.
        Uploaded,
        /// The file has been uploaded, a campaign is set, and reading starts soon.
        Queued,
        /// The file is being checked as a whole; nothing is written.
        Checking,
        /// Rows are being added as receivers.
        Loading,
        /// All rows have been read.
        Completed,
        /// The file cannot be used; none of it was added.
        Refused,
    }
}

names! {
    /// The status of a dead letter.
    DeadLetterStatusName as DeadLetterStatus of carillon_store::DeadLetterStatus {
        /// It can be redriven.
        Waiting,
        /// Its task was enqueued again.
        Redriven,
        /// No action is needed: its task was resolved in another way.
        Closed,
    }
}

/// Parses a name; the error lists the valid names.
///
/// # Errors
/// If there is no such name.
pub fn read<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    T::deserialize(name.into_deserializer())
}

#[cfg(test)]
mod tests {
    use carillon_domain::channel::{Channel, Priority};

    use super::*;

    #[test]
    fn unknown_names_are_refused_with_the_valid_ones() {
        assert_eq!(read::<Priority>("urgent"), Ok(Priority::Urgent));
        let error = read::<Channel>("fax").unwrap_err().to_string();
        assert!(
            error.contains("fax") && error.contains("email") && error.contains("sms"),
            "{error}"
        );
    }

    #[test]
    fn names_match_the_domain() {
        for state in delivery::State::ALL {
            let shown = serde_json::to_value(DeliveryState::from(state)).unwrap();
            assert_eq!(shown, state.as_str());
        }
    }
}
