//! Attributes that a tenant adds to a kind of entity, described once so that input, search, filters, placeholders and files know them.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{entity::RESERVED, kind::Kind};
use crate::field_problem::{FieldProblem, control_character, one_line};

/// The most attributes of one kind, so that a row stays small.
pub const ATTRIBUTES: usize = 100;
/// The longest name, in characters.
pub const NAME_CHARACTERS: usize = 40;
/// The longest label, in characters.
pub const LABEL_CHARACTERS: usize = 100;
/// The longest text value or option, in characters.
pub const TEXT_CHARACTERS: usize = 500;
/// The most options of a choice.
pub const OPTIONS: usize = 200;
/// The most entries of a list.
pub const ENTRIES: usize = 50;
/// The largest number, either way. All integers up to it are exact in a double (IEEE 754).
const MOST_NUMBER: f64 = 9_007_199_254_740_991.0;

/// The name of an attribute in requests, files and placeholders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeName(String);

/// Not the name of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Other characters, or too many.
    #[error("1 to {NAME_CHARACTERS} of a-z, 0-9 and _, beginning with a letter")]
    Characters,
    /// Every entity has a field of that name.
    #[error("another name: every entity has a field of this name")]
    Reserved,
}

impl FromStr for AttributeName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let is_valid = text.len() <= NAME_CHARACTERS
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_valid {
            return Err(InvalidName::Characters);
        }
        match RESERVED.contains(&text) {
            true => Err(InvalidName::Reserved),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for AttributeName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> String {
        name.0
    }
}

impl AttributeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What rows and filters call an attribute. It stays when the attribute is renamed and is never used again, so that neither breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeId(u32);

/// Not the id of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an attribute")]
pub struct InvalidAttributeId;

impl TryFrom<String> for AttributeId {
    type Error = InvalidAttributeId;

    fn try_from(text: String) -> Result<Self, InvalidAttributeId> {
        let number = text.strip_prefix('a').and_then(|rest| rest.parse().ok());
        number.map(Self).ok_or(InvalidAttributeId)
    }
}

impl From<AttributeId> for String {
    fn from(id: AttributeId) -> String {
        format!("a{}", id.0)
    }
}

/// What the values of an attribute are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttributeType {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// Yes or no.
    YesNo,
    /// One of some texts.
    Choice {
        /// The texts, in the order in which they are offered.
        options: Vec<String>,
    },
    /// Several texts.
    List,
}

impl AttributeType {
    /// Its name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::YesNo => "yes_no",
            Self::Choice { .. } => "choice",
            Self::List => "list",
        }
    }
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Yes or no.
    YesNo(bool),
    /// A number, finite and of at most 2^53 − 1 either way.
    Number(f64),
    /// A text, an option of a choice, or a day as in `2026-11-30`.
    Text(String),
    /// Several texts, each once, in the order given.
    List(Vec<String>),
}

/// An attribute that a tenant added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// What rows and filters call it.
    pub id: AttributeId,
    /// Its name in requests, files and placeholders.
    pub name: AttributeName,
    /// Its name for people.
    pub label: String,
    /// What its values are.
    #[serde(flatten)]
    pub values: AttributeType,
}

/// The attributes of a kind of entity at a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The kind.
    pub kind: Kind,
    /// Incremented on every change.
    pub version: u64,
    /// The number of the next attribute's id.
    next: u32,
    /// The attributes, in display order.
    pub attributes: Vec<Attribute>,
}

/// Why a schema cannot be changed as requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchema {
    /// Two attributes of one name.
    #[error("{0} exists already")]
    Duplicate(AttributeName),
    /// Too many attributes.
    #[error("at most {ATTRIBUTES} attributes of a kind")]
    TooMany,
    /// The type of an attribute would change.
    #[error(
        "the type of an attribute stays as it is, because its values are stored; add another attribute"
    )]
    TypeChanged,
    /// A choice without options, with too many, or with two that are the same.
    #[error("1 to {OPTIONS} different options of 1 to {TEXT_CHARACTERS} characters")]
    Options,
    /// A label that is empty or too long.
    #[error("a label of 1 to {LABEL_CHARACTERS} characters")]
    Label,
}

