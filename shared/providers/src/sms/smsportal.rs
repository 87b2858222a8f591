//! SMS Portal, version 3 of its REST API: <https://docs.smsportal.com/reference/bulkmessages_postv3>.
//!
//! It does not deduplicate: its duplicate check covers a single call only. Its callbacks are templates that the
//! customer defines (<https://docs.smsportal.com/docs/allowed-methods-urls-and-headers>); the variable names of its
//! default templates are parsed, in the URL or in the body. Callbacks are signed if signing was activated.

mod callbacks;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{Vendor, sender::SenderId},
};
use http::{HeaderName, HeaderValue, Request, Response, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::callbacks::Signature;
use super::Sms;
use crate::{
    answer::{NO_REASON, short, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{Callbacks, Combination, Field, Setup, Values},
    vendor::{Account, Adapter, Unusable},
};

/// The submission URL.
const URL: &str = "https://rest.smsportal.com/v3/BulkMessages";
/// The longest sender id.
const SENDER_ID_CHARACTERS: usize = 11;

const SIGNATURE_HEADER: &str = "signature_header";
const TIMESTAMP_HEADER: &str = "timestamp_header";

/// What an SMS Portal transport needs.
pub static SETUP: Setup = Setup {
    name: "SMS Portal",
    sender: &[Field {
        values: Values::Text(|text| text.parse().is_ok_and(|id| !is_long(&id))),
        expected: "at most 11 letters and digits",
        ..Field::sender_id(
            "What phones show, where networks allow it. Without it, the account's default.",
        )
    }],
    settings: &[
        Field {
            help: "If callbacks are signed: the header that you have chosen for the signature.",
            example: "X-Signature",
            values: Values::Text(is_header_name),
            expected: "the header with the signature of a callback",
            ..Field::setting(SIGNATURE_HEADER, "Signature header").optional()
        },
        Field {
            help: "If callbacks are signed: the header that you have chosen for the timestamp.",
            example: "X-Timestamp",
            values: Values::Text(is_header_name),
            expected: "the header with the timestamp of a callback",
            ..Field::setting(TIMESTAMP_HEADER, "Timestamp header").optional()
        },
    ],
    credentials: &[
        Field {
            help: "Of an API key for REST, in the settings of the account.",
            example: "01234567-89ab-cdef-0123-456789abcdef",
            // A colon would end the user name (RFC 7617).
            values: Values::Text(|text| !text.is_empty() && !text.contains(':')),
            expected: "the client ID, without a colon",
            ..Field::credential("client_id", "Client ID")
        },
        Field {
            help: "Shown once, when the API key is created.",
            example: "0123456789abcdef",
            ..Field::secret("client_secret", "API secret")
        },
        Field {
            help: "If callbacks are signed: the key from the page Webhooks. Then only signed callbacks are accepted.",
            example: "0123456789abcdef",
            ..Field::secret("signature_key", "Signature key").optional()
        },
    ],
    combinations: &[Combination {
        groups: &[&[
            "credentials.signature_key",
            "settings.signature_header",
            "settings.timestamp_header",
        ]],
        is_required: false,
        is_exclusive: false,
    }],
    callbacks: Callbacks::Always(
        "Settings, Webhooks: add one for delivery receipts (POST, default template) and one for replies, both with this address.",
    ),
};

fn is_long(sender_id: &SenderId) -> bool {
    sender_id.as_str().len() > SENDER_ID_CHARACTERS
}

fn is_header_name(text: &str) -> bool {
    HeaderName::try_from(text).is_ok()
}

/// An SMS Portal account.
#[derive(Debug, Clone)]
pub struct SmsPortal<'a> {
    sender_id: Option<&'a SenderId>,
    /// The Authorization header. Marked as sensitive, so that it is not printed.
    authorization: HeaderValue,
    /// How callbacks are signed, if they are.
    signature: Option<Signature<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_id: String,
    client_secret: String,
    signature_key: Option<String>,
}

impl<'a> SmsPortal<'a> {
    /// The account with the API key from its secret. Phones show the sender id, where networks allow it, or the
    /// account's default if there is none. With a signature key, only signed callbacks are accepted.
    ///
    /// # Errors
    /// If the secret is malformed, the sender id is too long, or there is a signature key but the signature headers are
    /// not set.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let unusable = Unusable::Secret { needs: &SETUP };
        let secret: Secret = account.read_secret(&SETUP)?;
        // A colon would end the user name (RFC 7617), and with an empty key anybody could sign.
        let is_complete = !secret.client_id.is_empty()
            && !secret.client_id.contains(':')
            && !secret.client_secret.is_empty()
            && secret.signature_key.as_deref() != Some("");
        if !is_complete {
            return Err(unusable);
        }
        if account.sender_id.is_some_and(is_long) {
            return Err(Unusable::Setting {
                expected: "a sender id of at most 11 characters",
            });
        }
        let pair = format!("{}:{}", secret.client_id, secret.client_secret);
        let basic = format!("Basic {}", STANDARD.encode(pair));
        let mut authorization = HeaderValue::try_from(basic).map_err(|_| unusable)?;
        authorization.set_sensitive(true);
        let signature = secret.signature_key.map(|key| signature(account, key));
        Ok(Self {
            sender_id: account.sender_id,
            authorization,
            signature: signature.transpose()?,
        })
    }
}

