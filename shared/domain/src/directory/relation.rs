//! Relations: how two entities are connected.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::id::EntityId;

/// How one entity is connected to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// A member is in a group.
    MemberOf,
    /// A member is a contact of a location or an account, possibly in its management.
    ContactOf,
    /// A member heads a structure.
    Heads,
    /// Something is part of a structure; a transaction, of an account or a location.
    BelongsTo,
    /// A member holds an account, or made a transaction.
    HolderOf,
    /// A member is at a location for some time.
    TravellerAt,
}

impl RelationKind {
    /// Every kind of relation.
    pub const ALL: [Self; 6] = [
        Self::MemberOf,
        Self::ContactOf,
        Self::Heads,
        Self::BelongsTo,
        Self::HolderOf,
        Self::TravellerAt,
    ];

    /// Its name in rows, filters and responses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemberOf => "member_of",
            Self::ContactOf => "contact_of",
            Self::Heads => "heads",
            Self::BelongsTo => "belongs_to",
            Self::HolderOf => "holder_of",
            Self::TravellerAt => "traveller_at",
        }
    }

    /// The kinds of entities that it connects: from, to.
    pub const fn ends(self) -> &'static [(Kind, Kind)] {
        use Kind::{Account, Group, Location, Member, Structure, Transaction};
        match self {
            Self::MemberOf => &[(Member, Group)],
            Self::ContactOf => &[(Member, Location), (Member, Account)],
            Self::Heads => &[(Member, Structure)],
            Self::BelongsTo => &[
                (Member, Structure),
                (Account, Structure),
                (Location, Structure),
                (Structure, Structure),
                (Transaction, Account),
                (Transaction, Location),
            ],
            Self::HolderOf => &[(Member, Account), (Member, Transaction)],
            Self::TravellerAt => &[(Member, Location)],
        }
    }

    /// Whether it may connect these kinds.
    pub fn connects(self, from: Kind, to: Kind) -> bool {
        self.ends().contains(&(from, to))
    }
}

/// Not a kind of relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of member_of, contact_of, heads, belongs_to, holder_of and traveller_at")]
pub struct UnknownRelation;

impl FromStr for RelationKind {
    type Err = UnknownRelation;

    fn from_str(text: &str) -> Result<Self, UnknownRelation> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        kind.ok_or(UnknownRelation)
    }
}

impl fmt::Display for RelationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A connection from one entity to another. There is at most one of a kind between two entities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// How they are connected.
    pub relation: RelationKind,
    /// The kind of the entity that it starts from.
    pub from_kind: Kind,
    /// The entity that it starts from.
    pub from: EntityId,
    /// The kind of the entity that it leads to.
    pub to_kind: Kind,
    /// The entity that it leads to.
    pub to: EntityId,
    /// Of a contact: whether in management.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_management: bool,
    /// Of a traveller: the first instant of the stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
    /// Of a traveller: the first instant after the stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

/// Why two entities cannot be connected as requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRelation {
    /// It does not connect these kinds.
    #[error("{relation} cannot lead from {from} to {to}; possible: {}", Ends(*.relation))]
    Ends {
        /// The relation.
        relation: RelationKind,
        /// The kind that it starts from.
        from: Kind,
        /// The kind that it leads to.
        to: Kind,
    },
    /// An entity cannot be connected to itself.
    #[error("two different entities")]
    Itself,
    /// Only contacts are in management.
    #[error("only a contact_of relation can be in management")]
    Management,
    /// Only stays have a time.
    #[error("only a traveller_at relation has a start and an end")]
    Time,
    /// The end is not after the start.
    #[error("an end after the start")]
    Order,
}

impl InvalidRelation {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ends { .. } => "wrong_kinds",
            Self::Itself => "same_entity",
            Self::Management => "not_a_contact",
            Self::Time => "not_a_stay",
            Self::Order => "ends_before_start",
        }
    }
}

impl Relation {
    /// Checks the relation by itself; whether its entities exist is for the store to check.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), InvalidRelation> {
        if !self.relation.connects(self.from_kind, self.to_kind) {
            return Err(InvalidRelation::Ends {
                relation: self.relation,
                from: self.from_kind,
                to: self.to_kind,
            });
        }
        if self.from == self.to {
            return Err(InvalidRelation::Itself);
        }
        if self.in_management && self.relation != RelationKind::ContactOf {
            return Err(InvalidRelation::Management);
        }
        let has_time = self.starts.is_some() || self.ends.is_some();
        if has_time && self.relation != RelationKind::TravellerAt {
            return Err(InvalidRelation::Time);
        }
        match (self.starts, self.ends) {
            (Some(starts), Some(ends)) if ends <= starts => Err(InvalidRelation::Order),
            _ => Ok(()),
        }
    }
}

/// The kinds that a relation connects, in words.
struct Ends(RelationKind);

impl fmt::Display for Ends {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (from, to)) in self.0.ends().iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(formatter, "{separator}from {from} to {to}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(relation: RelationKind, from_kind: Kind, to_kind: Kind) -> Relation {
        Relation {
            relation,
            from_kind,
            from: EntityId::of_external("m-1", from_kind),
            to_kind,
            to: EntityId::of_external("x-1", to_kind),
            in_management: false,
            starts: None,
            ends: None,
        }
    }

    #[test]
    fn a_relation_connects_its_own_kinds() {
        for kind in RelationKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            for (from, to) in kind.ends() {
                assert_eq!(relation(kind, *from, *to).check(), Ok(()));
            }
        }
        let error = relation(RelationKind::Heads, Kind::Account, Kind::Structure)
            .check()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "heads cannot lead from account to structure; possible: from member to structure"
        );
    }

    #[test]
    fn what_a_relation_has_depends_on_its_kind() {
        let mut heads = relation(RelationKind::Heads, Kind::Member, Kind::Structure);
        heads.in_management = true;
        assert_eq!(heads.check(), Err(InvalidRelation::Management));
        heads.in_management = false;
        heads.starts = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(heads.check(), Err(InvalidRelation::Time));
        let mut stay = relation(RelationKind::TravellerAt, Kind::Member, Kind::Location);
        stay.starts = Some(Timestamp::UNIX_EPOCH);
        stay.ends = stay.starts;
        assert_eq!(stay.check(), Err(InvalidRelation::Order));
        stay.ends = None;
        assert_eq!(stay.check(), Ok(()));
    }
}
