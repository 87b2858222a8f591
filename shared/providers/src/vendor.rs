//! Vendors that are spoken to over plain HTTP, and what they say by calling us.
//!
//! A vendor is one file: how a message is handed over, what the answer means, and how a callback is
//! checked and read. It performs no I/O. [`crate::http::Http`] makes the call, and the function
//! `callbacks` hears what is called back.

use std::{collections::BTreeMap, fmt, time::Duration};

use carillon_domain::{delivery::{Outcome, receipt::News}, id::{CampaignId, ReceiverId}, reason::Reason, suppressions::keyword::Keyword, transports::{EmailSender, Transport, sender::SenderId}};
use http::{HeaderMap, Method, Request, Response};
use jiff::Timestamp;

use crate::http::BadRequest;

/// An account at a vendor, with everything that a call needs to know of it.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// Whom mail comes from; every transport of email has one.
    pub from: Option<&'a EmailSender>,
    /// What phones show as the sender, where it is set.
    pub sender_id: Option<&'a SenderId>,
    /// What else the vendor has to know, by name. It was checked against the vendor's [`Setting`]s.
    pub settings: &'a BTreeMap<String, String>,
    /// What the secret of the transport holds.
    pub secret: &'a str,
    /// What the account was let in with before, where a vendor wants that ([`SignIn`]); none while it is not known.
    pub access_token: Option<&'a str>,
    /// Where the vendor is to call us, without a reference; none where nothing can reach us.
    pub callback_url: Option<&'a str>,
    /// The time, for what has to be signed with it.
    pub now: Timestamp,
}

impl<'a> Account<'a> {
    /// The account of a transport, with what its secret holds. It has not been signed in to, and nobody calls back.
    pub fn of(transport: &'a Transport, secret: &'a str, now: Timestamp) -> Self {
        Self {
            from: transport.from.as_ref(),
            sender_id: transport.sender_id.as_ref(),
            settings: &transport.settings,
            secret,
            access_token: None,
            callback_url: None,
            now,
        }
    }

    /// The value of a setting.
    pub fn setting(&self, name: &str) -> Option<&'a str> {
        self.settings.get(name).map(String::as_str)
    }

    /// What the secret holds.
    ///
    /// # Errors
    /// If it holds something else; `expected` says what it should be.
    pub fn read_secret<T: serde::de::DeserializeOwned>(
        &self,
        expected: &'static str,
    ) -> Result<T, Unusable> {
        serde_json::from_str(self.secret).map_err(|_| Unusable::Secret { expected })
    }
}

/// Something that a transport of a vendor says beside what all transports say.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Whether a transport must have it.
    pub is_required: bool,
    /// Whether a value is right.
    pub accepts: fn(&str) -> bool,
    /// What would be right, as in "the domain that is verified at Mailgun".
    pub expected: &'static str,
}

/// An account that cannot be used. It quotes no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The secret holds something else.
    #[error("the credentials do not hold {expected}")]
    Secret {
        /// What it should hold.
        expected: &'static str,
    },
    /// A part of the secret is there and not as the vendor makes it.
    #[error("{name} is not {expected}")]
    Malformed {
        /// The part.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// Something that the vendor has to know is not set.
    #[error("the transport does not say {expected}")]
    Setting {
        /// What it should say.
        expected: &'static str,
    },
}

/// One vendor's HTTP dialect for messages of one kind. Performs no I/O.
pub trait Dialect<M> {
    /// The one request that hands the message over, addressed to the vendor.
    ///
    /// # Errors
    /// If no request can be made of it.
    fn request(&self, message: &M) -> Result<Request<Vec<u8>>, BadRequest>;

    /// What the answer means for the message. Its body may be cut off.
    fn outcome(&self, message: &M, answer: &Response<Vec<u8>>) -> Outcome;
}

/// A token that lets an account in for a while. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token.
    pub text: String,
    /// For how long it is good, from when it was asked for.
    pub lifetime: Duration,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessToken(…)")
    }
}

/// How an account gets a token before messages can be handed over (RFC 6749). Performs no I/O.
pub trait SignIn {
    /// The token, where the account makes it itself and nobody has to be asked for it; an error says why it cannot, in
    /// words for an operator. None where it is asked for, which is with [`SignIn::token_request`].
    fn local_token(&self) -> Option<Result<AccessToken, Reason>> {
        None
    }

    /// The request for a token.
    ///
    /// # Errors
    /// If no request can be made of the credentials.
    fn token_request(&self) -> Result<Request<Vec<u8>>, BadRequest>;

    /// The token that an answer holds.
    ///
    /// # Errors
    /// Why there is none, in words for an operator.
    fn token(&self, answer: &Response<Vec<u8>>) -> Result<AccessToken, Reason>;
}

/// What identifies a delivery to whoever gets it back: the tenant and the transport stand in the
/// address of the callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReference {
    /// The campaign.
    pub campaign: CampaignId,
    /// The receiver.
    pub receiver: ReceiverId,
}

impl fmt::Display for DeliveryReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.campaign, self.receiver)
    }
}

/// A text that is no reference of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the reference of a delivery")]
pub struct ForeignReference;

impl std::str::FromStr for DeliveryReference {
    type Err = ForeignReference;

