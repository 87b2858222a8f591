//! Vendors with an HTTP API, and their callbacks.
//!
//! A vendor is one file: how a message is submitted, what the response means, and how a callback is verified and
//! parsed. It performs no I/O. [`crate::http::Http`] makes the call, and the function `callbacks` receives the
//! callbacks.

use std::{collections::BTreeMap, fmt, time::Duration};

use carillon_domain::{
    delivery::{Outcome, receipt::StatusUpdate},
    id::{CampaignId, ReceiverId},
    reason::Reason,
    suppressions::keyword::Keyword,
    transports::{EmailSender, Transport, Vendor, sender::SenderId},
};
use http::{HeaderMap, Method, Request, Response};
use jiff::Timestamp;

use crate::{http::BadRequest, setup::Setup};

/// An account at a vendor, with everything that a call needs.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// The sender address; every email transport has one.
    pub from: Option<&'a EmailSender>,
    /// The sender id shown on phones, if set.
    pub sender_id: Option<&'a SenderId>,
    /// The vendor's other settings, by name. They have been checked against the vendor's [`Setup`].
    pub settings: &'a BTreeMap<String, String>,
    /// The content of the transport's secret.
    pub secret: &'a str,
    /// The token from signing in, if the vendor requires one ([`SignIn`]); `None` until it is known.
    pub access_token: Option<&'a str>,
    /// The callback URL, without a reference; `None` if nothing can reach us.
    pub callback_url: Option<&'a str>,
    /// The current time, for signatures.
    pub now: Timestamp,
}

impl<'a> Account<'a> {
    /// A transport's account with the content of its secret, without a token or a callback URL.
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

    /// The parsed secret.
    ///
    /// # Errors
    /// If it is malformed; `needs` describes it.
    pub fn read_secret<T: serde::de::DeserializeOwned>(
        &self,
        needs: &'static Setup,
    ) -> Result<T, Unusable> {
        serde_json::from_str(self.secret).map_err(|_| Unusable::Secret { needs })
    }
}

/// An account that cannot be used. The message does not quote the secret.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Unusable {
    /// The secret is malformed.
    #[error("the credentials do not contain what the vendor needs ({needs})")]
    Secret {
        /// What it needs.
        needs: &'static Setup,
    },
    /// A required setting is missing.
    #[error("the transport lacks {expected}")]
    Setting {
        /// What is missing.
        expected: &'static str,
    },
}

/// A vendor's HTTP adapter for one channel. Performs no I/O.
pub trait Adapter<M> {
    /// The one request that submits the message.
    ///
    /// # Errors
    /// If the request cannot be built.
    fn request(&self, message: &M) -> Result<Request<Vec<u8>>, BadRequest>;

    /// What the response means for the message. Its body may be truncated.
    fn outcome(&self, message: &M, answer: &Response<Vec<u8>>) -> Outcome;
}

/// The adapter of a vendor that also reports by callback. A channel whose vendors all do has one table of them.
pub(crate) trait Reporting<M>: Adapter<M> + Callbacks {}

impl<M, T: Adapter<M> + Callbacks> Reporting<M> for T {}

/// How an account of a channel signs in whose vendors all take their credentials with each call.
///
/// # Errors
/// Never; the signature is that of the other channels.
pub fn no_sign_in<'a>(
    _: Vendor,
    _: &Account<'a>,
) -> Result<Option<Box<dyn SignIn + Send + Sync + 'a>>, Unusable> {
    Ok(None)
}

/// An access token. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token.
    pub text: String,
    /// How long it is valid, from the request.
    pub lifetime: Duration,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessToken(…)")
    }
}

/// How an account gets an access token (RFC 6749) before it can send. Performs no I/O.
pub trait SignIn {
    /// The token, if the account creates it itself instead of requesting it; an error says why it cannot, for an
    /// operator. `None` if the token has to be requested with [`SignIn::token_request`].
    fn local_token(&self) -> Option<Result<AccessToken, Reason>> {
        None
    }

    /// The request for a token.
    ///
    /// # Errors
    /// If the request cannot be built from the credentials.
    fn token_request(&self) -> Result<Request<Vec<u8>>, BadRequest>;

    /// The token in a response.
    ///
    /// # Errors
    /// Why there is none, for an operator.
    fn token(&self, answer: &Response<Vec<u8>>) -> Result<AccessToken, Reason>;
}

/// Identifies a delivery in a vendor's callback. The tenant and the transport are in the callback URL.
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

/// A text that is not a valid reference.
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

