//! Reads the JSON of a filter.

mod operators;

use serde_json::{Map, Value};

use crate::directory::filter::{
    nearest::suggestion,
    problem::{Problem, Source, Spot},
    tree::Direction,
    written::{At, Reference, Referent, Written, WrittenCondition, WrittenStay},
};

/// The most levels that are read. It bounds the stack; a filter has fewer.
const NESTING: usize = 32;

/// Each key that says what a node is, and the keys that may stand beside it.
const NODES: [(&str, &[&str]); 12] = [
    ("all", &[]),
    ("any", &[]),
    ("not", &[]),
    (
        "attribute",
        &[
            "equals",
            "one_of",
            "starts_with",
            "contains_word",
            "contains",
            "at_least",
            "above",
            "at_most",
            "below",
            "exists",
            "days",
            "in_any_year",
            "zone",
        ],
    ),
    (
        "relation",
        &["to", "from", "where", "in_management", "stay"],
    ),
    ("structure_under", &[]),
    ("group", &[]),
    ("list", &[]),
    ("segment", &[]),
    ("has", &[]),
    ("consent", &["answer"]),
    ("opted_out", &[]),
];

/// Reads a value, and notes the path of each of its parts.
pub(in super::super) fn parse(value: &Value) -> (Source, Result<At<Written>, Vec<Problem>>) {
    let mut reader = Reader {
        path: String::new(),
        paths: Vec::new(),
        problems: Vec::new(),
        nesting: 0,
    };
    let written = reader.node(value);
    let source = Source::Json(reader.paths);
    let problems = reader.problems.into_iter();
    let problems: Vec<Problem> = problems
        .map(|(spot, code, reason)| source.problem(spot, code, reason))
        .collect();
    match written {
        Some(written) if problems.is_empty() => (source, Ok(written)),
        _ => (source, Err(problems)),
    }
}

struct Reader {
    path: String,
    paths: Vec<String>,
    problems: Vec<(Spot, &'static str, String)>,
    nesting: usize,
}

type Object = Map<String, Value>;

impl Reader {
    /// The place that is being read.
    fn spot(&mut self) -> Spot {
        if self.paths.last() != Some(&self.path) {
            self.paths.push(self.path.clone());
        }
        let start = self.paths.len() - 1;
        Spot { start, end: start }
    }

    fn here<T>(&mut self, value: T) -> At<T> {
        At::new(self.spot(), value)
    }

    /// Notes a problem with what is being read.
    fn problem<T>(&mut self, code: &'static str, reason: impl Into<String>) -> Option<T> {
        let spot = self.spot();
        self.problems.push((spot, code, reason.into()));
        None
    }

    fn at<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        let read = read(self);
        self.path.truncate(length);
        read
    }

    fn node(&mut self, value: &Value) -> Option<At<Written>> {
        if self.nesting >= NESTING {
            return self.problem("too_deep", format!("at most {NESTING} levels"));
        }
        self.nesting += 1;
        let written = self.named_node(value);
        self.nesting -= 1;
        written
    }

    fn named_node(&mut self, value: &Value) -> Option<At<Written>> {
        let spot = self.spot();
        let Value::Object(object) = value else {
            let reason = "an object, as in {\"attribute\": \"status\", \"equals\": \"active\"}";
            return self.problem("wrong_type", reason);
        };
        let mut named = NODES.iter().filter(|(name, _)| object.contains_key(*name));
        let Some((name, others)) = named.next() else {
            let names = NODES.map(|(name, _)| name);
            let given = object.keys().next().map(String::as_str);
            let hint = given.and_then(|given| suggestion(given, names));
            let reason = format!("one of {}{}", names.join(", "), hint.unwrap_or_default());
            return self.problem("unknown_condition", reason);
        };
        if let Some((second, _)) = named.next() {
            let reason = format!("{name} or {second}; to have both, put them into all");
            return self.problem("two_conditions", reason);
        }
        self.check_keys(object, name, others);
        let written = match *name {
            "all" => Written::All(self.nodes("all", object.get("all")?)?),
            "any" => Written::Any(self.nodes("any", object.get("any")?)?),
            "not" => {
                let part = object.get("not")?;
                let part = self.at("not", |reader| reader.node(part))?;
                Written::Not(Box::new(part))
            }
            _ => Written::Condition(self.condition(name, object)?),
        };
        Some(At::new(spot, written))
    }

