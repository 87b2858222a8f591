//! Reads what is asked of an attribute.

use serde_json::Value;

use super::{Object, Reader};
use crate::directory::filter::written::{At, Literal, WrittenBound, WrittenTest};

/// What may be asked of an attribute, but for the ends of a range.
const TESTS: [&str; 7] = [
    "equals",
    "one_of",
    "starts_with",
    "contains_word",
    "contains",
    "exists",
    "days",
];
/// The ends of a range: whether it is the lower one, and whether the value itself is part of it.
const BOUNDS: [(&str, bool, bool); 4] = [
    ("at_least", true, true),
    ("above", true, false),
    ("at_most", false, true),
    ("below", false, false),
];

impl Reader {
    /// What is asked of an attribute, at the place of its key.
    pub(super) fn test(&mut self, object: &Object) -> Option<At<WrittenTest>> {
        let is_range = BOUNDS.iter().any(|(key, ..)| object.contains_key(*key));
        let mut given = TESTS.into_iter().filter(|key| object.contains_key(*key));
        let (first, second) = (given.next(), given.next());
        let key = match (first, second) {
            (Some(key), None) if !is_range => key,
            (None, _) if is_range => {
                self.check_beside_days(object);
                return self.range(object);
            }
            (None, _) => {
                let reason = format!(
                    "one of {}, at_least, above, at_most and below beside attribute",
                    TESTS.join(", ")
                );
                return self.problem("missing", reason);
            }
            (Some(_), _) => {
                let reason = "one test; to have several, put a condition for each into all";
                return self.problem("two_tests", reason);
            }
        };
        let value = object.get(key)?;
        if key == "days" {
            return self.days(object, value);
        }
        self.check_beside_days(object);
        if key == "exists" {
            let spot = self.is_set(object, key)??;
            return Some(At::new(spot, WrittenTest::Exists));
        }
        self.at(key, |reader| {
            let spot = reader.spot();
            let test = match key {
                "one_of" => WrittenTest::OneOf(reader.literals(value)?),
                "equals" => WrittenTest::Equals(reader.literal(value)?),
                "starts_with" => WrittenTest::StartsWith(reader.literal(value)?),
                "contains_word" => WrittenTest::ContainsWord(reader.literal(value)?),
                _ => WrittenTest::Contains(reader.literal(value)?),
            };
            Some(At::new(spot, test))
        })
    }

    /// Notes what belongs to `days` alone.
    fn check_beside_days(&mut self, object: &Object) {
        for key in ["in_any_year", "zone"] {
            if object.contains_key(key) {
                let reason = "only beside days; take it out";
                self.at(key, |reader| reader.problem::<()>("unknown_key", reason));
            }
        }
    }

    fn literals(&mut self, value: &Value) -> Option<Vec<At<Literal>>> {
        let Value::Array(values) = value else {
            return self.problem("wrong_type", "an array of values");
        };
        let literals = values.iter().enumerate().map(|(place, value)| {
            let step = format!("[{place}]");
            self.at(&step, |reader| reader.literal(value))
        });
        let literals: Vec<Option<At<Literal>>> = literals.collect();
        literals.into_iter().collect()
    }

    fn range(&mut self, object: &Object) -> Option<At<WrittenTest>> {
        let mut spots = Vec::new();
        let (mut from, mut to) = (None, None);
        for (key, is_lower, is_inclusive) in BOUNDS {
            let Some(value) = object.get(key) else {
                continue;
            };
            let (spot, value) = self.at(key, |reader| (reader.spot(), reader.literal(value)));
            let end = if is_lower { &mut from } else { &mut to };
            if end.is_some() {
                let reason = "one lower and one upper end; take this out";
                return self.at(key, |reader| reader.problem("two_tests", reason));
            }
            spots.push(spot);
            *end = Some(WrittenBound {
                value: value?,
                is_inclusive,
            });
        }
        let spot = spots.first().copied()?;
        Some(At::new(spot, WrittenTest::Range { from, to }))
    }

    fn days(&mut self, object: &Object, value: &Value) -> Option<At<WrittenTest>> {
        let in_any_year = self.is_set(object, "in_any_year")?.is_some();
        let zone = match object.contains_key("zone") {
            true => Some(self.text(object, "zone")?),
            false => None,
        };
        self.at("days", |reader| {
            let spot = reader.spot();
            let Value::Object(ends) = value else {
                let reason = "days from today, as in {\"from\": 0, \"to\": 7}";
                return reader.problem("wrong_type", reason);
            };
            reader.check_keys(ends, "from", &["to"]);
            let mut end = |key: &str| match ends.get(key) {
                None => Some(None),
                Some(value) => reader.at(key, |reader| match value.as_f64() {
                    Some(days) => Some(Some(reader.here(days))),
                    None => reader.problem("wrong_type", "a number of days, counted from today"),
                }),
            };
            let (from, to) = (end("from"), end("to"));
            let test = WrittenTest::Days {
                from: from?,
                to: to?,
                in_any_year,
                zone,
            };
            Some(At::new(spot, test))
        })
    }

    fn literal(&mut self, value: &Value) -> Option<At<Literal>> {
        let literal = match value {
            Value::String(text) => Literal::Text(text.clone()),
            Value::Bool(answer) => Literal::YesNo(*answer),
            Value::Number(number) => Literal::Number(number.as_f64()? + 0.0),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return self.problem("wrong_type", "a text, a number, true or false");
            }
        };
        Some(self.here(literal))
    }
}
