//! Adapters for providers: the format of a message for each of them, and the meaning of their responses.
//!
//! A provider call is made once. Nothing here retries, and neither does any client that is used here: the ledger
//! decides from the [`Outcome`] whether another attempt may follow.

mod answer;
pub mod aws;
#[cfg(test)]
mod changed;
pub mod channels;
pub mod codes;
pub mod email;
pub mod endpoint;
mod event_subject;
pub mod http;
mod infobip;
mod jwt;
#[cfg(test)]
mod known;
mod oauth;
pub mod push;
mod service_account;
pub mod setup;
mod signature;
pub mod sms;
pub mod smtp;
pub mod topic_messages;
mod twilio;
pub mod usable;
pub mod vendor;
pub mod whatsapp;

use carillon_domain::{
    channel::Channel,
    delivery::Outcome,
    id::{CampaignId, ReceiverId, TenantId, deduplication_id},
    transports::Transport,
};
use jiff::SignedDuration;

pub use self::event_subject::EventSubject;
use self::{email::Email, push::Push, sms::Sms, whatsapp::WhatsApp};

/// Identifies a delivery to a provider, so that later receipts can be matched.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The campaign.
    pub campaign: &'a CampaignId,
    /// The receiver.
    pub receiver: &'a ReceiverId,
    /// The channel.
    pub channel: Channel,
    /// How often somebody had it resent.
    pub resend: u32,
    /// A number unique to this delivery, if the provider requires one ([`KeyKind::Number`]).
    pub number: Option<u32>,
}

impl Reference<'_> {
    /// The reference that a vendor returns in callbacks.
    pub fn delivery(&self) -> vendor::DeliveryReference {
        vendor::DeliveryReference {
            campaign: self.campaign.clone(),
            receiver: self.receiver.clone(),
        }
    }

    /// An idempotency key: 64 hexadecimal digits, the same for all attempts at this delivery until somebody has it
    /// resent.
    pub fn key(&self) -> String {
        deduplication_id(
            self.tenant,
            self.campaign,
            self.receiver,
            self.channel,
            0,
            self.resend,
        )
    }
}

/// An outgoing message.
#[derive(Debug, Clone, Copy)]
pub enum Outgoing<'a> {
    /// An email.
    Email(Email<'a>),
    /// A text message.
    Sms(Sms<'a>),
    /// A message on WhatsApp.
    WhatsApp(WhatsApp<'a>),
    /// A push notification.
    Push(Push<'a>),
}

/// How a provider account deduplicates messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deduplication {
    /// How long it remembers a key, with a safety margin.
    pub remembers_for: SignedDuration,
    /// What identifies a message to it.
    pub key: KeyKind,
}

/// What identifies a message to a provider account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A text long enough for a hash: [`Reference::key`].
    Text,
    /// A number too short for a hash, so numbers are counted: [`Reference::number`].
    Number,
}

/// Makes exactly one call to a provider.
pub trait Provider: Send + Sync {
    /// The channel it serves. A consumer of one channel contains no code for the others.
    const CHANNEL: Channel;
    /// Whether any of its vendors reports messages by a name or an id that has to be remembered
    /// ([`Provider::echoed_name`], [`Provider::reports_by_provider_id`]). A consumer without such a vendor contains no
    /// code for that.
    const ECHOES_CLIENT_REF: bool = false;

    /// How the account deduplicates; `None` if it does not.
    fn deduplication(&self, transport: &Transport) -> Option<Deduplication>;

    /// The name by which the account reports a message, if it is too short for the reference of a delivery and
    /// therefore has to be remembered; `None` if the reference comes back, or nothing does.
    fn echoed_name(&self, _: &Transport, _: &Reference<'_>) -> Option<String> {
        None
    }

    /// Whether the account reports some messages by its own id only, which therefore has to be remembered once the
    /// message was accepted.
    fn reports_by_provider_id(&self, _: &Transport) -> bool {
        false
    }

    /// Fetches what calls through a transport need, such as credentials, so that nothing has to wait between claim and
    /// call. If that fails, [`Provider::send`] reports it.
    fn prepare(&self, tenant: &TenantId, transport: &Transport) -> impl Future<Output = ()> + Send;

    /// Submits a message and returns the outcome.
    fn send(
        &self,
        transport: &Transport,
        message: &Outgoing<'_>,
    ) -> impl Future<Output = Outcome> + Send;
}
