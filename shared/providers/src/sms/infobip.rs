//! Infobip, text messages through version 3 of its SMS API:
//! <https://www.infobip.com/docs/developer-resources/quickstart>. All fields are described in the
//! client that Infobip makes from its specification: <https://github.com/infobip/infobip-api-java-client>.
//!
//! Infobip does not keep from taking a message twice: `bulkId` and `messageId` only correlate. A
//! message can be refused in an answer with status 200, by the status of the message.

mod callbacks;

use std::fmt;

use carillon_domain::{
    delivery::{Outcome, Reason},
    sender::SenderId,
};
use http::{HeaderValue, Request, Response, header};
use serde::{Deserialize, Serialize};

use super::Sms;
use crate::{
    answer::{NO_REASON, short, unreadable},
    http::{BadRequest, by_status, retry_after},
    vendor::{Account, Dialect, Setting, Unusable},
};

/// What a transport of Infobip says beside what all say.
pub const SETTINGS: &[Setting] = &[Setting {
    name: BASE_URL,
    is_required: true,
    accepts: is_base_url,
    expected: BASE_URL_EXPECTED,
}];

const BASE_URL: &str = "base_url";
const BASE_URL_EXPECTED: &str = "the base URL of the account, as in xxxxx.api.infobip.com";
const SECRET_EXPECTED: &str = r#"{"api_key": "…"}"#;

/// An account at Infobip.
#[derive(Clone)]
pub struct Infobip<'a> {
    base_url: &'a str,
    sender_id: &'a SenderId,
    api_key: String,
    callback_url: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    api_key: String,
}

// The address for callbacks holds a token.
impl fmt::Debug for Infobip<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Infobip")
            .field("base_url", &self.base_url)
            .field("sender_id", &self.sender_id)
            .finish_non_exhaustive()
    }
}

impl<'a> Infobip<'a> {
    /// An account with the API key that the secret holds. Phones show the sender id; Infobip takes
    /// nothing without one.
    ///
    /// # Errors
    /// If the secret holds something else, or the base URL or the sender id is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let Credentials { api_key } = account.read_secret(SECRET_EXPECTED)?;
        let is_key = !api_key.is_empty() && api_key.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_key {
            return Err(Unusable::Secret {
                expected: SECRET_EXPECTED,
            });
        }
        // The key goes there, so it must not be anybody's.
        let base_url = account
            .setting(BASE_URL)
            .filter(|text| is_base_url(text))
            .ok_or(Unusable::Setting {
                expected: BASE_URL_EXPECTED,
            })?;
        let sender_id = account.sender_id.ok_or(Unusable::Setting {
            expected: "a sender id",
        })?;
        Ok(Self {
            base_url,
            sender_id,
            api_key,
            callback_url: account.callback_url,
        })
    }

    fn authorization(&self) -> Result<HeaderValue, http::Error> {
        let mut value = HeaderValue::try_from(format!("App {}", self.api_key))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Whether this is a host of Infobip's for one account
/// (<https://www.infobip.com/docs/developer-resources/authentication-and-access/api-authentication>).
fn is_base_url(text: &str) -> bool {
    text.strip_suffix(".api.infobip.com").is_some_and(|name| {
        (1..=63).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

#[derive(Serialize)]
struct Submission<'a> {
    messages: [Outgoing<'a>; 1],
}

#[derive(Serialize)]
struct Outgoing<'a> {
    sender: &'a str,
    destinations: [Destination<'a>; 1],
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Webhooks<'a>>,
}

#[derive(Serialize)]
struct Destination<'a> {
    to: &'a str,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Webhooks<'a> {
    delivery: Delivery<'a>,
    content_type: &'static str,
    /// Up to 4,000 characters that a report gives back.
    callback_data: String,
}

#[derive(Serialize)]
struct Delivery<'a> {
    url: &'a str,
}

/// What is answered to a submission. What it has beside that is of no use to us.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Submitted {
    messages: Vec<Taken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    message_id: Option<String>,
    status: Status,
}

/// Where a message is, in answers and in reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    group_id: u32,
    id: u32,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
}

impl Status {
    fn reason(&self) -> Reason {
        let code = match self.name.as_str() {
            "" => format!("status_{}", self.id),
            name => short(name),
        };
        let text = match self.description.trim() {
            "" => NO_REASON,
            text => text,
        };
        Reason::new(code, text)
    }
}

/// What a refusal says. Where requests are signed in, older errors are answered than elsewhere.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Problem {
    error_code: String,
    description: String,
    violations: Vec<Violation>,
    request_error: RequestError,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Violation {
    property: String,
    violation: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestError {
    service_exception: ServiceException,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServiceException {
    message_id: String,
    text: String,
}

impl Dialect<Sms<'_>> for Infobip<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let number = sms.to.expose();
        let body = serde_json::to_vec(&Submission {
            messages: [Outgoing {
                sender: self.sender_id.as_str(),
                destinations: [Destination {
                    to: number.strip_prefix('+').unwrap_or(number),
                }],
                content: Content { text: sms.text },
                webhooks: self.callback_url.map(|url| Webhooks {
                    delivery: Delivery { url },
                    content_type: "application/json",
                    callback_data: sms.reference.delivery().to_string(),
                }),
            }],
        })?;
        Ok(
            Request::post(format!("https://{}/sms/3/messages", self.base_url))
                .header(header::AUTHORIZATION, self.authorization()?)
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::ACCEPT, "application/json")
                .body(body)?,
        )
    }

    fn outcome(&self, _: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if !answer.status().is_success() {
            let after = retry_after(answer.headers());
            return by_status(answer.status().as_u16(), after, problem(answer));
        }
        let submitted: Submitted = serde_json::from_slice(answer.body()).unwrap_or_default();
        let taken = submitted.messages.into_iter().next();
        taken
            .and_then(judge)
            .unwrap_or_else(|| Outcome::Unknown(unreadable()))
    }
}

/// What the status of a message means for it; none if nobody can tell
/// (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>).
fn judge(taken: Taken) -> Option<Outcome> {
    let Taken { message_id, status } = taken;
    let reason = status.reason();
    Some(match (status.group_id, status.id) {
        // Accepted, pending, delivered.
        (0 | 1 | 3, _) => Outcome::Accepted {
            provider_id: message_id.filter(|id| !id.is_empty())?,
        },
        // The sender is not registered or is blocked, no credits are left or they have expired, and
        // the account cannot send at all: every message would meet that.
        (5, 11 | 12 | 13 | 17 | 19) => Outcome::Throttled {
            after: None,
            reason,
        },
        // Too many to this number within the hour, an error of the system, or it was not available.
        (5, 20 | 21 | 100) => Outcome::Transient(reason),
        // Undeliverable, expired, rejected.
        (2 | 4 | 5, _) => Outcome::Rejected(reason),
        _ => return None,
    })
}

/// The provider's own code and its words.
fn problem(answer: &Response<Vec<u8>>) -> Reason {
    let problem: Problem = serde_json::from_slice(answer.body()).unwrap_or_default();
    let older = problem.request_error.service_exception;
    let present = |texts: [String; 2]| texts.into_iter().find(|text| !text.trim().is_empty());
    let code = present([problem.error_code, older.message_id]).map_or_else(
        || format!("http_{}", answer.status().as_u16()),
        |code| short(&code),
    );
    let text = present([problem.description, older.text]).unwrap_or_else(|| NO_REASON.to_owned());
    match problem.violations.first() {
        Some(Violation {
            property,
            violation,
        }) => Reason::new(code, format!("{text} {property}: {violation}")),
        None => Reason::new(code, text),
    }
}

#[cfg(test)]
mod tests;
