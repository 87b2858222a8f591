//! One submission and its validation.

use serde::Deserialize;

use super::{bad_request, rejected};
use crate::simulator::calls::{Message, SmsMessage};
use crate::simulator::refusal::Refusal;
use crate::simulator::state::Named;

/// Maximum bytes of a text.
const TEXT_BYTES: usize = 4000;
/// Maximum length of the callback data.
const CALLBACK_DATA_CHARACTERS: usize = 4000;

/// The body, limited to the fields used here.
#[derive(Deserialize)]
pub(super) struct Submission {
    #[serde(default)]
    pub(super) messages: Vec<Outgoing>,
}

/// A message to send.
#[derive(Deserialize)]
pub(super) struct Outgoing {
    #[serde(default)]
    sender: String,
    #[serde(default)]
    destinations: Vec<Destination>,
    #[serde(default)]
    content: Content,
    #[serde(default)]
    webhooks: Webhooks,
}

#[derive(Deserialize)]
struct Destination {
    #[serde(default)]
    to: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Webhooks {
    delivery: Delivery,
    callback_data: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delivery {
    url: Option<String>,
}

impl Outgoing {
    /// The number, without a plus sign.
    pub(super) fn digits(&self) -> &str {
        let to = self.destinations.first().map_or("", |it| it.to.as_str());
        to.strip_prefix('+').unwrap_or(to)
    }

    pub(super) fn shown(&self) -> Message {
        let mut attributes = Named::from([("sender".to_owned(), self.sender.clone())]);
        let webhooks = [
            ("webhooks.delivery.url", &self.webhooks.delivery.url),
            ("webhooks.callbackData", &self.webhooks.callback_data),
        ];
        for (name, value) in webhooks {
            attributes.extend(value.clone().map(|value| (name.to_owned(), value)));
        }
        Message::Sms(SmsMessage {
            phone_number: format!("+{}", self.digits()),
            text: self.content.text.clone(),
            attributes,
        })
    }

    /// Validates like Infobip.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let digits = self.digits();
        if self.sender.is_empty() {
            return Err(bad_request("messages[0].sender", "must not be blank"));
        }
        if digits.is_empty() {
            return Err(bad_request("messages[0].destinations", "must not be empty"));
        }
        if self.content.text.is_empty() {
            return Err(bad_request("messages[0].content.text", "must not be blank"));
        }
        let data = self.webhooks.callback_data.as_deref().unwrap_or_default();
        if data.chars().count() > CALLBACK_DATA_CHARACTERS {
            return Err(bad_request(
                "messages[0].webhooks.callbackData",
                "is too long",
            ));
        }
        if self.content.text.len() > TEXT_BYTES {
            return Err(rejected("REJECTED_MESSAGE_TOO_LONG"));
        }
        let is_number = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            Ok(())
        } else {
            Err(rejected("REJECTED_DESTINATION"))
        }
    }
}
