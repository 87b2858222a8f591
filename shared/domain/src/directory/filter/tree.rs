//! The tree of a filter.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    directory::{AttributeId, AttributeName, Kind, RelationKind},
    id::{DocumentId, EntityId},
};

/// The most conditions of a filter.
pub const CONDITIONS: usize = 250;
/// The most levels of a filter: a condition alone has one.
pub const DEPTH: usize = 8;
/// The most values of a `one of`.
pub const VALUES: usize = 200;
/// The most bytes that all values of a filter have together, so that it fits into its row (400 KB in DynamoDB,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>) beside all else.
pub const VALUE_BYTES: usize = 60_000;
/// The most days that a relative date is away from today: a hundred years.
pub const DAYS: i32 = 36_525;

/// Which entities of one kind are meant. In its row it has the ids of what it names, so that renaming breaks nothing.
///
/// One that was read is canonical: no `all` or `any` has a single part, and no `any` is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// The kind of the entities.
    pub kind: Kind,
    /// What they have to fulfil.
    pub root: Node,
}

/// A part of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// All of these. Without any, everything.
    All(Vec<Node>),
    /// At least one of these.
    Any(Vec<Node>),
    /// The opposite.
    Not(Box<Node>),
    /// A condition.
    Condition(Condition),
}

/// A condition on one entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// What it has in a field.
    Field {
        /// The field.
        field: Field,
        /// What is asked of its value.
        test: Test,
    },
    /// Whether it has a relation.
    Related(Related),
    /// Whether it belongs to a structure or to one below it. A structure is under itself.
    StructureUnder(EntityId),
    /// Whether it is a member of a group.
    InGroup(EntityId),
    /// Whether it is on a list.
    InList(DocumentId),
    /// Whether it is in a segment of the same kind.
    InSegment(DocumentId),
    /// Whether it has an address for a channel.
    HasAddress(Channel),
    /// What it said about being written to on a channel.
    Consent {
        /// The channel.
        channel: Channel,
        /// What it said.
        answer: ConsentAnswer,
    },
    /// Whether an address of it is suppressed on a channel.
    OptedOut(Channel),
}

/// A field or an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// One that entities have at every tenant.
    Own(OwnField),
    /// One that the tenant added.
    Attribute(AttributeRef),
}

/// An attribute of the tenant's own. Two are equal if their ids are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttributeRef {
    /// Its id, which stays.
    pub id: AttributeId,
    /// Its name when the filter was read, by which people know it once it has been removed.
    pub name: AttributeName,
}

impl PartialEq for AttributeRef {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

macro_rules! own_fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A field that entities have at every tenant and that a filter can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum OwnField {
            $($(#[$doc])* $name,)*
        }

        impl OwnField {
            /// Every field.
            pub const ALL: &[OwnField] = &[$(OwnField::$name,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(OwnField::$name => $text,)*
                }
            }
        }
    };
}

own_fields! {
    /// The id in the system that the entity comes from.
    ExternalId = "external_id";
    /// The name of anything but a member.
    Name = "name";
    /// A member's first name.
    GivenName = "given_name";
    /// A member's last name.
    FamilyName = "family_name";
    /// The email address.
    Email = "email";
    /// The mobile number.
    Mobile = "mobile";
    /// The preferred language.
    Language = "language";
    /// The time zone.
    Zone = "zone";
    /// The tenant's own word.
    Status = "status";
    /// A member's categories.
    Categories = "categories";
    /// The channels that a member prefers.
    Channels = "channels";
    /// Whether the members of a group belong to the organisation.
    Scope = "scope";
    /// When the entity was created.
    CreatedAt = "created_at";
    /// When it was last changed.
    UpdatedAt = "updated_at";
}

/// Not a field of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a field that filters know")]
pub struct UnknownField;

impl FromStr for OwnField {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        let field = Self::ALL.iter().find(|field| field.as_str() == text);
        field.copied().ok_or(UnknownField)
    }
}

impl OwnField {
    /// Whether entities of a kind have it.
    pub const fn is_of(self, kind: Kind) -> bool {
        match self {
            Self::Name => !matches!(kind, Kind::Member),
            Self::GivenName | Self::FamilyName | Self::Categories | Self::Channels => {
                matches!(kind, Kind::Member)
            }
            Self::Scope => matches!(kind, Kind::Group),
            Self::ExternalId
            | Self::Email
            | Self::Mobile
            | Self::Language
            | Self::Zone
            | Self::Status
            | Self::CreatedAt
            | Self::UpdatedAt => true,
        }
    }
}

