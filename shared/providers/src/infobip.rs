//! What Infobip's SMS and WhatsApp APIs share: the account's base URL, authentication and the statuses of a message
//! (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>). The client that Infobip
//! generates from its specification describes all fields: <https://github.com/infobip/infobip-api-java-client>.
//!
//! Infobip does not deduplicate: `bulkId` and `messageId` are for correlation only. A response with status 200 can
//! still refuse a message, by the status of the message.

use carillon_domain::{
    delivery::{
        Outcome,
        cause::{Cause, GivenUp},
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    transports::Vendor,
};
use http::{HeaderValue, Request, Response, header};
use serde::{Deserialize, Serialize};

use crate::{
    answer::{NO_REASON, short},
    codes,
    http::BadRequest,
    setup::{Field, Setup, Values, is_token},
    vendor::{Account, Unusable},
    whatsapp::OUTSIDE_WINDOW,
};

/// The setting of every Infobip transport.
pub(crate) const BASE_URL_FIELD: Field = Field {
    help: "On the home page of the Infobip portal, beside the API key.",
    example: "xxxxx.api.infobip.com",
    values: Values::Text(is_base_url),
    expected: BASE_URL_EXPECTED,
    ..Field::setting(BASE_URL, "Base URL")
};

/// The credentials of every Infobip transport.
pub(crate) const CREDENTIALS: &[Field] = &[Field {
    help: "Developer Tools, API Keys. It needs the scope of the channel, such as sms:message:send or whatsapp:message:send.",
    example: "0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef",
    values: Values::Text(is_token),
    expected: "the key in ASCII without spaces",
    ..Field::secret("api_key", "API key")
}];

/// The setting with the account's base URL.
pub(crate) const BASE_URL: &str = "base_url";
const BASE_URL_EXPECTED: &str = "the base URL of the account, as in xxxxx.api.infobip.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    api_key: String,
}

/// An account's base URL and API key.
#[derive(Clone)]
pub(crate) struct Access<'a> {
    /// The host of the account.
    pub(crate) base_url: &'a str,
    api_key: String,
}

impl<'a> Access<'a> {
    /// Access to an account with the API key from the secret.
    ///
    /// # Errors
    /// If the secret is malformed or the base URL is missing.
    pub(crate) fn of(account: &Account<'a>, needs: &'static Setup) -> Result<Self, Unusable> {
        let Credentials { api_key } = account.read_secret(needs)?;
        if !is_token(&api_key) {
            return Err(Unusable::Secret { needs });
        }
        // The key is sent there, so it must be a host of Infobip's.
        let base_url = account
            .setting(BASE_URL)
            .filter(|text| is_base_url(text))
            .ok_or(Unusable::Setting {
                expected: BASE_URL_EXPECTED,
            })?;
        Ok(Self { base_url, api_key })
    }

    /// The request that submits the message.
    ///
    /// # Errors
    /// If the request cannot be built.
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

/// Whether this is an account's host at Infobip
/// (<https://www.infobip.com/docs/developer-resources/authentication-and-access/api-authentication>).
fn is_base_url(text: &str) -> bool {
    text.strip_suffix(".api.infobip.com").is_some_and(|name| {
        (1..=63).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

/// A number in Infobip's format: without a plus sign.
pub(crate) fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// A phone number with a plus sign; `None` for a name or a short code.
pub(crate) fn number(text: &str) -> Option<String> {
    let digits = digits(text);
    let is_number =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("+{digits}"))
}

/// A message in a response.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Taken {
    /// Its id.
    pub(crate) message_id: Option<String>,
    /// Its status.
    pub(crate) status: Status,
}

/// A status or an error, in responses and reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// The group of statuses.
    pub(crate) group_id: u32,
    /// The status or error within the group.
    pub(crate) id: u32,
    /// Its name, as in `REJECTED_SOURCE`.
    #[serde(default)]
    pub(crate) name: String,
    /// Description.
    #[serde(default)]
    pub(crate) description: String,
}

impl Status {
    /// Its cause, if the message was not delivered. Responses give as a status what reports give as an error.
    fn cause(&self, vendor: Vendor) -> Option<Cause> {
        let by_status = codes::cause(vendor, &format!("status {}", self.id));
        by_status.or_else(|| codes::cause(vendor, &format!("error {}", self.id)))
    }

    /// Infobip's name and description.
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

/// The body of a refusal. Authentication failures use an older format than other errors.
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

/// What a message's status means for it, with this reason; `None` if the status is not known
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

/// What a status says of an accepted message, with this reason
/// (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>). The error, if any, is
/// more precise.
pub(crate) fn news(
    vendor: Vendor,
    status: &Status,
    error: Option<&Status>,
    reason: impl FnOnce(&Status) -> Reason,
) -> Option<StatusUpdate> {
    let given_up = match (status.group_id, status.id) {
        (0 | 1, _) => return Some(StatusUpdate::Accepted),
        (3, _) => return Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        // It was handed to the operator, which never reported the outcome.
        (4, 29) => return Some(StatusUpdate::Accepted),
        // `UNDELIVERABLE_NOT_SENT` and rejected messages never reached an operator.
        (2, 31) | (5, _) => GivenUp::BeforeSending,
        (2 | 4, _) => GivenUp::AfterSending,
        _ => return None,
    };
    let error = error.filter(|error| error.id != 0);
    let by_error = error.and_then(|error| codes::cause(vendor, &format!("error {}", error.id)));
    let cause = by_error.or_else(|| status.cause(vendor));
    let reason = reason(error.unwrap_or(status));
    // The 24-hour window had closed, so it was not sent.
    let given_up = match reason.code.as_str() {
        OUTSIDE_WINDOW => GivenUp::BeforeSending,
        _ => given_up,
    };
    let cause = precise(cause.unwrap_or(Cause::NotReached), &reason);
    Some(cause.news(given_up, reason))
}

/// The cause, unless the reason says that the 24-hour window had closed.
fn precise(cause: Cause, reason: &Reason) -> Cause {
    match reason.code.as_str() {
        OUTSIDE_WINDOW => Cause::Policy,
        _ => cause,
    }
}

/// The provider's code and text when a request was refused as a whole.
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
