//! What an account has, by the channel that its vendor serves.

use carillon_domain::{channel::Channel, transports::Vendor};

use crate::{
    email, push, sms,
    vendor::{Account, Callbacks, Setting, Unusable},
    whatsapp,
};

/// Settings of a vendor's transports besides the common ones.
pub fn settings(vendor: Vendor) -> &'static [Setting] {
    match vendor.channel() {
        Channel::Email => email::settings(vendor),
        Channel::Sms => sms::settings(vendor),
        Channel::WhatsApp => whatsapp::settings(vendor),
        Channel::Push => push::settings(vendor),
    }
}

/// A vendor's callback parser; `None` if it has no callbacks.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    match vendor.channel() {
        Channel::Email => email::callbacks(vendor, account),
        Channel::Sms => sms::callbacks(vendor, account),
        Channel::WhatsApp => whatsapp::callbacks(vendor, account),
        Channel::Push => push::callbacks(vendor, account),
    }
}
