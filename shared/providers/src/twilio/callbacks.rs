//! Twilio's callbacks: delivery statuses (<https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>)
//! and inbound messages (<https://www.twilio.com/docs/messaging/guides/webhook-request>).
//!
//! Both come to the same URL; only the first have a `MessageStatus`. Neither carries a usable time: the carrier's
//! (`RawDlrDoneDate`) has no time zone. No timestamp is signed either, so a replayed callback is accepted; it only
//! repeats what was said before.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::{
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    suppressions::keyword::Keyword,
    transports::Vendor,
};

use super::{Credentials, DELIVERY};
use crate::{
    codes,
    signature::is_hmac_sha1,
    vendor::{BadCallback, Callback, DeliveryReference, ProviderEvent},
    whatsapp::OUTSIDE_WINDOW,
};

impl Credentials {
    /// Verifies a callback and returns its event. The prefix of numbers identifies the channel: none for SMS,
    /// `whatsapp:` for WhatsApp.
    ///
    /// # Errors
    /// If it is not authentic or cannot be parsed.
    pub(crate) fn events(
        &self,
        callback: &Callback<'_>,
        prefix: &str,
    ) -> Result<Vec<ProviderEvent>, BadCallback> {
        let mut fields: Vec<(String, String)> = callback.form().collect();
        fields.sort();
        fields.dedup();
        self.verify(callback, &fields)?;
        let fields = Fields(&fields);
        let provider_id = fields.required("MessageSid")?.to_owned();
        if let Some(status) = fields.get("MessageStatus") {
            return Ok(vec![receipt(callback, &fields, status, provider_id)]);
        }
        let written = inbound(callback, &fields, prefix, provider_id)?;
        let asked = fields
            .get("OptOutType")
            .and_then(|kind| asked(kind, &written));
        Ok([written].into_iter().chain(asked).collect())
    }

    /// Verifies the signature: HMAC-SHA1 over the URL and the fields, sorted and deduplicated, names and values
    /// concatenated (<https://www.twilio.com/docs/usage/webhooks/webhooks-security>).
    fn verify(
        &self,
        callback: &Callback<'_>,
        fields: &[(String, String)],
    ) -> Result<(), BadCallback> {
        let signature = callback.header("x-twilio-signature");
        let signature = signature.ok_or(BadCallback::Unsigned)?;
        let key = self.auth_token.as_deref();
        let key = key.ok_or(BadCallback::Unsigned)?.as_bytes();
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| BadCallback::Forged)?;
        let fields: String = fields
            .iter()
            .flat_map(|(name, value)| [name.as_str(), value.as_str()])
            .collect();
        let is_signed = |url: String| is_hmac_sha1(key, (url + &fields).as_bytes(), &signature);
        if spellings(callback.url).into_iter().any(is_signed) {
            Ok(())
        } else {
            Err(BadCallback::Forged)
        }
    }
}

/// The form fields of a callback.
struct Fields<'a>(&'a [(String, String)]);

impl<'a> Fields<'a> {
    /// The value of a field, unless it is empty.
    fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(it, _)| it == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&'a str, BadCallback> {
        self.get(name).ok_or(BadCallback::Unreadable)
    }
}

/// A delivery status, if the message is ours.
fn receipt(
    callback: &Callback<'_>,
    fields: &Fields<'_>,
    status: &str,
    provider_id: String,
) -> ProviderEvent {
    let news = news(status, fields.get("ErrorCode"), fields.get("ErrorMessage"));
    match (delivery(callback), news) {
        (Some(delivery), Some(news)) => ProviderEvent::Receipt {
            delivery,
            provider_id,
            at: callback.now,
            news,
        },
        _ => ProviderEvent::Irrelevant,
    }
}

/// An inbound message. Short codes and other channels are not a receiver's phone.
fn inbound(
    callback: &Callback<'_>,
    fields: &Fields<'_>,
    prefix: &str,
    provider_id: String,
) -> Result<ProviderEvent, BadCallback> {
    let from = fields.required("From")?.strip_prefix(prefix);
    let to = fields.required("To")?;
    let to = to.strip_prefix(prefix).unwrap_or(to);
    let Some(from) = from.filter(|from| from.starts_with('+')) else {
        return Ok(ProviderEvent::Irrelevant);
    };
    Ok(ProviderEvent::Inbound {
        from: from.to_owned(),
        to: to.to_owned(),
        // A picture may come without text.
        text: fields.get("Body").unwrap_or_default().to_owned(),
        provider_id,
        at: callback.now,
    })
}

/// A keyword request as Twilio recognized it: a messaging service may have keywords of its own
/// (<https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out>).
fn asked(kind: &str, written: &ProviderEvent) -> Option<ProviderEvent> {
    let ProviderEvent::Inbound {
        from,
        text,
        provider_id,
        at,
        ..
    } = written
    else {
        return None;
    };
    let keyword = Keyword::of(kind)?;
    // Recognized by its text already.
    (Keyword::of(text) != Some(keyword)).then(|| ProviderEvent::Asked {
        from: from.clone(),
        keyword,
        provider_id: provider_id.clone(),
        at: *at,
    })
}

/// A URL as it is, and with the port added or removed: Twilio signs either form, and its own libraries accept both
/// (`RequestValidator` of <https://github.com/twilio/twilio-python>).
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    if let Some((scheme, rest)) = url.split_once("://") {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let port = if scheme == "https" { 443 } else { 80 };
        spellings.push(match authority.rsplit_once(':') {
            Some((host, _)) => format!("{scheme}://{host}{path}"),
            None => format!("{scheme}://{authority}:{port}{path}"),
        });
    }
    spellings
}

fn delivery(callback: &Callback<'_>) -> Option<DeliveryReference> {
    let (_, reference) = callback.query().find(|(name, _)| name == DELIVERY)?;
    reference.parse().ok()
}

/// Codes of undelivered messages that were never sent: the 24-hour window had closed, or WhatsApp chose not to deliver.
const NEVER_SENT: [&str; 2] = ["63016", "63049"];

/// What a status means (<https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>). `failed`:
/// Twilio could not send it; `undelivered`: it was sent, but the carrier did not deliver it.
fn news(status: &str, code: Option<&str>, text: Option<&str>) -> Option<StatusUpdate> {
    let given_up = match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => {
            return Some(StatusUpdate::Accepted);
        }
        "delivered" => return Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        "read" => return Some(StatusUpdate::Became(DeliveryStatus::Opened)),
        "undelivered" if code.is_some_and(|code| NEVER_SENT.contains(&code)) => {
            GivenUp::BeforeSending
        }
        "undelivered" => GivenUp::AfterSending,
        "failed" | "canceled" => GivenUp::BeforeSending,
        _ => return None,
    };
    let cause = code.and_then(|code| codes::cause(Vendor::Twilio, code));
    let name = match code {
        Some("63016") => OUTSIDE_WINDOW,
        code => code.unwrap_or(status),
    };
    let text = text.unwrap_or("Twilio accepted the message but did not send it.");
    let cause = cause.unwrap_or(Cause::NotReached);
    Some(cause.news(given_up, Reason::new(name, text)))
}
