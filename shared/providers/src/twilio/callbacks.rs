//! What Twilio says by calling: what became of a message
//! (<https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>), and what somebody
//! wrote (<https://www.twilio.com/docs/messaging/guides/webhook-request>).
//!
//! Both come to the same address; only the first has a `MessageStatus`. Neither names a time that we
//! could use: that of the carrier (`RawDlrDoneDate`) has no time zone. Nothing that is signed does
//! either, so an old callback that somebody sends again is believed; it says what was said before.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{delivery::{cause::{Cause, GivenUp}, receipt::{Fate, News}}, reason::Reason, suppressions::keyword::Keyword, transports::Vendor};

use super::{Credentials, DELIVERY};
use crate::{
    codes,
    signature::is_hmac_sha1,
    vendor::{BadCallback, Callback, DeliveryReference, Told},
    whatsapp::OUTSIDE_WINDOW,
};

impl Credentials {
    /// Checks a callback, then says what it tells. What stands before each number says of which channel it is: nothing
    /// before those of text messages, `whatsapp:` before those of WhatsApp.
    ///
    /// # Errors
    /// If it is not to be believed, or cannot be read.
    pub(crate) fn hear(
        &self,
        callback: &Callback<'_>,
        prefix: &str,
    ) -> Result<Vec<Told>, BadCallback> {
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

    /// Checks the signature: HMAC-SHA1 over the address and the fields, sorted, each once, names and
    /// values without anything between (<https://www.twilio.com/docs/usage/webhooks/webhooks-security>).
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

/// The fields of a callback.
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

/// What became of a message, if it is one of ours.
fn receipt(
    callback: &Callback<'_>,
    fields: &Fields<'_>,
    status: &str,
    provider_id: String,
) -> Told {
    let news = news(status, fields.get("ErrorCode"), fields.get("ErrorMessage"));
    match (delivery(callback), news) {
        (Some(delivery), Some(news)) => Told::Receipt {
            delivery,
            provider_id,
            at: callback.now,
            news,
        },
        _ => Told::Irrelevant,
    }
}

/// What somebody wrote. Short codes and other channels are nobody's phone.
fn inbound(
    callback: &Callback<'_>,
    fields: &Fields<'_>,
    prefix: &str,
    provider_id: String,
) -> Result<Told, BadCallback> {
    let from = fields.required("From")?.strip_prefix(prefix);
    let to = fields.required("To")?;
    let to = to.strip_prefix(prefix).unwrap_or(to);
    let Some(from) = from.filter(|from| from.starts_with('+')) else {
        return Ok(Told::Irrelevant);
    };
    Ok(Told::Inbound {
        from: from.to_owned(),
        to: to.to_owned(),
        // A picture may come without a word.
        text: fields.get("Body").unwrap_or_default().to_owned(),
        provider_id,
        at: callback.now,
    })
}

/// What somebody asked for as Twilio understood it: a messaging service may have keywords of its own
/// (<https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out>).
fn asked(kind: &str, written: &Told) -> Option<Told> {
    let Told::Inbound {
        from,
        text,
        provider_id,
        at,
        ..
    } = written
    else {
        return None;
    };
    let wish = Keyword::of(kind)?;
    // It is heeded by its words already.
    (Keyword::of(text) != Some(wish)).then(|| Told::Asked {
        from: from.clone(),
        wish,
        provider_id: provider_id.clone(),
        at: *at,
    })
}

/// An address as it is, and the same with or without the port: Twilio signs either, and its own
/// libraries accept both (`RequestValidator` of <https://github.com/twilio/twilio-python>).
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

/// Codes with which a message is called undelivered that was sent to nobody: the 24 hours are over, or WhatsApp chose not to deliver it.
const NEVER_SENT: [&str; 2] = ["63016", "63049"];

/// What a status says (<https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>).
/// `failed` could not be sent by Twilio; `undelivered` was sent and the carrier did not deliver it.
fn news(status: &str, code: Option<&str>, text: Option<&str>) -> Option<News> {
    let given_up = match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => return Some(News::Accepted),
        "delivered" => return Some(News::Became(Fate::Delivered)),
        "read" => return Some(News::Became(Fate::Opened)),
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
    let text = text.unwrap_or("Twilio took the message and did not send it.");
    let cause = cause.unwrap_or(Cause::NotReached);
    Some(cause.news(given_up, Reason::new(name, text)))
}
