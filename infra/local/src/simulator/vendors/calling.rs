//! Calling back: what a vendor tells of a message, and what somebody writes to a number or address.

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

/// What a vendor is to tell of a message, as it is asked for over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    /// The call that handed the message over.
    pub call: u64,
    /// What to tell of it.
    pub kind: EventKind,
    /// The address that is set at the account; needed where the message names none.
    #[serde(default)]
    pub url: Option<String>,
}

/// What somebody writes, as it is asked for over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Who hands it over.
    pub provider: Provider,
    /// Who writes.
    pub from: String,
    /// To which number or address; at Meta, to the number with which id.
    pub to: String,
    /// What.
    pub text: String,
    /// The address that is set at the account.
    pub url: String,
}

/// How a call back was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledBack {
    /// The HTTP status.
    pub status: u16,
}

/// Why nobody was called back.
#[derive(Debug, thiserror::Error)]
pub enum CallBackError {
    /// The call is not kept.
    #[error("call {0} is not kept any more")]
    NoCall(u64),
    /// The message was not taken, or the vendor never tells this.
    #[error("the provider tells nothing like this")]
    NothingToTell,
    /// Neither the message nor the request says where.
    #[error("there is no address to call back")]
    NoAddress,
    /// The address does not answer.
    #[error("the address to call back does not answer")]
    Unreachable(#[source] reqwest::Error),
}

/// What a vendor can tell.
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
            // Both are sent with one call.
            Provider::TwilioWhatsApp => Self {
                inbound: twilio::whatsapp::inbound,
                ..Self::of::<Twilio>()
            },
            // Its webhooks are set at the account.
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
            // A topic can post what they tell.
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

/// What a vendor calls to tell something of a message, not yet called.
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

/// What a vendor calls to hand over what somebody wrote, not yet called. On WhatsApp, whoever wrote may be written to.
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

/// Makes a call, and gives the status of its answer.
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
