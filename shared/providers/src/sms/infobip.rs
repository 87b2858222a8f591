//! Infobip, SMS API version 3: <https://www.infobip.com/docs/developer-resources/quickstart>. What it shares with
//! WhatsApp is in `crate::infobip`.

mod callbacks;

use std::fmt;

use carillon_domain::{
    delivery::Outcome,
    transports::{Vendor, sender::SenderId},
};
use http::{Request, Response};
use serde::{Deserialize, Serialize};

use super::Sms;
use crate::{
    answer::unreadable,
    http::{BadRequest, by_status, retry_after},
    infobip::{Access, BASE_URL_FIELD, CREDENTIALS, Taken, digits, judge, problem},
    setup::{Callbacks, Field, Setup},
    vendor::{Account, Adapter, Unusable},
};

/// What an Infobip transport needs.
pub static SETUP: Setup = Setup {
    name: "Infobip",
    sender: &[Field {
        is_required: true,
        ..Field::sender_id("A sender that is registered with Infobip.")
    }],
    settings: &[BASE_URL_FIELD],
    credentials: CREDENTIALS,
    combinations: &[],
    callbacks: Callbacks::Always(
        "Nothing to do for delivery reports. For replies, have the inbound configuration of the number forward to this address by HTTP in the format MO_JSON_2.",
    ),
};

/// An Infobip account.
#[derive(Clone)]
pub struct Infobip<'a> {
    access: Access<'a>,
    sender_id: &'a SenderId,
    callback_url: Option<&'a str>,
}

// The callback URL contains a token.
impl fmt::Debug for Infobip<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Infobip")
            .field("base_url", &self.access.base_url)
            .field("sender_id", &self.sender_id)
            .finish_non_exhaustive()
    }
}

impl<'a> Infobip<'a> {
    /// An account with the API key from the secret. Phones show the sender id; Infobip requires one.
    ///
    /// # Errors
    /// If the secret is malformed, or the base URL or the sender id is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let access = Access::of(account, &SETUP)?;
        let sender_id = account.sender_id.ok_or(Unusable::Setting {
            expected: "a sender id",
        })?;
        Ok(Self {
            access,
            sender_id,
            callback_url: account.callback_url,
        })
    }
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
    /// Up to 4,000 characters, returned in reports.
    callback_data: String,
}

#[derive(Serialize)]
struct Delivery<'a> {
    url: &'a str,
}

/// The response to a submission. Other fields are not used.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Submitted {
    messages: Vec<Taken>,
}

impl Adapter<Sms<'_>> for Infobip<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let submission = Submission {
            messages: [Outgoing {
                sender: self.sender_id.as_str(),
                destinations: [Destination {
                    to: digits(sms.to.expose()),
                }],
                content: Content { text: sms.text },
                webhooks: self.callback_url.map(|url| Webhooks {
                    delivery: Delivery { url },
                    content_type: "application/json",
                    callback_data: sms.reference.delivery().to_string(),
                }),
            }],
        };
        self.access.submission("/sms/3/messages", &submission)
    }

    fn outcome(&self, _: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if !answer.status().is_success() {
            let after = retry_after(answer.headers());
            return by_status(answer.status().as_u16(), after, problem(answer));
        }
        let submitted: Submitted = serde_json::from_slice(answer.body()).unwrap_or_default();
        let taken = submitted.messages.into_iter().next();
        taken
            .and_then(|taken| {
                let reason = taken.status.reason();
                judge(Vendor::Infobip, taken, reason)
            })
            .unwrap_or_else(|| Outcome::Unknown(unreadable()))
    }
}

#[cfg(test)]
mod tests;
