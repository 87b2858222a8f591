//! The cost of DynamoDB calls, by the rules of "Read and write operations" (Amazon DynamoDB developer guide).
//!
//! A write takes one unit per kilobyte of its item, rounded up, and two in a transaction. A consistent read takes one unit per
//! four kilobytes, half of that if eventually consistent, and the minimum for a missing item. The final size of an item is
//! used: our rows never shrink, so this is never too little.

use std::collections::HashMap;

use serde_json::Value;

/// The partition key and sort key of an item.
pub(crate) type Key = (String, String);

/// A written or read item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Touch {
    pub(crate) key: Key,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Units per kilobyte.
    Write(f64),
    /// Units per four kilobytes.
    Read(f64),
    /// A query that read this many bytes.
    Scanned { bytes: usize, factor: f64 },
}

/// The items touched by a call.
pub(crate) fn touched(operation: &str, asked: &Value, answer: &Value) -> Vec<Touch> {
    let name = operation.rsplit('.').next().unwrap();
    let read = |consistent: &Value| match consistent.as_bool() {
        Some(true) => 1.0,
        _ => 0.5,
    };
    match name {
        "PutItem" => vec![write(&asked["Item"], 1.0)],
        "UpdateItem" | "DeleteItem" => vec![write(&asked["Key"], 1.0)],
        "GetItem" => vec![Touch {
            key: key_of(&asked["Key"]),
            kind: Kind::Read(read(&asked["ConsistentRead"])),
        }],
        "BatchGetItem" => asked["RequestItems"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|table| {
                let factor = read(&table["ConsistentRead"]);
                let keys = table["Keys"].as_array().unwrap();
                keys.iter().map(move |key| Touch {
                    key: key_of(key),
                    kind: Kind::Read(factor),
                })
            })
            .collect(),
        "Query" => {
            let items = answer["Items"].as_array();
            let bytes = items.into_iter().flatten().map(size).sum();
            vec![Touch {
                key: (String::new(), String::new()),
                kind: Kind::Scanned {
                    bytes,
                    factor: read(&asked["ConsistentRead"]),
                },
            }]
        }
        "TransactWriteItems" => asked["TransactItems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                let (verb, body) = item.as_object().unwrap().iter().next().unwrap();
                let key = if verb == "Put" {
                    &body["Item"]
                } else {
                    &body["Key"]
                };
                write(key, 2.0)
            })
            .collect(),
        "BatchExecuteStatement" => asked["Statements"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|statement| {
                let row = Touch {
                    key: key_of_statement(statement),
                    kind: Kind::Write(1.0),
                };
                // A row with the index key is also written to the index.
                let indexed = parameter(statement, "attention").map(|partition| Touch {
                    key: (format!("index {partition}"), row.key.1.clone()),
                    kind: Kind::Write(1.0),
                });
                [Some(row), indexed].into_iter().flatten()
            })
            .collect(),
        "BatchWriteItem" => asked["RequestItems"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|requests| requests.as_array().unwrap())
            .map(|request| match request.get("PutRequest") {
                Some(put) => write(&put["Item"], 1.0),
                None => write(&request["DeleteRequest"]["Key"], 1.0),
            })
            .collect(),
        // Unknown operations must not count as free.
        other => panic!("the cost of {other} is unknown"),
    }
}

fn write(item: &Value, factor: f64) -> Touch {
    Touch {
        key: key_of(item),
        kind: Kind::Write(factor),
    }
}

pub(crate) fn key_of(item: &Value) -> Key {
    let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    (text("pk"), text("sk"))
}

/// The literal that a PartiQL statement assigns to an attribute, if any.
fn parameter(statement: &Value, name: &str) -> Option<String> {
    let text = statement["Statement"].as_str().unwrap();
    let parameters = statement["Parameters"].as_array().unwrap();
    let mut places = text.match_indices('?').enumerate();
    let (index, _) = places.find(|(_, (place, _))| {
        let before = text[..*place].trim_end_matches([' ', '=', ':']);
        before.ends_with(&format!("'{name}'")) || before.ends_with(&format!("\"{name}\""))
    })?;
    parameters[index]["S"].as_str().map(str::to_owned)
}

/// The key in a parameterised PartiQL statement.
fn key_of_statement(statement: &Value) -> Key {
    let text = |name| parameter(statement, name).unwrap();
    (text("pk"), text("sk"))
}

/// The size of an item, in bytes ("DynamoDB item sizes and formats", Amazon DynamoDB developer guide).
pub(crate) fn size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &Value) -> usize {
    let (kind, inner) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), inner) {
        ("S", Value::String(text)) => text.len(),
        // One byte per two digits, plus one.
        ("N", Value::String(digits)) => digits.trim_start_matches('-').len().div_ceil(2) + 1,
        ("B", Value::String(base64)) => base64.len() * 3 / 4,
        ("BOOL" | "NULL", _) => 1,
        ("SS" | "NS" | "BS", Value::Array(values)) => values
            .iter()
            .map(|value| value.as_str().unwrap().len())
            .sum(),
        ("L", Value::Array(values)) => {
            3 + values
                .iter()
                .map(|value| 1 + value_size(value))
                .sum::<usize>()
        }
        ("M", Value::Object(_)) => 3 + inner.as_object().unwrap().len() + size(inner),
        (kind, _) => panic!("{kind} is not a DynamoDB type"),
    }
}

/// Units for the touched items, given the final sizes of all items.
pub(crate) fn units<'t>(
    touches: impl Iterator<Item = &'t Touch>,
    sizes: &HashMap<Key, usize>,
) -> Units {
    let mut units = Units::default();
    let of = |bytes: usize, unit: usize| bytes.div_ceil(unit).max(1) as f64;
    for touch in touches {
        let bytes = sizes.get(&touch.key).copied().unwrap_or(0);
        match touch.kind {
            Kind::Write(factor) => units.write += factor * of(bytes, 1024),
            Kind::Read(factor) => units.read += factor * of(bytes, 4096),
            Kind::Scanned { bytes, factor } => units.read += factor * of(bytes, 4096),
        }
    }
    units
}

/// The consumed units.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Units {
    pub(crate) write: f64,
    pub(crate) read: f64,
}