impl InvalidSchema {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate(_) => "duplicate_name",
            Self::TooMany => "too_many",
            Self::TypeChanged => "type_changed",
            Self::Options => "invalid_options",
            Self::Label => "invalid_label",
        }
    }
}

impl Schema {
    /// The schema of a kind for which a tenant has added nothing.
    pub fn empty(kind: Kind) -> Self {
        Self {
            kind,
            version: 0,
            next: 1,
            attributes: Vec::new(),
        }
    }

    /// The attribute of a name.
    pub fn named(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.as_str() == name)
    }

    /// The attribute with an id; `None` if it was removed.
    pub fn get(&self, id: AttributeId) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.id == id)
    }

    /// Adds an attribute.
    ///
    /// # Errors
    /// If there are too many, or it is not valid beside the others.
    pub fn add(
        &mut self,
        name: AttributeName,
        label: &str,
        values: AttributeType,
    ) -> Result<AttributeId, InvalidSchema> {
        if self.attributes.len() >= ATTRIBUTES {
            return Err(InvalidSchema::TooMany);
        }
        let id = AttributeId(self.next);
        let added = Attribute {
            id,
            name,
            label: label.trim().to_owned(),
            values,
        };
        self.check(&added)?;
        self.attributes.push(added);
        self.next += 1;
        Ok(id)
    }

    /// Replaces an attribute by one with another name, label or options. Values keep their attribute, whatever it is called.
    ///
    /// # Errors
    /// If it would not be valid beside the others, or its type would change.
    pub fn replace(&mut self, changed: Attribute) -> Result<(), InvalidSchema> {
        self.check(&changed)?;
        for attribute in &mut self.attributes {
            if attribute.id == changed.id {
                if attribute.values.as_str() != changed.values.as_str() {
                    return Err(InvalidSchema::TypeChanged);
                }
                *attribute = changed;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Removes an attribute; whether there was one. Its values are left in the rows, where nothing reads them.
    pub fn remove(&mut self, id: AttributeId) -> bool {
        let before = self.attributes.len();
        self.attributes.retain(|attribute| attribute.id != id);
        self.attributes.len() < before
    }

    fn check(&self, new: &Attribute) -> Result<(), InvalidSchema> {
        let is_taken = |other: &Attribute| other.name == new.name && other.id != new.id;
        if self.attributes.iter().any(is_taken) {
            return Err(InvalidSchema::Duplicate(new.name.clone()));
        }
        let is_short = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
        let is_clean = |text: &str| control_character(text, false).is_none();
        if !is_short(new.label.trim(), LABEL_CHARACTERS) || !is_clean(&new.label) {
            return Err(InvalidSchema::Label);
        }
        if let AttributeType::Choice { options } = &new.values {
            let different: BTreeSet<&str> = options.iter().map(|option| option.trim()).collect();
            let are_valid = (1..=OPTIONS).contains(&options.len())
                && different.len() == options.len()
                && options.iter().all(|option| {
                    option.trim() == option && is_short(option, TEXT_CHARACTERS) && is_clean(option)
                });
            if !are_valid {
                return Err(InvalidSchema::Options);
            }
        }
        Ok(())
    }
}

impl Attribute {
    /// Reads a value from JSON, or from the text of a cell: `12.5`, `2026-11-30`, `yes`, `red; blue`. `None` if it is empty.
    ///
    /// # Errors
    /// What would be right.
    pub fn read(&self, field: &str, value: &Value) -> Result<Option<AttributeValue>, FieldProblem> {
        let wrong = |reason: String| FieldProblem::new(field, "wrong_type", reason);
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) => Some(text.trim()),
            _ => None,
        };
        if text.is_some_and(str::is_empty) {
            return Ok(None);
        }
        let read = match &self.values {
            AttributeType::Text => Self::text(field, text).map(AttributeValue::Text)?,
            AttributeType::Number => {
                let number = match text {
                    Some(text) => text.parse().ok(),
                    None => value.as_f64(),
                };
                let number = number.filter(|number: &f64| number.abs() <= MOST_NUMBER);
                let reason = || wrong(format!("a number of at most {MOST_NUMBER}, as in 12.5"));
                // There is one zero.
                AttributeValue::Number(number.ok_or_else(reason)? + 0.0)
            }
            AttributeType::Date => {
                let date: Option<Date> = text.and_then(|text| text.parse().ok());
                let reason = || wrong("a date, as in 2026-11-30".to_owned());
                AttributeValue::Text(date.ok_or_else(reason)?.to_string())
            }
            AttributeType::YesNo => {
                let answer = match text.map(str::to_ascii_lowercase).as_deref() {
                    Some("yes" | "true" | "1") => Some(true),
                    Some("no" | "false" | "0") => Some(false),
                    Some(_) => None,
                    None => value.as_bool(),
                };
                AttributeValue::YesNo(answer.ok_or_else(|| wrong("yes or no".to_owned()))?)
            }
            AttributeType::Choice { options } => {
                let option = text.and_then(|text| options.iter().find(|option| *option == text));
                let reason = || {
                    let few: Vec<&str> = options.iter().take(10).map(String::as_str).collect();
                    let more = if options.len() > few.len() {
                        ", …"
                    } else {
                        ""
                    };
                    let reason = format!("one of {}{more}", few.join(", "));
                    FieldProblem::new(field, "not_an_option", reason)
                };
                AttributeValue::Text(option.ok_or_else(reason)?.clone())
            }
            AttributeType::List => AttributeValue::List(Self::list(field, text, value)?),
        };
        Ok(Some(read).filter(|value| *value != AttributeValue::List(Vec::new())))
    }

    fn text(field: &str, text: Option<&str>) -> Result<String, FieldProblem> {
        let mut problems = Vec::new();
        let given = text.map(str::to_owned);
        let read = one_line(field, given, TEXT_CHARACTERS, &mut problems);
        match (problems.pop(), read) {
            (Some(problem), _) => Err(problem),
            (None, Some(text)) => Ok(text),
            (None, None) => Err(FieldProblem::new(field, "wrong_type", "a text")),
        }
    }

    /// The entries of a JSON array, or of a cell in which semicolons part them.
    fn list(field: &str, text: Option<&str>, value: &Value) -> Result<Vec<String>, FieldProblem> {
        let given: Vec<&str> = match (text, value) {
            (Some(text), _) => text.split(';').map(str::trim).collect(),
            (None, Value::Array(values)) => {
                let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| FieldProblem::new(field, "wrong_type", "texts"))?
            }
            (None, _) => {
                return Err(FieldProblem::new(field, "wrong_type", "a list of texts"));
            }
        };
        let mut list: Vec<String> = Vec::new();
        for entry in given.into_iter().filter(|entry| !entry.trim().is_empty()) {
            let entry = Self::text(field, Some(entry))?;
            if !list.contains(&entry) {
                list.push(entry);
            }
        }
        if list.len() > ENTRIES {
            let reason = format!("at most {ENTRIES} entries; this has {}", list.len());
            return Err(FieldProblem::new(field, "too_many", reason));
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        let mut schema = Schema::empty(Kind::Member);
        let options = vec!["gold".to_owned(), "silver".to_owned()];
        for (name, values) in [
            ("nickname", AttributeType::Text),
            ("points", AttributeType::Number),
            ("birthday", AttributeType::Date),
            ("vegan", AttributeType::YesNo),
            ("tier", AttributeType::Choice { options }),
            ("interests", AttributeType::List),
        ] {
            schema.add(name.parse().unwrap(), name, values).unwrap();
        }
        schema
    }

    #[test]
    fn values_are_read_from_json_and_from_cells() {
        let schema = schema();
        let read = |name: &str, value: Value| {
            let attribute = schema.named(name).unwrap();
            attribute.read(name, &value).map_err(|error| error.code)
        };
        let text = |text: &str| Ok(Some(AttributeValue::Text(text.to_owned())));
        assert_eq!(read("nickname", json!(" Bob\n B ")), text("Bob B"));
        assert_eq!(read("nickname", json!(7)), Err("wrong_type"));
        assert_eq!(read("nickname", json!("a\u{0}")), Err("control_character"));
        let number = |number| Ok(Some(AttributeValue::Number(number)));
        assert_eq!(read("points", json!("12.5")), number(12.5));
        assert_eq!(read("points", json!(-3)), number(-3.0));
        for wrong in [json!("NaN"), json!("inf"), json!(1e300), json!("1,5")] {
            assert_eq!(read("points", wrong.clone()), Err("wrong_type"), "{wrong}");
        }
        assert_eq!(read("birthday", json!("2000-02-29")), text("2000-02-29"));
        assert_eq!(read("birthday", json!("2001-02-29")), Err("wrong_type"));
        let answer = Ok(Some(AttributeValue::YesNo(true)));
        assert_eq!(read("vegan", json!("Yes")), answer);
        assert_eq!(read("vegan", json!(true)), answer);
        assert_eq!(read("vegan", json!("maybe")), Err("wrong_type"));
        assert_eq!(read("tier", json!("gold")), text("gold"));
        assert_eq!(read("tier", json!("Gold")), Err("not_an_option"));
        let list = Ok(Some(AttributeValue::List(vec!["a".into(), "b".into()])));
        assert_eq!(read("interests", json!("a; b;;a")), list);
        assert_eq!(read("interests", json!(["a", "b"])), list);
        for empty in [json!(""), json!(" "), Value::Null] {
            assert_eq!(read("points", empty.clone()), Ok(None), "{empty}");
        }
        assert_eq!(read("interests", json!([])), Ok(None));
    }

    #[test]
    fn an_attribute_keeps_its_id_and_its_type() {
        let mut schema = schema();
        let mut tier = schema.named("tier").unwrap().clone();
        tier.name = "level".parse().unwrap();
        schema.replace(tier.clone()).unwrap();
        assert_eq!(schema.get(tier.id), Some(&tier));
        tier.values = AttributeType::Text;
        assert_eq!(
            schema.replace(tier.clone()),
            Err(InvalidSchema::TypeChanged)
        );
        tier.name = "points".parse().unwrap();
        assert!(matches!(
            schema.replace(tier.clone()),
            Err(InvalidSchema::Duplicate(_))
        ));
        assert!(schema.remove(tier.id));
        let again = schema.add("level".parse().unwrap(), "Level", AttributeType::Text);
        assert_ne!(again, Ok(tier.id));
        for (name, error) in [
            ("email", InvalidName::Reserved),
            ("Level", InvalidName::Characters),
            ("1st", InvalidName::Characters),
            ("", InvalidName::Characters),
        ] {
            assert_eq!(name.parse::<AttributeName>(), Err(error));
        }
    }

    #[test]
    fn options_and_labels_are_checked() {
        let mut schema = Schema::empty(Kind::Account);
        let mut choice = |options: &[&str]| {
            let options = options.iter().map(|it| (*it).to_owned()).collect();
            let name = "tier".parse().unwrap();
            schema.add(name, "Tier", AttributeType::Choice { options })
        };
        for wrong in [&[][..], &["a", "a"], &[""], &[" a"]] {
            assert_eq!(choice(wrong), Err(InvalidSchema::Options), "{wrong:?}");
        }
        let name = "tier".parse().unwrap();
        let result = schema.add(name, " ", AttributeType::Text);
        assert_eq!(result, Err(InvalidSchema::Label));
    }
}