/// What is asked of a value. No test is met by a value that is missing. Texts are compared without regard to case and Unicode
/// composition. `Debug` shows no values: they may be addresses.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// There is one.
    Exists,
    /// It is this one.
    Equals(Constant),
    /// It is one of these.
    OneOf(Vec<Constant>),
    /// A text begins so.
    StartsWith(String),
    /// A text has this word, or these one after the other (words as in Unicode UAX #29).
    ContainsWord(String),
    /// A list has this entry.
    Contains(String),
    /// It lies in a range.
    Range(Range),
    /// It is so many days from today.
    Days(Days),
}

impl fmt::Debug for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Exists => "Exists",
            Self::Equals(_) => "Equals(…)",
            Self::OneOf(_) => "OneOf(…)",
            Self::StartsWith(_) => "StartsWith(…)",
            Self::ContainsWord(_) => "ContainsWord(…)",
            Self::Contains(_) => "Contains(…)",
            Self::Range(_) => "Range(…)",
            Self::Days(_) => "Days(…)",
        })
    }
}

/// A value in a filter.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constant {
    /// A text.
    Text(String),
    /// A number. Its row has it as text: not every reader of JSON gives back the very same double.
    Number(#[serde(with = "number_as_text")] f64),
    /// Yes or no.
    YesNo(bool),
    /// A day. Compared with an instant, it is that day in the tenant's time zone.
    Day(Date),
    /// An instant.
    Instant(Timestamp),
}

mod number_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes the field by reference"
    )]
    pub(super) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// From one value to another, each with or without the value itself. At least one is given.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The lower bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Bound>,
    /// The upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Bound>,
}

/// An end of a range.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The value.
    pub value: Constant,
    /// Whether the range has the value itself.
    pub is_inclusive: bool,
}

/// Days counted from today: 0 is today, −1 yesterday. Both ends are part of it, and at least one is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i32>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i32>,
    /// Whether only the day and month count, as for birthdays. The 29th of February is the 28th in other years.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_any_year: bool,
    /// The zone in which days begin and end, by its name in the IANA database; the tenant's, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Which end of a relation an entity is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The relation starts from it.
    Outgoing,
    /// The relation leads to it.
    Incoming,
}

/// A relation that an entity has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Related {
    /// How they are connected.
    pub relation: RelationKind,
    /// Which end the entity is at.
    pub direction: Direction,
    /// The kind of the entity at the other end.
    pub other: Kind,
    /// Of contacts: only those in management.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_management: bool,
    /// Of travellers: only stays at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<Stay>,
    /// What the entity at the other end has to fulfil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Box<Node>>,
}

/// When a traveller stays. A stay without a start or an end has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stay {
    /// At present.
    Now,
    /// At some time of this period.
    During {
        /// Its first instant; of a day, the day's first.
        from: Moment,
        /// The first instant after it; of a day, the day's last.
        to: Moment,
    },
}

/// A day in the tenant's time zone, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A day.
    Day(Date),
    /// An instant.
    Instant(Timestamp),
}

/// What a member said about being written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentAnswer {
    /// They agreed.
    Given,
    /// They refused.
    Refused,
    /// They have said nothing.
    NotSaid,
}

impl ConsentAnswer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Given, Self::Refused, Self::NotSaid];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Refused => "refused",
            Self::NotSaid => "not_said",
        }
    }
}

impl Filter {
    /// All entities of a kind.
    pub fn everything(kind: Kind) -> Self {
        Self {
            kind,
            root: Node::All(Vec::new()),
        }
    }

    /// Every condition, those of nested nodes as well, in order.
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut conditions = Vec::new();
        self.root.collect(&mut conditions);
        conditions
    }
}

impl Node {
    fn collect<'a>(&'a self, conditions: &mut Vec<&'a Condition>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect(conditions);
                }
            }
            Self::Not(part) => part.collect(conditions),
            Self::Condition(condition) => {
                conditions.push(condition);
                if let Condition::Related(Related {
                    with: Some(with), ..
                }) = condition
                {
                    with.collect(conditions);
                }
            }
        }
    }
}
