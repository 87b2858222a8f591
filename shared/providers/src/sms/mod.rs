//! Text message providers.

pub mod bulksms;
pub mod sns;

use carillon_domain::{address::PhoneNumber, delivery::Outcome};

use crate::{Reference, http::BadRequest};

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

/// One vendor's HTTP dialect. Performs no I/O: [`crate::http::Http`] makes the call.
pub trait SmsVendor {
    /// The one request that hands the message over, addressed to the vendor.
    ///
    /// # Errors
    /// If no request can be made of it.
    fn request(&self, sms: &Sms<'_>) -> Result<http::Request<Vec<u8>>, BadRequest>;

    /// What the answer means for the message. Its body may be cut off.
    fn outcome(&self, sms: &Sms<'_>, answer: &http::Response<Vec<u8>>) -> Outcome;
}
