//! Responses of the router before any store is called, and the API description.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use axum::body::Body;
use carillon_domain::access::{Context, permission::Permissions};
use carillon_http::problem;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use crate::{router, testing::unreachable_state, v1};

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = router(unreachable_state()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

async fn ask(method: &str, path: &str) -> (StatusCode, HeaderMap, String) {
    send(
        Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap(),
    )
    .await
}

async fn document() -> Value {
    let (status, headers, body) = ask("GET", "/openapi.json").await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "application/json");
    serde_json::from_str(&body).unwrap()
}

fn problem_of(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["type"]
        .as_str()
        .unwrap()
        .strip_prefix(problem::BASE)
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    for path in [
        "/",
        "/v1",
        "/v1/campaigns/",
        "/v1/people",
        "/v1/campaigns/x/y",
    ] {
        let (status, headers, body) = ask("GET", path).await;
        assert_eq!(
            (status.as_u16(), problem_of(&body).as_str()),
            (404, "not-found"),
            "{path}"
        );
        assert_eq!(headers["content-type"], "application/problem+json");
    }
    let (status, headers, body) = ask("PUT", "/v1/campaigns").await;
    assert_eq!(
        (status.as_u16(), problem_of(&body).as_str()),
        (405, "method-not-allowed")
    );
    let allowed: BTreeSet<&str> = headers["allow"]
        .to_str()
        .unwrap()
        .split(',')
        .map(str::trim)
        .collect();
    assert_eq!(allowed, BTreeSet::from(["GET", "HEAD", "POST"]));
}

#[tokio::test]
async fn every_operation_under_v1_needs_a_key() {
    for (path, item) in document().await["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let (status, headers, body) = ask(&method.to_uppercase(), path).await;
            if path.starts_with("/v1/") {
                assert_eq!(
                    (status.as_u16(), problem_of(&body).as_str()),
                    (401, "unauthorized"),
                    "{method} {path}"
                );
                assert_eq!(headers["www-authenticate"], "Bearer");
            } else {
                assert_eq!(status, 200, "{method} {path}");
            }
        }
    }
}

/// The permission stands in the handler's signature, so a route without one could not know its tenant; this lists them.
#[tokio::test]
async fn every_operation_under_v1_requires_a_permission() {
    let nobody = Context {
        permissions: Permissions::default(),
        ..Context::system(&"demo".parse().unwrap(), Timestamp::now())
    };
    let (routes, _) = v1().split_for_parts();
    let routes = routes.with_state(unreachable_state());
    let mut required = Vec::new();
    for (operation, _) in operations(&document().await) {
        let (method, path) = operation.split_once(' ').unwrap();
        if !path.starts_with("/v1/") {
            continue;
        }
        let request = Request::builder()
            .method(method)
            .uri(path.replace(['{', '}'], ""))
            .extension(nobody.clone())
            .body(Body::empty())
            .unwrap();
        let response = routes.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 403, "{operation}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        required.push(format!(
            "{operation}: {}",
            body["permission"].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!(required.join("\n"));
}

#[tokio::test]
async fn internal_failures_show_only_a_request_id() {
    let key = format!("Bearer carillon_0000000000000001_{}", "0".repeat(64));
    let request = Request::builder()
        .uri("/v1/campaigns")
        .header("authorization", key)
        .body(Body::empty())
        .unwrap();
    let (status, headers, body) = send(request).await;
    assert_eq!(
        (status.as_u16(), problem_of(&body).as_str()),
        (500, "internal")
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        body["request_id"],
        headers["x-request-id"].to_str().unwrap()
    );
    assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    for path in ["/v1/campaigns", "/openapi.json", "/docs", "/nowhere"] {
        let (_, headers, _) = ask("GET", path).await;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'"),
            "{path}"
        );
        assert!(headers.contains_key("x-request-id"), "{path}");
        let cached = if path.starts_with("/v1") {
            "no-store"
        } else {
            headers["cache-control"].to_str().unwrap()
        };
        assert_eq!(headers["cache-control"], cached, "{path}");
    }
    let (_, headers, body) = ask("GET", "/docs").await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("script-src 'sha256-")
    );
    assert!(body.starts_with("<!doctype html>"));
}

