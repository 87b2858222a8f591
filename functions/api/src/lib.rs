//! The HTTP API: campaigns, receivers, imports and deliveries under `/v1`, described at
//! `/openapi.json` and `/docs`.
//!
//! Each verb has a file with its wire types. A handler parses the request into domain types, calls the store, and
//! responds; every error response is a problem from the table in [`carillon_http::problem`].

mod access;
mod campaigns;
mod content;
mod delivery;
mod directory;
mod docs;
mod documented;
mod failover;
mod fields;
mod found;
mod openapi;
mod operations;
mod path;
mod receivers;
mod settling;
mod state;
mod suppressions;
mod test_message;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transports;

use axum::{Router, middleware};
pub use carillon_http::Clock;
use carillon_http::{
    authentication, conditional, envelope, failure::Failure, idempotency, problem::Problem,
};
use http::Method;
use utoipa_axum::router::OpenApiRouter;

pub use crate::{
    campaigns::schedule_name,
    receivers::imports::Uploads,
    state::{AppState, Schedules},
};

/// The routes that need a key, without their middleware.
fn v1() -> OpenApiRouter<AppState> {
    openapi::describe()
        .merge(campaigns::routes())
        .merge(receivers::routes())
        .merge(delivery::routes())
        .merge(transports::routes())
        .merge(content::routes())
        .merge(access::routes())
        .merge(suppressions::routes())
        .merge(directory::routes())
        .merge(operations::routes())
}

/// All routes with their middleware.
pub fn router(state: AppState) -> Router {
    let (v1, mut document) = v1().split_for_parts();
    // The layer added last runs first: stored responses are looked up only after authentication.
    let v1 = v1
        .route_layer(middleware::from_fn_with_state(
            state.gate(),
            idempotency::answer_once,
        ))
        .route_layer(middleware::from_fn_with_state(
            state.gate(),
            authentication::authenticate,
        ));
    let (public, described) = docs::routes().split_for_parts();
    document.merge(described);
    let document = openapi::complete(document);
    // Release builds do not check responses against the description.
    let v1 = match cfg!(debug_assertions) {
        true => v1.route_layer(middleware::from_fn_with_state(
            documented::Described::by(&document),
            documented::check,
        )),
        false => v1,
    };
    v1.merge(public.layer(axum::Extension(document)))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .with_state(state)
        .layer(middleware::from_fn(conditional::answer))
        .layer(middleware::from_fn(envelope::wrap))
}

async fn no_route() -> Failure {
    Failure::not_found()
}

async fn no_method(method: Method) -> Failure {
    Failure::new(
        Problem::MethodNotAllowed,
        format!("this route does not take {method}"),
    )
}
