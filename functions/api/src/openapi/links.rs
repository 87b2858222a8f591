//! Links (OpenAPI 3.1, "Link Object") from the ids in a response to the operations that take them in their path.

use serde_json::{Map, Value, json};

/// A response that contains ids.
struct Source {
    operation: &'static str,
    status: &'static str,
    /// Path parameters, and where the response contains them.
    names: &'static [(&'static str, &'static str)],
    /// Whether the response has an ETag for a change.
    has_etag: bool,
}

const fn source(
    operation: &'static str,
    status: &'static str,
    names: &'static [(&'static str, &'static str)],
    has_etag: bool,
) -> Source {
    Source {
        operation,
        status,
        names,
        has_etag,
    }
}

/// Every response that names something new, and the lists that lead to things without a response of their own.
const SOURCES: [Source; 14] = [
    source(
        "create_campaign",
        "201",
        &[("campaign", "$response.body#/id")],
        true,
    ),
    source(
        "duplicate_campaign",
        "201",
        &[("campaign", "$response.body#/id")],
        true,
    ),
    source(
        "create_import",
        "201",
        &[("import", "$response.body#/id")],
        false,
    ),
    source("create_template", "201", VERSION_OF_TEMPLATE, true),
    source("create_wrapper", "201", VERSION_OF_WRAPPER, true),
    source(
        "create_preset",
        "201",
        &[("preset", "$response.body#/id")],
        true,
    ),
    source(
        "set_transport",
        "201",
        &[("transport", "$response.body#/id")],
        false,
    ),
    source(
        "add_receivers",
        "200",
        &[("receiver", "$response.body#/receivers/0/id")],
        false,
    ),
    source(
        "list_receivers",
        "200",
        &[("receiver", "$response.body#/receivers/0/id")],
        false,
    ),
    source("list_deliveries", "200", DELIVERY, false),
    source(
        "list_library",
        "200",
        &[("template", "$response.body#/templates/0/id")],
        false,
    ),
    source(
        "create_entity",
        "201",
        &[("entity", "$response.body#/id")],
        true,
    ),
    source(
        "add_attribute",
        "201",
        &[("attribute", "$response.body#/name")],
        false,
    ),
    source(
        "list_routes",
        "200",
        &[("channel", "$response.body#/routes/0/channel")],
        false,
    ),
];
const VERSION_OF_TEMPLATE: &[(&str, &str)] = &[
    ("template", "$response.body#/id"),
    ("version", "$response.body#/version"),
];
const VERSION_OF_WRAPPER: &[(&str, &str)] = &[
    ("wrapper", "$response.body#/id"),
    ("version", "$response.body#/version"),
];
const DELIVERY: &[(&str, &str)] = &[
    ("receiver", "$response.body#/deliveries/0/receiver/id"),
    ("channel", "$response.body#/deliveries/0/channel"),
];

/// Adds links from each source to every operation whose path it can fill.
pub(super) fn add(document: &mut Value) {
    let operations = operations(document);
    for source in &SOURCES {
        let Some(from) = operations.iter().find(|it| it.id == source.operation) else {
            continue;
        };
        let links: Map<String, Value> = operations
            .iter()
            .filter_map(|to| Some((to.id.clone(), link(source, from, to)?)))
            .collect();
        let response = &mut document["paths"][&from.path][&from.method]["responses"][source.status];
        if let Some(response) = response.as_object_mut() {
            response.insert("links".to_owned(), Value::Object(links));
        }
    }
}

/// The parts of an operation that matter for links.
struct Operation {
    id: String,
    path: String,
    method: String,
    /// Its path parameters.
    takes: Vec<String>,
    takes_if_match: bool,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                Operation {
                    id: operation["operationId"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                    path: path.clone(),
                    method: method.clone(),
                    takes: of_path(path),
                    takes_if_match: parameters
                        .into_iter()
                        .any(|parameter| parameter["name"] == "If-Match"),
                }
            })
        })
        .collect()
}

fn of_path(path: &str) -> Vec<String> {
    let parts = path.split('/');
    let named = parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    named.map(str::to_owned).collect()
}

/// The link from a response to an operation; `None` if the response lacks a path parameter, or has none of them.
fn link(source: &Source, from: &Operation, to: &Operation) -> Option<Value> {
    let of_answer = |taken: &String| source.names.iter().find(|(name, _)| name == taken);
    if !to.takes.iter().any(|taken| of_answer(taken).is_some()) || !is_of_same_kind(from, to) {
        return None;
    }
    let mut parameters = Map::new();
    for taken in &to.takes {
        let expression = match of_answer(taken) {
            Some((_, expression)) => (*expression).to_owned(),
            None if from.takes.contains(taken) => format!("$request.path.{taken}"),
            None => return None,
        };
        parameters.insert(taken.clone(), expression.into());
    }
    if to.takes_if_match && source.has_etag {
        let etag = json!("$response.header.ETag");
        parameters.insert("header.If-Match".to_owned(), etag);
    }
    Some(json!({ "operationId": to.id, "parameters": parameters }))
}

/// Whether both are about the same kind of thing: library templates and a tenant's own have the same parameter.
fn is_of_same_kind(from: &Operation, to: &Operation) -> bool {
    let kind = |path: &str| path.split('/').nth(2).map(str::to_owned);
    kind(&from.path) == kind(&to.path)
}
