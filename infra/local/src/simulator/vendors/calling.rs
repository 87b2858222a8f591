//! Callbacks: delivery statuses and inbound messages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clickatell::Clickatell;
use super::endpoint::Endpoint;
use super::infobip::Infobip;
use super::infobip::whatsapp::InfobipWhatsApp;
use super::mailgun::Mailgun;
use super::meta::Meta;
use super::sendgrid::SendGrid;
use super::smsportal::SmsPortal;
use super::twilio::{self, Twilio};
use super::{CallbackRequest, Reply, Vendor};
use crate::simulator::bulksms::webhooks;
use crate::simulator::calls::{Call, Provider};
use crate::simulator::events::EventKind;
use crate::simulator::topic;
use crate::simulator::windows::Windows;

/// A request for a status callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    /// The call that submitted the message.
    pub call: u64,
    /// The status to report.
    pub kind: EventKind,
    /// The URL configured in the account; required if the message names none.
    #[serde(default)]
    pub url: Option<String>,
}

/// A request for an inbound message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// The vendor that delivers it.
    pub provider: Provider,
    /// The sender.
    pub from: String,
    /// The number or address it is sent to; at Meta, the id of the number.
    pub to: String,
    /// The text.
    pub text: String,
    /// The URL configured in the account.
    pub url: String,
}

/// The response to a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledBack {
    /// The HTTP status.
    pub status: u16,
}

/// Why no callback was made.
#[derive(Debug, thiserror::Error)]
pub enum CallBackError {
    /// The call is not recorded.
    #[error("call {0} is not recorded")]
    NoCall(u64),
    /// The message was not accepted, or the vendor has no such callback.
    #[error("the provider has no such callback")]
    NothingToTell,
    /// Neither the message nor the request has a URL.
    #[error("no callback URL is known")]
    NoAddress,
    /// The URL does not answer.
    #[error("the callback URL does not answer")]
    Unreachable(#[source] reqwest::Error),
}

/// The vendor's callbacks.
struct Voice {
    callback_url: fn(&Call) -> Option<String>,
    callback: fn(&Call, EventKind, &str, Timestamp) -> Option<CallbackRequest>,
    inbound: fn(&Reply<'_>, &str, Timestamp) -> Option<CallbackRequest>,
    message_id: fn() -> String,
}

impl Voice {
    fn of<V: Vendor>() -> Self {
        Self {
            callback_url: V::callback_url,
            callback: V::callback,
            inbound: V::inbound,
            message_id: V::message_id,
        }
    }

    fn of_provider(provider: Provider) -> Option<Self> {
        Some(match provider {
            Provider::Twilio => Self::of::<Twilio>(),
            // Both use the same call.
            Provider::TwilioWhatsApp => Self {
                inbound: twilio::whatsapp::inbound,
                ..Self::of::<Twilio>()
            },
            // Its webhooks are configured in the account.
            Provider::BulkSms => Self {
                callback_url: |_| None,
                callback: webhooks::status,
                inbound: webhooks::inbound,
                message_id: || Uuid::new_v4().as_u64_pair().0.to_string(),
            },
            Provider::Infobip => Self::of::<Infobip>(),
            Provider::InfobipWhatsApp => Self::of::<InfobipWhatsApp>(),
            Provider::Meta => Self::of::<Meta>(),
            Provider::Clickatell => Self::of::<Clickatell>(),
            Provider::SmsPortal => Self::of::<SmsPortal>(),
            Provider::SendGrid => Self::of::<SendGrid>(),
            Provider::Mailgun => Self::of::<Mailgun>(),
            Provider::HttpSms => Self::of::<Endpoint<false>>(),
            Provider::HttpEmail => Self::of::<Endpoint<true>>(),
            // A topic can post their events.
            Provider::Ses | Provider::EndUserMessaging => Self {
                callback_url: |_| None,
                callback: topic::notification,
                inbound: |_, _, _| None,
                message_id: String::new,
            },
            Provider::Sns
            | Provider::Google
            | Provider::Microsoft
            | Provider::Smtp
            | Provider::Fcm
            | Provider::Apns
            | Provider::WebPush
            | Provider::SnsPush => return None,
        })
    }
}

/// Builds a vendor's status callback without sending it.
pub(in crate::simulator) fn callback(
    call: &Call,
    kind: EventKind,
    url: Option<String>,
) -> Result<CallbackRequest, CallBackError> {
    let voice = Voice::of_provider(call.provider).filter(|_| call.accepted);
    let voice = voice.ok_or(CallBackError::NothingToTell)?;
    let url = (voice.callback_url)(call).or(url);
    let url = url.ok_or(CallBackError::NoAddress)?;
    (voice.callback)(call, kind, &url, Timestamp::now()).ok_or(CallBackError::NothingToTell)
}

/// Builds a vendor's inbound callback without sending it. On WhatsApp this opens the reply window.
pub(in crate::simulator) fn inbound(
    windows: &Windows,
    inbound: &Inbound,
) -> Result<CallbackRequest, CallBackError> {
    let voice = Voice::of_provider(inbound.provider).ok_or(CallBackError::NothingToTell)?;
    let now = Timestamp::now();
    windows.open(inbound.provider, &inbound.to, &inbound.from, now);
    let message_id = (voice.message_id)();
    let reply = Reply {
        from: &inbound.from,
        to: &inbound.to,
        text: &inbound.text,
        message_id: &message_id,
    };
    (voice.inbound)(&reply, &inbound.url, now).ok_or(CallBackError::NothingToTell)
}

/// Sends a callback and returns the status of the response.
pub(in crate::simulator) async fn send(
    request: CallbackRequest,
) -> Result<CalledBack, CallBackError> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .map_err(CallBackError::Unreachable)?;
    let mut call = client
        .request(request.method, request.url)
        .body(request.body);
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    let answer = call.send().await.map_err(CallBackError::Unreachable)?;
    Ok(CalledBack {
        status: answer.status().as_u16(),
    })
}
