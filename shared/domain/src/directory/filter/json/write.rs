//! Writes a filter as JSON.

use serde_json::{Map, Value, json};

use crate::directory::filter::{
    tree::Direction,
    written::{
        At, Literal, Reference, Referent, Written, WrittenBound, WrittenCondition, WrittenStay,
        WrittenTest,
    },
};

/// The JSON of a filter.
pub(in super::super) fn compose(written: &Written) -> Value {
    let parts = |parts: &[At<Written>]| -> Value {
        let parts = parts.iter().map(|part| compose(&part.value));
        Value::Array(parts.collect())
    };
    match written {
        Written::All(nodes) => json!({ "all": parts(nodes) }),
        Written::Any(nodes) => json!({ "any": parts(nodes) }),
        Written::Not(node) => json!({ "not": compose(&node.value) }),
        Written::Condition(condition) => Value::Object(self::condition(condition)),
    }
}

fn condition(condition: &WrittenCondition) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    match condition {
        WrittenCondition::Field { field, test } => {
            put("attribute", json!(field.value));
            self::test(&test.value, put);
        }
        WrittenCondition::Related {
            relation,
            direction,
            other,
            in_management,
            stay,
            with,
        } => {
            put("relation", json!(relation.value));
            match direction {
                Direction::Outgoing => put("to", json!(other.value)),
                Direction::Incoming => put("from", json!(other.value)),
            }
            if let Some(with) = with {
                put("where", compose(&with.value));
            }
            if in_management.is_some() {
                put("in_management", json!(true));
            }
            match stay.as_ref().map(|stay| &stay.value) {
                None => {}
                Some(WrittenStay::Now) => put("stay", json!("now")),
                Some(WrittenStay::During { from, to }) => {
                    put("stay", json!({ "from": from.value, "to": to.value }));
                }
            }
        }
        WrittenCondition::Refers { to, reference } => {
            let key = match to {
                Referent::Structure => "structure_under",
                Referent::Group => "group",
                Referent::List => "list",
                Referent::Segment => "segment",
            };
            put(key, refers(&reference.value));
        }
        WrittenCondition::Has(channel) => put("has", json!(channel.value)),
        WrittenCondition::Consent { channel, answer } => {
            put("consent", json!(channel.value));
            put("answer", json!(answer.value));
        }
        WrittenCondition::OptedOut(channel) => put("opted_out", json!(channel.value)),
    }
    object
}

fn refers(reference: &Reference) -> Value {
    let mut object = Map::new();
    for (key, value) in [("id", &reference.id), ("name", &reference.name)] {
        if let Some(value) = value {
            object.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(object)
}

fn test(test: &WrittenTest, mut put: impl FnMut(&str, Value)) {
    match test {
        WrittenTest::Exists => put("exists", json!(true)),
        WrittenTest::Equals(value) => put("equals", literal(value)),
        WrittenTest::OneOf(values) => {
            put("one_of", Value::Array(values.iter().map(literal).collect()));
        }
        WrittenTest::StartsWith(value) => put("starts_with", literal(value)),
        WrittenTest::ContainsWord(value) => put("contains_word", literal(value)),
        WrittenTest::Contains(value) => put("contains", literal(value)),
        WrittenTest::Range { from, to } => {
            let mut bound = |bound: &Option<WrittenBound>, inclusive: &str, exclusive: &str| {
                if let Some(bound) = bound {
                    let key = if bound.is_inclusive {
                        inclusive
                    } else {
                        exclusive
                    };
                    put(key, literal(&bound.value));
                }
            };
            bound(from, "at_least", "above");
            bound(to, "at_most", "below");
        }
        WrittenTest::Days {
            from,
            to,
            in_any_year,
            zone,
        } => {
            let mut days = Map::new();
            for (key, end) in [("from", from), ("to", to)] {
                if let Some(end) = end {
                    days.insert(key.to_owned(), number(end.value));
                }
            }
            put("days", Value::Object(days));
            if *in_any_year {
                put("in_any_year", json!(true));
            }
            if let Some(zone) = zone {
                put("zone", json!(zone.value));
            }
        }
    }
}

fn literal(literal: &At<Literal>) -> Value {
    match &literal.value {
        Literal::Text(text) => json!(text),
        Literal::Number(number) => self::number(*number),
        Literal::YesNo(answer) => json!(answer),
    }
}

/// A whole number without a decimal point.
fn number(number: f64) -> Value {
    let whole: Option<i64> = format!("{number}").parse().ok();
    whole.map_or_else(|| json!(number), |whole| json!(whole))
}
