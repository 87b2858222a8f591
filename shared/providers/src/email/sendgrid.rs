//! SendGrid, Mail Send of its Web API v3: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>.
//!
//! SendGrid does not deduplicate, so a lost response leaves the delivery unknown until the Event Webhook reports it:
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>. Its URL is configured in the SendGrid
//! account, and so is open and click tracking.

mod events;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::Outcome,
    reason::Reason,
    transports::{EmailSender, Vendor},
};
use http::{HeaderValue, Request, Response, header};
use jiff::fmt::rfc2822;
use serde::{Deserialize, Serialize};

use super::{Email, ONE_CLICK};
use crate::{
    answer::NO_REASON,
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{self, Choice, Field, Setup, Values, is_token},
    signature::is_ecdsa_p256,
    vendor::{
        Account, Adapter, BadCallback, Callback, Callbacks, ProviderEvent, SIGNATURE_SECONDS,
        Unusable,
    },
};

/// What a SendGrid transport needs.
pub static SETUP: Setup = Setup {
    name: "SendGrid",
    sender: super::SENDER,
    settings: &[Field {
        help: "Where the account's emails are processed. Without it, Global.",
        example: "global",
        values: Values::Choice(&[
            Choice {
                value: "global",
                label: "Global",
            },
            Choice {
                value: "eu",
                label: "European Union (a regional subuser)",
            },
        ]),
        expected: "its region as `global` or `eu`",
        ..Field::setting("region", "Region").optional()
    }],
    credentials: &[
        Field {
            help: "An API key with the permission Mail Send: Settings, API Keys.",
            example: "SG.0123456789abcdef",
            values: Values::Text(is_token),
            expected: "the API key, which begins with SG.",
            ..Field::secret("api_key", "API key")
        },
        Field {
            help: "With it, callbacks are verified; without it, all are refused. Settings, Mail Settings, Event Webhooks, Security features, Enable Signature Verification.",
            example: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
            values: Values::Text(|text| read_key(text).is_some()),
            expected: "the verification key as SendGrid shows it (base64)",
            ..Field::credential("webhook_public_key", "Verification key").optional()
        },
    ],
    combinations: &[],
    callbacks: setup::Callbacks::Always(
        "Settings, Mail Settings, Event Webhooks: create a webhook with this address as the Post URL, select the events, and enable signature verification.",
    ),
};

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

/// The public key that verifies callbacks.
fn read_key(text: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(text.trim()).ok()?;
    (!key.is_empty()).then_some(key)
}

/// A SendGrid account.
#[derive(Debug, Clone)]
pub struct SendGrid<'a> {
    from: &'a EmailSender,
    host: &'static str,
    /// Marked as sensitive, so that it is not printed.
    authorization: HeaderValue,
    public_key: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    api_key: String,
    webhook_public_key: Option<String>,
}

impl<'a> SendGrid<'a> {
    /// An account with the API key from the secret.
    ///
    /// # Errors
    /// If the secret is malformed or the sender address is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let unusable = || Unusable::Secret { needs: &SETUP };
        let secret: Secret = account.read_secret(&SETUP)?;
        if secret.api_key.is_empty() {
            return Err(unusable());
        }
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", secret.api_key)).map_err(|_| unusable())?;
        authorization.set_sensitive(true);
        let public_key = secret
            .webhook_public_key
            .map(|key| read_key(&key).ok_or_else(unusable))
            .transpose()?;
        Ok(Self {
            from: account.from.ok_or(Unusable::Setting {
                expected: "a sender address",
            })?,
            host: match account.setting("region") {
                Some("eu") => "api.eu.sendgrid.com",
                _ => "api.sendgrid.com",
            },
            authorization,
            public_key,
        })
    }

    /// Verifies the signature over the timestamp and the raw body:
    /// <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>.
    fn verify(&self, callback: &Callback<'_>) -> Result<(), BadCallback> {
        let (Some(key), Some(signature), Some(timestamp)) = (
            self.public_key.as_deref(),
            callback.header(SIGNATURE),
            callback.header(TIMESTAMP),
        ) else {
            return Err(BadCallback::Unsigned);
        };
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| BadCallback::Forged)?;
        let message = [timestamp.as_bytes(), callback.body].concat();
        if !is_ecdsa_p256(key, &message, &signature) {
            return Err(BadCallback::Forged);
        }
        let signed_at: i64 = timestamp.parse().map_err(|_| BadCallback::Unreadable)?;
        let age = callback.now.as_second().abs_diff(signed_at);
        if age > SIGNATURE_SECONDS.unsigned_abs() {
            return Err(BadCallback::Stale);
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Submission<'a> {
    personalizations: [Personalization<'a>; 1],
    from: Mailbox<'a>,
    // The header is reserved ("reply_to" in <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>).
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Mailbox<'a>>,
    subject: &'a str,
    content: Vec<Content<'a>>,
    headers: Headers,
}

#[derive(Serialize)]
struct Personalization<'a> {
    to: [Mailbox<'a>; 1],
    custom_args: CustomArguments,
}

#[derive(Serialize)]
struct Mailbox<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

/// Repeated in every event about the message. SendGrid keeps it for a long time, so it must not contain personal data.
#[derive(Serialize)]
struct CustomArguments {
    delivery: String,
}

/// None of these is a header that SendGrid reserves.
#[derive(Serialize)]
struct Headers {
    #[serde(rename = "Message-ID")]
    message_id: String,
    #[serde(rename = "List-Unsubscribe", skip_serializing_if = "Option::is_none")]
    unsubscribe: Option<String>,
    #[serde(
        rename = "List-Unsubscribe-Post",
        skip_serializing_if = "Option::is_none"
    )]
    unsubscribe_post: Option<&'static str>,
}

