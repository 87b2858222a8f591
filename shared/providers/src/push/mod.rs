//! Push notification providers.

pub mod apns;
pub mod fcm;
pub mod sns;
pub mod web_push;

use apns::Apns;
use carillon_domain::{
    push_address::PushAddress,
    transports::{Transport, Vendor},
};
use fcm::Fcm;
use web_push::WebPush;

use crate::{
    Deduplication, Reference,
    http::BadRequest,
    vendor::{Account, Adapter, Callbacks, SignIn, Unusable},
};

/// An outgoing push notification.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The device or subscription.
    pub to: &'a PushAddress,
    /// The line in bold.
    pub title: &'a str,
    /// The text below it.
    pub body: &'a str,
    /// The URL of its image.
    pub icon: Option<&'a str>,
    /// The URL that a tap opens.
    pub url: Option<&'a str>,
    /// The reference of the delivery.
    pub reference: Reference<'a>,
}

/// How long a push service keeps a notification for an unreachable device. Older notifications are stale.
const KEPT_SECONDS: u32 = 3 * 24 * 60 * 60;

/// A push vendor with an HTTP API.
pub type PushAdapter<'a, 'm> = Box<dyn Adapter<Push<'m>> + Send + Sync + 'a>;

/// A vendor's adapter; `None` if it has no HTTP API for push notifications.
///
/// # Errors
/// If the account cannot be used.
pub fn adapter<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<PushAdapter<'a, 'm>>, Unusable> {
    Ok(match vendor {
        Vendor::Fcm => Some(Box::new(Fcm::new(account)?)),
        Vendor::Apns => Some(Box::new(Apns::new(account)?)),
        Vendor::WebPush => Some(Box::new(WebPush::new(account)?)),
        _ => None,
    })
}

/// How a push account signs in; `None` if the vendor takes its credentials with each call.
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

/// A vendor's callback parser; always `None`, because push services have no callbacks.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    _: Vendor,
    _: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    Ok(None)
}

/// How an account deduplicates; `None`, because none does. A device that receives a notification again replaces the
/// first one.
pub fn deduplication(_: &Transport) -> Option<Deduplication> {
    None
}

const WRONG_DEVICE: &str = "wrong_device";
const WRONG_DEVICE_TEXT: &str =
    "The device or browser belongs to another push service, which the transport does not support.";

/// The address belongs to another push service.
fn wrong_device() -> BadRequest {
    BadRequest::Unfit {
        code: WRONG_DEVICE,
        text: WRONG_DEVICE_TEXT,
    }
}

#[cfg(test)]
mod tests;
