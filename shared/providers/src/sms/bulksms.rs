//! BulkSMS, version 1 of its JSON API: <https://www.bulksms.com/developer/json/v1/>.
//!
//! BulkSMS accepts a submission with the same `deduplication-id` only once, for about 12 hours, and repeats its first
//! response. The id is a signed 32-bit number, and nothing says that BulkSMS compares more than the number. So the
//! number of another message must never be used ([`carillon_domain::delivery::number`]), and a response about another message is
//! treated as such.

pub mod callbacks;

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{
        Vendor,
        sender::{SenderId, SenderKind},
    },
};
use http::{HeaderValue, Request, Response, header};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Sms;
use crate::{
    Deduplication, KeyKind, Reference,
    answer::{NO_REASON, short, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{Callbacks, Field, Setup, Values},
    vendor::{Account, Adapter, Unusable},
};

/// The submission URL. `auto-unicode` keeps characters outside the GSM alphabet instead of sending `?`.
const URL: &str = "https://api.bulksms.com/v1/messages?auto-unicode=true&deduplication-id=";
/// 1,600 characters, our longest text, need this many parts even if each is an emoji.
const PARTS: u32 = 48;
/// The longest `userSuppliedId`.
const OWN_ID_CHARACTERS: usize = 20;

/// How long a number is remembered: an hour less than the documented "about 12 hours".
pub const DEDUPLICATION: Deduplication = Deduplication {
    remembers_for: SignedDuration::from_hours(11),
    key: KeyKind::Number,
};

/// What a BulkSMS transport needs.
pub static SETUP: Setup = Setup {
    name: "BulkSMS",
    sender: &[Field::sender_id(
        "A sender that BulkSMS has approved. Without it, the account's default.",
    )],
    settings: &[],
    credentials: &[
        Field {
            help: "Of an API token: Settings, Advanced, API Tokens.",
            example: "0123456789ABCDEF0123456789ABCDEF-01-2",
            values: Values::Text(is_user_name),
            expected: "the token ID, without a colon",
            ..Field::credential("token_id", "Token ID")
        },
        Field {
            help: "Shown once, when the token is created.",
            example: "0123456789abcdef",
            ..Field::secret("token_secret", "Token secret")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::Always(
        "Settings, Advanced, Webhooks: create one for sent messages and one for received messages, both with this address. BulkSMS signs nothing, so keep the address secret.",
    ),
};

/// A colon would end the user name (RFC 7617).
fn is_user_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(':')
}

/// A BulkSMS account.
#[derive(Debug, Clone)]
pub struct BulkSms<'a> {
    sender_id: Option<&'a SenderId>,
    token: Token,
}

/// An API token. It cannot be printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    token_id: String,
    token_secret: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl<'a> BulkSms<'a> {
    /// An account with the API token from its secret. Phones show the sender id, or the account's default if there is
    /// none.
    ///
    /// # Errors
    /// If the secret is malformed.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let token: Token = account.read_secret(&SETUP)?;
        let is_complete = is_user_name(&token.token_id) && !token.token_secret.is_empty();
        let sender_id = account.sender_id;
        is_complete
            .then_some(Self { sender_id, token })
            .ok_or(Unusable::Secret { needs: &SETUP })
    }

    fn authorization(&self) -> Result<HeaderValue, http::Error> {
        let pair = format!("{}:{}", self.token.token_id, self.token.token_secret);
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Submission<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Sender<'a>>,
    to: &'a str,
    body: &'a str,
    long_message_max_parts: u32,
    user_supplied_id: &'a str,
}

#[derive(Serialize)]
struct Sender<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    address: &'a str,
}

impl<'a> From<&'a SenderId> for Sender<'a> {
    fn from(sender: &'a SenderId) -> Self {
        Self {
            kind: match sender.kind() {
                SenderKind::Name => "ALPHANUMERIC",
                SenderKind::Number => "INTERNATIONAL",
                SenderKind::ShortCode => "SHORTCODE",
            },
            address: sender.as_str(),
        }
    }
}

