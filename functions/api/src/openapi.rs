//! The API description (OpenAPI 3.1), generated from the handlers.
//!
//! What operations share is added here: security, the problems common to a kind of request, and headers. Each operation
//! declares only its own problems beside its handler, in the extension `x-problems`.

mod examples;
mod gateway;
mod links;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use carillon_http::{
    failure::ProblemBody,
    idempotency,
    problem::{self, Problem},
};
use serde_json::{Map, Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{path::PluralKindName, state::AppState};

/// The example of an entity tag.
const TAG: &str = "\"3.9f86d081884c7d659a2feaa0c55ad015\"";

/// The description as served, generated on first use: most execution environments never need it.
#[derive(Clone)]
pub(crate) struct Document(Arc<LazyLock<String, Box<dyn FnOnce() -> String + Send>>>);

impl Document {
    /// The description in JSON.
    pub(crate) fn text(&self) -> String {
        self.0.as_str().to_owned()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Document").finish_non_exhaustive()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Carillon",
        version = "1",
        description = "Send one campaign to many people, by email, SMS, WhatsApp and push. Times are RFC 3339 in UTC. Lists are paginated: pass `next_cursor` as `cursor` until it is `null`. Unknown fields and parameters are rejected.\n\nEvery error is a problem document (RFC 9457, `application/problem+json`) with a stable `type`, except for errors that API Gateway returns itself, without the function: 413, 429 for too many requests at once, 500 if the function crashed, 503 if it took longer than 30 seconds. Their body is `{\"message\": \"…\"}` in `application/json`. After a 500, a 503 or no response, it is unknown whether the request was processed: repeat a POST with the same `Idempotency-Key`."
    ),
    tags(
        (name = "campaigns", description = "Draft a campaign, publish it now or at a set time, and follow its totals."),
        (name = "receivers", description = "Receivers of a campaign, added manually or from a file."),
        (name = "imports", description = "CSV files of receivers."),
        (name = "deliveries", description = "The delivery to each receiver on each channel."),
        (name = "suppressions", description = "Suppressed addresses: excluded from all campaigns."),
        (name = "directory", description = "People and what they belong to: members, accounts, locations, transactions, structures, groups."),
        (name = "jobs", description = "Long-running tasks in the background: imports, preflight runs, recounts, removals."),
        (name = "dead letters", description = "Messages that a queue gave up on, and how to redrive them."),
        (name = "templates", description = "Content to start campaigns with, and the built-in library."),
        (name = "wrappers", description = "The frame around emails: header, footer, colors."),
        (name = "presets", description = "Everything that a campaign can start with except its receivers."),
        (name = "transports", description = "The provider accounts of each channel: their limits, and whether they work."),
        (name = "tenant", description = "The organization that the API key belongs to."),
        (name = "description", description = "The description of the API."),
    ),
    components(schemas(ProblemBody, gateway::GatewayMessage, PluralKindName)),
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
                "An API key. It belongs to one tenant and cannot access others.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// A router with everything in its description except the operations.
pub(crate) fn describe() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi())
}

/// Adds the shared parts, and generates the description on first use.
pub(crate) fn complete(document: utoipa::openapi::OpenApi) -> Document {
    Document(Arc::new(LazyLock::new(Box::new(|| write(document)))))
}

