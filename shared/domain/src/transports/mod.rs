//! A configured provider account through which a channel is sent.

pub mod identity;
pub mod routing;
pub mod sender;

use std::{
    collections::BTreeMap,
    fmt,
    num::{NonZeroU32, NonZeroU64},
    str::FromStr,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    address::EmailAddress,
    channel::Channel,
    channel_address::ChannelAddress,
    id::{SecretName, TenantId, TransportId},
    transports::sender::SenderId,
};

/// A transport: whom we speak to and how, and how much it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transport {
    /// What an operator calls it.
    pub id: TransportId,
    /// Whether anything goes through it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// When it was first set up; of several the oldest one is used, unless routes say something else.
    #[serde(default = "always")]
    pub created_at: Timestamp,
    /// Whose account it is.
    pub vendor: Vendor,
    /// Whom mail comes from; every transport of email has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<EmailSender>,
    /// What phones show as the sender of text messages; what is set at the account unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<SenderId>,
    /// What else the vendor has to know, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The secret that holds the credentials of the account, if it needs any of ours. Credentials never stand here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<SecretName>,
    /// What the address for callbacks ends with, so that nobody else finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_token: Option<CallbackToken>,
    /// How much the account takes.
    #[serde(default)]
    pub limits: Limits,
}

/// Those from before there were several have no time, and are the oldest.
fn always() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

/// Whom mail comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSender {
    /// The address, which has to be one that the vendor has verified.
    pub address: EmailAddress,
    /// The name beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What the address for a transport's callbacks ends with: 32 hexadecimal digits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallbackToken(String);

/// A text that is no callback token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a callback token (32 hexadecimal digits)")]
pub struct InvalidCallbackToken;

impl CallbackToken {
    /// A token of these bits.
    pub fn new(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The token itself, for the vendor and for comparing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CallbackToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CallbackToken(…)")
    }
}

impl TryFrom<String> for CallbackToken {
    type Error = InvalidCallbackToken;

    fn try_from(text: String) -> Result<Self, InvalidCallbackToken> {
        let is_token = text.len() == 32
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_token.then_some(Self(text)).ok_or(InvalidCallbackToken)
    }
}

impl From<CallbackToken> for String {
    fn from(token: CallbackToken) -> String {
        token.0
    }
}

/// Where a vendor calls back about the messages of a transport, below the address of the HTTP API.
pub fn callback_url(
    public_url: &str,
    tenant: &TenantId,
    transport: &TransportId,
    token: &CallbackToken,
) -> String {
    format!(
        "{public_url}/callbacks/{tenant}/{transport}/{}",
        token.expose()
    )
}

macro_rules! vendors {
    ($($(#[$doc:meta])* $name:ident: $text:literal, $channel:ident, $credentials:literal;)*) => {
        /// A company or service that takes messages. A new one is a line here, a file in `shared/providers` and one in
        /// the simulator (docs/adding-a-transport.md).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Vendor {
            $($(#[$doc])* $name,)*
        }

        impl Vendor {
            /// Every vendor.
            pub const ALL: &[Vendor] = &[$(Vendor::$name,)*];

            /// The name in rows, routes, the ledger and metrics.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Vendor::$name => $text,)*
                }
            }

            /// The channel that it serves.
            pub fn channel(self) -> Channel {
                match self {
                    $(Vendor::$name => Channel::$channel,)*
                }
            }

            /// Whether it wants credentials of ours. Services of AWS take those of the function.
            pub fn wants_credentials(self) -> bool {
                match self {
                    $(Vendor::$name => $credentials,)*
                }
            }
        }
    };
}

vendors! {
    /// Amazon SES, version 2 of its API.
    Ses: "ses", Email, false;
    /// SendGrid, its API v3.
    SendGrid: "sendgrid", Email, true;
    /// Mailgun.
    Mailgun: "mailgun", Email, true;
    /// Google, the Gmail API.
    Google: "google", Email, true;
    /// Microsoft, the Graph API.
    Microsoft: "microsoft", Email, true;
    /// A relay that takes mail by SMTP.
    Smtp: "smtp", Email, true;
    /// An endpoint of the tenant's own, for email.
    HttpEmail: "http_email", Email, true;
    /// Amazon SNS, text messages to phone numbers.
    Sns: "sns", Sms, false;
    /// BulkSMS, its JSON API.
    BulkSms: "bulksms", Sms, true;
    /// Twilio, programmable messaging.
    Twilio: "twilio", Sms, true;
    /// Infobip, its API for text messages.
    Infobip: "infobip", Sms, true;
    /// Clickatell.
    Clickatell: "clickatell", Sms, true;
    /// SMS Portal.
    SmsPortal: "smsportal", Sms, true;
    /// AWS End User Messaging, text messages.
    EndUserMessaging: "end_user_messaging", Sms, false;
    /// An endpoint of the tenant's own, for text messages.
    HttpSms: "http_sms", Sms, true;
    /// Twilio, WhatsApp.
    TwilioWhatsApp: "twilio_whatsapp", WhatsApp, true;
    /// Infobip, WhatsApp.
    InfobipWhatsApp: "infobip_whatsapp", WhatsApp, true;
    /// Meta, the WhatsApp Cloud API.
    Meta: "meta", WhatsApp, true;
    /// Firebase Cloud Messaging, its HTTP v1 API.
    Fcm: "fcm", Push, true;
    /// The Apple Push Notification service.
    Apns: "apns", Push, true;
    /// The push services of browsers (RFC 8030).
    WebPush: "web_push", Push, true;
    /// Amazon SNS, endpoints of platform applications.
    SnsPush: "sns_push", Push, false;
}

impl Vendor {
    /// The devices that it sends to ([`PushAddress::kind`](crate::push_address::PushAddress::kind)); `None` for vendors of other channels.
    pub fn devices(self) -> Option<&'static str> {
        match self {
            Vendor::Fcm => Some("fcm"),
            Vendor::Apns => Some("apns"),
            Vendor::SnsPush => Some("sns"),
            Vendor::WebPush => Some("web"),
            _ => None,
        }
    }

    /// Whether it can send to an address of its channel.
    pub fn reaches(self, address: &ChannelAddress) -> bool {
        match address {
            ChannelAddress::Push(address) => self.devices() == Some(address.kind()),
            ChannelAddress::Email(address) => {
                !address.needs_smtputf8() || self.takes_smtputf8_addresses()
            }
            _ => true,
        }
    }

    /// Whether it takes email addresses whose local part is not ASCII.
    ///
    /// SES takes none ("Amazon SES does not support the SMTPUTF8 extension",
    /// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html>), and SendGrid answers that the recipient's
    /// syntax is wrong. Mailgun does
    /// (<https://documentation.mailgun.com/docs/mailgun/user-manual/internationalization/internationalization>), and so do Google
    /// (<https://blog.google/products/gmail/a-first-step-toward-more-global-email/>) and Exchange Online
    /// (<https://techcommunity.microsoft.com/t5/exchange-team-blog/eai-support-announcement/ba-p/607595>). A relay says so
    /// itself when it is greeted (RFC 6531, 3.1), and an endpoint of the tenant's own when it is asked.
    pub fn takes_smtputf8_addresses(self) -> bool {
        !matches!(self, Vendor::Ses | Vendor::SendGrid)
    }
}

