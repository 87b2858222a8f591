//! One submission and its response.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::bad_request;
use crate::simulator::calls::{Message, SmsMessage};
use crate::simulator::refusal::Refusal;
use crate::simulator::state::{Draft, Named};

/// Maximum length of a `userSuppliedId`.
const OWN_ID_CHARACTERS: usize = 20;

/// A message to send.
pub(super) struct Submission {
    pub(super) deduplication_id: Option<i32>,
    /// The number, with a plus sign.
    pub(super) to: String,
    text: String,
    from: Option<Sender>,
    own_id: Option<String>,
    parts: Option<i64>,
    is_auto_unicode: bool,
}

/// The body. BulkSMS accepts several shapes; these are the ones used here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    to: String,
    body: String,
    from: Option<Sender>,
    user_supplied_id: Option<String>,
    long_message_max_parts: Option<i64>,
}

#[derive(Clone, Deserialize)]
struct Sender {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    address: String,
}

impl Submission {
    pub(super) fn read(query: &str, body: &[u8]) -> Result<Self, Refusal> {
        let query: HashMap<String, String> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let deduplication_id = query
            .get("deduplication-id")
            .map(|id| {
                id.parse::<i32>()
                    .map_err(|_| bad_request(format!("'deduplication-id' value '{id}' is invalid")))
            })
            .transpose()?;
        let entry: Entry = serde_json::from_slice(body)
            .map_err(|error| bad_request(format!("The body could not be read: {error}")))?;
        let digits = entry.to.strip_prefix('+').unwrap_or(&entry.to);
        Ok(Self {
            deduplication_id,
            to: format!("+{digits}"),
            text: entry.body,
            from: entry.from,
            own_id: entry.user_supplied_id,
            parts: entry.long_message_max_parts,
            is_auto_unicode: query
                .get("auto-unicode")
                .is_some_and(|value| value == "true"),
        })
    }

    /// Validates like BulkSMS.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let digits = self.to.trim_start_matches('+');
        let is_number = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(bad_request(format!(
                "'to' field value '{}' is invalid",
                self.to
            )));
        }
        if self.text.is_empty() {
            return Err(bad_request("'body' field is required"));
        }
        if self
            .own_id
            .as_ref()
            .is_some_and(|id| id.chars().count() > OWN_ID_CHARACTERS)
        {
            return Err(bad_request("'userSuppliedId' has more than 20 characters"));
        }
        if self.parts.is_some_and(|parts| parts < 1) {
            return Err(bad_request("'longMessageMaxParts' must be at least 1"));
        }
        match &self.from {
            Some(sender) if !sender.is_valid() => Err(bad_request(format!(
                "'from' field value '{}' is invalid",
                sender.address
            ))),
            _ => Ok(()),
        }
    }

    pub(super) fn message(&self) -> Message {
        let mut attributes = Named::new();
        let mut attribute = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                attributes.insert(name.to_owned(), value);
            }
        };
        attribute(
            "from",
            self.from.as_ref().map(|sender| sender.address.clone()),
        );
        attribute("userSuppliedId", self.own_id.clone());
        attribute(
            "deduplication-id",
            self.deduplication_id.map(|id| id.to_string()),
        );
        Message::Sms(SmsMessage {
            phone_number: self.to.clone(),
            text: self.text.clone(),
            attributes,
        })
    }

    /// BulkSMS's response to an accepted message.
    pub(super) fn answer(&self, draft: &Draft) -> Value {
        let is_unicode = self.is_auto_unicode && !self.text.is_ascii();
        json!([{
            "id": draft.message_id,
            "type": "SENT",
            "from": self.from.as_ref().map(|sender| sender.address.as_str()),
            "to": self.to.trim_start_matches('+'),
            "body": self.text,
            "encoding": if is_unicode { "UNICODE" } else { "TEXT" },
            "protocolId": 0,
            "messageClass": 0,
            "submission": {
                "id": format!("1-{:020}", draft.received_at.as_millisecond()),
                "date": format!("{:.0}", draft.received_at),
            },
            "status": { "id": "ACCEPTED.null", "type": "ACCEPTED", "subtype": null },
            "relatedSentMessageId": null,
            "userSuppliedId": self.own_id,
            "numberOfParts": null,
            "creditCost": null,
        }])
    }
}

impl Sender {
    fn is_valid(&self) -> bool {
        let length = self.address.chars().count();
        let are_digits = self.address.bytes().all(|byte| byte.is_ascii_digit());
        match self.kind.as_str() {
            "ALPHANUMERIC" => (1..=11).contains(&length),
            "INTERNATIONAL" => are_digits && (7..=15).contains(&length),
            "SHORTCODE" => are_digits && (1..=6).contains(&length),
            "REPLIABLE" => length == 0,
            _ => false,
        }
    }
}
