//! BulkSMS webhooks: <https://www.bulksms.com/developer/webhooks/>.
//!
//! A webhook belongs to the account, and the only value of ours that it returns is `userSuppliedId`, which is too short
//! for a [`DeliveryReference`](crate::vendor::DeliveryReference). So a receipt names its delivery by that id, which was
//! recorded before the message was submitted. Nothing is signed: BulkSMS recommends a secret in the URL.

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

use super::BulkSms;
use crate::{
    codes,
    sms::international,
    vendor::{BadCallback, Callback, Callbacks, ProviderEvent},
};

impl Callbacks for BulkSms<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        read(callback)
    }
}

/// A message in a webhook. The reference describes the plain format, a list of messages; the guide shows an object in
/// place of each text, and no type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    from: Option<Text>,
    to: Text,
    body: Option<Text>,
    user_supplied_id: Option<String>,
    submission: Option<Submission>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Address { address: String },
    Body { value: String },
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        match text {
            Text::Plain(text) | Text::Address { address: text } | Text::Body { value: text } => {
                text
            }
        }
    }
}

#[derive(Deserialize)]
struct Submission {
    date: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "type", alias = "condition")]
    kind: String,
    subtype: Option<String>,
    date: Option<Timestamp>,
}

/// Parses a webhook, which contains any number of messages; none when BulkSMS tests the URL.
///
/// # Errors
/// If it cannot be parsed.
fn read(callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
    let messages: Vec<Message> =
        serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
    let is_inbound = callback.header("x-bulksms-event") == Some("incoming-message");
    let heard = messages.into_iter().filter_map(|message| {
        let is_inbound = match message.kind.as_deref() {
            Some(kind) => kind == "RECEIVED",
            None => is_inbound,
        };
        if is_inbound {
            inbound(message, callback.now)
        } else {
            receipt(message, callback.now)
        }
    });
    Ok(heard.collect())
}

fn inbound(message: Message, now: Timestamp) -> Option<ProviderEvent> {
    let at = message.submission.and_then(|submission| submission.date);
    Some(ProviderEvent::Inbound {
        from: international(&String::from(message.from?)),
        to: international(&String::from(message.to)),
        text: message.body.map(String::from).unwrap_or_default(),
        provider_id: message.id,
        at: at.unwrap_or(now),
    })
}

fn receipt(message: Message, now: Timestamp) -> Option<ProviderEvent> {
    let status = message.status?;
    Some(ProviderEvent::ReceiptOfNamed {
        // Without one, we did not submit it.
        name: message.user_supplied_id?,
        provider_id: message.id,
        at: status.date.unwrap_or(now),
        news: news(&status)?,
    })
}

/// What a status means; `None` for an unknown one.
fn news(status: &Status) -> Option<StatusUpdate> {
    let (given_up, text) = match (status.kind.as_str(), status.subtype.as_deref()) {
        ("ACCEPTED" | "SCHEDULED" | "SENT", _) => return Some(StatusUpdate::Accepted),
        ("DELIVERED", _) => return Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        ("FAILED", Some("BLOCKED")) => (
            GivenUp::BeforeSending,
            "The receiver asked BulkSMS to send no more messages.",
        ),
        ("FAILED", Some("NOT_SENT")) => (
            GivenUp::BeforeSending,
            "BulkSMS did not attempt to deliver the message.",
        ),
        ("FAILED", _) => (GivenUp::AfterSending, "The message was not delivered."),
        _ => return None,
    };
    let code = match status.subtype.as_deref() {
        Some(subtype) => format!("FAILED.{subtype}"),
        None => "FAILED".to_owned(),
    };
    let cause = codes::cause(Vendor::BulkSms, &code).unwrap_or(Cause::NotReached);
    Some(cause.news(given_up, Reason::new(code, text)))
}

#[cfg(test)]
#[path = "callbacks_tests.rs"]
mod tests;
