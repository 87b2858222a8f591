//! A tenant's own endpoint, so that any provider can be added without code here: the tenant's server accepts messages
//! over HTTP and forwards them to its provider.
//!
//! Requests and callbacks are signed according to Standard Webhooks 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>), for which most
//! languages have libraries. The key of the delivery is the `webhook-id`, and also the `Idempotency-Key`, which some
//! providers support themselves (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

mod address;
mod answer;
mod body;
mod callbacks;
mod secret;
mod signing;
mod statuses;

use std::{collections::BTreeMap, fmt};

use answer::{identifier, is_pointer, reason};
use body::{FIELDS_OF_EMAIL, FIELDS_OF_SMS, Fields, Template};
use carillon_domain::{
    address::EmailAddress,
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{
        EmailSender, Vendor,
        sender::{SenderId, SenderKind},
    },
};
use http::{HeaderMap, Request, Response, Uri, header};
use jiff::{SignedDuration, Timestamp};
use secret::Secret;
use serde_json::Value;
use signing::SigningKey;
use statuses::{Answers, Meaning, Statuses};

use crate::{
    Deduplication, KeyKind, Reference, codes,
    email::{self, Email},
    http::{BadRequest, by_status, retry_after},
    setup::{Callbacks, Field, Input, Setup, Values},
    sms::Sms,
    vendor::{Account, Adapter, Unusable},
};

/// What the endpoint of an email transport needs.
pub static EMAIL_SETUP: Setup = Setup {
    name: "HTTP endpoint (email)",
    sender: email::SENDER,
    settings: &settings(|text| is_body(text, &FIELDS_OF_SMS)),
    credentials: secret::FIELDS,
    combinations: &[],
    callbacks: CALLBACKS,
};

/// What the endpoint of an SMS transport needs.
pub static SMS_SETUP: Setup = Setup {
    name: "HTTP endpoint (SMS)",
    sender: &[Field::sender_id(
        "Passed on to the endpoint, which decides what phones show.",
    )],
    settings: &settings(|text| is_body(text, &FIELDS_OF_EMAIL)),
    credentials: secret::FIELDS,
    combinations: &[],
    callbacks: CALLBACKS,
};

/// The settings, which differ in the fields that a body can have.
const fn settings(is_body: fn(&str) -> bool) -> [Field; 7] {
    [
        URL_FIELD,
        Field {
            values: Values::Text(is_body),
            ..BODY_FIELD
        },
        ID_FIELD,
        ACCEPTED_FIELD,
        REJECTED_FIELD,
        RETRY_FIELD,
        DEDUPLICATES_FIELD,
    ]
}

const CALLBACKS: Callbacks = Callbacks::Always(
    "Nothing to set up: each request to your server has this address in callback_url. Your server posts statuses and replies to it, signed with the signing key.",
);

const URL_FIELD: Field = Field {
    help: "Where your server accepts messages. Everyone who may read the transport sees it, so put tokens into a header.",
    example: "https://sms.example.org/messages",
    values: Values::Text(|text| address::read(text).is_some()),
    expected: URL_EXPECTED,
    ..Field::setting(URL, "URL")
};

const BODY_FIELD: Field = Field {
    help: "The body of a request, as JSON with placeholders. Without it, all fields of the message.",
    example: r#"{"number": "{{to}}", "text": "{{text}}"}"#,
    input: Input::Lines,
    expected: BODY_EXPECTED,
    ..Field::setting(BODY, "Body").optional()
};

const ID_FIELD: Field = Field {
    help: "Where the response has the message's id, as a JSON pointer. Without it, /id.",
    example: "/data/id",
    values: Values::Text(is_pointer),
    expected: ID_EXPECTED,
    ..Field::setting(ID, "Message id").optional()
};

const ACCEPTED_FIELD: Field = Field {
    help: "Response statuses that mean that the message was accepted. Without it, 200 to 299.",
    example: "200,202-204",
    ..statuses(ACCEPTED, "Accepted")
};

const REJECTED_FIELD: Field = Field {
    help: "Further response statuses that mean that this message will never be accepted.",
    example: "409",
    ..statuses(REJECTED, "Rejected")
};

const RETRY_FIELD: Field = Field {
    help: "Further response statuses that mean that no message is accepted at the moment.",
    example: "423",
    ..statuses(RETRY, "Try again")
};

const fn statuses(name: &'static str, label: &'static str) -> Field {
    Field {
        values: Values::Text(is_list),
        expected: STATUSES_EXPECTED,
        ..Field::setting(name, label).optional()
    }
}

