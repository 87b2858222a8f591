//! SMS Portal's callbacks: <https://docs.smsportal.com/docs/webhook-types-and-variables>.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::{
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    transports::Vendor,
};
use jiff::Timestamp;
use serde_json::Value;

use super::SmsPortal;
use crate::{
    codes,
    signature::is_hmac_sha256,
    sms::international,
    vendor::{BadCallback, Callback, Callbacks, ProviderEvent, SIGNATURE_SECONDS},
};

/// How callbacks are signed: <https://docs.smsportal.com/docs/webhook-signatures>.
#[derive(Clone)]
pub(super) struct Signature<'a> {
    pub(super) key: String,
    pub(super) header: &'a str,
    pub(super) timestamp_header: &'a str,
}

impl fmt::Debug for Signature<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Signature(…)")
    }
}

impl Signature<'_> {
    /// Verifies the HMAC-SHA256 of `v1:{timestamp}|{METHOD}|{url}|{requestBody}`.
    fn check(&self, callback: &Callback<'_>) -> Result<(), BadCallback> {
        let header = |name| callback.header(name).ok_or(BadCallback::Unsigned);
        let timestamp = header(self.timestamp_header)?;
        let signature = decode(header(self.header)?).ok_or(BadCallback::Forged)?;
        let (method, url) = (callback.method, callback.url);
        let mut signed = format!("v1:{timestamp}|{method}|{url}|").into_bytes();
        signed.extend_from_slice(callback.body);
        if !is_hmac_sha256(self.key.as_bytes(), &signed, &signature) {
            return Err(BadCallback::Forged);
        }
        let signed_at = time(timestamp).ok_or(BadCallback::Stale)?;
        let age = callback.now.duration_since(signed_at).as_secs().abs();
        if age > SIGNATURE_SECONDS {
            return Err(BadCallback::Stale);
        }
        Ok(())
    }
}

/// In hexadecimal or Base64: the documentation available to us does not say.
fn decode(signature: &str) -> Option<Vec<u8>> {
    let bytes = hex::decode(signature).ok();
    bytes.or_else(|| STANDARD.decode(signature).ok())
}

impl Callbacks for SmsPortal<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        if let Some(signature) = &self.signature {
            signature.check(callback)?;
        }
        let variables = Variables::read(callback)?;
        Ok(vec![variables.tell(callback.now)])
    }
}

/// The variables of a callback by their lower-case names: the default templates write `customerId`, others
/// `CustomerID`.
struct Variables(BTreeMap<String, String>);

impl Variables {
    fn read(callback: &Callback<'_>) -> Result<Self, BadCallback> {
        let mut variables: BTreeMap<_, _> = callback
            .query()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        if !callback.body.is_empty() {
            let body: serde_json::Map<String, Value> =
                serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
            variables.extend(
                body.into_iter()
                    .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text(value)?))),
            );
        }
        Ok(Self(variables))
    }

    /// The first of these variables that is present and not empty.
    fn first(&self, names: &[&str]) -> Option<&str> {
        let values = names.iter().filter_map(|name| self.0.get(*name));
        let mut texts = values.map(|value| value.trim());
        texts.find(|value| !value.is_empty())
    }

    fn tell(&self, now: Timestamp) -> ProviderEvent {
        self.inbound(now)
            .or_else(|| self.receipt(now))
            .unwrap_or(ProviderEvent::Irrelevant)
    }

    fn inbound(&self, now: Timestamp) -> Option<ProviderEvent> {
        let text = self.0.get("incomingdata")?;
        let from = self.first(&["phonenumber", "msisdn"])?;
        let to = self.first(&["to"]).unwrap_or_default();
        Some(ProviderEvent::Inbound {
            from: international(from),
            to: international(to),
            text: text.clone(),
            provider_id: self.first(&["incomingid", "id"])?.to_owned(),
            at: self.at(now),
        })
    }

    fn receipt(&self, now: Timestamp) -> Option<ProviderEvent> {
        let delivery = self.first(&["customerid", "userreference"])?.parse();
        Some(ProviderEvent::Receipt {
            delivery: delivery.ok()?,
            provider_id: self.first(&["eventid"])?.to_owned(),
            at: self.at(now),
            news: news(self.first(&["status"])?)?,
        })
    }

    /// Formatted times are in the API key's configured time zone, which we do not know.
    fn at(&self, now: Timestamp) -> Timestamp {
        let at = self.first(&["receivedutc", "received"]).and_then(time);
        at.unwrap_or(now)
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What a status means: <https://docs.smsportal.com/docs/delivery-statuses>.
fn news(status: &str) -> Option<StatusUpdate> {
    let (given_up, text) = match status {
        "SUBMITD" | "STAGED" => return Some(StatusUpdate::Accepted),
        "DELIVRD" => return Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        "UNDELIV" | "EXPIRED" => (GivenUp::AfterSending, "The message was not delivered."),
        "BLIST" => (
            GivenUp::BeforeSending,
            "Messages to the number are restricted by its owner or by WASPA.",
        ),
        "NOROUTE" => (
            GivenUp::BeforeSending,
            "SMS Portal has no route to the number.",
        ),
        "CANCELLED" => (
            GivenUp::BeforeSending,
            "The message was canceled at SMS Portal.",
        ),
        _ => return None,
    };
    let cause = codes::cause(Vendor::SmsPortal, status).unwrap_or(Cause::NotReached);
    Some(cause.news(given_up, Reason::new(status, text)))
}

/// The first second of the year 5138: larger numbers are milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A Unix time in seconds or milliseconds, or an RFC 3339 time.
fn time(text: &str) -> Option<Timestamp> {
    let Ok(number) = text.parse::<i64>() else {
        return text.parse().ok();
    };
    let time = if number < MILLISECONDS_FROM {
        Timestamp::from_second(number)
    } else {
        Timestamp::from_millisecond(number)
    };
    time.ok()
}
