//! Reading reports back.

use serde_json::Value;

/// The elements of an array; none if it is not one.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A string; empty if it is not one.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
