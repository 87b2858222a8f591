//! A relation in requests and responses.

use carillon_domain::directory::{Relation, RelationKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::entity::KindName;

/// How two entities are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RelationKind)]
pub(crate) enum RelationName {
    /// A member is in a group.
    MemberOf,
    /// A member is a contact of a location or an account.
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

impl From<RelationKind> for RelationName {
    fn from(kind: RelationKind) -> Self {
        match kind {
            RelationKind::MemberOf => Self::MemberOf,
            RelationKind::ContactOf => Self::ContactOf,
            RelationKind::Heads => Self::Heads,
            RelationKind::BelongsTo => Self::BelongsTo,
            RelationKind::HolderOf => Self::HolderOf,
            RelationKind::TravellerAt => Self::TravellerAt,
        }
    }
}

/// A connection from one entity to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Relation)]
pub(super) struct RelationBody {
    /// How they are connected.
    relation: RelationName,
    /// The kind of the entity that it starts from.
    from_kind: KindName,
    /// The entity that it starts from.
    from: String,
    /// The kind of the entity that it leads to.
    to_kind: KindName,
    /// The entity that it leads to.
    to: String,
    /// Of a contact: whether in management.
    in_management: bool,
    /// Of a traveller: the first instant of the stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    starts: Option<Timestamp>,
    /// Of a traveller: the first instant after the stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends: Option<Timestamp>,
}

impl From<Relation> for RelationBody {
    fn from(relation: Relation) -> Self {
        Self {
            relation: relation.relation.into(),
            from_kind: relation.from_kind.into(),
            from: relation.from.to_string(),
            to_kind: relation.to_kind.into(),
            to: relation.to.to_string(),
            in_management: relation.in_management,
            starts: relation.starts,
            ends: relation.ends,
        }
    }
}
