//! Examples: requests from `events/api`, responses derived from their schemas.

use serde_json::{Map, Value, json};

/// An example request for each operation with a body, by operation id. These are the bodies in `events/api`, which the
/// tests send.
const REQUESTS: &str = include_str!("requests.json");

/// Maximum depth; schemas reference each other, some recursively.
const MOST_LEVELS: usize = 24;

/// Example texts by field name, for schemas without an example.
const TEXTS: [(&str, &str); 28] = [
    ("address", "ann@example.com"),
    ("code", "timeout"),
    ("column", "email"),
    ("cost", "0.0125"),
    ("created_by", "0000000000000001"),
    ("description", "Fibre is down from 01:00 to 03:00"),
    ("detail", "not an email address"),
    ("digest", "9f86d081884c7d659a2feaa0c55ad015"),
    ("first_name", "Ann"),
    ("footer", "<p>Mill Lane Fibre, 1 Mill Lane, Cambridge</p>"),
    ("from", "news@example.org"),
    ("header", "<p>Mill Lane Fibre</p>"),
    ("html", "<p>Hello Ann</p>"),
    ("id", "0123456789abcdef0123456789abcdef"),
    ("last_name", "Lee"),
    ("name", "November news"),
    ("queue", "email-dead.fifo"),
    ("reason", "not an email address"),
    ("receiver", "0123456789abcdef0123456789abcdef"),
    ("request_id", "JKJaXmPLvHcESHA="),
    ("sender_id", "Mill Lane"),
    ("subject", "Hello Ann"),
    ("text", "Hello Ann"),
    ("title", "Spring is here"),
    ("transport", "email-main"),
    ("updated_by", "0000000000000001"),
    ("url", "https://example.org/news"),
    ("vendor", "ses"),
];

/// The examples of requests, by operation.
pub(super) fn of_requests() -> Map<String, Value> {
    serde_json::from_str(REQUESTS).unwrap_or_default()
}

/// utoipa attaches a list's examples to its items. Moves them to the list.
pub(super) fn put_right(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let items = object.get_mut("items").and_then(Value::as_object_mut);
            if let Some(items) = items
                && items.get("examples").is_some_and(|it| it[0].is_array())
                && let Some(examples) = items.remove("examples")
            {
                object.insert("examples".to_owned(), examples);
            }
            object.values_mut().for_each(put_right);
        }
        Value::Array(values) => values.iter_mut().for_each(put_right),
        _ => {}
    }
}

/// A value for a schema, built from its examples, values and formats.
pub(super) fn of_schema(schema: &Value, schemas: &Map<String, Value>) -> Value {
    Maker { schemas }
        .value("", schema, 0)
        .unwrap_or(Value::Null)
}

struct Maker<'a> {
    schemas: &'a Map<String, Value>,
}

impl Maker<'_> {
    /// `None` if the schema recurses endlessly.
    fn value(&self, name: &str, schema: &Value, level: usize) -> Option<Value> {
        if level > MOST_LEVELS {
            return None;
        }
        if let Some(given) = said(schema) {
            return Some(given);
        }
        if let Some(named) = schema["$ref"].as_str() {
            let (_, named) = named.rsplit_once('/')?;
            return self.value(name, self.schemas.get(named)?, level + 1);
        }
        if let Some(all) = schema["allOf"].as_array() {
            return self.all_of(name, all, level);
        }
        let choice = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        if let Some(choice) = choice {
            let something = choice.iter().find(|one| one["type"] != "null");
            return self.value(name, something?, level + 1);
        }
        let types = &schema["type"];
        let kind = match types {
            Value::Array(types) => types.iter().find(|kind| *kind != "null")?,
            kind => kind,
        };
        // An optional field without an example is better left out than made up.
        let may_be_null = types
            .as_array()
            .is_some_and(|it| it.contains(&json!("null")));
        match kind.as_str() {
            Some("object") => Some(self.object(schema, level)),
            Some("array") => {
                let item = self.value(name, &schema["items"], level + 1);
                Some(item.into_iter().collect())
            }
            Some("string") => match text(name, schema) {
                None if may_be_null => Some(Value::Null),
                text => Some(text.unwrap_or(name).into()),
            },
            Some("integer" | "number") => Some(schema.get("minimum").cloned().unwrap_or(json!(1))),
            Some("boolean") => Some(json!(false)),
            // Any JSON.
            _ => Some(json!({})),
        }
    }

    fn all_of(&self, name: &str, all: &[Value], level: usize) -> Option<Value> {
        let mut whole = Map::new();
        for part in all {
            match self.value(name, part, level + 1)? {
                Value::Object(part) => whole.extend(part),
                other if all.len() == 1 => return Some(other),
                _ => {}
            }
        }
        Some(Value::Object(whole))
    }

    fn object(&self, schema: &Value, level: usize) -> Value {
        let properties = schema["properties"].as_object().into_iter().flatten();
        properties
            .filter_map(|(name, schema)| Some((name.clone(), self.value(name, schema, level + 1)?)))
            .collect()
    }
}

/// The value that the schema itself gives.
fn said(schema: &Value) -> Option<Value> {
    let first = |name: &str| schema[name].as_array().and_then(|values| values.first());
    let said = first("examples")
        .or(schema.get("example"))
        .or(schema.get("const"))
        .or(first("enum"));
    said.cloned()
}

fn text<'a>(name: &str, schema: &Value) -> Option<&'a str> {
    match schema["format"].as_str() {
        Some("uuid") => return Some("019a9a00-0000-7000-8000-000000000001"),
        Some("date-time") => return Some("2026-11-22T09:00:00Z"),
        Some("date") => return Some("2026-11-22"),
        _ => {}
    }
    let known = TEXTS.iter().find(|(known, _)| *known == name);
    known.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_follows_its_schema() {
        let schemas = json!({
            "Kind": { "type": "string", "enum": ["new", "old"] },
            "Loop": { "type": "object", "properties": { "again": { "$ref": "#/components/schemas/Loop" } } },
        });
        let schema = json!({ "allOf": [
            { "type": "object", "properties": {
                "id": { "type": "string", "format": "uuid" },
                "kind": { "$ref": "#/components/schemas/Kind" },
                "reason": { "oneOf": [{ "type": "null" }, { "type": "object", "properties": { "code": { "type": "string", "examples": ["x"] } } }] },
            } },
            { "type": "object", "properties": {
                "count": { "type": "integer", "minimum": 0 },
                "next_cursor": { "type": ["string", "null"] },
                "lines": { "type": "array", "items": { "type": "integer", "examples": [7] } },
            } },
        ] });
        assert_eq!(
            of_schema(&schema, schemas.as_object().unwrap()),
            json!({
                "id": "019a9a00-0000-7000-8000-000000000001",
                "kind": "new",
                "reason": { "code": "x" },
                "count": 0,
                "next_cursor": null,
                "lines": [7],
            })
        );
        let mut list =
            json!({ "type": "array", "items": { "type": "string", "examples": [["a", "b"]] } });
        put_right(&mut list);
        let no_schemas = Map::new();
        assert_eq!(of_schema(&list, &no_schemas), json!(["a", "b"]));
        // Recursion ends somewhere.
        let endless = json!({ "$ref": "#/components/schemas/Loop" });
        assert!(of_schema(&endless, schemas.as_object().unwrap()).is_object());
    }
}
