//! A filter as it is written, in text or in JSON: with names instead of ids, and with the place of each part.

use super::{problem::Spot, tree::Direction};

/// A part and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct At<T> {
    pub(super) spot: Spot,
    pub(super) value: T,
}

impl<T> At<T> {
    pub(super) fn new(spot: Spot, value: T) -> Self {
        Self { spot, value }
    }

    /// A part of what is only written, which has no place.
    pub(super) fn nowhere(value: T) -> Self {
        Self::new(Spot::NONE, value)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written {
    All(Vec<At<Written>>),
    Any(Vec<At<Written>>),
    Not(Box<At<Written>>),
    Condition(WrittenCondition),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum WrittenCondition {
    Field {
        field: At<String>,
        test: At<WrittenTest>,
    },
    Related {
        relation: At<String>,
        direction: Direction,
        other: At<String>,
        in_management: Option<Spot>,
        stay: Option<At<WrittenStay>>,
        with: Option<Box<At<Written>>>,
    },
    Refers {
        to: Referent,
        reference: At<Reference>,
    },
    Has(At<String>),
    Consent {
        channel: At<String>,
        answer: At<String>,
    },
    OptedOut(At<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum WrittenTest {
    Exists,
    Equals(At<Literal>),
    OneOf(Vec<At<Literal>>),
    StartsWith(At<Literal>),
    ContainsWord(At<Literal>),
    Contains(At<Literal>),
    Range {
        from: Option<WrittenBound>,
        to: Option<WrittenBound>,
    },
    Days {
        from: Option<At<f64>>,
        to: Option<At<f64>>,
        in_any_year: bool,
        zone: Option<At<String>>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct WrittenBound {
    pub(super) value: At<Literal>,
    pub(super) is_inclusive: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum WrittenStay {
    Now,
    During { from: At<String>, to: At<String> },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    YesNo(bool),
}

/// What a condition refers to by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Referent {
    /// A structure.
    Structure,
    /// A group.
    Group,
    /// A list.
    List,
    /// A segment.
    Segment,
}

impl Referent {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Group => "group",
            Self::List => "list",
            Self::Segment => "segment",
        }
    }
}

/// How a condition refers to something: by its id, else by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}