/// A name that is no vendor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a vendor that is known here")]
pub struct UnknownVendor;

impl FromStr for Vendor {
    type Err = UnknownVendor;

    fn from_str(text: &str) -> Result<Self, UnknownVendor> {
        let mut all = Vendor::ALL.iter().copied();
        all.find(|vendor| vendor.as_str() == text)
            .ok_or(UnknownVendor)
    }
}

impl TryFrom<String> for Vendor {
    type Error = UnknownVendor;

    fn try_from(text: String) -> Result<Self, UnknownVendor> {
        text.parse()
    }
}

impl From<Vendor> for String {
    fn from(vendor: Vendor) -> String {
        vendor.as_str().to_owned()
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How much a provider account takes. What is not set is not limited by us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Provider calls in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<NonZeroU32>,
    /// Provider calls in a day, by UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<NonZeroU64>,
}

/// The most calls in a second that can be set: more than any provider grants an account.
pub const MOST_PER_SECOND: u32 = 100_000;
/// The most calls in a day that can be set.
pub const MOST_PER_DAY: u64 = 1_000_000_000;

impl Limits {
    /// Whether there is any.
    pub fn are_set(&self) -> bool {
        self.per_second.is_some() || self.per_day.is_some()
    }
}

impl Transport {
    /// A transport of a vendor that says nothing more yet, named after its channel.
    pub fn new(vendor: Vendor) -> Self {
        Self {
            id: TransportId::of_channel(vendor.channel()),
            enabled: true,
            created_at: Timestamp::UNIX_EPOCH,
            vendor,
            from: None,
            sender_id: None,
            settings: BTreeMap::new(),
            credentials: None,
            callback_token: None,
            limits: Limits::default(),
        }
    }

    /// The channel that this transport serves.
    pub fn channel(&self) -> Channel {
        self.vendor.channel()
    }

    /// Tells the accounts of a tenant apart. What is known to one is not known to another.
    pub fn account(&self) -> String {
        match &self.credentials {
            Some(credentials) => format!("{}/{credentials}", self.vendor),
            None => self.vendor.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_transport_reads_back_as_written_and_holds_no_secret() {
        let bulksms = Transport {
            sender_id: "Carillon".parse().ok(),
            credentials: "sms-1".parse().ok(),
            callback_token: Some(CallbackToken::new(7)),
            settings: BTreeMap::from([("region".to_owned(), "eu".to_owned())]),
            ..Transport::new(Vendor::BulkSms)
        };
        let written = serde_json::to_value(&bulksms).unwrap();
        assert_eq!(
            written,
            json!({
                "id": "sms",
                "created_at": "1970-01-01T00:00:00Z",
                "vendor": "bulksms",
                "sender_id": "Carillon",
                "settings": { "region": "eu" },
                "credentials": "sms-1",
                "callback_token": "00000000000000000000000000000007",
                "limits": {},
            })
        );
        assert_eq!(
            serde_json::from_value::<Transport>(written).unwrap(),
            bulksms
        );
        assert_eq!(
            (bulksms.channel(), bulksms.account()),
            (Channel::Sms, "bulksms/sms-1".to_owned())
        );
        assert!(!format!("{bulksms:?}").contains("0007"));
    }

    #[test]
    fn a_secret_of_somebody_else_cannot_be_named() {
        for name in ["../acme/bulksms", "acme/bulksms", "Bulksms", "", "a b"] {
            let written = json!({
                "id": "sms", "created_at": "1970-01-01T00:00:00Z", "vendor": "bulksms", "credentials": name
            });
            assert!(
                serde_json::from_value::<Transport>(written).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn every_vendor_has_a_name_of_its_own() {
        for vendor in Vendor::ALL {
            assert_eq!(vendor.as_str().parse(), Ok(*vendor));
        }
    }
}
