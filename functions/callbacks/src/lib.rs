//! Receives callbacks from vendors: delivery reports and inbound messages.
//!
//! Anybody can call this function. A callback is trusted only if its address holds the token of a transport and, where
//! the vendor signs, if the signature is valid; nothing is written before. Receipts go to the queue of the function
//! `receipts`, which applies them. Opt-outs are written at once.

mod apply;
mod opt_outs;
mod topic;

use std::{error::Error as _, sync::Arc, time::Duration};

use aws_config::SdkConfig;
use carillon_domain::{
    access::{Actor, Context},
    delivery::receipt::Receipt,
    id::{TenantId, TransportId},
    transports::{Transport, callback_url},
};
use carillon_http::UnknownCallers;
use carillon_providers::{
    channels,
    http::{BadRequest, BadSimulator, Http},
    topic_messages,
    vendor::{Account, BadCallback, Callback, Unusable},
};
use carillon_queue::{Producer, SendError};
use carillon_secrets::{Secret, Secrets};
use carillon_store::{
    Error as StoreError, MissingVariable, Recent, Store, TokenSeen,
    environment::{optional, variable},
};
use carillon_telemetry::Line;
use http::StatusCode;
use jiff::Timestamp;
use lambda_http::{Body, Request, RequestExt, Response, request::RequestContext};
use subtle::ConstantTimeEq;

/// The part of the path before tenant, transport and token.
const PREFIX: &str = "/callbacks/";

/// After a wrong token, a cached transport older than this is read again: it may have been set up anew.
const DOUBT: Duration = Duration::from_secs(5);