fn signature<'a>(account: &Account<'a>, key: String) -> Result<Signature<'a>, Unusable> {
    let expected = "the headers with the signature and the timestamp of a callback";
    let unusable = Unusable::Setting { expected };
    Ok(Signature {
        key,
        header: account.setting(SIGNATURE_HEADER).ok_or(unusable)?,
        timestamp_header: account.setting(TIMESTAMP_HEADER).ok_or(unusable)?,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Submission<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    send_options: Option<SendOptions<'a>>,
    messages: [Message<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SendOptions<'a> {
    sender_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    content: &'a str,
    destination: &'a str,
    /// Up to 100 characters, returned in receipts.
    customer_id: String,
}

/// A response. Errors of the whole call are in `errors`, or at the top level if authentication failed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    /// May differ from the HTTP status, even if that is 200.
    status_code: Option<u16>,
    send_response: Option<Sent>,
    errors: Option<Vec<Problem>>,
    #[serde(flatten)]
    problem: Problem,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Problem {
    error_code: Option<String>,
    error_message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Sent {
    event_id: Option<u64>,
    /// How many messages were accepted.
    messages: Option<u32>,
    /// How many were not, and why.
    error_report: Value,
}

impl Adapter<Sms<'_>> for SmsPortal<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let body = serde_json::to_vec(&Submission {
            send_options: self.sender_id.map(|sender_id| SendOptions {
                sender_id: sender_id.as_str(),
            }),
            messages: [Message {
                content: sms.text,
                destination: sms.to.expose().trim_start_matches('+'),
                customer_id: sms.reference.delivery().to_string(),
            }],
        })?;
        Ok(Request::post(URL)
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body)?)
    }

    fn outcome(&self, _: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let body: Answer = serde_json::from_slice(answer.body()).unwrap_or_default();
        let mut problems = body.errors.unwrap_or_default().into_iter();
        let bare = Some(body.problem).filter(|it| it.error_code.is_some());
        let problem = problems.next().or(bare);
        if !answer.status().is_success() {
            return refused(answer.status().as_u16(), answer, problem);
        }
        let sent = body.send_response.unwrap_or_default();
        if let Some(event_id) = sent.event_id.filter(|_| sent.messages > Some(0)) {
            return Outcome::Accepted {
                provider_id: event_id.to_string(),
            };
        }
        if problem.is_some() {
            let status = body.status_code.filter(|status| *status >= 400);
            return refused(status.unwrap_or(400), answer, problem);
        }
        not_taken(&sent.error_report)
    }
}

/// What it means if the call was refused: <https://docs.smsportal.com/docs/rest-error-codes>.
fn refused(status: u16, answer: &Response<Vec<u8>>, problem: Option<Problem>) -> Outcome {
    let problem = problem.unwrap_or_default();
    let code = problem.error_code.filter(|code| !code.is_empty());
    let text = problem.error_message.filter(|text| !text.trim().is_empty());
    let reason = Reason::new(
        code.as_deref().map_or(format!("http_{status}"), short),
        text.as_deref().unwrap_or(NO_REASON),
    );
    let after = retry_after(answer.headers());
    // 403 is documented; with any status, other messages have no credit either.
    let cause = match code {
        Some(code) if code.contains("Credit") => Some(Cause::Account),
        Some(code) => codes::cause(Vendor::SmsPortal, &code),
        None => None,
    };
    match cause {
        Some(cause) => cause.outcome(after, reason),
        None => by_status(status, after, reason),
    }
}

/// What it means if the call was accepted but its one message was not.
fn not_taken(report: &Value) -> Outcome {
    let counted = [
        ("optedOuts", "The receiver has opted out."),
        ("noNetwork", "The number belongs to no network."),
        ("noContents", "The message has no text."),
        ("contentToLong", "The text is too long."),
        ("duplicates", "The message is a duplicate."),
    ];
    let fault = &report["faults"][0];
    if fault.is_object() {
        let text = |name: &str| fault[name].as_str().filter(|text| !text.is_empty());
        return Outcome::Rejected(Reason::new(
            short(text("status").unwrap_or("fault")),
            text("errorMessage").unwrap_or(NO_REASON),
        ));
    }
    let is_counted = |name: &str| report[name].as_u64().is_some_and(|count| count > 0);
    match counted.into_iter().find(|(name, _)| is_counted(name)) {
        Some((code, text)) => codes::cause(Vendor::SmsPortal, code)
            .unwrap_or(Cause::Content)
            .outcome(None, Reason::new(code, text)),
        None => Outcome::Unknown(unreadable()),
    }
}

#[cfg(test)]
mod tests;
