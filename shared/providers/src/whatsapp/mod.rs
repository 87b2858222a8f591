//! WhatsApp providers.
//!
//! Free text reaches only receivers who have written to the sender within the last 24 hours, the customer service
//! window (<https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>). All
//! others get a message made from a template that WhatsApp has approved. No vendor tells in advance whether the window
//! is open, so the refusal has the same code for all of them, [`OUTSIDE_WINDOW`].

pub mod infobip;
pub mod meta;
pub mod twilio;

use carillon_domain::{
    address::PhoneNumber,
    content::WhatsAppTemplate,
    transports::{Transport, Vendor},
};
use infobip::InfobipWhatsApp;
use meta::Meta;
use twilio::TwilioWhatsApp;

use crate::{
    Deduplication, Reference,
    setup::{Field, Values},
    vendor::{Account, Adapter, Callbacks, Reporting, Unusable},
};

/// The reason code of a free-text message that was refused because its receiver had not written within the last 24
/// hours. A template would have been accepted.
pub const OUTSIDE_WINDOW: &str = "outside_window";

/// An outgoing WhatsApp message.
#[derive(Debug, Clone, Copy)]
pub struct WhatsApp<'a> {
    /// The receiver's number.
    pub to: &'a PhoneNumber,
    /// Its content.
    pub body: Body<'a>,
    /// The reference of the delivery.
    pub reference: Reference<'a>,
}

/// The content of a WhatsApp message.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Free text, for receivers who have written within the last 24 hours.
    Text(&'a str),
    /// A template that WhatsApp has approved, with the values that fill it in.
    Template(&'a WhatsAppTemplate),
}

/// The prefix of a quick reply's value.
const PAYLOAD: &str = "payload:";

/// The value of a button's placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button<'a> {
    /// The suffix of the URL that it opens.
    Url(&'a str),
    /// What is returned when it is pressed; receivers do not see it.
    Reply(&'a str),
}

/// The buttons of a template that have a value, each with its position among all buttons, from 0. A template does not
/// say what kind its buttons are, but vendors require it: values that begin with `payload:` are for a quick reply, all
/// others are the suffix of a URL. A button without a placeholder has an empty value.
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
const SENDER_EXPECTED: &str =
    "the sender's WhatsApp number, with its country code and a plus sign, as in +447700900123";

/// The setting with the sender, for vendors that identify senders by their numbers.
const SENDER_SETTING: Field = Field {
    help: "The number of the WhatsApp sender, as registered with the vendor.",
    example: "+447700900123",
    values: Values::Text(is_sender),
    expected: SENDER_EXPECTED,
    ..Field::setting(SENDER, "WhatsApp sender")
};

/// Whether this is a phone number in E.164, with its plus sign.
fn is_sender(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The sender's number.
fn sender<'a>(account: &Account<'a>) -> Result<&'a str, Unusable> {
    let sender = account.setting(SENDER).filter(|text| is_sender(text));
    sender.ok_or(Unusable::Setting {
        expected: SENDER_EXPECTED,
    })
}

/// A WhatsApp vendor with an HTTP API.
pub type WhatsAppAdapter<'a, 'm> = Box<dyn Adapter<WhatsApp<'m>> + Send + Sync + 'a>;

/// The vendors with an HTTP API, all of which report by callback.
fn full_adapter<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<Box<dyn Reporting<WhatsApp<'m>> + Send + Sync + 'a>>, Unusable> {
    Ok(match vendor {
        Vendor::TwilioWhatsApp => Some(Box::new(TwilioWhatsApp::new(account)?)),
        Vendor::InfobipWhatsApp => Some(Box::new(InfobipWhatsApp::new(account)?)),
        Vendor::Meta => Some(Box::new(Meta::new(account)?)),
        _ => None,
    })
}

/// A vendor's adapter; `None` if it has no HTTP API for WhatsApp.
///
/// # Errors
/// If the account cannot be used.
pub fn adapter<'a, 'm>(
    vendor: Vendor,
    account: &Account<'a>,
) -> Result<Option<WhatsAppAdapter<'a, 'm>>, Unusable> {
    Ok(full_adapter(vendor, account)?.map(|adapter| adapter as WhatsAppAdapter<'a, 'm>))
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

/// How an account deduplicates; none does.
pub fn deduplication(_: &Transport) -> Option<Deduplication> {
    None
}

/// Whether an account reports some messages by its own id only: Meta does so for failed ones.
pub fn reports_by_provider_id(transport: &Transport) -> bool {
    transport.vendor == Vendor::Meta
}

#[cfg(test)]
mod known;
#[cfg(test)]
mod tests;