/// A request to a transport's callback URL. It cannot be printed: the URL is a secret, and the body may contain
/// personal data.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// The method.
    pub method: &'a Method,
    /// The full URL as the vendor knows it, with its query.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// When it was received.
    pub now: Timestamp,
}

impl Callback<'_> {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The query parameters and their values, decoded, in order.
    pub fn query(&self) -> impl Iterator<Item = (String, String)> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned()
    }

    /// The form fields and their values, decoded, in order.
    pub fn form(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.body).into_owned()
    }
}

/// Why a callback is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCallback {
    /// It has no signature.
    #[error("the callback is not signed")]
    Unsigned,
    /// Its signature does not match.
    #[error("the signature of the callback is invalid")]
    Forged,
    /// Its signature is too old, or dated in the future.
    #[error("the signature of the callback is too old")]
    Stale,
    /// It is a replay.
    #[error("the callback has been received before")]
    Replayed,
    /// It is authentic but cannot be parsed.
    #[error("the callback cannot be parsed")]
    Unreadable,
}

/// How many seconds the timestamp of a signature may differ from the current time.
pub const SIGNATURE_SECONDS: i64 = 300;

/// A provider event. `Debug` shows nothing that somebody wrote.
#[derive(Clone, PartialEq, Eq)]
pub enum ProviderEvent {
    /// The status of a message that we submitted.
    Receipt {
        /// The delivery, from our reference in the callback.
        delivery: DeliveryReference,
        /// The vendor's message id.
        provider_id: String,
        /// When it happened, by the vendor's clock; when it was received, if the vendor gives no time.
        at: Timestamp,
        /// What happened.
        news: StatusUpdate,
    },
    /// The same for a message that the vendor knows by a name too short for the reference of its delivery.
    ReceiptOfNamed {
        /// The name it was submitted under ([`Provider::echoed_name`](crate::Provider::echoed_name)).
        name: String,
        /// The vendor's message id.
        provider_id: String,
        /// When it happened.
        at: Timestamp,
        /// What happened.
        news: StatusUpdate,
    },
    /// The same for a message that the vendor identifies only by its own id.
    ReceiptOfMessage {
        /// The vendor's message id.
        provider_id: String,
        /// When it happened.
        at: Timestamp,
        /// What happened.
        news: StatusUpdate,
    },
    /// Somebody wrote to us.
    Inbound {
        /// The sender: an email address, or a phone number with country code and plus sign.
        from: String,
        /// The address or number they wrote to.
        to: String,
        /// Their text.
        text: String,
        /// The vendor's id of their message.
        provider_id: String,
        /// When.
        at: Timestamp,
    },
    /// A keyword request that the vendor recognized itself: it has keywords of its own, or a switch.
    Asked {
        /// Who: an email address, or a phone number with country code and plus sign.
        from: String,
        /// The request.
        keyword: Keyword,
        /// The vendor's id of their message, or another id that is unique to the request.
        provider_id: String,
        /// When.
        at: Timestamp,
    },
    /// It is about a message that is not ours, or about nothing that concerns a delivery.
    Irrelevant,
}

impl fmt::Debug for ProviderEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProviderEvent::Receipt {
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
            ProviderEvent::ReceiptOfNamed {
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
            ProviderEvent::ReceiptOfMessage {
                provider_id,
                at,
                news,
            } => formatter
                .debug_struct("ReceiptOfMessage")
                .field("provider_id", provider_id)
                .field("at", at)
                .field("news", news)
                .finish(),
            ProviderEvent::Inbound { .. } => formatter.write_str("Inbound(…)"),
            ProviderEvent::Asked { keyword, .. } => write!(formatter, "Asked({keyword:?}, …)"),
            ProviderEvent::Irrelevant => formatter.write_str("Irrelevant"),
        }
    }
}

/// How a vendor's callbacks are verified and parsed.
pub trait Callbacks {
    /// Verifies a callback and returns its provider events.
    ///
    /// The callback URL contains a token that was already checked; a vendor that signs is trusted only with a valid
    /// signature.
    ///
    /// # Errors
    /// If it is not authentic or cannot be parsed.
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback>;

    /// The response to a handshake, if this callback is one. Called first; any other callback is passed to `events`.
    fn greeting(&self, _callback: &Callback<'_>) -> Option<String> {
        None
    }

    /// A callback's unique token, if the signature does not cover its content: a second callback with the same token
    /// must be rejected. `None` if the signature covers everything.
    fn replay_token(&self, _callback: &Callback<'_>) -> Option<String> {
        None
    }
}