const DEDUPLICATES_FIELD: Field = Field {
    help: "For how many hours your server accepts a message with the same Idempotency-Key only once. With it, a message whose response was lost is sent again.",
    example: "24",
    values: Values::Text(|text| hours(text).is_some()),
    expected: "for how many hours the endpoint remembers a key: 1 to 720",
    ..Field::setting(DEDUPLICATES_HOURS, "Deduplicates (hours)").optional()
};

/// Whether this is a body without placeholders of the other channel.
fn is_body(text: &str, of_other: &[&str]) -> bool {
    Template::parse(text).is_some_and(|template| template.has_none_of(of_other))
}

const URL: &str = "url";
const BODY: &str = "body";
const ID: &str = "id";
const ACCEPTED: &str = "accepted";
const REJECTED: &str = "rejected";
const RETRY: &str = "retry";
const DEDUPLICATES_HOURS: &str = "deduplicates_hours";

const URL_EXPECTED: &str = "the URL of the endpoint: https, a public host, at most 2,048 characters, no user and no fragment";
const BODY_EXPECTED: &str = "the body as JSON of at most 4,096 bytes, whose strings contain only placeholders of the channel, as in {\"number\": \"{{to}}\"}";
const ID_EXPECTED: &str = "a JSON pointer to the message id in the response, such as /data/id";
const STATUSES_EXPECTED: &str =
    "statuses from 200 to 599, as in 200-299,409, each in only one of the lists";

/// Where the message id is in a response, unless the transport says otherwise.
const USUAL_ID: &str = "/id";
/// Length of the message id, taken from the key, if the response contains none.
const OWN_ID_CHARACTERS: usize = 32;
/// The longest time, in hours, for which an endpoint may promise to remember a key.
const MAXIMUM_HOURS: i64 = 720;
/// How much of each promised hour we rely on, to allow for clock differences and latency.
const MINUTES_OF_AN_HOUR: i64 = 55;

/// How the endpoint deduplicates; `None` if it does not promise to.
pub fn deduplication(settings: &BTreeMap<String, String>) -> Option<Deduplication> {
    let hours = hours(settings.get(DEDUPLICATES_HOURS)?)?;
    Some(Deduplication {
        remembers_for: SignedDuration::from_mins(hours * MINUTES_OF_AN_HOUR),
        key: KeyKind::Text,
    })
}

/// A tenant's endpoint.
#[derive(Clone)]
pub struct Endpoint<'a> {
    url: Uri,
    template: Option<Template>,
    id: &'a str,
    answers: Answers,
    /// Whether it promises to accept a message with the same key only once.
    takes_once: bool,
    from: Option<&'a EmailSender>,
    sender_id: Option<&'a SenderId>,
    callback_url: Option<&'a str>,
    key: SigningKey,
    /// Marked as sensitive, so that they are not printed.
    headers: HeaderMap,
    now: Timestamp,
}

// The callback URL contains a token, and the endpoint's URL may.
impl fmt::Debug for Endpoint<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("host", &self.url.host())
            .field("sender_id", &self.sender_id)
            .finish_non_exhaustive()
    }
}

