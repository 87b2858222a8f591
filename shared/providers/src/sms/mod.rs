//! SMS providers.

pub mod bulksms;
pub mod clickatell;
pub mod end_user_messaging;
pub mod end_user_messaging_events;
pub mod infobip;
pub mod smsportal;
pub mod sns;
pub mod twilio;

use bulksms::BulkSms;
use carillon_domain::{
    address::PhoneNumber,
    transports::{Transport, Vendor},
};
use clickatell::Clickatell;
use infobip::Infobip;
use smsportal::SmsPortal;
use twilio::Twilio;

use crate::{
    Deduplication, Reference,
    endpoint::{self, Endpoint},
    vendor::{Account, Adapter, Callbacks, Reporting, Unusable},
};

/// An outgoing text message.
#[derive(Debug, Clone, Copy)]
pub struct Sms<'a> {
    /// The receiver's number.
    pub to: &'a PhoneNumber,
    /// The text.
    pub text: &'a str,
    /// The reference of the delivery.
    pub reference: Reference<'a>,
}

/// An SMS vendor with an HTTP API.
pub type SmsAdapter<'a, 'm> = Box<dyn Adapter<Sms<'m>> + Send + Sync + 'a>;

/// The vendors with an HTTP API, all of which report by callback.
fn full_adapter<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Reporting<Sms<'m>> + Send + Sync + 'a>>, Unusable> {
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

/// A vendor's adapter; `None` if it has no HTTP API for text messages.
///
/// # Errors
/// If the account cannot be used.
pub fn adapter<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<SmsAdapter<'a, 'm>>, Unusable> {
    Ok(full_adapter(vendor, account)?.map(|adapter| adapter as SmsAdapter<'a, 'm>))
}

/// A vendor's callback parser; `None` if it has no callbacks.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    let adapter = full_adapter(vendor, account)?;
    Ok(adapter.map(|adapter| adapter as Box<dyn Callbacks + Send + Sync + 'a>))
}

/// A number in the vendors' format, with its plus sign; a short code is unchanged.
fn international(number: &str) -> String {
    let is_number = number.len() >= 7 && number.bytes().all(|byte| byte.is_ascii_digit());
    let plus = if is_number { "+" } else { "" };
    format!("{plus}{number}")
}

/// The name by which an account reports a message, if it is too short for the reference of the delivery.
pub fn echoed_name(transport: &Transport, reference: &Reference<'_>) -> Option<String> {
    (transport.vendor == Vendor::BulkSms).then(|| bulksms::own_id(reference))
}

/// How an account deduplicates; `None` if it does not.
pub fn deduplication(transport: &Transport) -> Option<Deduplication> {
    match transport.vendor {
        Vendor::BulkSms => Some(bulksms::DEDUPLICATION),
        Vendor::HttpSms => endpoint::deduplication(&transport.settings),
        _ => None,
    }
}
