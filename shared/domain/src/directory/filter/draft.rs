//! Filters between their written form and their tree.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    json,
    problem::{Problem, Source},
    read, text,
    tree::{Condition, Filter},
    vocabulary::Vocabulary,
    write,
    written::{At, Reference, Referent, Written, WrittenCondition},
};
use crate::directory::Kind;

/// A filter whose form is right, but whose names have not been looked up.
#[derive(Clone)]
pub struct Draft {
    source: Source,
    written: At<Written>,
}

/// What a filter refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mention {
    /// Something by its name.
    Name(Referent, String),
    /// Something by its id.
    Id(Referent, String),
}

impl Draft {
    /// Reads the form of a text.
    ///
    /// # Errors
    /// The first thing that does not follow the grammar.
    pub fn from_text(text: &str) -> Result<Self, Problem> {
        let source = Source::Text(text.to_owned());
        match text::parse(&source, text) {
            Ok(written) => Ok(Self { source, written }),
            Err(problem) => Err(*problem),
        }
    }

    /// Reads the form of a JSON value.
    ///
    /// # Errors
    /// Everything that is not as it should be.
    pub fn from_json(value: &Value) -> Result<Self, Vec<Problem>> {
        let (source, written) = json::parse(value);
        let written = written?;
        Ok(Self { source, written })
    }

    /// What it refers to, so that a caller can look it up.
    pub fn references(&self) -> BTreeSet<Mention> {
        let mut mentions = BTreeSet::new();
        collect(&self.written.value, &mut mentions);
        mentions
    }

    /// Looks up its names, and checks it.
    ///
    /// # Errors
    /// Every problem.
    pub fn read(&self, kind: Kind, vocabulary: &Vocabulary<'_>) -> Result<Filter, Vec<Problem>> {
        let root = read::read(kind, &self.written, &self.source, vocabulary)?;
        Ok(Filter { kind, root })
    }
}

impl Filter {
    /// Reads a filter from its text.
    ///
    /// # Errors
    /// The first error of its form, else every problem.
    pub fn from_text(
        kind: Kind,
        text: &str,
        vocabulary: &Vocabulary<'_>,
    ) -> Result<Self, Vec<Problem>> {
        let draft = Draft::from_text(text).map_err(|problem| vec![problem])?;
        draft.read(kind, vocabulary)
    }

    /// Reads a filter from its JSON.
    ///
    /// # Errors
    /// Every problem.
    pub fn from_json(
        kind: Kind,
        value: &Value,
        vocabulary: &Vocabulary<'_>,
    ) -> Result<Self, Vec<Problem>> {
        Draft::from_json(value)?.read(kind, vocabulary)
    }

    /// Its text, on one line.
    ///
    /// # Errors
    /// Attributes that were removed, each with its name and place.
    pub fn to_text(&self, vocabulary: &Vocabulary<'_>) -> Result<String, Vec<Problem>> {
        let written = write::write(self.kind, &self.root, vocabulary)?;
        Ok(text::print(&written))
    }

    /// Its JSON.
    ///
    /// # Errors
    /// Attributes that were removed, each with its name and place.
    pub fn to_json(&self, vocabulary: &Vocabulary<'_>) -> Result<Value, Vec<Problem>> {
        let written = write::write(self.kind, &self.root, vocabulary)?;
        Ok(json::compose(&written))
    }

    /// Checks a filter that was read before: attributes, options, structures and segments may have changed since. Places are those of its
    /// JSON.
    ///
    /// # Errors
    /// Every problem.
    pub fn check(&self, vocabulary: &Vocabulary<'_>) -> Result<(), Vec<Problem>> {
        let json = self.to_json(vocabulary)?;
        Self::from_json(self.kind, &json, vocabulary).map(|_| ())
    }

    /// What it refers to, so that a caller can look up the names.
    pub fn references(&self) -> BTreeSet<Mention> {
        let mentions = self.conditions().into_iter().filter_map(|condition| {
            let (what, id) = match condition {
                Condition::StructureUnder(id) => (Referent::Structure, id.as_str()),
                Condition::InGroup(id) => (Referent::Group, id.as_str()),
                Condition::InList(id) => (Referent::List, id.as_str()),
                Condition::InSegment(id) => (Referent::Segment, id.as_str()),
                Condition::Field { .. }
                | Condition::Related(_)
                | Condition::HasAddress(_)
                | Condition::Consent { .. }
                | Condition::OptedOut(_) => return None,
            };
            Some(Mention::Id(what, id.to_owned()))
        });
        mentions.collect()
    }
}

fn collect(written: &Written, mentions: &mut BTreeSet<Mention>) {
    match written {
        Written::All(parts) | Written::Any(parts) => {
            for part in parts {
                collect(&part.value, mentions);
            }
        }
        Written::Not(part) => collect(&part.value, mentions),
        Written::Condition(WrittenCondition::Refers { to, reference }) => {
            let Reference { id, name } = reference.value.clone();
            let by_id = id.map(|id| Mention::Id(*to, id));
            mentions.extend(by_id.or_else(|| name.map(|name| Mention::Name(*to, name))));
        }
        Written::Condition(WrittenCondition::Related {
            with: Some(with), ..
        }) => collect(&with.value, mentions),
        Written::Condition(_) => {}
    }
}