#[tokio::test]
async fn the_description_lists_every_route_with_its_problems() {
    let document = document().await;
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        document["openapi"]
    );
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{} {path}", method.to_uppercase());
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|summary| !summary.is_empty()),
                "{place}"
            );
            assert!(
                operation["operationId"].is_string() && operation["tags"].is_array(),
                "{place}"
            );
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{place}"
            );
            let problems: Vec<&str> = operation["x-problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|slug| slug.as_str().unwrap())
                .collect();
            for slug in &problems {
                let kind = problem::Problem::of_slug(slug)
                    .unwrap_or_else(|| panic!("{place}: {slug}"))
                    .kind();
                let response = &responses[kind.status.as_str()];
                assert!(
                    response["description"].as_str().unwrap().contains(slug),
                    "{place}: {slug}"
                );
                assert!(
                    response["content"]["application/problem+json"].is_object(),
                    "{place}: {slug}"
                );
            }
            routes.push(format!("{place}: {}", problems.join(" ")));
        }
    }
    insta::assert_snapshot!(routes.join("\n"));
    let types: Vec<&Value> = document["x-problem-types"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(types.len(), problem::KINDS.len());
}

/// Clients are generated from the file, so a change of the API shows in its diff.
#[expect(
    clippy::disallowed_methods,
    reason = "insta reads the variable in the same way, and only a test does"
)]
#[tokio::test]
async fn the_committed_description_is_up_to_date() {
    let text = format!("{:#}\n", document().await);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "{path} is out of date: INSTA_UPDATE=always cargo test --workspace --lib writes it"
    );
}

/// The files in `events/api` and in its folders, one for each area, by name.
fn events() -> BTreeMap<String, PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/api");
    let mut folders = vec![root];
    let mut events = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let other = events.insert(name, path);
            assert_eq!(other, None, "two events have the same name");
        }
    }
    events
}

#[tokio::test]
async fn every_event_reaches_its_route() {
    let mut count = 0;
    for (name, path) in events() {
        let event = std::fs::read_to_string(&path).unwrap();
        let Some(request) = carillon_http::request(&event) else {
            assert_eq!(name, "list-campaigns-unreadable");
            continue;
        };
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let (status, headers, text) = send(Request::from_parts(parts, Body::from(body))).await;
        // The key is looked up in an unreachable store; a missing route is not.
        let expected = match name.as_str() {
            "openapi" | "docs" => 200,
            "without-key" => 401,
            _ => 500,
        };
        assert_eq!(status, expected, "{name}: {text}");
        assert_eq!(headers["x-request-id"], "JKJaXmPLvHcESHA=", "{name}");
        count += 1;
    }
    assert!(count >= 80, "{count}");
}

#[tokio::test]
async fn every_reference_in_the_description_resolves() {
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                object.values().for_each(|value| check(document, value));
            }
            Value::Array(values) => values.iter().for_each(|value| check(document, value)),
            _ => {}
        }
    }
    let document = document().await;
    check(&document, &document);
}

/// All operations with their paths.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((format!("{} {path}", method.to_uppercase()), operation));
        }
    }
    assert!(operations.len() > 60, "{}", operations.len());
    operations
}

