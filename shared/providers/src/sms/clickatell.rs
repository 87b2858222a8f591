//! Clickatell's One API: <https://help.clickatell.com/developers-api-reference/reference/one-api>.
//!
//! Of the platform's two APIs, this is the one whose refusals have codes and whose callbacks return the client's own
//! id. It does not deduplicate. Callbacks are not signed
//! (<https://help.clickatell.com/developers-api-reference/reference/one-api-client-callbacks>).

use carillon_domain::{
    delivery::{
        Outcome,
        cause::GivenUp,
        receipt::{DeliveryStatus, StatusUpdate},
    },
    reason::Reason,
    transports::{Vendor, sender::SenderId},
};
use http::{HeaderValue, Request, Response, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Sms, international};
use crate::{
    answer::{NO_REASON, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{self, Field, Setup, Values, is_token},
    vendor::{Account, Adapter, BadCallback, Callback, Callbacks, ProviderEvent, Unusable},
};

/// What a Clickatell transport needs.
pub static SETUP: Setup = Setup {
    name: "Clickatell",
    sender: &[Field::sender_id(
        "A sender of the integration. Without it, the integration's default.",
    )],
    settings: &[],
    credentials: &[Field {
        help: "The key of the SMS integration: Workspaces, the workspace, API integrations.",
        example: "0123456789abcdef0123456789abcdef==",
        values: Values::Text(is_token),
        expected: "the key in ASCII without spaces",
        ..Field::secret("api_key", "API key")
    }],
    combinations: &[],
    callbacks: setup::Callbacks::Always(
        "In the integration, enter this address twice: for status events and for replies.",
    ),
};

/// The submission URL.
const URL: &str = "https://platform.clickatell.com/v1/message";
/// The only channel of the API that we use; it also supports WhatsApp.
const CHANNEL: &str = "sms";

/// A Clickatell integration.
#[derive(Debug, Clone)]
pub struct Clickatell<'a> {
    sender_id: Option<&'a SenderId>,
    /// The Authorization header. Marked as sensitive, so that it is not printed.
    authorization: HeaderValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    api_key: String,
}

impl<'a> Clickatell<'a> {
    /// The integration with the API key from its secret. Phones show the sender id, or the integration's default if
    /// there is none.
    ///
    /// # Errors
    /// If the secret is malformed.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let unusable = Unusable::Secret { needs: &SETUP };
        let Secret { api_key } = account.read_secret(&SETUP)?;
        let mut authorization = HeaderValue::try_from(&api_key).map_err(|_| unusable)?;
        authorization.set_sensitive(true);
        if api_key.trim().is_empty() {
            return Err(unusable);
        }
        Ok(Self {
            sender_id: account.sender_id,
            authorization,
        })
    }
}

#[derive(Serialize)]
struct Submission<'a> {
    messages: [Message<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    channel: &'static str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    content: &'a str,
    client_message_id: String,
}

/// A response. An error of the whole call is at the top level, any other at the message.
#[derive(Default, Deserialize)]
struct Answer {
    messages: Option<Vec<Handled>>,
    error: Option<Problem>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Handled {
    api_message_id: Option<String>,
    accepted: bool,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    code: u32,
    #[serde(default)]
    description: String,
}

impl Adapter<Sms<'_>> for Clickatell<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let body = serde_json::to_vec(&Submission {
            messages: [Message {
                channel: CHANNEL,
                // "International format with no leading zeros or + symbol."
                to: sms.to.expose().trim_start_matches('+'),
                from: self.sender_id.map(SenderId::as_str),
                content: sms.text,
                client_message_id: sms.reference.delivery().to_string(),
            }],
        })?;
        Ok(Request::post(URL)
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body)?)
    }

    fn outcome(&self, _: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let Answer { messages, error } = serde_json::from_slice(answer.body()).unwrap_or_default();
        let handled = messages.unwrap_or_default().into_iter().next();
        let handled = handled.unwrap_or_default();
        let id = handled.api_message_id.filter(|id| !id.is_empty());
        if let Some(problem) = error.or(handled.error) {
            // With an id it may have been accepted nevertheless.
            return match (refused(answer, &problem), &id) {
                (Outcome::Throttled { reason, .. } | Outcome::Rejected(reason), Some(_)) => {
                    Outcome::Unknown(reason)
                }
                (outcome, _) => outcome,
            };
        }
        if !answer.status().is_success() {
            let status = answer.status().as_u16();
            let reason = Reason::new(format!("http_{status}"), NO_REASON);
            return by_status(status, retry_after(answer.headers()), reason);
        }
        match id {
            Some(provider_id) if handled.accepted => Outcome::Accepted { provider_id },
            _ => Outcome::Unknown(unreadable()),
        }
    }
}

