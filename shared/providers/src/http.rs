//! The single HTTP client for providers' APIs.
//!
//! A call is made once: no redirects, no retries, and it ends within [`CALL`]. It uses TLS and goes to a public address
//! only, whatever a name resolves to.
//!
//! A vendor that requires HTTP/2 says so in its request. All others are called over HTTP/1.1, each call on a connection
//! of its own, so that a broken connection leaves one message unknown and not ten.

mod public;

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
};
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

/// Our user agent.
const NAME: &str = concat!("carillon/", env!("CARGO_PKG_VERSION"));

/// How many tokens get a client of their own; beyond that, all clients are created anew.
const ACCOUNTS: usize = 50;

/// The longest response that is read. Those that we understand are shorter than a kilobyte.
const ANSWER_BYTES: usize = 64 * 1024;
/// How long an idle connection may be reused. The other side may have closed it while the execution environment was
/// frozen, and a call on it would have an unknown outcome.
pub(crate) const IDLE: Duration = Duration::from_secs(2);

/// Calls providers over HTTP. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    /// Created on first use: it loads all root certificates of the system, and many an execution environment never
    /// needs it.
    client: Arc<OnceLock<Option<Client>>>,
    /// The same for HTTP/2, where calls share a connection.
    shared: Arc<Mutex<HashMap<Option<HeaderValue>, Option<Client>>>>,
    time: Duration,
    simulator: Option<Uri>,
}

/// The simulator's address is invalid.
#[derive(Debug, thiserror::Error)]
#[error("PROVIDER_SIMULATOR_URL is not the address of the simulator")]
pub struct BadSimulator(#[source] http::Error);

/// A message cannot be converted to a request.
#[derive(Debug, thiserror::Error)]
pub enum BadRequest {
    /// It contains something that HTTP does not allow.
    #[error("the request could not be built")]
    Http(#[from] http::Error),
    /// The body cannot be serialized.
    #[error("the request body could not be serialized")]
    Body(#[from] serde_json::Error),
    /// The account must be signed in first.
    #[error("the account is not signed in")]
    NotSignedIn,
    /// The provider needs an identifier for the message and has none.
    #[error("the message lacks the identifier that the provider requires")]
    NoKey,
    /// The message cannot be sent this way at any time.
    #[error("{text}")]
    Unfit {
        /// A stable code for the reason.
        code: &'static str,
        /// The text for an operator.
        text: &'static str,
    },
}

impl From<BadRequest> for Outcome {
    fn from(error: BadRequest) -> Self {
        match error {
            // A fault of the account, not of the message.
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
    /// Calls go to the providers, unless there is a simulator. That is for the local stack only: it receives all calls,
    /// each with the provider's host as the first path segment.
    ///
    /// # Errors
    /// If the address is invalid.
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
                // Apple accepts the tokens of only one account on a connection, so accounts do not share connections
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
                "TLS cannot be initialized in this function.",
            ))
        })
    }

    /// Makes a call. If a response breaks off or exceeds the limit, the vendor's adapter judges what was read.
    ///
    /// # Errors
    /// The outcome of the message, if there was no response.
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

    /// The request as it is sent.
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
                // Without TLS, HTTP/2 cannot be negotiated.
                *request.version_mut() = Version::HTTP_11;
                *request.uri_mut() = Uri::builder()
                    .scheme(simulator.scheme().cloned().unwrap_or(Scheme::HTTP))
                    .authority(simulator.authority().map_or("", |it| it.as_str()))
                    .path_and_query(path)
                    .build()
                    .map_err(BadRequest::from)?;
            }
            // A name is checked when it is resolved; a literal address is not resolved.
            None if is_literal_elsewhere(host) => {
                return Err(Outcome::Rejected(Reason::new(
                    "forbidden_address",
                    "The provider's address is not a public one.",
                )));
            }
            None if request.uri().scheme() != Some(&Scheme::HTTPS) => {
                return Err(Outcome::Rejected(Reason::new(
                    "invalid_request",
                    "The provider's address is not an HTTPS URL.",
                )));
            }
            None => {}
        }
        Ok(request.map(|body| Full::new(Bytes::from(body))))
    }
}

/// A client that never retries and uses only this version.
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
        // A shared connection counts as idle from the start of its last call.
        .pool_idle_timeout(IDLE)
        .http2_only(is_shared)
        // Apple accepts one call until the first is answered and closes the connection if there are more ("Establishing
        // a token-based connection to APNs"). After that, its own limit applies.
        .http2_initial_max_send_streams(1)
        .retry_canceled_requests(false);
    Ok(builder.build(tls))
}

/// What a call without a response means for the message.
fn why(error: &legacy::Error) -> Outcome {
    if error.is_connect() {
        Outcome::Transient(Reason::new(
            "not_reached",
            "The provider could not be reached.",
        ))
    } else {
        Outcome::Unknown(Reason::new(
            "connection_lost",
            "The connection ended before the provider responded.",
        ))
    }
}

fn timed_out() -> Outcome {
    Outcome::Unknown(Reason::new(
        "timed_out",
        "The provider did not respond in time.",
    ))
}

/// What a refusal means for the message, if the vendor uses statuses as RFC 9110 defines them.
pub(crate) fn by_status(status: u16, after: Option<Duration>, reason: Reason) -> Outcome {
    let cause = match status {
        // Credentials, credit and permissions are for us to fix; they do not concern the receiver.
        401..=403 => Cause::Account,
        429 | 503 => Cause::Rate,
        400..=499 => Cause::Content,
        _ => Cause::Undetermined,
    };
    cause.outcome(after, reason)
}

/// How long a provider asks us to wait: a number of seconds, or a time, which is compared with the time of the response
/// (RFC 9110, 10.2.3).
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
