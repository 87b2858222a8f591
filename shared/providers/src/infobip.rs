//! Infobip, as text messages and WhatsApp have it in common: where an account is, how calls sign in, and what the status
//! of a message means
//! (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>). All fields
//! are described in the client that Infobip makes from its specification:
//! <https://github.com/infobip/infobip-api-java-client>.
//!
//! Infobip does not keep from taking a message twice: `bulkId` and `messageId` only correlate. A
//! message can be refused in an answer with status 200, by the status of the message.

use carillon_domain::{delivery::{Outcome, cause::{Cause, GivenUp}, receipt::{Fate, News}}, reason::Reason, transports::Vendor};
use http::{HeaderValue, Request, Response, header};
use serde::{Deserialize, Serialize};

use crate::{
    answer::{NO_REASON, short},
    codes,
    http::BadRequest,
    vendor::{Account, Setting, Unusable},
    whatsapp::OUTSIDE_WINDOW,
};

/// What every transport of Infobip says.
pub(crate) const BASE_URL_SETTING: Setting = Setting {
    name: BASE_URL,
    is_required: true,
    accepts: is_base_url,
    expected: BASE_URL_EXPECTED,
};

/// The setting that says where the account is.
pub(crate) const BASE_URL: &str = "base_url";
const BASE_URL_EXPECTED: &str = "the base URL of the account, as in xxxxx.api.infobip.com";
const SECRET_EXPECTED: &str = r#"{"api_key": "…"}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    api_key: String,
}

/// Where an account is, and the key that lets it in.
#[derive(Clone)]
pub(crate) struct Access<'a> {
    /// The host of the account.
    pub(crate) base_url: &'a str,
    api_key: String,
}

impl<'a> Access<'a> {
    /// The access to an account with the API key that the secret holds.
    ///
    /// # Errors
    /// If the secret holds something else, or the base URL is missing.
    pub(crate) fn of(account: &Account<'a>) -> Result<Self, Unusable> {
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
        Ok(Self { base_url, api_key })
    }

    /// The one call that hands a message over.
    ///
    /// # Errors
    /// If no request can be made of it.
    pub(crate) fn submission(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Request<Vec<u8>>, BadRequest> {
        let mut authorization =
            HeaderValue::try_from(format!("App {}", self.api_key)).map_err(http::Error::from)?;
        authorization.set_sensitive(true);
        Ok(Request::post(format!("https://{}{path}", self.base_url))
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(serde_json::to_vec(body)?)?)
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

/// A number as Infobip takes it: without its plus sign.
pub(crate) fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// A phone number with its plus sign; none if it is a name or a short code.
pub(crate) fn number(text: &str) -> Option<String> {
    let digits = digits(text);
    let is_number =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("+{digits}"))
}

/// What is answered to a message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Taken {
    /// Its id.
    pub(crate) message_id: Option<String>,
    /// Where it is.
    pub(crate) status: Status,
}

/// Where a message is, or what went wrong with it, in answers and in reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// What kind of status it is.
    pub(crate) group_id: u32,
    /// Which one.
    pub(crate) id: u32,
    /// Its name, as in `REJECTED_SOURCE`.
    #[serde(default)]
    pub(crate) name: String,
    /// Words.
    #[serde(default)]
    pub(crate) description: String,
}

impl Status {
    /// What it stands for, if it is a status of a message that was not delivered. What reports have as an error, answers have here.
    fn cause(&self, vendor: Vendor) -> Option<Cause> {
        let by_status = codes::cause(vendor, &format!("status {}", self.id));
        by_status.or_else(|| codes::cause(vendor, &format!("error {}", self.id)))
    }

    /// Infobip's name for it and its words.
    pub(crate) fn reason(&self) -> Reason {
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

/// What the status of a message means for it, with its reason in words of its own; none if nobody can tell
/// (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>).
pub(crate) fn judge(vendor: Vendor, taken: Taken, reason: Reason) -> Option<Outcome> {
    let Taken { message_id, status } = taken;
    Some(match status.group_id {
        // Accepted, pending, delivered.
        0 | 1 | 3 => Outcome::Accepted {
            provider_id: message_id.filter(|id| !id.is_empty())?,
        },
        // Undeliverable, expired, rejected.
        2 | 4 | 5 => {
            let cause = status.cause(vendor).unwrap_or(Cause::NotReached);
            precise(cause, &reason).outcome(None, reason)
        }
        _ => return None,
    })
}

/// What a status says of a message that was taken, with its reason in words of its own
/// (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>). Its error is more precise, where there is one.
pub(crate) fn news(
    vendor: Vendor,
    status: &Status,
    error: Option<&Status>,
    reason: impl FnOnce(&Status) -> Reason,
) -> Option<News> {
    let given_up = match (status.group_id, status.id) {
        (0 | 1, _) => return Some(News::Accepted),
        (3, _) => return Some(News::Became(Fate::Delivered)),
        // It was handed over, and the operator never said what became of it.
        (4, 29) => return Some(News::Accepted),
        // `UNDELIVERABLE_NOT_SENT`, and whatever was rejected, never went to an operator.
        (2, 31) | (5, _) => GivenUp::BeforeSending,
        (2 | 4, _) => GivenUp::AfterSending,
        _ => return None,
    };
    let error = error.filter(|error| error.id != 0);
    let by_error = error.and_then(|error| codes::cause(vendor, &format!("error {}", error.id)));
    let cause = by_error.or_else(|| status.cause(vendor));
    let reason = reason(error.unwrap_or(status));
    // The 24 hours were over, so it was sent to nobody.
    let given_up = match reason.code.as_str() {
        OUTSIDE_WINDOW => GivenUp::BeforeSending,
        _ => given_up,
    };
    let cause = precise(cause.unwrap_or(Cause::NotReached), &reason);
    Some(cause.news(given_up, reason))
}

/// The cause, unless the reason was found to be that free text came too late.
fn precise(cause: Cause, reason: &Reason) -> Cause {
    match reason.code.as_str() {
        OUTSIDE_WINDOW => Cause::Policy,
        _ => cause,
    }
}

/// The provider's own code and its words, of a request that was refused as a whole.
pub(crate) fn problem(answer: &Response<Vec<u8>>) -> Reason {
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
