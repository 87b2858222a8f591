//! The description of the API (OpenAPI 3.1), made from the handlers.
//!
//! What many operations share is added here: security, the problems that a kind of request can
//! end in, and the headers. Beside its handler each operation names only the problems of its own,
//! in the extension `x-problems`.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    failure::ProblemBody,
    idempotency,
    problem::{self, Problem},
    state::AppState,
};

/// The description as it is served.
#[derive(Debug, Clone)]
pub(crate) struct Document(pub(crate) Arc<str>);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Carillon",
        version = "1",
        description = "Send one campaign to many people, by email, SMS, WhatsApp and push. Times are RFC 3339 in UTC. Lists are cut into pages: pass `next_cursor` on as `cursor` until it is `null`. Unknown fields and parameters are refused."
    ),
    tags(
        (name = "campaigns", description = "Draft, publish now or at a set time, follow the totals."),
        (name = "receivers", description = "Who a campaign goes to: by hand, or from a file."),
        (name = "imports", description = "CSV files of receivers."),
        (name = "deliveries", description = "What became of each receiver on each channel."),
        (name = "suppressions", description = "Addresses that get nothing any more, of no campaign."),
        (name = "dead letters", description = "Messages that a queue gave up on, and how to hand their work over again."),
        (name = "templates", description = "Content to begin a campaign with, and the library that comes with the product."),
        (name = "wrappers", description = "What stands around emails: header, footer, colours."),
        (name = "presets", description = "Everything that a campaign can begin with but its receivers."),
        (name = "transports", description = "The provider account of each channel: its limits, and whether it works."),
        (name = "tenant", description = "The organisation that the key belongs to."),
        (name = "description", description = "This description."),
    ),
    components(schemas(ProblemBody)),
    modifiers(&ApiKeys),
    security(("api_key" = [])),
)]
struct Description;

struct ApiKeys;

impl Modify for ApiKeys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("carillon_{key id}_{secret}")
            .description(Some(
                "An API key. It belongs to one tenant and sees nothing of the others.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// A router whose description has everything but the operations.
pub(crate) fn describe() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
}

/// Adds what operations share, and writes the description down.
pub(crate) fn complete(document: utoipa::openapi::OpenApi) -> Document {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    for (path, item) in entries(&mut document, "paths") {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                complete_operation(&path, &method.clone(), operation);
            }
        }
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("x-problem-types".to_owned(), json!(problem::documented()));
    }
    Document(document.to_string().into())
}

fn entries<'a>(document: &'a mut Value, name: &str) -> Vec<(String, &'a mut Value)> {
    let entries = document.get_mut(name).and_then(Value::as_object_mut);
    entries
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value))
        .collect()
}

fn complete_operation(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let if_match = operation.remove("x-if-match");
    let own = operation.get("x-problems").cloned().unwrap_or_default();
    let mut problems: Vec<Problem> = own
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|slug| Problem::of_slug(slug.as_str()?))
        .collect();
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    let is_in_query = |parameter: &Value| parameter["in"] == "query";
    if parameters
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(is_in_query))
    {
        problems.push(Problem::InvalidField);
    }
    if path.starts_with("/v1/") {
        problems.extend([Problem::Unauthorized, Problem::TooManyRequests]);
        if path.contains('{') {
            problems.push(Problem::NotFound);
        }
        if matches!(method, "post" | "patch" | "put") {
            use Problem::{InvalidField, MalformedJson, TooLarge, UnsupportedMediaType};
            problems.extend([MalformedJson, UnsupportedMediaType, TooLarge, InvalidField]);
        }
        if method == "post" {
            problems.extend([
                Problem::InvalidHeader,
                Problem::IdempotencyKeyReused,
                Problem::RequestInProgress,
            ]);
            add_header(
                parameters,
                idempotency::HEADER,
                false,
                "1 to 255 visible ASCII characters. The same request with the same key gets the first answer again, for a day.",
            );
        }
    }
    if let Some(if_match) = if_match {
        problems.push(Problem::InvalidHeader);
        add_header(
            parameters,
            "If-Match",
            if_match == "required",
            "The ETag of the campaign, template, wrapper or preset as it was read; `*` is not accepted.",
        );
    }
    problems.push(Problem::Internal);
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        add_problems(responses, &problems);
    }
    problems.sort_by_key(|problem| problem.kind().status);
    problems.dedup();
    let slugs: Vec<&str> = problems.iter().map(|problem| problem.kind().slug).collect();
    operation.insert("x-problems".to_owned(), json!(slugs));
}

fn add_header(parameters: &mut Value, name: &str, required: bool, description: &str) {
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({
            "name": name,
            "in": "header",
            "required": required,
            "description": description,
            "schema": { "type": "string" },
        }));
    }
}

fn add_problems(responses: &mut Map<String, Value>, problems: &[Problem]) {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for problem in problems {
        let kind = problem.kind();
        let slugs = by_status.entry(kind.status.as_u16()).or_default();
        if !slugs.contains(&kind.slug) {
            slugs.push(kind.slug);
        }
    }
    for (status, slugs) in by_status {
        let response = json!({
            "description": slugs.join(", "),
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        });
        responses.insert(status.to_string(), response);
    }
}
