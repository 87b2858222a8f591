//! Push notification providers.

pub mod apns;
pub mod fcm;
pub mod sns;
pub mod web_push;

use apns::Apns;
use carillon_domain::{push_address::PushAddress, transports::{Transport, Vendor}};
use fcm::Fcm;
use web_push::WebPush;

use crate::{
    Deduplication, Reference,
    http::BadRequest,
    vendor::{Account, Callbacks, Dialect, Setting, SignIn, Unusable},
};

/// A push notification on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// Where it goes.
    pub to: &'a PushAddress,
    /// The line in bold.
    pub title: &'a str,
    /// The text below it.
    pub body: &'a str,
    /// The address of a picture beside it.
    pub icon: Option<&'a str>,
    /// What is opened when somebody taps it.
    pub url: Option<&'a str>,
    /// What identifies it.
    pub reference: Reference<'a>,
}

/// For so long a push service keeps a notification for a device that it cannot reach. What is older says what has passed.
const KEPT_SECONDS: u32 = 3 * 24 * 60 * 60;

/// A vendor of push notifications that is spoken to over HTTP.
pub type PushDialect<'a, 'm> = Box<dyn Dialect<Push<'m>> + Send + Sync + 'a>;

/// The dialect of a vendor; `None` if it is not spoken to over HTTP, or sends no push notifications.
///
/// # Errors
/// If the account cannot be used.
pub fn dialect<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<PushDialect<'a, 'm>>, Unusable> {
    Ok(match vendor {
        Vendor::Fcm => Some(Box::new(Fcm::new(account)?)),
        Vendor::Apns => Some(Box::new(Apns::new(account)?)),
        Vendor::WebPush => Some(Box::new(WebPush::new(account)?)),
        _ => None,
    })
}

/// What signs in to an account of push notifications; `None` if the vendor takes its credentials with each call.
///
/// # Errors
/// If the account cannot be used.
pub fn sign_in<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn SignIn + Send + Sync + 'a>>, Unusable> {
    Ok(match vendor {
        Vendor::Fcm => Some(Box::new(Fcm::new(account)?)),
        Vendor::Apns => Some(Box::new(Apns::new(account)?)),
        _ => None,
    })
}

/// What hears the callbacks of a vendor of push notifications; `None`, because push services call nobody.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    _: Vendor,
    _: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    Ok(None)
}

/// How an account keeps from taking a message twice; `None`, because none does. A device that shows a notification again
/// shows it in the place of the first one.
pub fn deduplication(_: &Transport) -> Option<Deduplication> {
    None
}

/// What a transport of a vendor of push notifications says beside what all transports say.
pub fn settings(vendor: Vendor) -> &'static [Setting] {
    match vendor {
        Vendor::Fcm => fcm::SETTINGS,
        Vendor::Apns => apns::SETTINGS,
        Vendor::WebPush => web_push::SETTINGS,
        _ => &[],
    }
}

const WRONG_DEVICE: &str = "wrong_device";
const WRONG_DEVICE_TEXT: &str =
    "Another push service knows this device or browser, and the transport does not speak to it.";

/// The address is one of another push service.
fn wrong_device() -> BadRequest {
    BadRequest::Unfit {
        code: WRONG_DEVICE,
        text: WRONG_DEVICE_TEXT,
    }
}

#[cfg(test)]
mod tests;
