//! The values that a campaign gives its placeholders, for receivers without their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Content, ContentProblem, VARIABLES, check};
use crate::{language::LanguageTag, receivers};

/// The most bytes of all values of a campaign, as JSON.
pub const VALUES_BYTES: usize = 32 * 1024;
/// Names that the system fills in: a value would be ignored.
const BUILT_IN: [&str; 3] = ["campaign", "sender", "unsubscribe_url"];

/// Values for placeholders, nested by the names of their paths.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// For all languages.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub all: Map<String, Value>,
    /// For the version of one language; these come before the values for all languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<LanguageTag, Map<String, Value>>,
}

impl Values {
    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.languages.is_empty()
    }

    /// The values for all languages, and those of each language.
    pub fn versions(&self) -> impl Iterator<Item = (Option<&LanguageTag>, &Map<String, Value>)> {
        std::iter::once((None, &self.all)).chain(
            self.languages
                .iter()
                .map(|(language, values)| (Some(language), values)),
        )
    }
}

/// Values in nested form: `{"account.balance": 5}` and `{"account": {"balance": 5}}` are the same.
///
/// # Errors
/// The path that is given twice, or that is both a value and an object.
pub fn nested(written: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut root = Value::Object(Map::new());
    for (path, value) in written {
        let mut value = value.clone();
        for name in path.rsplit('.') {
            value = Value::Object(Map::from_iter([(name.to_owned(), value)]));
        }
        merge(&mut root, value, "")?;
    }
    match root {
        Value::Object(root) => Ok(root),
        _ => Ok(Map::new()),
    }
}

fn merge(place: &mut Value, value: Value, path: &str) -> Result<(), String> {
    let (Value::Object(place), Value::Object(values)) = (place, value) else {
        return Err(path.to_owned());
    };
    for (name, value) in values {
        match place.get_mut(&name) {
            None => {
                let value = match value {
                    // Deeper levels may use dotted names too.
                    Value::Object(inner) => Value::Object(nested(&inner)?),
                    value => value,
                };
                place.insert(name, value);
            }
            Some(there) => {
                let path = match path {
                    "" => name,
                    path => format!("{path}.{name}"),
                };
                merge(there, value, &path)?;
            }
        }
    }
    Ok(())
}

/// Adds values where none exist.
pub(crate) fn fill_gaps(place: &mut Value, value: &Value) {
    match (place, value) {
        (place @ Value::Null, value) => *place = value.clone(),
        (Value::Object(place), Value::Object(values)) => {
            for (name, value) in values {
                fill_gaps(place.entry(name).or_insert(Value::Null), value);
            }
        }
        _ => {}
    }
}

/// Adds values where none exist, name by name.
pub(crate) fn fill_gaps_of(place: &mut Map<String, Value>, values: &Map<String, Value>) {
    for (name, value) in values {
        fill_gaps(place.entry(name).or_insert(Value::Null), value);
    }
}

/// Inserts a value at a path. A value that is no object in its way is kept, and the inserted one is dropped.
pub(crate) fn insert_at<'n>(
    values: &mut Map<String, Value>,
    path: impl IntoIterator<Item = &'n str>,
    value: Value,
) {
    let mut names = path.into_iter().peekable();
    let mut place = Some(values);
    while let (Some(inner), Some(name)) = (place, names.next()) {
        if names.peek().is_none() {
            inner.insert(name.to_owned(), value);
            return;
        }
        place = inner
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()))
            .as_object_mut();
    }
}

/// Whether there is a value at a dotted path.
pub fn has_value(values: &Map<String, Value>, path: &str) -> bool {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| values.get(name));
    let found = names.try_fold(first, |place, name| place.map(|place| place.get(name)));
    found.flatten().is_some_and(|value| !value.is_null())
}

/// The dotted paths of all values that are not objects.
pub fn leaf_paths(values: &Map<String, Value>) -> Vec<String> {
    paths_where(values, &|_, value| !value.is_object())
}

/// Problems with the values of a content.
pub fn check_values(content: &Content) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    let mut problem =
        |field: String, reason: String| problems.push(ContentProblem { field, reason });
    for (language, values) in content.values.versions() {
        let field = match language {
            None => "values".to_owned(),
            Some(tag) => format!("values_by_language.{tag}"),
        };
        for name in values.keys().filter(|name| BUILT_IN.contains(&&***name)) {
            let reason = "this is filled in automatically, so a value would be ignored".to_owned();
            problem(format!("{field}.{name}"), reason);
        }
        for path in empty_paths(values) {
            let reason = "null is not a value; omit it".to_owned();
            problem(format!("{field}.{path}"), reason);
        }
        let has_controls = |_: &str, value: &Value| {
            let is_control = |letter: char| letter.is_control() && !"\n\r\t".contains(letter);
            value.as_str().is_some_and(|text| text.contains(is_control))
        };
        for path in paths_where(values, &has_controls) {
            let reason = "messages cannot contain control characters; remove them".to_owned();
            problem(format!("{field}.{path}"), reason);
        }
        for path in bad_names(values) {
            let reason = check::PATH_RULE.to_owned();
            problem(format!("{field}.{path}"), reason);
        }
        let has_too_many = |value: &Value| receivers::has_too_many(value);
        if values.len() > VARIABLES || values.values().any(has_too_many) {
            let most = receivers::LIST_ENTRIES;
            let reason = format!("at most {most} entries in a list or an object");
            problem(field.clone(), reason);
        }
        for (name, _) in values
            .iter()
            .filter(|(_, value)| receivers::is_too_deep(value))
        {
            let reason = format!("at most {} levels", receivers::LEVELS);
            problem(format!("{field}.{name}"), reason);
        }
        for variable in &content.variables {
            if let Some(place) = is_crossed(values, &variable.path) {
                let path = &variable.path;
                let reason = format!("it contains {path}, so it must be an object");
                problem(format!("{field}.{place}"), reason);
            }
        }
    }
    let bytes = serde_json::to_string(&content.values).map_or(0, |json| json.len());
    if bytes > VALUES_BYTES {
        let reason = format!("at most {VALUES_BYTES} bytes for all values; these have {bytes}");
        problem("values".to_owned(), reason);
    }
    problems
}

