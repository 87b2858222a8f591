//! An endpoint's response: the id of the message, or an error.

use carillon_domain::reason::Reason;
use serde_json::Value;

use crate::answer::NO_REASON;

/// The longest message id or error code that is kept.
const ID_BYTES: usize = 128;
const CODE_BYTES: usize = 64;
/// The longest JSON pointer into a response, in bytes.
const POINTER_BYTES: usize = 128;

/// Where a refusal may carry its error code: as in our callbacks, as in RFC 9457, or as providers do.
const TEXTS: [&str; 6] = [
    "/reason/text",
    "/detail",
    "/title",
    "/error/message",
    "/message",
    "/error",
];
const CODES: [&str; 3] = ["/reason/code", "/error/code", "/code"];

/// Whether this is a JSON pointer (RFC 6901) to a part of a value, not to the whole.
pub(super) fn is_pointer(text: &str) -> bool {
    text.len() <= POINTER_BYTES
        && text.starts_with('/')
        && text
            .split('~')
            .skip(1)
            .all(|after| after.starts_with(['0', '1']))
}

/// The message id: a text or a number.
pub(super) fn identifier(value: &Value) -> Option<String> {
    name(value, ID_BYTES)
}

/// The endpoint's code and text.
pub(super) fn reason(status: u16, said: &Value) -> Reason {
    let code = CODES
        .iter()
        .filter_map(|place| said.pointer(place))
        .find_map(code)
        .unwrap_or_else(|| format!("http_{status}"));
    let text = TEXTS
        .iter()
        .filter_map(|place| said.pointer(place)?.as_str())
        .map(str::trim)
        .find(|text| !text.is_empty());
    Reason::new(code, text.unwrap_or(NO_REASON))
}

/// The code of the refusal.
pub(super) fn code(value: &Value) -> Option<String> {
    name(value, CODE_BYTES)
}

fn name(value: &Value, maximum_bytes: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_kept = (1..=maximum_bytes).contains(&text.len());
    (is_kept && !text.contains(char::is_control)).then_some(text)
}