/// The function's dependencies.
pub struct Callbacks {
    store: Store,
    secrets: Secrets,
    receipts: Producer,
    /// The base address that vendors call, as they know it.
    url: String,
    transports: Recent<(TenantId, TransportId), Option<Transport>>,
    http: Http,
    /// Topics' signing certificates, by their address.
    certificates: Recent<String, Arc<[u8]>>,
    unknown_callers: UnknownCallers,
}

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Unset {
    /// A required variable is missing.
    #[error("a required environment variable is missing")]
    Variable(#[from] MissingVariable),
    /// The simulator's address is invalid.
    #[error("the simulator's address is invalid")]
    Simulator(#[from] BadSimulator),
}

/// Why a callback is not acknowledged.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("no transport has this callback address")]
    NoSuchPlace,
    #[error("the callback was rejected")]
    Bad(#[from] BadCallback),
    #[error("the transport's account cannot be used")]
    Account(#[from] Unusable),
    #[error("could not read the credentials to verify a callback: {0}")]
    Secret(String),
    #[error("could not send a request to Amazon SNS")]
    Request(#[from] BadRequest),
    #[error("unexpected response from Amazon SNS: {0}")]
    Topic(String),
    #[error("the callback holds too many events")]
    TooMany,
    #[error("the callback is about a message that may not have been recorded yet")]
    TooEarly,
    #[error("could not record a callback")]
    Store(#[from] StoreError),
    #[error("could not enqueue a callback's receipts")]
    Queue(#[from] SendError),
}

impl Refused {
    /// Vendors retry after a 5xx response and give up after a 4xx one.
    fn status(&self) -> StatusCode {
        match self {
            Refused::NoSuchPlace => StatusCode::NOT_FOUND,
            Refused::Bad(BadCallback::Unreadable) => StatusCode::BAD_REQUEST,
            Refused::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
            // Mailgun retries for eight hours after any other status ("Webhook retries", Mailgun's documentation), and
            // others treat it as a refusal like 403.
            Refused::Bad(_) => StatusCode::NOT_ACCEPTABLE,
            Refused::Account(_)
            | Refused::TooEarly
            | Refused::Secret(_)
            | Refused::Request(_)
            | Refused::Topic(_)
            | Refused::Store(_)
            | Refused::Queue(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The transport that a callback belongs to.
struct Place {
    tenant: TenantId,
    transport: Transport,
}

/// Handles one request.
///
/// # Errors
/// None: errors are in the response.
pub async fn handle(
    callbacks: &Callbacks,
    request: Request,
) -> Result<Response<Body>, lambda_http::Error> {
    let context = request.lambda_context();
    let mut line = Line::begin("callbacks", &context);
    let (status, text) = match Box::pin(callbacks.events(&request, &mut line)).await {
        Ok(text) => (StatusCode::OK, text),
        Err(Refused::NoSuchPlace) => (Refused::NoSuchPlace.status(), String::new()),
        Err(refused) => {
            let status = refused.status();
            let cause = refused.source().map(ToString::to_string);
            tracing::warn!(%status, error = %refused, cause, "a callback was refused");
            (status, String::new())
        }
    };
    callbacks.unknown_callers.end(line, status);
    let body = match text.is_empty() {
        true => Body::Empty,
        false => Body::Text(text),
    };
    Ok(Response::builder().status(status).body(body)?)
}

impl Callbacks {
    /// The function configured from the environment.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Unset> {
        let sqs = carillon_queue::Sqs::new(config);
        let simulator: Option<String> = optional("PROVIDER_SIMULATOR_URL");
        let (prefix, url): (String, String) =
            (variable("SECRETS_PREFIX")?, variable("PUBLIC_URL")?);
        Ok(Self {
            store: Store::from_environment(config)?,
            secrets: Secrets::new(config, prefix),
            receipts: Producer::new(sqs, variable("RECEIPTS_QUEUE_URL")?),
            url,
            transports: Recent::default(),
            http: Http::new(simulator.as_deref())?,
            certificates: Recent::default(),
            unknown_callers: UnknownCallers::default(),
        })
    }

    /// Processes a callback and returns the response body.
    async fn events(&self, request: &Request, line: &mut Line) -> Result<String, Refused> {
        let place = self.place(request.uri().path()).await?;
        let Place { tenant, transport } = &place;
        if let Some(topic) = topic_messages::topic(transport) {
            return self.hear_topic(&place, topic, request, line).await;
        }
        let secret = self.secret(tenant, transport).await?;
        let url = self.url_of(&place, request);
        let callback = Callback {
            method: request.method(),
            url: &url,
            headers: request.headers(),
            body: request.body().as_ref(),
            now: Timestamp::now(),
        };
        let (told, token) = {
            let account = Account::of(transport, secret.expose(), callback.now);
            let vendor = channels::callbacks(transport.vendor, &account)?;
            let vendor = vendor.ok_or(Refused::NoSuchPlace)?;
            if let Some(greeting) = vendor.greeting(&callback) {
                return Ok(greeting);
            }
            (vendor.events(&callback)?, vendor.replay_token(&callback))
        };
        if let Some(token) = &token {
            let heard = self
                .store
                .note_token(tenant, token, callback.body, callback.now);
            if heard.await? == TokenSeen::SomethingElse {
                return Err(BadCallback::Replayed.into());
            }
        }
        self.apply(&place, told, callback.now, line).await?;
        Ok(String::new())
    }

    async fn enqueue_receipts(&self, receipts: &[Receipt], line: &mut Line) -> Result<(), Refused> {
        line.set("receipts", receipts.len());
        if !receipts.is_empty() {
            self.receipts.send(receipts).await?;
        }
        Ok(())
    }

    /// The transport whose token ends the path. A missing transport is answered like a wrong token.
    async fn place(&self, path: &str) -> Result<Place, Refused> {
        let parts = path.split_once(PREFIX).map(|(_, rest)| rest.split('/'));
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let [tenant, transport, token] = parts[..] else {
            return Err(Refused::NoSuchPlace);
        };
        let tenant: TenantId = tenant.parse().map_err(|_| Refused::NoSuchPlace)?;
        let id: TransportId = transport.parse().map_err(|_| Refused::NoSuchPlace)?;
        let key = (tenant.clone(), id.clone());
        let is_right = |transport: &Transport| {
            let right = transport.callback_token.as_ref();
            right.is_some_and(|right| right.expose().as_bytes().ct_eq(token.as_bytes()).into())
        };
        let context = Context::new(tenant.clone(), Actor::Provider, Timestamp::now());
        let read = async || self.store.transport(&context, &id).await;
        let mut transport = self.transports.get_or_read(key.clone(), read).await?;
        let is_old = self.transports.get_within(&key, DOUBT).is_none();
        if is_old && !transport.as_ref().is_some_and(is_right) {
            transport = self.store.transport_now(&context, &id).await?;
            self.transports.keep(key, transport.clone());
        }
        let transport = transport.filter(is_right).ok_or(Refused::NoSuchPlace)?;
        Ok(Place { tenant, transport })
    }

    async fn secret(
        &self,
        tenant: &TenantId,
        transport: &Transport,
    ) -> Result<Arc<Secret>, Refused> {
        let name = transport.credentials.as_ref();
        let name = name.ok_or(Refused::NoSuchPlace)?;
        self.secrets.prepare(tenant, name).await;
        let secret = self.secrets.get(tenant, name);
        secret.map_err(|reason| Refused::Secret(reason.code))
    }

    /// The address as the vendor knows it, which some vendors sign.
    ///
    /// A vendor knows the address it was given, whose host differs from today's if a domain was added since. API
    /// Gateway reports which of its hosts was called, and it can be called at no other.
    fn url_of(&self, place: &Place, request: &Request) -> String {
        let host = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.as_deref(),
            _ => None,
        };
        // The local stack is reached by path, not by host.
        let base = match host {
            Some(host) if self.url.starts_with("https://") => format!("https://{host}"),
            _ => self.url.clone(),
        };
        let token = place.transport.callback_token.as_ref();
        let mut url = token.map_or_else(String::new, |token| {
            callback_url(&base, &place.tenant, &place.transport.id, token)
        });
        if let Some(query) = request.uri().query() {
            url.push('?');
            url.push_str(query);
        }
        url
    }
}