/// The first part of a path that has a value without further names in it.
fn is_crossed<'p>(values: &Map<String, Value>, path: &'p str) -> Option<&'p str> {
    let mut place = values;
    for (end, _) in path.match_indices('.') {
        let (before, _) = path.split_at(end);
        let name = before.rsplit('.').next().unwrap_or(before);
        match place.get(name) {
            Some(Value::Object(inner)) => place = inner,
            Some(_) => return Some(before),
            None => return None,
        }
    }
    None
}

fn empty_paths(values: &Map<String, Value>) -> Vec<String> {
    paths_where(values, &|_, value| value.is_null())
}

fn bad_names(values: &Map<String, Value>) -> Vec<String> {
    paths_where(values, &|name, _| !check::is_path(name))
}

fn paths_where(
    values: &Map<String, Value>,
    is_wanted: &impl Fn(&str, &Value) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in values {
        if is_wanted(name, value) {
            found.push(name.clone());
        } else if let Value::Object(inner) = value {
            let inner = paths_where(inner, is_wanted);
            found.extend(inner.into_iter().map(|path| format!("{name}.{path}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content::Variable;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_value_is_inserted_at_its_path_unless_another_is_in_its_way() {
        let mut values = object(json!({ "a": { "b": 1 }, "c": "text" }));
        insert_at(&mut values, ["a", "d", "e"], 2.into());
        insert_at(&mut values, "a.b".split('.'), 3.into());
        insert_at(&mut values, "c.d".split('.'), 4.into());
        insert_at(&mut values, ["f"], 5.into());
        let expected = json!({ "a": { "b": 3, "d": { "e": 2 } }, "c": "text", "f": 5 });
        assert_eq!(Value::Object(values.clone()), expected);
        assert_eq!(leaf_paths(&values), ["a.b", "a.d.e", "c", "f"]);
    }

    #[test]
    fn dotted_and_nested_names_are_equal() {
        let expected = Ok(object(
            json!({ "outage": { "area": "Riverside", "count": 3 } }),
        ));
        for written in [
            json!({ "outage.area": "Riverside", "outage.count": 3 }),
            json!({ "outage": { "area": "Riverside", "count": 3 } }),
            json!({ "outage": { "area": "Riverside" }, "outage.count": 3 }),
        ] {
            assert_eq!(nested(&object(written.clone())), expected, "{written}");
        }
        let deep = nested(&object(json!({ "a": { "b.c": 1 } })));
        assert_eq!(deep, Ok(object(json!({ "a": { "b": { "c": 1 } } }))));
        for (twice, path) in [
            (json!({ "a": { "b": 1 }, "a.b": 2 }), "a.b"),
            (json!({ "a": 1, "a.b": 2 }), "a"),
        ] {
            assert_eq!(
                nested(&object(twice.clone())),
                Err(path.to_owned()),
                "{twice}"
            );
        }
    }

    #[test]
    fn values_that_would_be_lost_are_refused_with_their_path() {
        let content = |values: Value| Content {
            values: Values {
                all: object(values),
                ..Values::default()
            },
            variables: vec![Variable {
                path: "outage.area".to_owned(),
                description: None,
                sample: None,
                default: None,
            }],
            ..Content::default()
        };
        let found = |values: Value| {
            let problems = check_values(&content(values));
            let fields = problems.into_iter().map(|problem| problem.field);
            fields.collect::<Vec<_>>()
        };
        let good = json!({ "outage": { "area": "Riverside" }, "member": { "first_name": "you" } });
        assert_eq!(found(good), [""; 0]);
        let many: Vec<u8> = vec![1; receivers::LIST_ENTRIES + 1];
        for (bad, field) in [
            (json!({ "sender": { "name": "Me" } }), "values.sender"),
            (json!({ "unsubscribe_url": "x" }), "values.unsubscribe_url"),
            (json!({ "campaign": { "name": "x" } }), "values.campaign"),
            (json!({ "outage": "Riverside" }), "values.outage"),
            (json!({ "outage": { "area": null } }), "values.outage.area"),
            (json!({ "out age": 1 }), "values.out age"),
            (json!({ "list": many }), "values"),
            (json!({ "text": "x".repeat(VALUES_BYTES) }), "values"),
        ] {
            assert_eq!(found(bad.clone()), [field], "{bad}");
        }
    }
}
