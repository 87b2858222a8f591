//! The recorded calls and their filters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A simulated service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Amazon SES, API version 2.
    Ses,
    /// Amazon SNS, publishing to a phone number.
    Sns,
    /// AWS End User Messaging, text messages.
    EndUserMessaging,
    /// BulkSMS, its JSON API.
    #[serde(rename = "bulksms")]
    BulkSms,
    /// Twilio, programmable messaging.
    Twilio,
    /// Infobip, its API for text messages.
    Infobip,
    /// Clickatell.
    Clickatell,
    /// SMS Portal.
    #[serde(rename = "smsportal")]
    SmsPortal,
    /// SendGrid, its API v3.
    #[serde(rename = "sendgrid")]
    SendGrid,
    /// Mailgun.
    Mailgun,
    /// Google, the Gmail API.
    Google,
    /// Microsoft, the Graph API.
    Microsoft,
    /// Twilio, WhatsApp.
    #[serde(rename = "twilio_whatsapp")]
    TwilioWhatsApp,
    /// Infobip, WhatsApp.
    #[serde(rename = "infobip_whatsapp")]
    InfobipWhatsApp,
    /// Meta, the WhatsApp Cloud API.
    Meta,
    /// A custom endpoint for text messages.
    HttpSms,
    /// The same for email.
    HttpEmail,
    /// An SMTP relay.
    Smtp,
    /// Firebase Cloud Messaging, its HTTP v1 API.
    Fcm,
    /// The Apple Push Notification service.
    Apns,
    /// A browser push service.
    WebPush,
    /// Amazon SNS, publishing to the endpoint of a platform application.
    SnsPush,
}

/// The kind of messages that a provider sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Email.
    Email,
    /// Text messages.
    Sms,
    /// WhatsApp messages.
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// Push notifications.
    Push,
}

impl Provider {
    /// The kind of messages it sends.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Ses
            | Self::SendGrid
            | Self::Mailgun
            | Self::Google
            | Self::Microsoft
            | Self::HttpEmail
            | Self::Smtp => Kind::Email,
            Self::Sns
            | Self::EndUserMessaging
            | Self::BulkSms
            | Self::Twilio
            | Self::Infobip
            | Self::Clickatell
            | Self::SmsPortal
            | Self::HttpSms => Kind::Sms,
            Self::TwilioWhatsApp | Self::InfobipWhatsApp | Self::Meta => Kind::WhatsApp,
            Self::Fcm | Self::Apns | Self::WebPush | Self::SnsPush => Kind::Push,
        }
    }
}

/// The outcome of a call for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Accepted, and the caller got the response.
    Accepted,
    /// Answered like an earlier call with the same deduplication id, without accepting it again.
    Duplicate,
    /// Rejected permanently: the message, the address or the account.
    Rejected,
    /// Throttled.
    Throttled,
    /// Answered with a server error; nothing was accepted.
    Failed,
    /// The connection was closed before the message was accepted.
    DroppedBefore,
    /// The message was accepted, and the connection closed without a response.
    DroppedAfter,
}

/// One call to a provider, or one entry of a bulk call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The sequence number of this call; it keeps growing even after a clear.
    pub id: u64,
    /// When the request had been read.
    pub received_at: Timestamp,
    /// The service.
    pub provider: Provider,
    /// The API operation: `SendEmail`, `SendBulkEmail`, `Publish`, `SendTextMessage`, `SendMessages` and others; the command of SMTP.
    pub operation: String,
    /// The access key that signed the request, or the token id or user name; empty if it could not be read.
    pub account: String,
    /// Whether the provider accepted the message, whether or not the caller learnt of it.
    pub accepted: bool,
    /// The outcome for the caller.
    pub outcome: Outcome,
    /// The HTTP status or SMTP reply code; none if the connection was dropped.
    pub status: Option<u16>,
    /// The error, if the call was not accepted.
    pub error: Option<CallError>,
    /// The provider's message id, if it was accepted by this call or an earlier one.
    pub message_id: Option<String>,
    /// The recipients: bare addresses, one phone number, or one device or browser in Carillon's format.
    pub recipients: Vec<String>,
    /// The message as its recipient would see it; none if it could not be read.
    pub message: Option<Message>,
    /// Shortened SHA-256 of subject, text and HTML.
    pub content_hash: Option<String>,
    /// The id of the fault that decided the outcome, if any.
    pub fault: Option<u64>,
    /// Size of `GET /_simulator/calls/{id}/raw`, in bytes.
    pub raw_size: usize,
}

impl Call {
    /// This call's email, if it is one.
    #[must_use]
    pub fn email(&self) -> Option<&EmailMessage> {
        match &self.message {
            Some(Message::Email(email)) => Some(email),
            _ => None,
        }
    }

    /// This call's text or WhatsApp message, if it is one.
    #[must_use]
    pub fn sms(&self) -> Option<&SmsMessage> {
        match &self.message {
            Some(Message::Sms(sms)) => Some(sms),
            _ => None,
        }
    }

    /// This call's push notification, if it is one.
    #[must_use]
    pub fn push(&self) -> Option<&PushMessage> {
        match &self.message {
            Some(Message::Push(push)) => Some(push),
            _ => None,
        }
    }

    /// Whether the message was for this address, ignoring case.
    #[must_use]
    pub fn is_for(&self, address: &str) -> bool {
        self.recipients
            .iter()
            .any(|recipient| recipient.eq_ignore_ascii_case(address))
    }
}

