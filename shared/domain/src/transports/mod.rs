//! Transports: configured provider accounts through which a channel is sent.

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

/// A transport: the vendor, how it is called, and its limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transport {
    /// The id, chosen by an admin.
    pub id: TransportId,
    /// Whether it is switched on.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// When it was first set up; the oldest one is used unless routes say otherwise.
    #[serde(default = "always")]
    pub created_at: Timestamp,
    /// The vendor of the account.
    pub vendor: Vendor,
    /// The From address of mail; every email transport has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<EmailSender>,
    /// The sender of text messages; if unset, the account's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<SenderId>,
    /// The vendor's other settings, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The name of the secret with the account's credentials, if it needs any. Credentials are never stored here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<SecretName>,
    /// The secret last part of the callback URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_token: Option<CallbackToken>,
    /// The limits of the account.
    #[serde(default)]
    pub limits: Limits,
}

/// Transports from before there could be several have no time, and count as the oldest.
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

/// The From address of mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSender {
    /// The address, which the vendor must have verified.
    pub address: EmailAddress,
    /// The display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The secret last part of a transport's callback URL: 32 hexadecimal digits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallbackToken(String);

/// Not a callback token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a callback token (32 hexadecimal digits)")]
pub struct InvalidCallbackToken;

impl CallbackToken {
    /// A token of these bits.
    pub fn new(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The token itself, for the vendor and for comparison.
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

/// The vendor's callback URL for a transport, below the URL of the HTTP API.
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
        /// A company or service that sends messages. Adding one takes a line here, a file in `shared/providers` and one in the simulator
        /// (docs/adding-a-transport.md).
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

            /// Whether it needs credentials from the tenant. AWS services use those of the function.
            pub fn wants_credentials(self) -> bool {
                match self {
                    $(Vendor::$name => $credentials,)*
                }
            }
        }
    };
}

vendors! {
    /// Amazon SES, API version 2.
    Ses: "ses", Email, false;
    /// SendGrid, API v3.
    SendGrid: "sendgrid", Email, true;
    /// Mailgun.
    Mailgun: "mailgun", Email, true;
    /// Google, Gmail API.
    Google: "google", Email, true;
    /// Microsoft, Graph API.
    Microsoft: "microsoft", Email, true;
    /// An SMTP relay.
    Smtp: "smtp", Email, true;
    /// The tenant's own endpoint, for email.
    HttpEmail: "http_email", Email, true;
    /// Amazon SNS, text messages to phone numbers.
    Sns: "sns", Sms, false;
    /// BulkSMS, JSON API.
    BulkSms: "bulksms", Sms, true;
    /// Twilio, programmable messaging.
    Twilio: "twilio", Sms, true;
    /// Infobip, SMS API.
    Infobip: "infobip", Sms, true;
    /// Clickatell.
    Clickatell: "clickatell", Sms, true;
    /// SMS Portal.
    SmsPortal: "smsportal", Sms, true;
    /// AWS End User Messaging, text messages.
    EndUserMessaging: "end_user_messaging", Sms, false;
    /// The tenant's own endpoint, for text messages.
    HttpSms: "http_sms", Sms, true;
    /// Twilio, WhatsApp.
    TwilioWhatsApp: "twilio_whatsapp", WhatsApp, true;
    /// Infobip, WhatsApp.
    InfobipWhatsApp: "infobip_whatsapp", WhatsApp, true;
    /// Meta, WhatsApp Cloud API.
    Meta: "meta", WhatsApp, true;
    /// Firebase Cloud Messaging, HTTP v1 API.
    Fcm: "fcm", Push, true;
    /// Apple Push Notification service.
    Apns: "apns", Push, true;
    /// The browsers' push services (RFC 8030).
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
            ChannelAddress::Sms(_) | ChannelAddress::WhatsApp(_) => true,
        }
    }

    /// Whether it accepts email addresses with a non-ASCII local part.
    ///
    /// SES does not ("Amazon SES does not support the SMTPUTF8 extension",
    /// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html>), and SendGrid answers that the recipient's syntax is
    /// wrong. Mailgun does (<https://documentation.mailgun.com/docs/mailgun/user-manual/internationalization/internationalization>), and
    /// so do Google (<https://blog.google/products/gmail/a-first-step-toward-more-global-email/>) and Exchange Online
    /// (<https://techcommunity.microsoft.com/t5/exchange-team-blog/eai-support-announcement/ba-p/607595>). An SMTP relay announces it in
    /// its greeting (RFC 6531, 3.1), and the tenant's own endpoint answers when called.
    pub fn takes_smtputf8_addresses(self) -> bool {
        !matches!(self, Vendor::Ses | Vendor::SendGrid)
    }
}

/// An unknown vendor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a known vendor")]
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

/// The limits of a provider account. An unset limit is not enforced by us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Provider calls per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<NonZeroU32>,
    /// Provider calls per UTC day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<NonZeroU64>,
}

/// The highest rate limit that can be set: more than any provider grants an account.
pub const MOST_PER_SECOND: u32 = 100_000;
/// The highest daily quota that can be set.
pub const MOST_PER_DAY: u64 = 1_000_000_000;

impl Limits {
    /// Whether any limit is set.
    pub fn are_set(&self) -> bool {
        self.per_second.is_some() || self.per_day.is_some()
    }
}

impl Transport {
    /// A transport of a vendor with default settings, named after its channel.
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

    /// Identifies the account among those of the tenant. Deduplication keys known to one account are not known to another.
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
    fn a_transport_survives_a_round_trip_and_holds_no_secret() {
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
    fn another_tenants_secret_cannot_be_named() {
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
    fn every_vendor_has_a_unique_name() {
        for vendor in Vendor::ALL {
            assert_eq!(vendor.as_str().parse(), Ok(*vendor));
        }
    }
}
