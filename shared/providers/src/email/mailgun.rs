//! Mailgun, mail submitted as MIME:
//! <https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages/post-v3--domain-name--messages-mime>.
//!
//! Mailgun does not deduplicate, so a lost response leaves the delivery unknown until a webhook reports it:
//! <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads>. Webhook URLs are configured
//! at Mailgun, and so is open and click tracking.

mod events;
mod form;

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::Outcome,
    reason::Reason,
    transports::{EmailSender, Vendor},
};
use events::{Webhook, replay_token};
use form::Form;
use http::{HeaderValue, Request, Response, header};
use jiff::fmt::rfc2822;
use serde::Deserialize;

use super::{Email, is_domain};
use crate::{
    answer::{NO_REASON, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{self, Choice, Field, Setup, Values, is_token},
    vendor::{Account, Adapter, BadCallback, Callback, Callbacks, ProviderEvent, Unusable},
};

/// What a Mailgun transport needs.
pub static SETUP: Setup = Setup {
    name: "Mailgun",
    sender: super::SENDER,
    settings: &[
        Field {
            help: "The sending domain, as listed under Sending, Domains.",
            example: "mg.example.org",
            values: Values::Text(is_domain),
            expected: DOMAIN,
            ..Field::setting("domain", "Domain")
        },
        Field {
            help: "Where the domain was created. Without it, US.",
            example: "us",
            values: Values::Choice(&[
                Choice {
                    value: "us",
                    label: "US",
                },
                Choice {
                    value: "eu",
                    label: "EU",
                },
            ]),
            expected: "its region as `us` or `eu`",
            ..Field::setting("region", "Region").optional()
        },
    ],
    credentials: &[
        Field {
            help: "A sending key of the domain (Sending, Domain settings, Sending keys), or an API key of the account.",
            example: "0123456789abcdef0123456789abcdef-01234567-89abcdef",
            values: Values::Text(is_token),
            expected: "the key in ASCII without spaces",
            ..Field::secret("api_key", "Sending key")
        },
        Field {
            help: "With it, callbacks are verified; without it, all are refused. API Security, HTTP webhook signing key.",
            example: "0123456789abcdef0123456789abcdef",
            ..Field::secret("webhook_signing_key", "HTTP webhook signing key").optional()
        },
    ],
    combinations: &[],
    callbacks: setup::Callbacks::Always(
        "Sending, Webhooks: add this address for accepted, delivered, temporary failure, permanent failure, opened, clicked, complained and unsubscribed messages.",
    ),
};

const DOMAIN: &str = "the domain that is verified at Mailgun";

/// A Mailgun account.
#[derive(Debug, Clone)]
pub struct Mailgun<'a> {
    from: &'a EmailSender,
    host: &'static str,
    domain: &'a str,
    /// Marked as sensitive, so that it is not printed.
    authorization: HeaderValue,
    signing_key: Option<SigningKey>,
}

/// The key that signs webhooks. It cannot be printed.
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
    /// An account with the API key from the secret.
    ///
    /// # Errors
    /// If the secret is malformed, or the domain or the sender address is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(&SETUP)?;
        // With an empty key, anybody could sign.
        let is_signing_key_empty = secret
            .webhook_signing_key
            .as_ref()
            .is_some_and(|key| key.0.is_empty());
        if secret.api_key.is_empty() || is_signing_key_empty {
            return Err(Unusable::Secret { needs: &SETUP });
        }
        let pair = STANDARD.encode(format!("api:{}", secret.api_key));
        let mut authorization = HeaderValue::try_from(format!("Basic {pair}"))
            .map_err(|_| Unusable::Secret { needs: &SETUP })?;
        authorization.set_sensitive(true);
        Ok(Self {
            from: account.from.ok_or(Unusable::Setting {
                expected: "a sender address",
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

impl Adapter<Email<'_>> for Mailgun<'_> {
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
        // Mailgun says only in its text that the domain or the account may not send.
        let known_as = match status {
            400 if said.message.contains("is not allowed to send") => {
                "http_400, not allowed to send"
            }
            _ => reason.code.as_str(),
        };
        match (codes::cause(Vendor::Mailgun, known_as), status) {
            (Some(cause), _) => cause.outcome(after, reason),
            // Mailgun documents none, and a gateway in front of it may have forwarded the mail.
            (None, 503) if after.is_none() => Outcome::Unknown(reason),
            (None, _) => by_status(status, after, reason),
        }
    }
}

/// How long to wait. When rate-limited, Mailgun gives a time ("try again after Mon, 25 Aug 2025 07:00:31 UTC"), which
/// is compared with the response's own time.
fn pause(answer: &Response<Vec<u8>>, message: &str) -> Option<Duration> {
    let headers = answer.headers();
    let until_then = || {
        let (_, then) = message.split_once("try again after ")?;
        // RFC 2822 has no zone named UTC.
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
    /// The id is the Message-ID of the mail; webhooks give it without brackets.
    fn accepted(&self) -> Outcome {
        match self.id.trim_matches(['<', '>']) {
            // A URL outside Mailgun's API is also answered with 200.
            "" => Outcome::Unknown(unreadable()),
            id => Outcome::Accepted {
                provider_id: id.to_owned(),
            },
        }
    }

    /// Mailgun has no error codes, so the reason has the HTTP status and Mailgun's text.
    fn reason(&self, status: u16) -> Reason {
        let text = match self.message.trim() {
            "" => NO_REASON,
            message => message,
        };
        Reason::new(format!("http_{status}"), text)
    }
}

impl Callbacks for Mailgun<'_> {
    /// Verifies a webhook and returns its provider events.
    ///
    /// Mailgun signs a timestamp and a random token, **not the event**. Whoever has seen one webhook could send others
    /// with its signature until it expires. So the caller must remember the [`Callbacks::replay_token`] of each accepted webhook
    /// for twice [`SIGNATURE_SECONDS`](crate::vendor::SIGNATURE_SECONDS) and reject a second webhook with the same
    /// token.
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        let webhook = Webhook::read(callback.body)?;
        let key = self.signing_key.as_ref().ok_or(BadCallback::Unsigned)?;
        webhook.verify(key.0.as_bytes(), callback.now)?;
        Ok(vec![webhook.told(callback.now)?])
    }

    fn replay_token(&self, callback: &Callback<'_>) -> Option<String> {
        replay_token(callback)
    }
}

#[cfg(test)]
mod tests;
