//! The HTTP API: campaigns, receivers, imports and deliveries under `/v1`, described at
//! `/openapi.json` and `/docs`.
//!
//! Each verb has a file with its wire types. A handler parses the request into domain types, calls the store, and
//! responds; every error response is a problem from the table in [`problem`].

mod authentication;
mod body;
mod campaigns;
mod clock;
mod dead_letters;
mod deliveries;
mod docs;
mod documented;
mod documents;
mod envelope;
mod failure;
mod findings;
mod idempotency;
mod imports;
mod names;
mod openapi;
mod path;
mod precondition;
mod presets;
mod preview;
pub mod problem;
mod query;
mod receivers;
mod routes;
mod share;
mod standing;
mod state;
mod suppressions;
mod templates;
mod tenant;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transports;
mod trial;
mod wrappers;

use axum::{Router, middleware};
use http::Method;

pub use crate::{
    campaigns::schedule_name,
    clock::Clock,
    imports::Uploads,
    state::{AppState, Schedules},
};
use crate::{failure::Failure, problem::Problem};

/// All routes with their middleware.
pub fn router(state: AppState) -> Router {
    let (v1, mut document) = openapi::describe()
        .merge(campaigns::routes())
        .merge(receivers::routes())
        .merge(imports::routes())
        .merge(deliveries::routes())
        .merge(transports::routes())
        .merge(routes::routes())
        .merge(templates::routes())
        .merge(wrappers::routes())
        .merge(presets::routes())
        .merge(tenant::routes())
        .merge(suppressions::routes())
        .merge(dead_letters::routes())
        .split_for_parts();
    // The layer added last runs first: stored responses are looked up only after authentication.
    let v1 = v1
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
            idempotency::answer_once,
        ))
        .route_layer(middleware::from_fn_with_state(
            state.clone(),
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
