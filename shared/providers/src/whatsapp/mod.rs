//! Providers of messages on WhatsApp.
//!
//! Free text reaches only those who have written to the sender within the last 24 hours, the customer service window
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>). Whoever has not gets
//! a message made from a template that WhatsApp has approved before. No vendor tells in advance
//! whether the window is open, so a refusal for that has the same code for all of them, [`OUTSIDE_WINDOW`].

pub mod infobip;
pub mod meta;
pub mod twilio;

use carillon_domain::{address::PhoneNumber, content::WhatsAppTemplate, transports::{Transport, Vendor}};
use infobip::InfobipWhatsApp;
use meta::Meta;
use twilio::TwilioWhatsApp;

use crate::{
    Deduplication, Reference,
    vendor::{Account, Callbacks, Dialect, Setting, SignIn, Unusable},
};

/// The code of the reason of a delivery that was refused because it was free text, and its receiver had not written
/// within the last 24 hours. A template would have been taken.
pub const OUTSIDE_WINDOW: &str = "outside_window";

/// A message on WhatsApp on its way out.
#[derive(Debug, Clone, Copy)]
pub struct WhatsApp<'a> {
    /// Where it goes.
    pub to: &'a PhoneNumber,
    /// What it says.
    pub body: Body<'a>,
    /// What identifies it.
    pub reference: Reference<'a>,
}

/// What a message on WhatsApp says.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Free text, for those who have written within the last 24 hours.
    Text(&'a str),
    /// A template that WhatsApp has approved, with everything that fills it in.
    Template(&'a WhatsAppTemplate),
}

/// What stands before the value of a button that is a quick reply.
const PAYLOAD: &str = "payload:";

/// What fills the placeholder of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button<'a> {
    /// The end of the address that it opens.
    Url(&'a str),
    /// What comes back when somebody presses it, and nobody sees.
    Reply(&'a str),
}

/// The buttons of a template that have something to fill in, each with its place among all buttons, from 0. A
/// template does not say of its buttons of what kind they are, and vendors want to know: what begins with `payload:` is for
/// a quick reply, everything else is the end of an address. An empty value is that of a button without a
/// placeholder.
fn buttons(template: &WhatsAppTemplate) -> impl Iterator<Item = (usize, Button<'_>)> {
    let values = template.buttons.iter().enumerate();
    values
        .filter(|(_, value)| !value.is_empty())
        .map(|(place, value)| match value.strip_prefix(PAYLOAD) {
            Some(payload) => (place, Button::Reply(payload)),
            None => (place, Button::Url(value)),
        })
}

const SENDER: &str = "sender";
const SENDER_EXPECTED: &str = "the WhatsApp number that messages come from, with its country code and a plus sign, as in +447700900123";

/// What a transport says of whom messages come from, where the vendor knows senders by their numbers.
const SENDER_SETTING: Setting = Setting {
    name: SENDER,
    is_required: true,
    accepts: is_sender,
    expected: SENDER_EXPECTED,
};

/// Whether this is a phone number in E.164, with its plus sign.
fn is_sender(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The number that messages come from.
fn sender<'a>(account: &Account<'a>) -> Result<&'a str, Unusable> {
    let sender = account.setting(SENDER).filter(|text| is_sender(text));
    sender.ok_or(Unusable::Setting {
        expected: SENDER_EXPECTED,
    })
}

/// A vendor of WhatsApp that is spoken to over HTTP.
pub type WhatsAppDialect<'a, 'm> = Box<dyn Dialect<WhatsApp<'m>> + Send + Sync + 'a>;

/// The dialect of a vendor; `None` if it is not spoken to over HTTP, or does not serve WhatsApp.
///
/// # Errors
/// If the account cannot be used.
pub fn dialect<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<WhatsAppDialect<'a, 'm>>, Unusable> {
    Ok(match vendor {
        Vendor::TwilioWhatsApp => Some(Box::new(TwilioWhatsApp::new(account)?)),
        Vendor::InfobipWhatsApp => Some(Box::new(InfobipWhatsApp::new(account)?)),
        Vendor::Meta => Some(Box::new(Meta::new(account)?)),
        _ => None,
    })
}

/// What signs in to an account of WhatsApp; `None` if the vendor takes its credentials with each call.
///
/// # Errors
/// If the account cannot be used.
pub fn sign_in<'a>(
    _: Vendor,
    _: &Account<'a>,
) -> Result<Option<Box<dyn SignIn + Send + Sync + 'a>>, Unusable> {
    Ok(None)
}

/// What hears the callbacks of a vendor of WhatsApp; `None` if there are none.
///
/// # Errors
/// If the account cannot be used.
pub fn callbacks<'a>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Callbacks + Send + Sync + 'a>>, Unusable> {
    Ok(match vendor {
        Vendor::TwilioWhatsApp => Some(Box::new(TwilioWhatsApp::new(account)?)),
        Vendor::InfobipWhatsApp => Some(Box::new(InfobipWhatsApp::new(account)?)),
        Vendor::Meta => Some(Box::new(Meta::new(account)?)),
        _ => None,
    })
}

/// How an account keeps from taking a message twice; none of them does (PROVIDERS).
pub fn deduplication(_: &Transport) -> Option<Deduplication> {
    None
}

/// Whether an account tells of some messages by its own id of them alone: Meta does when one failed.
pub fn tells_by_its_own_id(transport: &Transport) -> bool {
    transport.vendor == Vendor::Meta
}

/// What a transport of a vendor of WhatsApp says beside what all transports say.
pub fn settings(vendor: Vendor) -> &'static [Setting] {
    match vendor {
        Vendor::TwilioWhatsApp => twilio::SETTINGS,
        Vendor::InfobipWhatsApp => infobip::SETTINGS,
        Vendor::Meta => meta::SETTINGS,
        _ => &[],
    }
}

#[cfg(test)]
mod known;
#[cfg(test)]
mod tests;
