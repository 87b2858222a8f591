//! The dialects of providers: what a message looks like to each of them, and what their answers mean.
//!
//! A provider call is made once. Nothing here, and no client that is used here, tries again by
//! itself: whether another attempt may follow is decided from the [`Outcome`] by the ledger.

mod answer;
pub mod aws;
#[cfg(test)]
mod changed;
pub mod codes;
pub mod email;
pub mod endpoint;
mod heard;
pub mod http;
mod infobip;
mod jwt;
mod oauth;
pub mod push;
mod service_account;
mod signature;
pub mod sms;
pub mod smtp;
pub mod topic_messages;
mod twilio;
pub mod usable;
pub mod vendor;
pub mod whatsapp;

use carillon_domain::{channel::Channel, delivery::Outcome, id::{CampaignId, ReceiverId, TenantId, deduplication_id}, transports::Transport};
use jiff::SignedDuration;

pub use self::heard::Heard;
use self::{email::Email, push::Push, sms::Sms, whatsapp::WhatsApp};

/// What identifies a delivery towards a provider, so that what it later says can be told apart.
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
    /// How often somebody asked for it to be sent again.
    pub resend: u32,
    /// A number of no other delivery, where the provider wants one ([`KeyKind::Number`]).
    pub number: Option<u32>,
}

impl Reference<'_> {
    /// What a vendor is given to name the delivery by when it calls back.
    pub fn delivery(&self) -> vendor::DeliveryReference {
        vendor::DeliveryReference {
            campaign: self.campaign.clone(),
            receiver: self.receiver.clone(),
        }
    }

    /// A key that is the same for all attempts at this delivery, until somebody asks for it to be
    /// sent again: 64 hexadecimal digits. A provider that deduplicates is given it.
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

/// A message on its way out.
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

/// How a provider account keeps from taking a message twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deduplication {
    /// For how long it remembers a key, with some time to spare.
    pub remembers_for: SignedDuration,
    /// What it knows a message by.
    pub key: KeyKind,
}

/// What a provider account knows a message by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A text that is long enough for a hash: [`Reference::key`].
    Text,
    /// A number that is too short for a hash, so that it is counted: [`Reference::number`].
    Number,
}

/// Makes exactly one call to a provider.
pub trait Provider: Send + Sync {
    /// The channel that it serves. A consumer of one channel holds no code for the others.
    const CHANNEL: Channel;
    /// Whether any of its vendors tells of messages by a name or an id that somebody has to remember ([`Provider::name_given_back`],
    /// [`Provider::tells_by_its_own_id`]). A consumer without such a vendor holds no code for that.
    const NAMES_COME_BACK: bool = false;

    /// How the account keeps from taking a message twice; `None` if it does not.
    fn deduplication(&self, transport: &Transport) -> Option<Deduplication>;

    /// What the account gives back of a message, where that is too short for the reference of a delivery, so that somebody has to
    /// remember whose it is; `None` where the reference comes back, or nothing.
    fn name_given_back(&self, _: &Transport, _: &Reference<'_>) -> Option<String> {
        None
    }

    /// Whether the account tells of some messages by its own id of them alone, so that somebody has to remember whose each is once it was
    /// taken.
    fn tells_by_its_own_id(&self, _: &Transport) -> bool {
        false
    }

    /// Gets what calls through a transport need, such as credentials, so that nothing has to be
    /// waited for between claim and call. Where that fails, [`Provider::send`] says so.
    fn prepare(&self, tenant: &TenantId, transport: &Transport) -> impl Future<Output = ()> + Send;

    /// Hands a message over, and says what came of it.
    fn send(
        &self,
        transport: &Transport,
        message: &Outgoing<'_>,
    ) -> impl Future<Output = Outcome> + Send;
}