fn values(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[tokio::test]
async fn every_parameter_is_constrained() {
    let document = document().await;
    for (place, operation) in operations(&document) {
        for parameter in values(&operation["parameters"]) {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let place = format!("{place}: {name}");
            match parameter["in"].as_str().unwrap() {
                "header" => {
                    // The pattern limits the length.
                    assert!(schema["pattern"].is_string(), "{place}");
                    assert!(parameter["example"].is_string(), "{place}");
                }
                "path" => {
                    let bounds = ["format", "pattern", "$ref", "minimum"];
                    assert!(bounds.iter().any(|it| schema.get(it).is_some()), "{place}");
                    assert!(!parameter["example"].is_null(), "{place}");
                }
                "query" if name == "limit" => {
                    assert_eq!(schema["minimum"], 1, "{place}");
                    assert!(schema["maximum"].is_u64(), "{place}");
                }
                _ => assert!(schema.is_object(), "{place}"),
            }
        }
    }
}

/// Header examples, and the longest values that their patterns allow, are accepted by the API.
#[tokio::test]
async fn headers_are_described_as_they_are_parsed() {
    let document = document().await;
    let mut seen = BTreeSet::new();
    for (place, operation) in operations(&document) {
        for parameter in values(&operation["parameters"]).filter(|it| it["in"] == "header") {
            let name = parameter["name"].as_str().unwrap();
            seen.insert(name.to_owned());
            let pattern = match name {
                "Idempotency-Key" => "^[!-~]+$",
                "If-Match" => "^\"[0-9]{1,19}([.][0-9a-f]{32})?\"$",
                // What is malformed matches nothing, so it is not an error.
                "If-None-Match" => "^.*$",
                _ => panic!("{place}: {name}"),
            };
            assert_eq!(parameter["schema"]["pattern"], pattern, "{place}");
        }
        // `*` gets 428 wherever the header is read.
        let takes_if_match = values(&operation["parameters"]).any(|it| it["name"] == "If-Match");
        let responses = operation["responses"].as_object().unwrap();
        for status in ["412", "428"] {
            assert_eq!(
                responses.contains_key(status),
                takes_if_match,
                "{place}: {status}"
            );
        }
    }
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn every_body_has_an_example() {
    let document = document().await;
    for (place, operation) in operations(&document) {
        let request = &operation["requestBody"]["content"]["application/json"];
        let is_needed = operation["requestBody"]["required"] == true;
        assert!(!is_needed || request["example"].is_object(), "{place}");
        assert!(request["schema"].get("oneOf").is_none(), "{place}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(
                response.get("content").is_none_or(Value::is_object),
                "{place}: {status}"
            );
            for (media, content) in response["content"].as_object().into_iter().flatten() {
                let is_json = media.ends_with("json");
                assert!(
                    !is_json || content["example"].is_object(),
                    "{place}: {status} {media}"
                );
            }
        }
    }
}

/// The description's examples are the bodies that `tests/events` sends to a stack.
#[tokio::test]
async fn request_examples_match_the_events() {
    let document = document().await;
    let events = events();
    for (place, operation) in operations(&document) {
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        if example.is_null() {
            continue;
        }
        let name = operation["operationId"].as_str().unwrap().replace('_', "-");
        let event = std::fs::read_to_string(&events[&name]).unwrap();
        let event: Value = serde_json::from_str(&event).unwrap();
        let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        assert_eq!(
            *example, body,
            "{place}: src/openapi/requests.json and the event {name}"
        );
    }
}

#[tokio::test]
async fn creating_operations_link_to_show_change_and_delete() {
    let document = document().await;
    let by_id = |id: &str| {
        let all = operations(&document);
        all.into_iter()
            .find(|(_, operation)| operation["operationId"] == id)
            .unwrap()
    };
    let mut created = BTreeSet::new();
    for (place, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let links = response["links"].as_object();
            if status == "201" {
                created.insert(operation["operationId"].as_str().unwrap().to_owned());
                assert!(links.is_some_and(|links| !links.is_empty()), "{place}");
            }
            for (name, link) in links.into_iter().flatten() {
                let (_, target) = by_id(link["operationId"].as_str().unwrap());
                let taken = values(&target["parameters"]);
                let taken: Vec<&str> = taken.map(|it| it["name"].as_str().unwrap()).collect();
                for (parameter, expression) in link["parameters"].as_object().unwrap() {
                    let parameter = parameter.trim_start_matches("header.");
                    assert!(taken.contains(&parameter), "{place} {name}: {parameter}");
                    assert!(
                        expression.as_str().unwrap().starts_with('$'),
                        "{place} {name}"
                    );
                }
                let needed = values(&target["parameters"]).filter(|it| it["in"] == "path");
                for parameter in needed {
                    let parameter = parameter["name"].as_str().unwrap();
                    assert!(
                        link["parameters"][parameter].is_string(),
                        "{place} {name}: {parameter}"
                    );
                }
            }
        }
    }
    assert_eq!(created.len(), 9, "{created:?}");
    let (_, make) = by_id("create_campaign");
    let links = &make["responses"]["201"]["links"];
    for target in [
        "show_campaign",
        "change_campaign",
        "delete_campaign",
        "add_receivers",
        "publish_campaign",
    ] {
        assert_eq!(
            links[target]["parameters"]["campaign"], "$response.body#/id",
            "{target}"
        );
    }
    assert_eq!(
        links["change_campaign"]["parameters"]["header.If-Match"],
        "$response.header.ETag"
    );
    // Things that belong to a campaign are reached from its lists.
    let (_, list) = by_id("list_deliveries");
    let message = &list["responses"]["200"]["links"]["show_message"]["parameters"];
    assert_eq!(message["campaign"], "$request.path.campaign");
    assert_eq!(
        message["receiver"],
        "$response.body#/deliveries/0/receiver/id"
    );
}

#[tokio::test]
async fn api_gateway_responses_are_distinguished_from_problems() {
    let document = document().await;
    for (place, operation) in operations(&document) {
        for status in ["429", "500", "503"] {
            let content = &operation["responses"][status]["content"];
            let own = &content["application/json"]["schema"]["$ref"];
            assert_eq!(
                *own, "#/components/schemas/GatewayMessage",
                "{place}: {status}"
            );
        }
        assert!(operation["responses"].get("502").is_none(), "{place}");
    }
}
