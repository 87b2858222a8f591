//! Checks an account's configuration without any code for sending, for whoever sets it up.

use carillon_domain::transports::Vendor;

use crate::{
    email::{
        self, google::Google, mailgun::Mailgun, microsoft::Microsoft, sendgrid::SendGrid,
        smtp::Smtp,
    },
    endpoint::{self, Endpoint},
    push::{self, apns::Apns, fcm::Fcm, web_push::WebPush},
    setup::Setup,
    sms::{
        self, bulksms::BulkSms, clickatell::Clickatell, infobip::Infobip, smsportal::SmsPortal,
        twilio::Twilio,
    },
    vendor::{Account, Unusable},
    whatsapp::{self, infobip::InfobipWhatsApp, meta::Meta, twilio::TwilioWhatsApp},
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

/// What a transport of a vendor needs.
pub fn setup(vendor: Vendor) -> &'static Setup {
    match vendor {
        Vendor::Ses => &email::ses::SETUP,
        Vendor::SendGrid => &email::sendgrid::SETUP,
        Vendor::Mailgun => &email::mailgun::SETUP,
        Vendor::Google => &email::google::SETUP,
        Vendor::Microsoft => &email::microsoft::SETUP,
        Vendor::Smtp => &email::smtp::SETUP,
        Vendor::HttpEmail => &endpoint::EMAIL_SETUP,
        Vendor::Sns => &sms::sns::SETUP,
        Vendor::BulkSms => &sms::bulksms::SETUP,
        Vendor::Twilio => &sms::twilio::SETUP,
        Vendor::Infobip => &sms::infobip::SETUP,
        Vendor::Clickatell => &sms::clickatell::SETUP,
        Vendor::SmsPortal => &sms::smsportal::SETUP,
        Vendor::EndUserMessaging => &sms::end_user_messaging::SETUP,
        Vendor::HttpSms => &endpoint::SMS_SETUP,
        Vendor::TwilioWhatsApp => &whatsapp::twilio::SETUP,
        Vendor::InfobipWhatsApp => &whatsapp::infobip::SETUP,
        Vendor::Meta => &whatsapp::meta::SETUP,
        Vendor::Fcm => &push::fcm::SETUP,
        Vendor::Apns => &push::apns::SETUP,
        Vendor::WebPush => &push::web_push::SETUP,
        Vendor::SnsPush => &push::sns::SETUP,
    }
}
