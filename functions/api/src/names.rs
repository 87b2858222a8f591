//! The fixed names of the API, described for OpenAPI.
//!
//! The rules live in the domain, which knows nothing of OpenAPI; a variant that is added there
//! does not compile here until it has a name.

use carillon_domain::{campaign, channel, delivery, receipt, receiver, suppression};
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
        pub(crate) enum $name {
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
    /// A way to reach a person.
    ChannelName as Channel of channel::Channel {
        /// Electronic mail.
        Email,
        /// A text message to a mobile phone.
        Sms,
        /// A message to a mobile number on WhatsApp.
        #[serde(rename = "whatsapp")]
        WhatsApp,
        /// A notification on a device or in a browser.
        Push,
    }
}

names! {
    /// How urgent a campaign is.
    PriorityName as Priority of channel::Priority {
        /// May wait for everything else.
        Low,
        /// The usual.
        Normal,
        /// Uses queues of its own.
        High,
        /// Uses queues of its own, and a provider's rate first.
        Urgent,
    }
}

names! {
    /// Where a campaign is in its life.
    CampaignStatus as CampaignStatus of campaign::Status {
        /// Being written; may be incomplete.
        Draft,
        /// Will be published at a set time.
        Scheduled,
        /// On its way to the receivers.
        Published,
        /// Stopped on its way; can be resumed or canceled.
        Paused,
        /// Every delivery has a final state.
        Completed,
        /// Stopped for good.
        Canceled,
    }
}

names! {
    /// What becomes of deliveries of which nobody knows whether the provider took them.
    OnUnknownName as OnUnknown of campaign::OnUnknown {
        /// They stay unknown until a person or a receipt settles them.
        Hold,
        /// They are sent again, and may arrive twice.
        Resend,
    }
}

names! {
    /// What became of a message that a provider took.
    FateName as Fate of receipt::Fate {
        /// The provider has it and is still trying.
        Delayed,
        /// It arrived at the receiver's mail system, network or device.
        Delivered,
        /// It could not be delivered after all.
        Bounced,
        /// It was looked at.
        Opened,
        /// A link in it was followed.
        Clicked,
        /// It was answered.
        Replied,
        /// The receiver called it spam.
        Complained,
    }
}

names! {
    /// The state of a delivery.
    DeliveryState as DeliveryState of delivery::State {
        /// Not taken up yet.
        Pending,
        /// Held by a consumer right now.
        Claimed,
        /// Waiting for another attempt.
        Retrying,
        /// Taken by the provider.
        Sent,
        /// Not sent; the reason stands beside it.
        Failed,
        /// Not to be sent; the reason stands beside it.
        Skipped,
        /// Begun, and nobody knows how it ended.
        Unknown,
        /// Canceled first.
        Canceled,
    }
}

names! {
    /// How a suppression came about.
    SuppressionSourceName as SuppressionSource of suppression::SuppressionSource {
        /// The person wants no more messages.
        Unsubscribed,
        /// What was sent to the address came back.
        Bounced,
        /// The person called a message spam.
        Complained,
        /// An operator decided so.
        Operator,
    }
}

names! {
    /// What becomes of a row of a file in which one address is bad and another is good.
    OnBadAddressName as OnBadAddress of receiver::OnBadAddress {
        /// The person is added without what is bad, which is said.
        Keep,
        /// The row is refused.
        Refuse,
    }
}

names! {
    /// What became of a row of a file about which there is something to say.
    RowEffectName as RowEffect of carillon_store::RowEffect {
        /// It was not loaded.
        Refused,
        /// It was loaded without what is bad.
        LeftOut,
        /// It is about somebody who was there already, and changed nothing.
        Duplicate,
    }
}

names! {
    /// Where an import is.
    ImportStatusName as ImportStatus of carillon_store::ImportStatus {
        /// The file is still to be uploaded.
        WaitingForUpload,
        /// The file is there, and no campaign is set.
        Uploaded,
        /// The file is there, a campaign is set, and reading begins soon.
        Queued,
        /// The file is read once as a whole, and nothing is written.
        Checking,
        /// Rows become receivers.
        Loading,
        /// All rows are read.
        Completed,
        /// The file cannot be used; nothing of it was loaded.
        Refused,
    }
}

names! {
    /// What is to be done about a dead letter.
    DeadLetterStatusName as DeadLetterStatus of carillon_store::DeadLetterStatus {
        /// It can be redriven.
        Waiting,
        /// Its work was handed over again.
        Redriven,
        /// Nothing is left to do: what it was about has gone another way.
        Closed,
    }
}

/// The value that a name stands for; the error lists the names that there are.
///
/// # Errors
/// If there is no such name.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    T::deserialize(name.into_deserializer())
}

#[cfg(test)]
mod tests {
    use carillon_domain::channel::{Channel, Priority};

    use super::*;

    #[test]
    fn names_are_read_and_others_refused_with_the_list() {
        assert_eq!(read::<Priority>("urgent"), Ok(Priority::Urgent));
        let error = read::<Channel>("fax").unwrap_err().to_string();
        assert!(
            error.contains("fax") && error.contains("email") && error.contains("sms"),
            "{error}"
        );
    }

    #[test]
    fn names_are_those_of_the_domain() {
        for state in delivery::State::ALL {
            let shown = serde_json::to_value(DeliveryState::from(state)).unwrap();
            assert_eq!(shown, state.as_str());
        }
    }
}
