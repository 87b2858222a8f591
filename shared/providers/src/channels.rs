//! What an account has, by the channel that its vendor serves.

use carillon_domain::{channel::Channel, transports::Vendor};

use crate::{
    email, push, sms,
    vendor::{Account, Callbacks, Unusable},
    whatsapp,
};

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
