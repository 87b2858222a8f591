//! Twilio, text messages through Programmable Messaging:
//! <https://www.twilio.com/docs/messaging/api/message-resource>.
//!
//! Twilio does not keep from taking a message twice. It gives nothing of ours back by itself, so the
//! address for status callbacks carries the reference of the delivery.

mod callbacks;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::{Outcome, Reason},
    sender::{SenderId, SenderKind},
};
use http::{HeaderValue, Request, Response, header};
use serde::Deserialize;

use super::Sms;
use crate::{
    answer::{NO_REASON, unreadable},
    http::{BadRequest, by_status, retry_after},
    vendor::{Account, Dialect, Setting, Unusable},
};

/// What a transport of Twilio says beside what all say.
pub const SETTINGS: &[Setting] = &[Setting {
    name: MESSAGING_SERVICE,
    is_required: false,
    accepts: |text| is_sid("MG", text),
    expected: SERVICE_EXPECTED,
}];

const MESSAGING_SERVICE: &str = "messaging_service";
const SERVICE_EXPECTED: &str =
    "the SID of a messaging service of the account: MG and 32 hexadecimal digits";
const SECRET_EXPECTED: &str = r#"{"account_sid": "AC…", "auth_token": "…"}, and "api_key_sid" and "api_key_secret" where calls sign in with an API key"#;

/// The parameter of a status callback's address that says which delivery it is about.
const DELIVERY: &str = "delivery";

/// An account at Twilio.
#[derive(Clone)]
pub struct Twilio<'a> {
    credentials: Credentials,
    sender_id: Option<&'a SenderId>,
    messaging_service: Option<&'a str>,
    callback_url: Option<&'a str>,
}

/// What signs in and what callbacks are verified with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    account_sid: String,
    auth_token: Option<String>,
    api_key_sid: Option<String>,
    api_key_secret: Option<String>,
}

// The address for callbacks holds a token.
impl fmt::Debug for Twilio<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Twilio")
            .field("sender_id", &self.sender_id)
            .field("messaging_service", &self.messaging_service)
            .finish_non_exhaustive()
    }
}

impl<'a> Twilio<'a> {
    /// An account with the credentials that the secret holds. What phones show is the sender id, or a
    /// sender that the messaging service chooses.
    ///
    /// # Errors
    /// If the secret holds something else, or there is nothing that a message could come from.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let credentials: Credentials = account.read_secret(SECRET_EXPECTED)?;
        if !credentials.are_complete() {
            return Err(Unusable::Secret {
                expected: SECRET_EXPECTED,
            });
        }
        let messaging_service = account.setting(MESSAGING_SERVICE);
        if messaging_service.is_some_and(|sid| !is_sid("MG", sid)) {
            return Err(Unusable::Setting {
                expected: SERVICE_EXPECTED,
            });
        }
        if account.sender_id.is_none() && messaging_service.is_none() {
            return Err(Unusable::Setting {
                expected: "a sender id or a messaging service",
            });
        }
        Ok(Self {
            credentials,
            sender_id: account.sender_id,
            messaging_service,
            callback_url: account.callback_url,
        })
    }
}

impl Credentials {
    /// The user and the password that calls sign in with.
    fn sign_in(&self) -> Option<(&str, &str)> {
        let key = (self.api_key_sid.as_deref(), self.api_key_secret.as_deref());
        match (key, self.auth_token.as_deref()) {
            ((Some(sid), Some(secret)), _) => Some((sid, secret)),
            ((None, None), Some(token)) => Some((self.account_sid.as_str(), token)),
            _ => None,
        }
    }

    fn are_complete(&self) -> bool {
        let is_key = |sid: &String| is_sid("SK", sid);
        is_sid("AC", &self.account_sid)
            && self.api_key_sid.as_ref().is_none_or(is_key)
            && self.auth_token.as_ref().is_none_or(|it| !it.is_empty())
            && self
                .sign_in()
                .is_some_and(|(_, password)| !password.is_empty())
    }

    fn authorization(&self) -> Result<HeaderValue, http::Error> {
        let (user, password) = self.sign_in().unwrap_or_default();
        let pair = STANDARD.encode(format!("{user}:{password}"));
        let mut value = HeaderValue::try_from(format!("Basic {pair}"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Whether this is an identifier of Twilio: two letters that say of what, and 32 hexadecimal digits.
fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A sender as Twilio takes it: a phone number has its plus sign.
fn sender_address(sender: &SenderId) -> String {
    match sender.kind() {
        SenderKind::Number => format!("+{sender}"),
        SenderKind::Name | SenderKind::ShortCode => sender.to_string(),
    }
}

/// A message as it stands in an answer. What it has beside that is of no use to us.
#[derive(Deserialize)]
struct Message {
    sid: String,
    status: String,
    error_code: Option<u32>,
    error_message: Option<String>,
}

/// What a refusal says: <https://www.twilio.com/docs/usage/twilios-response>.
#[derive(Default, Deserialize)]
struct Problem {
    code: Option<u32>,
    message: Option<String>,
}

impl Dialect<Sms<'_>> for Twilio<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", sms.to.expose());
        if let Some(sender) = self.sender_id {
            form.append_pair("From", &sender_address(sender));
        }
        if let Some(service) = self.messaging_service {
            form.append_pair("MessagingServiceSid", service);
        }
        form.append_pair("Body", sms.text);
        if let Some(url) = self.callback_url {
            let reference = sms.reference.delivery();
            form.append_pair("StatusCallback", &format!("{url}?{DELIVERY}={reference}"));
        }
        let url = format!(
            "https://api.twilio.com/2010-04-01/Accounts/{}/Messages.json",
            self.credentials.account_sid
        );
        Ok(Request::post(url)
            .header(header::AUTHORIZATION, self.credentials.authorization()?)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish().into_bytes())?)
    }

    fn outcome(&self, _: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let status = answer.status().as_u16();
        if !answer.status().is_success() {
            let problem: Problem = serde_json::from_slice(answer.body()).unwrap_or_default();
            let reason = reason(problem.code, problem.message.as_deref(), status);
            return judge(problem.code, status, answer, reason);
        }
        let Ok(message) = serde_json::from_slice::<Message>(answer.body()) else {
            return Outcome::Unknown(unreadable());
        };
        match message.status.as_str() {
            "failed" | "undelivered" | "canceled" => {
                let reason = reason(message.error_code, message.error_message.as_deref(), status);
                judge(message.error_code, 400, answer, reason)
            }
            _ => Outcome::Accepted {
                provider_id: message.sid,
            },
        }
    }
}

fn reason(code: Option<u32>, text: Option<&str>, status: u16) -> Reason {
    Reason::new(
        code.map_or_else(|| format!("http_{status}"), |code| code.to_string()),
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .unwrap_or(NO_REASON),
    )
}

/// What a refusal means for the message (<https://www.twilio.com/docs/api/errors>). Those codes that
/// would meet every message are the account's matter, whatever the status beside them.
fn judge(code: Option<u32>, status: u16, answer: &Response<Vec<u8>>, reason: Reason) -> Outcome {
    let after = retry_after(answer.headers());
    match code {
        Some(
            // The account is not active; nobody is signed in; there is no such account.
            10001 | 20003 | 20404
            // Too many calls at once, too long a queue, maintenance.
            | 20429 | 21611 | 21730 | 30001
            // The account does not own the sender.
            | 21601 | 21660
            // Suspended, or over its rate or its day's limit.
            | 30002 | 63017 | 63038,
        ) => Outcome::Throttled { after, reason },
        _ => by_status(status, after, reason),
    }
}

#[cfg(test)]
mod tests;