/// What a refusal means, by the table of errors:
/// <https://docs.clickatell.com/channels/one-api/one-api-errors-table/>.
fn refused(answer: &Response<Vec<u8>>, problem: &Problem) -> Outcome {
    let text = match problem.description.trim() {
        "" => NO_REASON,
        text => text,
    };
    let reason = Reason::new(problem.code.to_string(), text);
    let after = retry_after(answer.headers());
    match codes::cause(Vendor::Clickatell, &reason.code) {
        Some(cause) => cause.outcome(after, reason),
        None => match answer.status().as_u16() {
            // Other messages of the call may have been accepted; this one was not.
            200..=299 => Outcome::Rejected(reason),
            status => by_status(status, after, reason),
        },
    }
}

/// A callback. Clickatell adds event types from time to time, and they must be accepted.
#[derive(Deserialize)]
struct Report {
    event: Event,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    message_status_update: Vec<MessageStatus>,
    mo_text: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageStatus {
    message_id: String,
    client_message_id: Option<String>,
    /// In milliseconds.
    timestamp: i64,
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    channel: String,
    message_id: String,
    from: String,
    to: String,
    /// In milliseconds.
    timestamp: i64,
    content: String,
}

impl Callbacks for Clickatell<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        let Report { event } =
            serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
        let receipts = event.message_status_update.into_iter().map(receipt);
        let texts = event.mo_text.into_iter().map(inbound);
        let told: Vec<ProviderEvent> = receipts.chain(texts).collect::<Result<_, _>>()?;
        let is_of_another_kind = told.is_empty();
        Ok(if is_of_another_kind {
            vec![ProviderEvent::Irrelevant]
        } else {
            told
        })
    }
}

fn receipt(update: MessageStatus) -> Result<ProviderEvent, BadCallback> {
    let at = time(update.timestamp)?;
    let delivery = update.client_message_id.and_then(|id| id.parse().ok());
    let (Some(delivery), Some(news)) = (delivery, news(&update.status)) else {
        return Ok(ProviderEvent::Irrelevant);
    };
    Ok(ProviderEvent::Receipt {
        delivery,
        provider_id: update.message_id,
        at,
        news,
    })
}

fn inbound(text: Text) -> Result<ProviderEvent, BadCallback> {
    if text.channel.trim() != CHANNEL {
        return Ok(ProviderEvent::Irrelevant);
    }
    Ok(ProviderEvent::Inbound {
        from: international(&text.from),
        to: international(&text.to),
        text: text.content,
        provider_id: text.message_id,
        at: time(text.timestamp)?,
    })
}

/// What a status means, by the table of statuses:
/// <https://www.clickatell.com/developers/api-documentation/one-api-message-status-codes-descriptions/>. `None` for
/// statuses without a meaning here, such as the emulator's and those of other channels.
fn news(status: &str) -> Option<StatusUpdate> {
    let given_up = match status {
        "QUEUED" | "SCHEDULED" | "SENT_TO_SUPPLIER" => return Some(StatusUpdate::Accepted),
        "DEVICE_ACK" => return Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        "READ" => return Some(StatusUpdate::Became(DeliveryStatus::Opened)),
        "EXPIRED" | "DELIVERY_FAILURE" | "RECIPIENT_DOES_NOT_EXIST" => GivenUp::AfterSending,
        _ => GivenUp::BeforeSending,
    };
    let cause = codes::cause(Vendor::Clickatell, status)?;
    let reason = Reason::new(
        status,
        "Clickatell accepted the message but did not send it.",
    );
    Some(cause.news(given_up, reason))
}

fn time(milliseconds: i64) -> Result<Timestamp, BadCallback> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| BadCallback::Unreadable)
}

#[cfg(test)]
mod tests;