/// A message in a response. Other fields are not used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    status: Status,
    user_supplied_id: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The body of a refusal (RFC 9457).
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
}

impl Adapter<Sms<'_>> for BulkSms<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let number = sms.reference.number.ok_or(BadRequest::NoKey)?;
        let body = serde_json::to_vec(&Submission {
            from: self.sender_id.map(Sender::from),
            to: sms.to.expose(),
            body: &without_placeholders(sms.text),
            long_message_max_parts: PARTS,
            user_supplied_id: &own_id(&sms.reference),
        })?;
        Ok(Request::post(format!("{URL}{number}"))
            .header(header::AUTHORIZATION, self.authorization()?)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)?)
    }

    fn outcome(&self, sms: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if !answer.status().is_success() {
            let after = retry_after(answer.headers());
            let reason = problem(answer);
            return match codes::cause(Vendor::BulkSms, &reason.code) {
                Some(cause) => cause.outcome(after, reason),
                None => by_status(answer.status().as_u16(), after, reason),
            };
        }
        let messages: Vec<Message> = serde_json::from_slice(answer.body()).unwrap_or_default();
        let Some(message) = messages.into_iter().next() else {
            return Outcome::Unknown(unreadable());
        };
        if message
            .user_supplied_id
            .is_some_and(|id| id != own_id(&sms.reference))
        {
            return Outcome::Rejected(Reason::new(
                "taken_for_another",
                "BulkSMS took it for a repetition of another message and did not send it. \
                 Something else uses the account with the same deduplication id.",
            ));
        }
        if message.status.kind == "FAILED" {
            let cause = codes::cause(Vendor::BulkSms, &message.status.id);
            let reason = Reason::new(
                message.status.id,
                "BulkSMS accepted the message but will not deliver it.",
            );
            return cause.unwrap_or(Cause::NotReached).outcome(None, reason);
        }
        Outcome::Accepted {
            provider_id: message.id,
        }
    }
}

/// The text without BulkSMS's placeholders, which are filled from the account's phone book: `{fn##}`, `{sn##}` and
/// `{F0##}` with any number, with or without a default (<https://www.bulksms.com/developer/json/v1/>, "body"). No
/// escape is documented, so a space after the brace disables them.
fn without_placeholders(text: &str) -> Cow<'_, str> {
    if !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split('{');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let name = piece
            .split_once("##")
            .map(|(name, _)| name.to_ascii_lowercase());
        let is_placeholder = name.is_some_and(|name| {
            let is_number = |digits: &str| {
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            };
            matches!(name.as_str(), "fn" | "sn") || name.strip_prefix('f').is_some_and(is_number)
        });
        plain.push_str(if is_placeholder { "{ " } else { "{" });
        plain.push_str(piece);
    }
    Cow::Owned(plain)
}

/// The id of a message in responses and webhooks: the first 80 bits of its key.
pub fn own_id(reference: &Reference<'_>) -> String {
    let mut key = reference.key();
    key.truncate(OWN_ID_CHARACTERS);
    key
}

/// The provider's code, which is the end of the problem's type, and its text.
fn problem(answer: &Response<Vec<u8>>) -> Reason {
    let problem: Problem = serde_json::from_slice(answer.body()).unwrap_or_default();
    let code = match problem.kind.split_once('#') {
        Some((_, code)) if !code.is_empty() => short(code),
        _ => format!("http_{}", answer.status().as_u16()),
    };
    let text = match (problem.title.trim(), problem.detail.trim()) {
        ("", "") => NO_REASON.to_owned(),
        (title, "") => title.to_owned(),
        ("", detail) => detail.to_owned(),
        (title, detail) => format!("{title}: {detail}"),
    };
    Reason::new(code, text)
}

#[cfg(test)]
mod tests;
