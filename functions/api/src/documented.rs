//! Checks responses against the API description. In test builds an undescribed problem is an internal failure, so every
//! problem that the API returns is documented.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use carillon_http::{failure::Failure, problem::Problem};
use serde_json::Value;

use crate::openapi::Document;

/// The problems of each operation, by method and path.
#[derive(Clone)]
pub(crate) struct Described(Arc<LazyLock<Operations, Box<dyn FnOnce() -> Operations + Send>>>);

type Operations = BTreeMap<String, BTreeSet<String>>;

impl Described {
    /// The problems in a description.
    pub(crate) fn by(document: &Document) -> Self {
        let document = document.clone();
        Self(Arc::new(LazyLock::new(Box::new(move || {
            read(&document.text())
        }))))
    }
}

fn read(text: &str) -> Operations {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| {
                let slugs = operation["x-problems"].as_array().into_iter().flatten();
                let slugs = slugs.filter_map(|slug| slug.as_str().map(str::to_owned));
                (name(method, path), slugs.collect())
            })
        })
        .collect()
}

fn name(method: &str, path: &str) -> String {
    format!("{} {path}", method.to_ascii_uppercase())
}

/// Replaces a problem that the operation does not declare with an internal failure.
pub(crate) async fn check(
    State(described): State<Described>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("", MatchedPath::as_str);
    let operation = name(request.method().as_str(), path);
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else {
        return response;
    };
    let slug = problem.kind().slug;
    if described
        .0
        .get(&operation)
        .is_none_or(|named| named.contains(slug))
    {
        return response;
    }
    Failure::internal(format!("{operation} is not described to answer {slug}")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_undescribed_problem_is_a_failure() {
        let described = r#"{ "paths": { "/a": { "get": { "x-problems": ["not-found"] } }, "/b": { "get": { "x-problems": [] } } } }"#;
        let described = Described(Arc::new(LazyLock::new(Box::new(|| read(described)))));
        let answer = async || Failure::not_found();
        let router: Router = Router::new()
            .route("/a", get(answer))
            .route("/b", get(answer))
            .route_layer(middleware::from_fn_with_state(described, check));
        for (path, status) in [("/a", 404), ("/b", 500)] {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
        }
    }
}
