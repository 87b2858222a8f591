//! The entry point shared by all functions behind the HTTP API.

pub mod authentication;
pub mod body;
mod clock;
pub mod conditional;
pub mod envelope;
mod event;
pub mod failure;
pub mod finding;
pub mod findings;
pub mod idempotency;
pub mod names;
pub mod page;
pub mod path;
pub mod precondition;
pub mod problem;
pub mod query;
pub mod share;
mod unknown_callers;

use std::fmt::Debug;

pub use clock::Clock;
pub use event::MALFORMED;
use lambda_http::{Adapter, Error, IntoResponse, LambdaEvent, Request, Service, service_fn};
use lambda_runtime::Diagnostic;
pub use unknown_callers::UnknownCallers;

use self::event::{Answer, Event, refusal};

/// Answers requests from API Gateway until the execution environment is stopped.
///
/// `lambda_http::run` panics or fails on some requests that API Gateway lets through; the caller gets a `502` after
/// a cold start. Here such requests are repaired where possible and otherwise answered with [`MALFORMED`].
///
/// # Errors
/// If the Lambda runtime API cannot be used.
pub async fn run<'a, R, S, E>(service: S) -> Result<(), Error>
where
    S: Service<Request, Response = R, Error = E>,
    S::Future: Send + 'a,
    R: IntoResponse,
    E: Debug + Into<Diagnostic>,
{
    let mut adapter = Adapter::from(service);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let LambdaEvent { payload, context } = event;
        let call = payload
            .into_request()
            .map(|request| adapter.call(LambdaEvent::new(request, context)));
        async {
            match call {
                Some(call) => call.await.map(Answer::Usual),
                None => Ok(refusal()),
            }
        }
    }))
    .await
}

/// The request in an API Gateway event; `None` if it cannot be parsed.
pub fn request(event: &str) -> Option<Request> {
    let event: Event = serde_json::from_str(event).ok()?;
    event.into_request().map(Into::into)
}
