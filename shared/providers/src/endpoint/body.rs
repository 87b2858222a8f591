//! The body of a request: all fields of a message, or the tenant's JSON template with placeholders in its strings.
//!
//! The template is parsed as JSON before anything is filled in, and each string is expanded once. So nothing in a
//! message can become JSON or a placeholder.

use serde::Serialize;
use serde_json::Value;

/// The longest template.
const MAXIMUM_BYTES: usize = 4096;

const OPENED: &str = "{{";
const CLOSED: &str = "}}";

/// The placeholders of every channel, of email, and of text messages.
const FIELDS: [&str; 6] = ["to", "text", "key", "delivery", "campaign", "callback_url"];
pub(super) const FIELDS_OF_EMAIL: [&str; 7] = [
    "to_name",
    "from",
    "from_name",
    "subject",
    "html",
    "unsubscribe_url",
    "reply_to",
];
pub(super) const FIELDS_OF_SMS: [&str; 1] = ["sender_id"];

/// The fields of a message. Serialized as JSON they are the body, unless the transport has a template.
#[derive(Default, Serialize)]
pub(super) struct Fields<'m> {
    pub(super) to: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_name: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_name: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sender_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<&'m str>,
    pub(super) text: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) html: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unsubscribe_url: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_to: Option<&'m str>,
    pub(super) key: String,
    pub(super) delivery: String,
    pub(super) campaign: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) callback_url: Option<&'m str>,
}

/// A JSON value with placeholders in its strings.
#[derive(Clone)]
pub(super) struct Template(Value);

impl Template {
    /// Parses a template; `None` if it is not JSON, too long, or contains an unknown placeholder.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let is_right = text.len() <= MAXIMUM_BYTES && names_only(&value, &is_field);
        is_right.then_some(Self(value))
    }

    /// Whether it uses none of these fields.
    pub(super) fn has_none_of(&self, fields: &[&str]) -> bool {
        names_only(&self.0, &|name| !fields.contains(&name))
    }

    /// The template, filled in. A missing field becomes an empty text.
    pub(super) fn write(&self, fields: &Fields<'_>) -> Result<Vec<u8>, serde_json::Error> {
        let fields = serde_json::to_value(fields)?;
        serde_json::to_vec(&fill(&self.0, &fields))
    }
}

fn is_field(name: &str) -> bool {
    FIELDS.contains(&name) || FIELDS_OF_EMAIL.contains(&name) || FIELDS_OF_SMS.contains(&name)
}

/// A part of a text.
enum Piece<'t> {
    Plain(&'t str),
    Placeholder(&'t str),
}

/// The parts of a text in order; `None` if a placeholder is not closed.
fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once(OPENED) {
        let (name, after) = after.split_once(CLOSED)?;
        pieces.extend([Piece::Plain(plain), Piece::Placeholder(name.trim())]);
        rest = after;
    }
    pieces.push(Piece::Plain(rest));
    Some(pieces)
}

/// Whether all placeholders of a value are valid. They may be in strings only, not in names.
fn names_only(value: &Value, is_right: &dyn Fn(&str) -> bool) -> bool {
    let is_piece_right = |piece: &Piece<'_>| match piece {
        Piece::Plain(_) => true,
        Piece::Placeholder(name) => is_right(name),
    };
    match value {
        Value::String(text) => pieces(text).is_some_and(|pieces| pieces.iter().all(is_piece_right)),
        Value::Array(values) => values.iter().all(|value| names_only(value, is_right)),
        Value::Object(entries) => entries
            .iter()
            .all(|(name, value)| !name.contains(OPENED) && names_only(value, is_right)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn fill(value: &Value, fields: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(fill_text(text, fields)),
        Value::Array(values) => values.iter().map(|value| fill(value, fields)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), fill(value, fields)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn fill_text(text: &str, fields: &Value) -> String {
    let value = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    pieces(text)
        .into_iter()
        .flatten()
        .map(|piece| match piece {
            Piece::Plain(plain) => plain,
            Piece::Placeholder(name) => value(name),
        })
        .collect()
}

#[cfg(test)]
mod tests;
