//! Converting values to rows and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};
use serde_dynamo::aws_sdk_dynamodb_1 as dynamo;

use crate::{error::Error, keys::Key};

/// A row.
pub(crate) type Item = HashMap<String, AttributeValue>;

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers have references and values alike"
)]
pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "callers pass numbers")]
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn key(key: &Key) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(&key.partition)),
        ("sk".to_owned(), text(&key.sort)),
    ])
}

/// The key of a row.
pub(crate) fn key_of(item: &Item) -> Option<Key> {
    Some(Key {
        partition: string(item, "pk")?.to_owned(),
        sort: string(item, "sk")?.to_owned(),
    })
}

pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Encodes a value as a row under a key.
pub(crate) fn write<T: Serialize>(at: &Key, what: &'static str, value: &T) -> Result<Item, Error> {
    let mut item: Item = dynamo::to_item(value).map_err(Error::value(what))?;
    item.extend(key(at));
    Ok(item)
}

/// Encodes one value for use in an expression.
pub(crate) fn attribute<T: Serialize>(
    what: &'static str,
    value: &T,
) -> Result<AttributeValue, Error> {
    dynamo::to_attribute_value(value).map_err(Error::value(what))
}

/// Decodes a row.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, Error> {
    dynamo::from_item(item).map_err(Error::row(what))
}

/// The TTL attribute: seconds since 1970, at least this many days from now.
pub(crate) fn expiry(now: jiff::Timestamp, days: u32) -> AttributeValue {
    number(now.as_second() + i64::from(days) * 86_400)
}
