use std::collections::BTreeSet;

use carillon_local::demo::client::Client;
use carillon_template::resolve::Template;
use reqwest::Method;
use serde_json::Value;

use crate::{
    api::answers::{ask, assert_problem},
    support::World,
};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The operations in the description, in API Gateway's route format.
fn operations(description: &Value) -> BTreeSet<String> {
    description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            METHODS
                .into_iter()
                .filter(|method| item.get(method).is_some())
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

/// The API's routes in the template. The others, for provider callbacks, unsubscribing and the console, are not in the description.
fn routes() -> BTreeSet<String> {
    Template::read(&[])
        .of_kind("AWS::ApiGatewayV2::Route")
        .map(|(_, route)| route.properties["RouteKey"].as_str().unwrap().to_owned())
        .filter(|route| !route.contains(" /callbacks/") && !route.contains(" /unsubscribe/"))
        .filter(|route| {
            !["/", "/{proxy+}"]
                .iter()
                .any(|path| route.ends_with(&format!(" {path}")))
        })
        .collect()
}

/// The API Gateway route for an operation.
fn route_of(operation: String) -> String {
    match operation.contains(" /v1/") {
        true => "ANY /v1/{proxy+}".to_owned(),
        false => operation,
    }
}

#[tokio::test]
async fn the_description_is_openapi_3_1_and_lists_every_deployed_route() {
    let world = World::new().await;
    let stranger = Client::new(world.stack.details().api_url(), "").unwrap();
    let answer = stranger.get("/openapi.json").await.unwrap();
    assert_eq!(answer.headers["content-type"], "application/json");
    let version = answer.text("/openapi");
    assert!(version.starts_with("3.1."), "{version}");
    let described = operations(&answer.body).into_iter().map(route_of);
    assert_eq!(described.collect::<BTreeSet<_>>(), routes());
    let mut ids = BTreeSet::new();
    for item in answer.body["paths"].as_object().unwrap().values() {
        for operation in METHODS.into_iter().filter_map(|method| item.get(method)) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} comes twice");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{id}");
            assert!(
                operation["responses"].as_object().unwrap().len() > 1,
                "{id}"
            );
        }
    }
    // Every reference resolves.
    let text = answer.body.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(answer.body.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_docs_page_is_self_contained() {
    let world = World::new().await;
    let stranger = Client::new(world.stack.details().api_url(), "").unwrap();
    let answer = stranger.get("/docs").await.unwrap();
    let content_type = answer.headers["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("text/html"), "{content_type}");
    let page = answer.body.as_str().unwrap();
    for outside in [
        "http://", "https://", "src=", "<link", "<iframe", "@import", "import(",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
}

#[tokio::test]
async fn every_response_has_a_request_id_and_is_kept_by_no_shared_cache() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    for path in [
        "/v1/campaigns".to_owned(),
        format!("/v1/campaigns/{campaign}"),
        "/v1/imports/x".to_owned(),
    ] {
        let answer = ask(&world.api, "GET", &path, &[], None).await;
        let expected = match answer.status.as_u16() {
            200 => "private, no-cache",
            _ => "no-store",
        };
        assert_eq!(answer.headers["cache-control"], expected, "{path}");
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{path}"
        );
        assert!(!answer.headers["x-request-id"].is_empty(), "{path}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_get_problems() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    for (method, path, status, problem) in [
        ("GET", "/v1/people".to_owned(), 404, "not-found"),
        (
            "GET",
            format!("/v1/campaigns/{campaign}/more/still"),
            404,
            "not-found",
        ),
        ("PUT", "/v1/campaigns".to_owned(), 405, "method-not-allowed"),
        (
            "POST",
            format!("/v1/campaigns/{campaign}"),
            405,
            "method-not-allowed",
        ),
        (
            "DELETE",
            format!("/v1/campaigns/{campaign}/receivers"),
            405,
            "method-not-allowed",
        ),
        (
            "GET",
            format!("/v1/campaigns/{campaign}/publish"),
            405,
            "method-not-allowed",
        ),
    ] {
        let case = format!("{method} {path}");
        let method: Method = method.parse().unwrap();
        let answer = world.api.call(method, &path, &[], None).await.unwrap();
        assert_problem(&answer, status, problem, &case);
    }
    // API Gateway itself answers what no function has a route for.
    for path in ["/", "/v1", "/v2/campaigns"] {
        let answer = world.api.call(Method::POST, path, &[], None).await.unwrap();
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.body, serde_json::json!({ "message": "Not Found" }));
    }
}
