//! Mailgun, mail that is handed over as MIME:
//! <https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages/post-v3--domain-name--messages-mime>.
//!
//! Mailgun takes a message as often as it is handed over (PROVIDERS), so an answer that is lost leaves the delivery
//! unknown until a webhook tells of it:
//! <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>. Where those go is set at
//! Mailgun, as are the tracking of opens and clicks.

mod events;
mod form;

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{delivery::Outcome, reason::Reason, transports::{EmailSender, Vendor}};
use events::Webhook;
pub use events::replay_token;
use form::Form;
use http::{HeaderValue, Request, Response, header};
use jiff::fmt::rfc2822;
use serde::Deserialize;

use super::{Email, is_domain};
use crate::{
    answer::{NO_REASON, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    vendor::{Account, BadCallback, Callback, Callbacks, Dialect, Setting, Told, Unusable},
};

/// What a transport of Mailgun says beside whom mail comes from.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "domain",
        is_required: true,
        accepts: is_domain,
        expected: DOMAIN,
    },
    Setting {
        name: "region",
        is_required: false,
        accepts: |value| matches!(value, "us" | "eu"),
        expected: "its region as `us` or `eu`",
    },
];

const DOMAIN: &str = "the domain that is verified at Mailgun";
const SECRET: &str = r#"{"api_key": "…"}, beside it "webhook_signing_key" for callbacks"#;

/// An account at Mailgun.
#[derive(Debug, Clone)]
pub struct Mailgun<'a> {
    from: &'a EmailSender,
    host: &'static str,
    domain: &'a str,
    /// Marked as sensitive, so that it is not printed.
    authorization: HeaderValue,
    signing_key: Option<SigningKey>,
}

/// What webhooks are signed with. It cannot be printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
struct SigningKey(String);

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    api_key: String,
    webhook_signing_key: Option<SigningKey>,
}

impl<'a> Mailgun<'a> {
    /// An account with the API key that the secret holds.
    ///
    /// # Errors
    /// If the secret holds something else, or a domain or whom mail comes from is not set.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(SECRET)?;
        // Anybody could sign with an empty key.
        let is_signing_key_empty = secret
            .webhook_signing_key
            .as_ref()
            .is_some_and(|key| key.0.is_empty());
        if secret.api_key.is_empty() || is_signing_key_empty {
            return Err(Unusable::Secret { expected: SECRET });
        }
        let pair = STANDARD.encode(format!("api:{}", secret.api_key));
        let mut authorization = HeaderValue::try_from(format!("Basic {pair}"))
            .map_err(|_| Unusable::Secret { expected: SECRET })?;
        authorization.set_sensitive(true);
        Ok(Self {
            from: account.from.ok_or(Unusable::Setting {
                expected: "whom mail comes from",
            })?,
            host: match account.setting("region") {
                Some("eu") => "api.eu.mailgun.net",
                _ => "api.mailgun.net",
            },
            domain: account
                .setting("domain")
                .filter(|domain| is_domain(domain))
                .ok_or(Unusable::Setting { expected: DOMAIN })?,
            authorization,
            signing_key: secret.webhook_signing_key,
        })
    }
}

impl Dialect<Email<'_>> for Mailgun<'_> {
    fn request(&self, email: &Email<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let message = email
            .write(self.from)
            .map_err(<serde_json::Error as serde::ser::Error>::custom)?;
        let form = Form {
            to: email.to.expose(),
            delivery: &email.reference.delivery().to_string(),
            message: &message,
        };
        let (content_type, body) = form.write();
        let url = format!("https://{}/v3/{}/messages.mime", self.host, self.domain);
        Ok(Request::post(url)
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::CONTENT_TYPE, content_type)
            .body(body)?)
    }

    fn outcome(&self, _: &Email<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let said: Answer = serde_json::from_slice(answer.body()).unwrap_or_default();
        if answer.status().is_success() {
            return said.accepted();
        }
        let status = answer.status().as_u16();
        let after = pause(answer, &said.message);
        let reason = said.reason(status);
        // That the domain or the account may not send, Mailgun says with words.
        let known_as = match status {
            400 if said.message.contains("is not allowed to send") => {
                "http_400, not allowed to send"
            }
            _ => reason.code.as_str(),
        };
        match (codes::cause(Vendor::Mailgun, known_as), status) {
            (Some(cause), _) => cause.outcome(after, reason),
            // Mailgun documents none, and whoever stands before it may have handed the mail on.
            (None, 503) if after.is_none() => Outcome::Unknown(reason),
            (None, _) => by_status(status, after, reason),
        }
    }
}

/// How long to wait. At its limits Mailgun says until when ("try again after Mon, 25 Aug 2025 07:00:31 UTC"), which is
/// compared with the answer's own time.
fn pause(answer: &Response<Vec<u8>>, message: &str) -> Option<Duration> {
    let headers = answer.headers();
    let until_then = || {
        let (_, then) = message.split_once("try again after ")?;
        // RFC 2822 does not know UTC by that name.
        let then = rfc2822::parse(&then.trim().replace("UTC", "GMT")).ok()?;
        let answered = rfc2822::parse(headers.get(header::DATE)?.to_str().ok()?).ok()?;
        let pause = then.timestamp().duration_since(answered.timestamp());
        Some(pause.try_into().unwrap_or_default())
    };
    retry_after(headers).or_else(until_then)
}

#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    id: String,
    #[serde(default)]
    message: String,
}

impl Answer {
    /// The id is the Message-ID of the mail; webhooks give it without its brackets.
    fn accepted(&self) -> Outcome {
        match self.id.trim_matches(['<', '>']) {
            // An address that is none of Mailgun's API is also answered with 200.
            "" => Outcome::Unknown(unreadable()),
            id => Outcome::Accepted {
                provider_id: id.to_owned(),
            },
        }
    }

    /// Mailgun has no codes, so the reason has that of HTTP, and Mailgun's words.
    fn reason(&self, status: u16) -> Reason {
        let text = match self.message.trim() {
            "" => NO_REASON,
            message => message,
        };
        Reason::new(format!("http_{status}"), text)
    }
}

impl Callbacks for Mailgun<'_> {
    /// Checks a webhook, then says what it tells.
    ///
    /// Mailgun signs a time and a random token, and **not the event**. Whoever has seen one webhook could send others
    /// with its signature until it is too old. So the caller must remember the [`replay_token`] of each webhook that
    /// was heard for twice [`SIGNATURE_SECONDS`](crate::vendor::SIGNATURE_SECONDS), and refuse a second one with the same.
    fn hear(&self, callback: &Callback<'_>) -> Result<Vec<Told>, BadCallback> {
        let webhook = Webhook::read(callback.body)?;
        let key = self.signing_key.as_ref().ok_or(BadCallback::Unsigned)?;
        webhook.verify(key.0.as_bytes(), callback.now)?;
        Ok(vec![webhook.told(callback.now)?])
    }
}

#[cfg(test)]
mod tests;