/// A provider's error as returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// The provider's code, such as `MessageRejected`.
    pub code: String,
    /// The provider's message.
    pub message: String,
}

/// A message of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// An email.
    Email(Box<EmailMessage>),
    /// A text or WhatsApp message.
    Sms(SmsMessage),
    /// A push notification.
    Push(PushMessage),
}

/// An email, parsed from its MIME.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EmailMessage {
    /// The sender, with any display name.
    pub from: String,
    /// The `To` recipients, with their display names.
    pub to: Vec<String>,
    /// The `Cc` recipients.
    pub cc: Vec<String>,
    /// The `Bcc` recipients, known only from the request.
    pub bcc: Vec<String>,
    /// The `Reply-To` addresses.
    pub reply_to: Vec<String>,
    /// The decoded subject.
    pub subject: String,
    /// The plain text part.
    pub text: Option<String>,
    /// The HTML part.
    pub html: Option<String>,
    /// All headers, unfolded and in order.
    pub headers: Vec<Header>,
    /// The attachments, without their content.
    pub attachments: Vec<Attachment>,
    /// The tags of the request.
    pub tags: BTreeMap<String, String>,
    /// The configuration set of the request.
    pub configuration_set: Option<String>,
    /// Why the template could not be rendered; SES accepts such a call but never delivers it.
    pub rendering_failure: Option<String>,
}

impl EmailMessage {
    /// The value of the first header with this name, ignoring case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }
}

/// One header of an email.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name as written.
    pub name: String,
    /// The value, unfolded but otherwise as in the message.
    pub value: String,
}

/// One attachment of an email.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file name.
    pub file_name: Option<String>,
    /// The media type.
    pub content_type: String,
    /// Size of the decoded content, in bytes.
    pub size: usize,
}

/// A text or WhatsApp message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsMessage {
    /// The receiver's number.
    pub phone_number: String,
    /// The text; for a template, which is not known here, its name and values.
    pub text: String,
    /// The request's message attributes, by name.
    pub attributes: BTreeMap<String, String>,
}

/// A push notification, as received by the device or browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushMessage {
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// The URL of a picture.
    pub icon: Option<String>,
    /// The URL opened on tap.
    pub url: Option<String>,
    /// Headers and attributes of the request that control delivery.
    pub attributes: BTreeMap<String, String>,
}

/// The order of listed calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
}

/// Which calls to list; unset fields match all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallFilter {
    /// Calls to this provider.
    pub provider: Option<Provider>,
    /// Calls to providers of this kind.
    pub kind: Option<Kind>,
    /// Calls with this recipient.
    pub to: Option<String>,
    /// Calls signed with this access key.
    pub account: Option<String>,
    /// Calls whose message was accepted or not.
    pub accepted: Option<bool>,
    /// Calls with this outcome.
    pub outcome: Option<Outcome>,
    /// Calls with this text in a recipient, subject, text, HTML or message id, ignoring case.
    pub contains: Option<String>,
    /// Calls with a greater id.
    pub after: Option<u64>,
    /// Calls with a smaller id.
    pub before: Option<u64>,
    /// The maximum number of calls.
    pub limit: Option<usize>,
    /// The order; ascending unless set.
    pub order: Order,
}

impl CallFilter {
    /// Whether this call matches.
    #[must_use]
    pub fn matches(&self, call: &Call) -> bool {
        self.provider.is_none_or(|it| it == call.provider)
            && self.kind.is_none_or(|it| it == call.provider.kind())
            && self.accepted.is_none_or(|it| it == call.accepted)
            && self.outcome.is_none_or(|it| it == call.outcome)
            && self.after.is_none_or(|it| call.id > it)
            && self.before.is_none_or(|it| call.id < it)
            && self.account.as_ref().is_none_or(|it| *it == call.account)
            && self.to.as_ref().is_none_or(|it| call.is_for(it))
            && self
                .contains
                .as_ref()
                .is_none_or(|it| contains(call, &it.to_lowercase()))
    }
}

fn contains(call: &Call, wanted: &str) -> bool {
    let found = |text: &str| text.to_lowercase().contains(wanted);
    let found_in = |text: &Option<String>| text.as_deref().is_some_and(found);
    call.recipients.iter().any(|recipient| found(recipient))
        || found_in(&call.message_id)
        || match &call.message {
            Some(Message::Email(email)) => {
                found(&email.from)
                    || found(&email.subject)
                    || found_in(&email.text)
                    || found_in(&email.html)
            }
            Some(Message::Sms(sms)) => found(&sms.text),
            Some(Message::Push(push)) => found(&push.title) || found(&push.body),
            None => false,
        }
}

/// Which calls to clear or summarise; unset fields match all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Calls to this provider.
    pub provider: Option<Provider>,
    /// Calls to providers of this kind.
    pub kind: Option<Kind>,
    /// Calls with this recipient.
    pub to: Option<String>,
    /// Calls signed with this access key.
    pub account: Option<String>,
}

impl Selection {
    /// Whether this call matches.
    #[must_use]
    pub fn matches(&self, call: &Call) -> bool {
        self.provider.is_none_or(|it| it == call.provider)
            && self.kind.is_none_or(|it| it == call.provider.kind())
            && self.account.as_ref().is_none_or(|it| *it == call.account)
            && self.to.as_ref().is_none_or(|it| call.is_for(it))
    }
}

/// One page of calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallPage {
    /// The calls, in the requested order.
    pub calls: Vec<Call>,
    /// How many calls match, including those beyond the limit.
    pub matched: usize,
}