    fn check_keys(&mut self, object: &Object, name: &str, others: &[&'static str]) {
        let unknown = object
            .keys()
            .filter(|key| *key != name && !others.contains(&key.as_str()));
        for key in unknown {
            let hint = suggestion(key, others.iter().copied()).unwrap_or_default();
            let reason = match others {
                [] => format!("beside {name} there is nothing else"),
                others => format!("beside {name} there may be {}{hint}", others.join(", ")),
            };
            let shown: String = key.chars().filter(|c| !c.is_control()).take(100).collect();
            self.at(&shown, |reader| reader.problem::<()>("unknown_key", reason));
        }
    }

    fn nodes(&mut self, step: &str, value: &Value) -> Option<Vec<At<Written>>> {
        self.at(step, |reader| {
            let Value::Array(values) = value else {
                return reader.problem("wrong_type", "an array of conditions");
            };
            let nodes = values.iter().enumerate().map(|(place, value)| {
                let step = format!("[{place}]");
                reader.at(&step, |reader| reader.node(value))
            });
            let nodes: Vec<Option<At<Written>>> = nodes.collect();
            nodes.into_iter().collect()
        })
    }

    fn condition(&mut self, name: &str, object: &Object) -> Option<WrittenCondition> {
        let referent = match name {
            "attribute" => {
                let field = self.text(object, "attribute");
                let test = self.test(object);
                return Some(WrittenCondition::Field {
                    field: field?,
                    test: test?,
                });
            }
            "relation" => return self.related(object),
            "has" => return Some(WrittenCondition::Has(self.text(object, "has")?)),
            "consent" => {
                let channel = self.text(object, "consent")?;
                let answer = self.text(object, "answer")?;
                return Some(WrittenCondition::Consent { channel, answer });
            }
            "opted_out" => {
                let channel = self.text(object, "opted_out")?;
                return Some(WrittenCondition::OptedOut(channel));
            }
            "structure_under" => Referent::Structure,
            "group" => Referent::Group,
            "list" => Referent::List,
            _ => Referent::Segment,
        };
        let value = object.get(name)?;
        let reference = self.at(name, |reader| {
            let reference = reader.reference(value)?;
            Some(reader.here(reference))
        })?;
        Some(WrittenCondition::Refers {
            to: referent,
            reference,
        })
    }

    fn reference(&mut self, value: &Value) -> Option<Reference> {
        let (id, name) = match value {
            Value::String(name) => (None, Some(name.clone())),
            Value::Object(object) => {
                for key in object
                    .keys()
                    .filter(|key| !matches!(key.as_str(), "id" | "name"))
                {
                    let reason = "an object with an id or a name";
                    let shown: String = key.chars().filter(|c| !c.is_control()).take(100).collect();
                    self.at(&shown, |reader| reader.problem::<()>("unknown_key", reason));
                }
                let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
                (text("id"), text("name"))
            }
            _ => (None, None),
        };
        match id.is_some() || name.is_some() {
            true => Some(Reference { id, name }),
            false => self.problem("wrong_type", "a name, or an object with an id"),
        }
    }

    /// The text of a key.
    fn text(&mut self, object: &Object, key: &str) -> Option<At<String>> {
        self.at(key, |reader| match object.get(key) {
            Some(Value::String(text)) => Some(reader.here(text.clone())),
            Some(_) => reader.problem("wrong_type", "a text"),
            None => reader.problem("missing", format!("{key} is missing")),
        })
    }

    /// A key that is only ever true.
    fn is_set(&mut self, object: &Object, key: &str) -> Option<Option<Spot>> {
        self.at(key, |reader| match object.get(key) {
            None => Some(None),
            Some(Value::Bool(true)) => Some(Some(reader.spot())),
            Some(_) => {
                let reason = "true; leave it out, or put the condition into not for the opposite";
                reader.problem("wrong_type", reason)
            }
        })
    }

    fn related(&mut self, object: &Object) -> Option<WrittenCondition> {
        let relation = self.text(object, "relation");
        let (key, direction) = match (object.contains_key("to"), object.contains_key("from")) {
            (true, false) => ("to", Direction::Outgoing),
            (false, true) => ("from", Direction::Incoming),
            _ => {
                let reason = "to or from, with the kind of entity at the other end, as in \"to\": \"account\"";
                return self.problem("missing", reason);
            }
        };
        let other = self.text(object, key);
        let in_management = self.is_set(object, "in_management");
        let stay = match object.get("stay") {
            None => Some(None),
            Some(value) => self.at("stay", |reader| reader.stay(value)).map(Some),
        };
        let with = match object.get("where") {
            None => Some(None),
            Some(value) => self.at("where", |reader| reader.node(value)).map(Some),
        };
        Some(WrittenCondition::Related {
            relation: relation?,
            direction,
            other: other?,
            in_management: in_management?,
            stay: stay?,
            with: with?.map(Box::new),
        })
    }

    fn stay(&mut self, value: &Value) -> Option<At<WrittenStay>> {
        let spot = self.spot();
        let stay = match value {
            Value::String(text) if text == "now" => WrittenStay::Now,
            Value::Object(ends) => {
                self.check_keys(ends, "from", &["to"]);
                let (from, to) = (self.text(ends, "from"), self.text(ends, "to"));
                WrittenStay::During {
                    from: from?,
                    to: to?,
                }
            }
            _ => {
                let reason = "\"now\", or a period, as in {\"from\": \"2026-12-01\", \"to\": \"2026-12-05\"}";
                return self.problem("wrong_type", reason);
            }
        };
        Some(At::new(spot, stay))
    }
}