impl Adapter<Email<'_>> for SendGrid<'_> {
    fn request(&self, email: &Email<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        // Plain text must come first, and neither part may be empty.
        let content = [("text/plain", email.text), ("text/html", email.html)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(kind, value)| Content { kind, value })
            .collect();
        let body = serde_json::to_vec(&Submission {
            personalizations: [Personalization {
                to: [Mailbox {
                    email: email.to.expose(),
                    name: email.to_name,
                }],
                custom_args: CustomArguments {
                    delivery: email.reference.delivery().to_string(),
                },
            }],
            from: Mailbox {
                email: self.from.address.expose(),
                name: self.from.name.as_deref(),
            },
            reply_to: email.reply_to.map(|address| Mailbox {
                email: address.expose(),
                name: None,
            }),
            subject: email.subject,
            content,
            headers: Headers {
                message_id: format!("<{}>", email.message_id(self.from)),
                unsubscribe: email.unsubscribe_url.map(|url| format!("<{url}>")),
                unsubscribe_post: email.unsubscribe_url.map(|_| ONE_CLICK),
            },
        })?;
        Ok(Request::post(format!("https://{}/v3/mail/send", self.host))
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)?)
    }

    fn outcome(&self, _: &Email<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let status = answer.status().as_u16();
        if status == 202 {
            return accepted(answer);
        }
        let after = pause(answer);
        let reason = match status {
            200 => Reason::new(
                "not_queued",
                "SendGrid validated the message but did not queue it.",
            ),
            _ => reason(answer),
        };
        match codes::cause(Vendor::SendGrid, &format!("http_{status}")) {
            Some(cause) => cause.outcome(after, reason),
            None => by_status(status, after, reason),
        }
    }
}

fn accepted(answer: &Response<Vec<u8>>) -> Outcome {
    let id = answer.headers().get("x-message-id");
    match id.and_then(|id| id.to_str().ok()) {
        Some(id) if !id.is_empty() => Outcome::Accepted {
            provider_id: id.to_owned(),
        },
        _ => Outcome::Unknown(Reason::new(
            "unreadable_answer",
            "The provider's response contains no message id.",
        )),
    }
}

/// How long to wait. When rate-limited, SendGrid gives a reset time, which is compared with the response's own time:
/// <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits>.
fn pause(answer: &Response<Vec<u8>>) -> Option<Duration> {
    let headers = answer.headers();
    let until_reset = || {
        // Other responses carry it too, where it does not apply.
        if answer.status() != http::StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let reset: i64 = text("x-ratelimit-reset")?.parse().ok()?;
        let answered = rfc2822::parse(text("date")?).ok()?.timestamp().as_second();
        let seconds = reset
            .saturating_sub(answered)
            .try_into()
            .unwrap_or_default();
        Some(Duration::from_secs(seconds))
    };
    retry_after(headers).or_else(until_reset)
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    message: String,
}

/// SendGrid has no error codes, so the reason has the HTTP status and SendGrid's text.
fn reason(answer: &Response<Vec<u8>>) -> Reason {
    let refusal: Refusal = serde_json::from_slice(answer.body()).unwrap_or_default();
    let messages: Vec<&str> = refusal
        .errors
        .iter()
        .map(|problem| problem.message.trim())
        .filter(|message| !message.is_empty())
        .collect();
    let text = match messages.as_slice() {
        [] => NO_REASON.to_owned(),
        messages => messages.join(" "),
    };
    Reason::new(format!("http_{}", answer.status().as_u16()), text)
}

impl Callbacks for SendGrid<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        self.verify(callback)?;
        events::read(callback.body, callback.now)
    }
}

#[cfg(test)]
mod tests;