impl<'a> Endpoint<'a> {
    /// An endpoint with the key and the headers from the secret.
    ///
    /// # Errors
    /// If the secret is malformed, a setting is invalid, or two settings contradict each other.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        // Only email transports have a sender address.
        let (needs, of_other): (_, &[&str]) = match account.from {
            Some(_) => (&EMAIL_SETUP, &FIELDS_OF_SMS),
            None => (&SMS_SETUP, &FIELDS_OF_EMAIL),
        };
        let Secret { key, headers } = Secret::read(account, needs)?;
        let url = read(account, URL, address::read, URL_EXPECTED)?;
        let template = read(account, BODY, Template::parse, BODY_EXPECTED)?;
        if template
            .as_ref()
            .is_some_and(|it| !it.has_none_of(of_other))
        {
            return Err(Unusable::Setting {
                expected: BODY_EXPECTED,
            });
        }
        let list = |name| read(account, name, Statuses::parse, STATUSES_EXPECTED);
        let answers = Answers::new(list(ACCEPTED)?, list(REJECTED)?, list(RETRY)?);
        let pointer = account.setting(ID).unwrap_or(USUAL_ID);
        Ok(Self {
            url: url.ok_or(Unusable::Setting {
                expected: URL_EXPECTED,
            })?,
            template,
            id: Some(pointer)
                .filter(|text| is_pointer(text))
                .ok_or(Unusable::Setting {
                    expected: ID_EXPECTED,
                })?,
            takes_once: deduplication(account.settings).is_some(),
            answers: answers.ok_or(Unusable::Setting {
                expected: STATUSES_EXPECTED,
            })?,
            from: account.from,
            sender_id: account.sender_id,
            callback_url: account.callback_url,
            key,
            headers,
            now: account.now,
        })
    }

    /// The data of a message that does not depend on its channel, still without the message itself.
    fn fields<'m>(&'m self, reference: &'m Reference<'_>) -> Fields<'m> {
        Fields {
            key: reference.key(),
            delivery: reference.delivery().to_string(),
            campaign: reference.campaign.as_str(),
            callback_url: self.callback_url,
            ..Fields::default()
        }
    }

    /// The signed request.
    fn ask(&self, fields: &Fields<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let body = match &self.template {
            Some(template) => template.write(fields)?,
            None => serde_json::to_vec(fields)?,
        };
        let timestamp = self.now.as_second();
        let signature = self.key.sign(&fields.key, timestamp, &body);
        let mut request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", &fields.key)
            .header(signing::ID, &fields.key)
            .header(signing::TIMESTAMP, timestamp)
            .header(signing::SIGNATURE, signature);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request.body(body)?)
    }

    /// What a response means for the message.
    fn judge(&self, reference: &Reference<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let status = answer.status().as_u16();
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let after = retry_after(answer.headers());
        match self.answers.meaning(status) {
            Meaning::Accepted => Outcome::Accepted {
                provider_id: said
                    .pointer(self.id)
                    .and_then(identifier)
                    .unwrap_or_else(|| own_id(reference)),
            },
            Meaning::Rejected => refused(reason(status, &said)),
            Meaning::Retry => Outcome::Throttled {
                after,
                reason: reason(status, &said),
            },
            Meaning::AsUsual => match status {
                // The first call with this key is still running (draft-ietf-httpapi-idempotency-key-header, 2.6).
                409 | 425 if self.takes_once => Outcome::Throttled {
                    after,
                    reason: reason(status, &said),
                },
                // A gateway in front of the endpoint may have forwarded the message.
                503 if after.is_none() => Outcome::Unknown(reason(status, &said)),
                400 | 402 | 404..=428 | 430..=499 => refused(reason(status, &said)),
                _ => by_status(status, after, reason(status, &said)),
            },
        }
    }
}

/// What a permanent refusal by the endpoint means: it may be about this receiver only.
fn refused(reason: Reason) -> Outcome {
    let cause = codes::cause(Vendor::HttpSms, &reason.code);
    cause.unwrap_or(Cause::Content).outcome(None, reason)
}

impl Adapter<Sms<'_>> for Endpoint<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        self.ask(&Fields {
            to: sms.to.expose(),
            sender_id: self.sender_id.map(sender),
            text: sms.text,
            ..self.fields(&sms.reference)
        })
    }

    fn outcome(&self, sms: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        self.judge(&sms.reference, answer)
    }
}

impl Adapter<Email<'_>> for Endpoint<'_> {
    fn request(&self, email: &Email<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        self.ask(&Fields {
            to: email.to.expose(),
            to_name: email.to_name,
            from: self.from.map(|from| from.address.expose()),
            from_name: self.from.and_then(|from| from.name.as_deref()),
            subject: Some(email.subject),
            text: email.text,
            html: Some(email.html),
            unsubscribe_url: email.unsubscribe_url,
            reply_to: email.reply_to.map(EmailAddress::expose),
            ..self.fields(&email.reference)
        })
    }

    fn outcome(&self, email: &Email<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        self.judge(&email.reference, answer)
    }
}

/// The value of a setting, if set.
fn read<T>(
    account: &Account<'_>,
    name: &str,
    parse: fn(&str) -> Option<T>,
    expected: &'static str,
) -> Result<Option<T>, Unusable> {
    account
        .setting(name)
        .map(|text| parse(text).ok_or(Unusable::Setting { expected }))
        .transpose()
}

fn is_list(text: &str) -> bool {
    Statuses::parse(text).is_some()
}

fn hours(text: &str) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let hours: i64 = text.parse().ok().filter(|_| is_number)?;
    (1..=MAXIMUM_HOURS).contains(&hours).then_some(hours)
}

/// A sender in readable form: a phone number has its plus sign.
fn sender(sender: &SenderId) -> String {
    match sender.kind() {
        SenderKind::Number => format!("+{sender}"),
        SenderKind::Name | SenderKind::ShortCode => sender.to_string(),
    }
}

fn own_id(reference: &Reference<'_>) -> String {
    let mut key = reference.key();
    key.truncate(OWN_ID_CHARACTERS);
    key
}

#[cfg(test)]
mod tests;
