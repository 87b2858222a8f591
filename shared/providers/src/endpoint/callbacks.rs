//! Callbacks of an endpoint: delivery statuses and inbound messages.
//!
//! The format is ours, so a callback that does not match it is rejected, which tells the endpoint's developer at once.

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

use super::{
    Endpoint,
    answer::{code, identifier},
};
use crate::{
    codes,
    vendor::{BadCallback, Callback, Callbacks, ProviderEvent},
};

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Inbound { inbound: Inbound },
    Report(Report),
}

/// A delivery status.
#[derive(Deserialize)]
struct Report {
    delivery: String,
    provider_id: Value,
    status: Status,
    at: Option<Timestamp>,
    reason: Option<Why>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Accepted,
    Delivered,
    Delayed,
    Bounced,
    Gone,
    Opened,
    Clicked,
    Complained,
    OptedOut,
    Refused,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Why {
    code: Value,
    text: Option<String>,
}

/// An inbound message.
#[derive(Deserialize)]
struct Inbound {
    from: String,
    to: String,
    text: Option<String>,
    id: Value,
    at: Option<Timestamp>,
}

impl Callbacks for Endpoint<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        self.key.verify(callback)?;
        let body: Result<Value, _> = serde_json::from_slice(callback.body);
        let entries = match body.map_err(|_| BadCallback::Unreadable)? {
            Value::Array(entries) => entries,
            entry => vec![entry],
        };
        entries
            .into_iter()
            .map(|entry| tell(entry, callback.now).ok_or(BadCallback::Unreadable))
            .collect()
    }
}

/// The event of an entry; `None` if it cannot be parsed.
fn tell(entry: Value, now: Timestamp) -> Option<ProviderEvent> {
    match serde_json::from_value::<Entry>(entry).ok()? {
        Entry::Inbound { inbound } => Some(ProviderEvent::Inbound {
            from: Some(inbound.from).filter(|from| !from.is_empty())?,
            to: inbound.to,
            text: inbound.text.unwrap_or_default(),
            provider_id: identifier(&inbound.id)?,
            at: inbound.at.unwrap_or(now),
        }),
        Entry::Report(report) => {
            let provider_id = identifier(&report.provider_id)?;
            let Ok(delivery) = report.delivery.parse() else {
                return Some(ProviderEvent::Irrelevant);
            };
            Some(ProviderEvent::Receipt {
                delivery,
                provider_id,
                at: report.at.unwrap_or(now),
                news: report.status.news(&report.reason.unwrap_or_default()),
            })
        }
    }
}

impl Status {
    fn news(self, why: &Why) -> StatusUpdate {
        match self {
            Status::Accepted => StatusUpdate::Accepted,
            Status::Delivered => StatusUpdate::Became(DeliveryStatus::Delivered),
            Status::Delayed => StatusUpdate::Became(DeliveryStatus::Delayed),
            Status::Bounced => StatusUpdate::Became(DeliveryStatus::Bounced),
            Status::Gone => StatusUpdate::Gone,
            Status::Opened => StatusUpdate::Became(DeliveryStatus::Opened),
            Status::Clicked => StatusUpdate::Became(DeliveryStatus::Clicked),
            Status::Complained => StatusUpdate::Became(DeliveryStatus::Complained),
            Status::OptedOut => Cause::OptOut.news(GivenUp::BeforeSending, why.reason("opted_out")),
            Status::Refused => {
                let reason = why.reason("refused");
                let cause = codes::cause(Vendor::HttpSms, &reason.code);
                let cause = cause.unwrap_or(Cause::Content);
                cause.news(GivenUp::BeforeSending, reason)
            }
        }
    }
}

impl Why {
    fn reason(&self, otherwise: &str) -> Reason {
        let text = match self.text.as_deref().map_or("", str::trim) {
            "" => "The endpoint accepted the message but did not send it.",
            text => text,
        };
        Reason::new(
            code(&self.code).unwrap_or_else(|| otherwise.to_owned()),
            text,
        )
    }
}

#[cfg(test)]
mod tests;
