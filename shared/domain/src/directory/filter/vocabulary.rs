//! What a filter is read against: attributes, and the names of what it refers to.

use std::collections::BTreeMap;

use super::{segments::Segments, tree::OwnField};
use crate::{
    channel::Channel,
    directory::{AttributeType, Kind, Schema},
    id::{DocumentId, EntityId},
};

/// The attributes of all kinds of entities at a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schemas(BTreeMap<Kind, Schema>);

impl Schemas {
    /// The schema of a kind; `None` if the tenant added nothing to it.
    pub fn of(&self, kind: Kind) -> Option<&Schema> {
        self.0.get(&kind)
    }
}

impl FromIterator<Schema> for Schemas {
    fn from_iter<T: IntoIterator<Item = Schema>>(schemas: T) -> Self {
        let by_kind = schemas.into_iter().map(|schema| (schema.kind, schema));
        Self(by_kind.collect())
    }
}

/// Something saved that a filter refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Saved {
    /// A list.
    List,
    /// A segment.
    Segment,
}

/// The names of what a filter refers to. [`Draft::references`](super::Draft::references) and
/// [`Filter::references`](super::Filter::references) say which are needed.
pub trait Names: Sync {
    /// The entities of a kind that a name means: those called so, and the one with this external id.
    fn entities(&self, kind: Kind, name: &str) -> Vec<EntityId>;

    /// The name of an entity; `None` if there is no such one.
    fn entity_name(&self, kind: Kind, id: &EntityId) -> Option<String>;

    /// The lists or segments of this name.
    fn saved(&self, what: Saved, name: &str) -> Vec<DocumentId>;

    /// The name of a list or a segment; `None` if there is no such one.
    fn saved_name(&self, what: Saved, id: &DocumentId) -> Option<String>;
}

/// What a filter is read against.
#[derive(Clone, Copy)]
pub struct Vocabulary<'a> {
    /// The tenant's attributes.
    pub schemas: &'a Schemas,
    /// The names of what filters refer to.
    pub names: &'a dyn Names,
    /// The saved filters.
    pub segments: &'a dyn Segments,
    /// The segment that the filter is saved as, which it must not include.
    pub own: Option<&'a DocumentId>,
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values<'a> {
    Text,
    Email,
    Mobile,
    Language,
    Zone,
    Number,
    Day,
    Instant,
    YesNo,
    Choice(&'a [String]),
    Scope,
    List,
    Channels,
}

impl<'a> Values<'a> {
    pub(super) fn of_own(field: OwnField) -> Self {
        match field {
            OwnField::ExternalId
            | OwnField::Name
            | OwnField::GivenName
            | OwnField::FamilyName
            | OwnField::Status => Self::Text,
            OwnField::Email => Self::Email,
            OwnField::Mobile => Self::Mobile,
            OwnField::Language => Self::Language,
            OwnField::Zone => Self::Zone,
            OwnField::Categories => Self::List,
            OwnField::Channels => Self::Channels,
            OwnField::Scope => Self::Scope,
            OwnField::CreatedAt | OwnField::UpdatedAt => Self::Instant,
        }
    }

    pub(super) fn of_attribute(values: &'a AttributeType) -> Self {
        match values {
            AttributeType::Text => Self::Text,
            AttributeType::Number => Self::Number,
            AttributeType::Date => Self::Day,
            AttributeType::YesNo => Self::YesNo,
            AttributeType::Choice { options } => Self::Choice(options),
            AttributeType::List => Self::List,
        }
    }

    /// The only values that there can be.
    pub(super) fn options(self) -> Option<Vec<&'a str>> {
        match self {
            Self::Choice(options) => Some(options.iter().map(String::as_str).collect()),
            Self::Scope => Some(vec!["internal", "external"]),
            Self::Channels => Some(Channel::ALL.iter().map(|it| it.as_str()).collect()),
            _ => None,
        }
    }

    /// What the values are, in words.
    pub(super) const fn described(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Email => "an email address",
            Self::Mobile => "a mobile number",
            Self::Language => "a language",
            Self::Zone => "a time zone",
            Self::Number => "a number",
            Self::Day => "a date",
            Self::Instant => "a time",
            Self::YesNo => "yes or no",
            Self::Choice(_) | Self::Scope => "a choice",
            Self::List | Self::Channels => "a list",
        }
    }

    /// Which tests fit, as they are written in text.
    pub(super) const fn tests(self) -> &'static str {
        match self {
            Self::Text | Self::Email | Self::Mobile => {
                "=, in, starts with, contains word, >=, >, <=, < and exists"
            }
            Self::Language => "=, in, starts with and exists",
            Self::Zone => "=, in, starts with, contains word and exists",
            Self::Number => "=, in, >=, >, <=, <, from … to … and exists",
            Self::Day | Self::Instant => {
                "=, in, >=, >, <=, <, from … to …, exists and days as in within next 7 days"
            }
            Self::YesNo => "= true, = false and exists",
            Self::Choice(_) | Self::Scope => "=, in and exists",
            Self::List | Self::Channels => "contains and exists",
        }
    }
}
