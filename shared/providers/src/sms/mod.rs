//! Text message providers.

pub mod bulksms;
pub mod clickatell;
pub mod end_user_messaging;
pub mod end_user_messaging_events;
pub mod infobip;
pub mod smsportal;
pub mod sns;
pub mod twilio;

use bulksms::BulkSms;
use carillon_domain::{address::PhoneNumber, transports::{Transport, Vendor}};
use clickatell::Clickatell;
use infobip::Infobip;
use smsportal::SmsPortal;
use twilio::Twilio;

use crate::{
    Deduplication, Reference,
    endpoint::{self, Endpoint},
    vendor::{Account, Callbacks, Dialect, Setting, SignIn, Unusable},
};

/// A text message on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Sms<'a> {
    /// Where it goes.
    pub to: &'a PhoneNumber,
    /// The text.
    pub text: &'a str,
    /// What identifies it.
    pub reference: Reference<'a>,
}

/// A vendor of text messages that is spoken to over HTTP.
pub type SmsDialect<'a, 'm> = Box<dyn Dialect<Sms<'m>> + Send + Sync + 'a>;

/// The dialect of a vendor; `None` if it is not spoken to over HTTP, or sends no text messages.
///
/// # Errors
/// If the account cannot be used.
pub fn dialect<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<SmsDialect<'a, 'm>>, Unusable> {
    Ok(match vendor {
        Vendor::BulkSms => Some(Box::new(BulkSms::new(account)?)),
        Vendor::Twilio => Some(Box::new(Twilio::new(account)?)),
        Vendor::Infobip => Some(Box::new(Infobip::new(account)?)),
        Vendor::Clickatell => Some(Box::new(Clickatell::new(account)?)),
        Vendor::SmsPortal => Some(Box::new(SmsPortal::new(account)?)),
        Vendor::HttpSms => Some(Box::new(Endpoint::new(account)?)),
        _ => None,
    })
}

/// What signs in to an account of text messages; `None` if the vendor takes its credentials with each call.
///
/// # Errors
/// If the account cannot be used.
pub fn sign_in<'a>(
    _: Vendor,
    _: &Account<'a>,
) -> Result<Option<Box<dyn SignIn + Send + Sync + 'a>>, Unusable> {
    Ok(None)
}

/// What hears the callbacks of a vendor of text messages; `None` if there are none.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    Ok(match vendor {
        Vendor::BulkSms => Some(Box::new(BulkSms::new(account)?)),
        Vendor::Twilio => Some(Box::new(Twilio::new(account)?)),
        Vendor::Infobip => Some(Box::new(Infobip::new(account)?)),
        Vendor::Clickatell => Some(Box::new(Clickatell::new(account)?)),
        Vendor::SmsPortal => Some(Box::new(SmsPortal::new(account)?)),
        Vendor::HttpSms => Some(Box::new(Endpoint::new(account)?)),
        _ => None,
    })
}

/// A number as vendors write it, with its plus sign; a short code stays as it is.
fn international(number: &str) -> String {
    let is_number = number.len() >= 7 && number.bytes().all(|byte| byte.is_ascii_digit());
    let plus = if is_number { "+" } else { "" };
    format!("{plus}{number}")
}

/// What a transport of a vendor of text messages says beside what all transports say.
pub fn settings(vendor: Vendor) -> &'static [Setting] {
    match vendor {
        Vendor::EndUserMessaging => end_user_messaging::SETTINGS,
        Vendor::Twilio => twilio::SETTINGS,
        Vendor::Infobip => infobip::SETTINGS,
        Vendor::Clickatell => clickatell::SETTINGS,
        Vendor::SmsPortal => smsportal::SETTINGS,
        Vendor::HttpSms => endpoint::SETTINGS,
        _ => &[],
    }
}

/// What an account gives back of a message, where that is too short for the reference of its delivery.
pub fn name_given_back(transport: &Transport, reference: &Reference<'_>) -> Option<String> {
    (transport.vendor == Vendor::BulkSms).then(|| bulksms::own_id(reference))
}

/// How an account keeps from taking a message twice; `None` if it does not (PROVIDERS).
pub fn deduplication(transport: &Transport) -> Option<Deduplication> {
    match transport.vendor {
        Vendor::BulkSms => Some(bulksms::DEDUPLICATION),
        Vendor::HttpSms => endpoint::deduplication(&transport.settings),
        _ => None,
    }
}