    fn from_str(text: &str) -> Result<Self, ForeignReference> {
        let (campaign, receiver) = text.split_once('.').ok_or(ForeignReference)?;
        Ok(Self {
            campaign: campaign.parse().map_err(|_| ForeignReference)?,
            receiver: receiver.parse().map_err(|_| ForeignReference)?,
        })
    }
}

/// A request to the address for a transport's callbacks. It cannot be printed: the address is a secret, and the body may be
/// personal.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// The method.
    pub method: &'a Method,
    /// The whole address as the vendor knows it, with its query.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body as it came, byte for byte.
    pub body: &'a [u8],
    /// When it came.
    pub now: Timestamp,
}

impl Callback<'_> {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The parameters of the address and their values, decoded, in their order.
    pub fn query(&self) -> impl Iterator<Item = (String, String)> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned()
    }

    /// The fields of a form and their values, decoded, in their order.
    pub fn form(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.body).into_owned()
    }
}

/// Why a callback is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCallback {
    /// It carries no signature.
    #[error("the callback is not signed")]
    Unsigned,
    /// Its signature is not the vendor's over this callback.
    #[error("the signature of the callback is not right")]
    Forged,
    /// Its signature was made too long ago, or lies in the future.
    #[error("the callback was signed too long ago")]
    Stale,
    /// It was heard before.
    #[error("the callback was heard before")]
    Replayed,
    /// It is the vendor's, and nobody can read it.
    #[error("the callback cannot be read")]
    Unreadable,
}

/// A signature is believed for so many seconds around the time that it names.
pub const SIGNATURE_SECONDS: i64 = 300;

/// Something that a vendor tells. `Debug` shows nothing that somebody wrote.
#[derive(Clone, PartialEq, Eq)]
pub enum Told {
    /// What became of a message that we handed over.
    Receipt {
        /// Which delivery it is about, as the vendor gives our reference back.
        delivery: DeliveryReference,
        /// The vendor's id of the message.
        provider_id: String,
        /// When it happened, by the vendor's clock; when it came, where the vendor does not say.
        at: Timestamp,
        /// What happened.
        news: News,
    },
    /// The same of a message that the vendor knows by a name that is too short for the reference of its delivery.
    ReceiptOfNamed {
        /// What the message was called when it was handed over ([`Provider::name_given_back`](crate::Provider::name_given_back)).
        name: String,
        /// The vendor's id of the message.
        provider_id: String,
        /// When it happened.
        at: Timestamp,
        /// What happened.
        news: News,
    },
    /// The same of a message of which the vendor gives nothing back but its own id.
    ReceiptOfMessage {
        /// The vendor's id of the message.
        provider_id: String,
        /// When it happened.
        at: Timestamp,
        /// What happened.
        news: News,
    },
    /// Somebody wrote to us.
    Inbound {
        /// Who: an email address, or a phone number with its country code and a plus sign.
        from: String,
        /// The address or number that they wrote to.
        to: String,
        /// What they wrote.
        text: String,
        /// The vendor's id of what they wrote.
        provider_id: String,
        /// When.
        at: Timestamp,
    },
    /// The vendor says itself what somebody asked it for: it has keywords of its own, or a switch.
    Asked {
        /// Who: an email address, or a phone number with its country code and a plus sign.
        from: String,
        /// What for.
        wish: Keyword,
        /// The vendor's id of what they wrote, or what tells this wish from others.
        provider_id: String,
        /// When.
        at: Timestamp,
    },
    /// It is about a message that we did not send, or about nothing that a delivery has a place for.
    Irrelevant,
}

impl fmt::Debug for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Receipt {
                delivery,
                provider_id,
                at,
                news,
            } => formatter
                .debug_struct("Receipt")
                .field("delivery", delivery)
                .field("provider_id", provider_id)
                .field("at", at)
                .field("news", news)
                .finish(),
            Told::ReceiptOfNamed {
                name,
                provider_id,
                at,
                news,
            } => formatter
                .debug_struct("ReceiptOfNamed")
                .field("name", name)
                .field("provider_id", provider_id)
                .field("at", at)
                .field("news", news)
                .finish(),
            Told::ReceiptOfMessage {
                provider_id,
                at,
                news,
            } => formatter
                .debug_struct("ReceiptOfMessage")
                .field("provider_id", provider_id)
                .field("at", at)
                .field("news", news)
                .finish(),
            Told::Inbound { .. } => formatter.write_str("Inbound(…)"),
            Told::Asked { wish, .. } => write!(formatter, "Asked({wish:?}, …)"),
            Told::Irrelevant => formatter.write_str("Irrelevant"),
        }
    }
}

/// How a vendor's callbacks are checked and read.
pub trait Callbacks {
    /// Checks a callback, then says what it tells.
    ///
    /// The address of the callback holds a token that was compared before; a vendor that signs is
    /// believed only with its signature.
    ///
    /// # Errors
    /// If it is not to be believed, or cannot be read.
    fn hear(&self, callback: &Callback<'_>) -> Result<Vec<Told>, BadCallback>;

    /// What the vendor wants to hear back before it sends anything, if this callback asks for it (a handshake). It is
    /// asked for first; a callback that asks for nothing of the kind is heard.
    fn greeting(&self, _callback: &Callback<'_>) -> Option<String> {
        None
    }
}
