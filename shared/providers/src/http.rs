//! The one kind of call to providers that are spoken to over plain HTTP.
//!
//! A call is made once: no redirect is followed, nothing is repeated, and it ends within
//! [`CALL`]. It goes over TLS to a public address, whatever a name resolves to.
//!
//! A vendor that wants HTTP/2 says so in its request. All others are spoken to over HTTP/1.1, each call on a connection of
//! its own, so that one that breaks leaves one message in doubt and not ten.

mod public;

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use carillon_domain::{delivery::{Outcome, cause::Cause}, reason::Reason};
use http::{HeaderMap, HeaderValue, Request, Response, Uri, Version, header, uri::Scheme};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use jiff::fmt::rfc2822;
use public::Resolver;
pub(crate) use public::{is_literal_elsewhere, is_public_name, resolve};
use tokio::time::{Instant, timeout_at};

use crate::aws::{CALL, CONNECT};

type Client = legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// What we call ourselves.
const NAME: &str = concat!("carillon/", env!("CARGO_PKG_VERSION"));

/// Connections for so many tokens are kept apart; with more, all are made anew.
const ACCOUNTS: usize = 50;

/// More of an answer is not read. Those that we understand have less than a kilobyte.
const ANSWER_BYTES: usize = 64 * 1024;
/// A connection that is idle for longer is not used again: the other side, or a sandbox that was
/// frozen meanwhile, may have closed it, and a call into it would end nobody knows how.
pub(crate) const IDLE: Duration = Duration::from_secs(2);

/// Calls providers over HTTP. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    /// Made for the first call: it reads all root certificates of the system, and many a sandbox never makes one.
    client: Arc<OnceLock<Option<Client>>>,
    /// The same for HTTP/2, over which calls share a connection.
    shared: Arc<Mutex<HashMap<Option<HeaderValue>, Option<Client>>>>,
    time: Duration,
    simulator: Option<Uri>,
}

