//! What Twilio's Programmable Messaging shares between SMS and WhatsApp: one call, the same responses and the same
//! callbacks (<https://www.twilio.com/docs/messaging/api/message-resource>).
//!
//! Twilio does not deduplicate. It returns nothing of ours by itself, so the status callback URL carries the reference
//! of the delivery.

mod callbacks;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{delivery::Outcome, reason::Reason, transports::Vendor};
use http::{HeaderValue, Request, Response, header};
use serde::Deserialize;

use crate::{
    answer::{NO_REASON, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{Combination, Field, Setup, Values},
    vendor::{Account, DeliveryReference, Unusable},
};

/// The credentials of a Twilio account.
pub(crate) const CREDENTIALS: &[Field] = &[
    Field {
        help: "On the first page of the Twilio Console, under Account Info.",
        example: "AC0123456789abcdef0123456789abcdef",
        values: Values::Text(|text| is_sid("AC", text)),
        expected: "AC and 32 hexadecimal digits, as shown in the console",
        ..Field::credential("account_sid", "Account SID")
    },
    Field {
        help: "Below the Account SID: the primary auth token, with which callbacks are verified. Without it, all are refused.",
        example: "0123456789abcdef0123456789abcdef",
        ..Field::secret("auth_token", "Auth token").optional()
    },
    Field {
        help: "For calls that authenticate with an API key: Account, API keys & tokens.",
        example: "SK0123456789abcdef0123456789abcdef",
        values: Values::Text(|text| is_sid("SK", text)),
        expected: "SK and 32 hexadecimal digits, as shown in the console",
        ..Field::credential("api_key_sid", "API key SID").optional()
    },
    Field {
        help: "Shown once, when the API key is created.",
        example: "0123456789abcdef0123456789abcdef",
        ..Field::secret("api_key_secret", "API key secret").optional()
    },
];

/// A call authenticates with the auth token or with an API key.
pub(crate) const SIGN_IN: Combination = Combination {
    groups: &[
        &["credentials.auth_token"],
        &["credentials.api_key_sid", "credentials.api_key_secret"],
    ],
    is_required: true,
    is_exclusive: false,
};

/// The query parameter of a status callback that identifies the delivery.
const DELIVERY: &str = "delivery";

/// The message is free text, and its receiver has not written within the last 24 hours:
/// <https://www.twilio.com/docs/api/errors/63016>.
const OUTSIDE_WINDOW: u32 = 63016;

/// The credentials for calls and for verifying callbacks.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    account_sid: String,
    auth_token: Option<String>,
    api_key_sid: Option<String>,
    api_key_secret: Option<String>,
}

impl Credentials {
    /// The credentials from an account's secret.
    ///
    /// # Errors
    /// If the secret is malformed.
    pub(crate) fn of(account: &Account<'_>, needs: &'static Setup) -> Result<Self, Unusable> {
        let credentials: Self = account.read_secret(needs)?;
        let is_key = |sid: &String| is_sid("SK", sid);
        let is_usable = credentials.are_complete()
            && is_sid("AC", &credentials.account_sid)
            && credentials.api_key_sid.as_ref().is_none_or(is_key);
        is_usable
            .then_some(credentials)
            .ok_or(Unusable::Secret { needs })
    }

    /// The user name and password for calls.
    fn sign_in(&self) -> Option<(&str, &str)> {
        let key = (self.api_key_sid.as_deref(), self.api_key_secret.as_deref());
        match (key, self.auth_token.as_deref()) {
            ((Some(sid), Some(secret)), _) => Some((sid, secret)),
            ((None, None), Some(token)) => Some((self.account_sid.as_str(), token)),
            _ => None,
        }
    }

    fn are_complete(&self) -> bool {
        self.auth_token.as_ref().is_none_or(|it| !it.is_empty())
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

    /// The request that submits the message, given as a form.
    ///
    /// # Errors
    /// If the request cannot be built.
    pub(crate) fn submission(&self, form: String) -> Result<Request<Vec<u8>>, BadRequest> {
        let url = format!(
            "https://api.twilio.com/2010-04-01/Accounts/{}/Messages.json",
            self.account_sid
        );
        Ok(Request::post(url)
            .header(header::AUTHORIZATION, self.authorization()?)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes())?)
    }
}

/// Whether this is a Twilio identifier: a two-letter prefix and 32 hexadecimal digits.
pub(crate) fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The status callback URL.
pub(crate) fn status_callback(callback_url: &str, delivery: &DeliveryReference) -> String {
    format!("{callback_url}?{DELIVERY}={delivery}")
}

/// A message in a response. Other fields are not used.
#[derive(Deserialize)]
struct Message {
    sid: String,
    status: String,
    error_code: Option<u32>,
    error_message: Option<String>,
}

/// The body of a refusal: <https://www.twilio.com/docs/usage/twilios-response>.
#[derive(Default, Deserialize)]
struct Problem {
    code: Option<u32>,
    message: Option<String>,
}

/// What a response means for the message.
pub(crate) fn outcome(answer: &Response<Vec<u8>>) -> Outcome {
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

fn reason(code: Option<u32>, text: Option<&str>, status: u16) -> Reason {
    let text = text
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .unwrap_or(NO_REASON);
    match code {
        Some(OUTSIDE_WINDOW) => Reason::new(crate::whatsapp::OUTSIDE_WINDOW, text),
        Some(code) => Reason::new(code.to_string(), text),
        None => Reason::new(format!("http_{status}"), text),
    }
}

/// What a refusal means for the message: by its code, or by its status if the code is not known. SMS and WhatsApp share
/// the codes.
fn judge(code: Option<u32>, status: u16, answer: &Response<Vec<u8>>, reason: Reason) -> Outcome {
    let after = retry_after(answer.headers());
    let cause = code.and_then(|code| codes::cause(Vendor::Twilio, &code.to_string()));
    match cause {
        Some(cause) => cause.outcome(after, reason),
        None => by_status(status, after, reason),
    }
}
