//! The dialects of providers: what a message looks like to each of them, and what their answers mean.
//!
//! A provider call is made once. Nothing here, and no client that is used here, tries again by
//! itself: whether another attempt may follow is decided from the [`Outcome`] by the ledger.

pub mod aws;
pub mod email;
pub mod sms;

use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    delivery::Outcome,
    id::{CampaignId, ReceiverId, TenantId},
    transport::Transport,
};

/// What identifies a delivery towards a provider, so that what it later says can be told apart.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The campaign.
    pub campaign: &'a CampaignId,
    /// The receiver.
    pub receiver: &'a ReceiverId,
}

/// A message on its way out.
#[derive(Debug, Clone)]
pub enum Outgoing<'a> {
    /// An email.
    Email {
        /// Where it goes.
        to: &'a EmailAddress,
        /// The receiver's name, if known.
        to_name: Option<String>,
        /// One line.
        subject: &'a str,
        /// The HTML part.
        html: &'a str,
        /// The plain-text part.
        text: &'a str,
    },
    /// A text message.
    Sms {
        /// Where it goes.
        to: &'a PhoneNumber,
        /// The text.
        text: &'a str,
    },
}

/// Makes exactly one call to a provider.
pub trait Provider: Send + Sync {
    /// Hands a message over, and says what came of it.
    fn send(
        &self,
        transport: &Transport,
        message: &Outgoing<'_>,
        reference: Reference<'_>,
    ) -> impl Future<Output = Outcome> + Send;
}