fn write(document: utoipa::openapi::OpenApi) -> String {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    examples::put_right(&mut document);
    let schemas = document["components"]["schemas"].as_object().cloned();
    let schemas = schemas.unwrap_or_default();
    let requests = examples::of_requests();
    for (path, item) in entries(&mut document, "paths") {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                complete_operation(&path, &method.clone(), operation);
                add_examples(operation, &requests, &schemas);
            }
        }
    }
    links::add(&mut document);
    if let Some(document) = document.as_object_mut() {
        document.insert("x-problem-types".to_owned(), json!(problem::documented()));
    }
    document.to_string()
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
        problems.extend([
            Problem::Unauthorized,
            Problem::Forbidden,
            Problem::TooManyRequests,
        ]);
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
                &json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
                "november-news-1",
                "1 to 255 visible ASCII characters. Repeating a request with the same key returns the original response, for a day.",
            );
        }
    }
    if let Some(if_match) = if_match {
        use Problem::{InvalidHeader, PreconditionRequired, StaleVersion};
        // `*` gets 428 even where the header may be absent.
        problems.extend([InvalidHeader, PreconditionRequired, StaleVersion]);
        add_header(
            parameters,
            "If-Match",
            if_match == "required",
            &json!({ "type": "string", "pattern": "^\"[0-9]{1,19}([.][0-9a-f]{32})?\"$" }),
            "\"3\"",
            "The ETag of the campaign, template, wrapper or preset that you read, of which only the version in front of the dot counts; `*` is not accepted.",
        );
    }
    if method == "get" {
        add_header(
            parameters,
            "If-None-Match",
            false,
            &json!({ "type": "string", "pattern": "^.*$" }),
            TAG,
            "The ETag of the response that you have. If it would be the same, the response is 304, without a body.",
        );
    }
    problems.extend([Problem::MalformedRequest, Problem::Internal]);
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        if method == "get" {
            add_unchanged(responses);
        }
        add_problems(responses, &problems);
        gateway::add(method, responses);
    }
    problems.sort_by_key(|problem| problem.kind().status);
    let mut slugs: Vec<&str> = Vec::new();
    for slug in problems.iter().map(|problem| problem.kind().slug) {
        if !slugs.contains(&slug) {
            slugs.push(slug);
        }
    }
    operation.insert("x-problems".to_owned(), json!(slugs));
}

/// Adds the response to whoever has the current one, and the tags to both.
fn add_unchanged(responses: &mut Map<String, Value>) {
    let tag = json!({
        "description": "Changes with every change of the response.",
        "schema": { "type": "string" },
        "example": TAG,
    });
    if let Some(found) = responses.get_mut("200") {
        found["headers"]["ETag"] = tag.clone();
    }
    let unchanged = json!({
        "description": "The response that you have is the current one.",
        "headers": { "ETag": tag },
    });
    responses.insert("304".to_owned(), unchanged);
}

fn add_header(
    parameters: &mut Value,
    name: &str,
    required: bool,
    schema: &Value,
    example: &str,
    description: &str,
) {
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({
            "name": name,
            "in": "header",
            "required": required,
            "description": description,
            "schema": schema,
            "example": example,
        }));
    }
}

/// Adds an example to each request and response body, and marks optional bodies as such.
fn add_examples(
    operation: &mut Map<String, Value>,
    requests: &Map<String, Value>,
    schemas: &Map<String, Value>,
) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let example = requests.get(id).cloned();
    if let Some(body) = operation.get_mut("requestBody") {
        let media = &mut body["content"]["application/json"];
        // utoipa treats an optional body as one that may be `null`.
        let present = media["schema"]["oneOf"].as_array().and_then(|choice| {
            let is_null = |one: &&Value| one["type"] == "null";
            choice.iter().find(is_null)?;
            choice.iter().find(|one| !is_null(one)).cloned()
        });
        if let Some(example) = example {
            media["example"] = example;
        }
        if let Some(schema) = present {
            media["schema"] = schema;
            body["required"] = json!(false);
        }
    }
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for response in responses
        .into_iter()
        .flatten()
        .map(|(_, response)| response)
    {
        let content = response.get_mut("content");
        let Some(media) = content.and_then(|content| content.get_mut("application/json")) else {
            continue;
        };
        if media.get("example").is_none() {
            media["example"] = examples::of_schema(&media["schema"], schemas);
        }
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
        let first = slugs.first().and_then(|slug| Problem::of_slug(slug));
        let response = json!({
            "description": slugs.join(", "),
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
                "example": first.map(|problem| json!({
                    "type": problem.uri(),
                    "status": status,
                    "title": problem.kind().title,
                })),
            } },
        });
        responses.insert(status.to_string(), response);
    }
}
