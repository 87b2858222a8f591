//! Checks an account's configuration without any code for sending, for whoever sets it up.

use std::collections::BTreeMap;

use carillon_domain::transports::Vendor;

use crate::{
    email::{
        google::Google, mailgun::Mailgun, microsoft::Microsoft, sendgrid::SendGrid, smtp::Smtp,
    },
    endpoint::Endpoint,
    push::{apns::Apns, fcm::Fcm, web_push::WebPush},
    sms::{
        bulksms::BulkSms, clickatell::Clickatell, infobip::Infobip, smsportal::SmsPortal,
        twilio::Twilio,
    },
    topic_messages,
    vendor::{Account, Unusable},
    whatsapp::{infobip::InfobipWhatsApp, meta::Meta, twilio::TwilioWhatsApp},
};

/// Checks whether a vendor's adapter accepts an account.
///
/// # Errors
/// What is wrong with its secret or its settings.
pub fn check(vendor: Vendor, account: &Account<'_>) -> Result<(), Unusable> {
    match vendor {
        Vendor::SendGrid => SendGrid::new(account).map(drop),
        Vendor::Mailgun => Mailgun::new(account).map(drop),
        Vendor::Google => Google::new(account).map(drop),
        Vendor::Microsoft => Microsoft::new(account).map(drop),
        Vendor::Smtp => Smtp::new(account).map(drop),
        Vendor::HttpEmail | Vendor::HttpSms => Endpoint::new(account).map(drop),
        Vendor::BulkSms => BulkSms::new(account).map(drop),
        Vendor::Twilio => Twilio::new(account).map(drop),
        Vendor::Infobip => Infobip::new(account).map(drop),
        Vendor::Clickatell => Clickatell::new(account).map(drop),
        Vendor::SmsPortal => SmsPortal::new(account).map(drop),
        Vendor::TwilioWhatsApp => TwilioWhatsApp::new(account).map(drop),
        Vendor::InfobipWhatsApp => InfobipWhatsApp::new(account).map(drop),
        Vendor::Meta => Meta::new(account).map(drop),
        Vendor::Fcm => Fcm::new(account).map(drop),
        Vendor::Apns => Apns::new(account).map(drop),
        Vendor::WebPush => WebPush::new(account).map(drop),
        Vendor::Ses | Vendor::Sns | Vendor::EndUserMessaging | Vendor::SnsPush => Ok(()),
    }
}

/// Whether an account reports delivery statuses or inbound messages by calling our callback URL.
pub fn calls_back(vendor: Vendor, settings: &BTreeMap<String, String>) -> bool {
    match vendor {
        // Their events reach the stack directly, unless they are in another account or region.
        Vendor::Ses | Vendor::EndUserMessaging => settings.contains_key(topic_messages::TOPIC),
        Vendor::SendGrid
        | Vendor::Mailgun
        | Vendor::HttpEmail
        | Vendor::BulkSms
        | Vendor::Twilio
        | Vendor::Infobip
        | Vendor::Clickatell
        | Vendor::SmsPortal
        | Vendor::HttpSms
        | Vendor::TwilioWhatsApp
        | Vendor::InfobipWhatsApp
        | Vendor::Meta => true,
        Vendor::Smtp
        | Vendor::Google
        | Vendor::Microsoft
        | Vendor::Sns
        | Vendor::Fcm
        | Vendor::Apns
        | Vendor::WebPush
        | Vendor::SnsPush => false,
    }
}