/// What should be the simulator's address is none.
#[derive(Debug, thiserror::Error)]
#[error("PROVIDER_SIMULATOR_URL is not the address of the simulator")]
pub struct BadSimulator(#[source] http::Error);

/// A request that cannot be made of a message.
#[derive(Debug, thiserror::Error)]
pub enum BadRequest {
    /// Something in it has no place in HTTP.
    #[error("the request cannot be written")]
    Http(#[from] http::Error),
    /// The body cannot be written.
    #[error("the body of the request cannot be written")]
    Body(#[from] serde_json::Error),
    /// The account has to be signed in to first, and was not.
    #[error("the account is not signed in")]
    NotSignedIn,
    /// The provider needs something to know the message by, and was not given it.
    #[error("the message has nothing that the provider could know it by")]
    NoKey,
    /// The message cannot go this way, whenever it is tried.
    #[error("{text}")]
    Unfit {
        /// A stable name of the reason.
        code: &'static str,
        /// What an operator reads.
        text: &'static str,
    },
}

impl From<BadRequest> for Outcome {
    fn from(error: BadRequest) -> Self {
        match error {
            // That is the account's fault, and not the message's.
            BadRequest::NotSignedIn => Outcome::Throttled {
                after: None,
                reason: Reason::new("not_signed_in", error.to_string()),
            },
            BadRequest::Unfit { code, text } => Outcome::Rejected(Reason::new(code, text)),
            _ => Outcome::Rejected(Reason::new("invalid_request", error.to_string())),
        }
    }
}

impl Http {
    /// Calls go to where the providers are, unless there is a simulator. That is for the local stack
    /// only: it gets all calls, each with the provider's host as the first part of its path.
    ///
    /// # Errors
    /// If the address is none.
    pub fn new(simulator: Option<&str>) -> Result<Self, BadSimulator> {
        Self::within(simulator, CALL)
    }

    fn within(simulator: Option<&str>, time: Duration) -> Result<Self, BadSimulator> {
        let simulator = simulator
            .map(|address| address.parse::<Uri>().map_err(http::Error::from))
            .transpose()
            .map_err(BadSimulator)?;
        Ok(Self {
            client: Arc::default(),
            shared: Arc::default(),
            time,
            simulator,
        })
    }

    fn client<B>(&self, request: &Request<B>) -> Result<Client, Outcome> {
        let only_public = self.simulator.is_none();
        let client = match request.version() {
            Version::HTTP_2 => {
                // Apple takes the tokens of one account on a connection, so connections are not shared by accounts
                // ("Establishing a token-based connection to APNs").
                let token = request.headers().get(header::AUTHORIZATION).cloned();
                let mut clients = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                if clients.len() >= ACCOUNTS {
                    clients.clear();
                }
                let place = clients.entry(token);
                place
                    .or_insert_with(|| client(only_public, Version::HTTP_2).ok())
                    .clone()
            }
            version => self
                .client
                .get_or_init(|| client(only_public, version).ok())
                .clone(),
        };
        client.ok_or_else(|| {
            Outcome::Transient(Reason::new(
                "no_client",
                "Calls over TLS cannot be set up in this function.",
            ))
        })
    }

    /// Makes a call. What is left of an answer that breaks off, or that is longer than anybody
    /// reads, is for the vendor's dialect to judge.
    ///
    /// # Errors
    /// What became of the message, if there was no answer.
    pub async fn call(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Outcome> {
        let request = self.address(request)?;
        let client = self.client(&request)?;
        let end = Instant::now() + self.time;
        let answer = timeout_at(end, client.request(request)).await;
        let answer = answer
            .map_err(|_| timed_out())?
            .map_err(|error| why(&error))?;
        let (head, mut answer) = answer.into_parts();
        let mut body = Vec::new();
        while let Ok(Some(Ok(frame))) = timeout_at(end, answer.frame()).await {
            let chunk = frame.into_data().unwrap_or_default();
            let room = ANSWER_BYTES - body.len();
            body.extend(chunk.iter().take(room));
            if chunk.len() >= room {
                break;
            }
        }
        Ok(Response::from_parts(head, body))
    }

    /// The request as it goes out.
    fn address(&self, mut request: Request<Vec<u8>>) -> Result<Request<Full<Bytes>>, Outcome> {
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(NAME));
        let host = request.uri().host().unwrap_or_default();
        match &self.simulator {
            Some(simulator) => {
                let path = request
                    .uri()
                    .path_and_query()
                    .map_or("/", |path| path.as_str());
                let path = format!("/{host}{path}");
                // Without TLS nobody agrees on HTTP/2.
                *request.version_mut() = Version::HTTP_11;
                *request.uri_mut() = Uri::builder()
                    .scheme(simulator.scheme().cloned().unwrap_or(Scheme::HTTP))
                    .authority(simulator.authority().map_or("", |it| it.as_str()))
                    .path_and_query(path)
                    .build()
                    .map_err(BadRequest::from)?;
            }
            // A name is looked at when it is resolved; an address is not resolved.
            None if is_literal_elsewhere(host) => {
                return Err(Outcome::Rejected(Reason::new(
                    "forbidden_address",
                    "The provider's address is not a public one.",
                )));
            }
            None if request.uri().scheme() != Some(&Scheme::HTTPS) => {
                return Err(Outcome::Rejected(Reason::new(
                    "invalid_request",
                    "The provider's address is not one of HTTPS.",
                )));
            }
            None => {}
        }
        Ok(request.map(|body| Full::new(Bytes::from(body))))
    }
}

/// A client that never calls twice, and speaks this version only.
fn client(only_public: bool, version: Version) -> io::Result<Client> {
    let mut http = HttpConnector::new_with_resolver(Resolver { only_public });
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT));
    let tls = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http();
    let is_shared = version == Version::HTTP_2;
    let tls = if is_shared {
        tls.enable_http2().wrap_connector(http)
    } else {
        tls.enable_http1().wrap_connector(http)
    };
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        // A shared connection counts as idle from when the last call on it began.
        .pool_idle_timeout(IDLE)
        .http2_only(is_shared)
        // Apple takes one call until the first was answered, and ends the connection if there are more ("Establishing a
        // token-based connection to APNs"). The limit that it sets then holds.
        .http2_initial_max_send_streams(1)
        .retry_canceled_requests(false);
    Ok(builder.build(tls))
}

/// What a call without an answer means for the message.
fn why(error: &legacy::Error) -> Outcome {
    if error.is_connect() {
        Outcome::Transient(Reason::new(
            "not_reached",
            "The provider could not be reached.",
        ))
    } else {
        Outcome::Unknown(Reason::new(
            "connection_lost",
            "The connection ended before the provider answered.",
        ))
    }
}

fn timed_out() -> Outcome {
    Outcome::Unknown(Reason::new(
        "timed_out",
        "The provider did not answer in time.",
    ))
}

/// What a refusal means for the message, where the vendor uses the statuses as RFC 9110 has them.
pub(crate) fn by_status(status: u16, after: Option<Duration>, reason: Reason) -> Outcome {
    let cause = match status {
        // Credentials, money and permissions are ours to mend; the receiver has nothing to do with them.
        401..=403 => Cause::Account,
        429 | 503 => Cause::Rate,
        400..=499 => Cause::Content,
        _ => Cause::Undetermined,
    };
    cause.outcome(after, reason)
}

/// How long a provider asks us to wait: in seconds, or until a time that is compared with the
/// answer's own (RFC 9110, 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let value = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = |text| rfc2822::parse(text).ok().map(|time| time.timestamp());
    let pause = time(value)?.duration_since(time(text(header::DATE)?)?);
    Some(pause.try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests;
