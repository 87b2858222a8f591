//! The entry point shared by all functions behind the HTTP API.

mod event;
mod strangers;

use std::fmt::Debug;

use lambda_http::{Adapter, Error, IntoResponse, LambdaEvent, Request, Service, service_fn};
use lambda_runtime::Diagnostic;

use self::event::{Answer, Event, refusal};

pub use event::MALFORMED;
pub use strangers::Strangers;

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
