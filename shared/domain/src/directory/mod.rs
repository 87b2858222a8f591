//! The directory: people and what they belong to.
//!
//! An [`Entity`] is a member, account, location, transaction, structure or group. [`Relation`]s connect two of them. A tenant describes its
//! own [`attribute`]s for each kind in a [`Schema`], by which input, search, filters, placeholders and files know them. Nothing here stores
//! who is in a segment: filters are evaluated when they are needed.

pub mod attribute;
pub mod entity;
pub mod filter;
pub mod kind;
mod reading;
pub mod relation;
pub mod words;

pub use attribute::{Attribute, AttributeId, AttributeName, AttributeType, AttributeValue, Schema};
pub use entity::{Consent, Entity, ExternalId, Fields, GroupScope};
pub use kind::Kind;
pub use relation::{Relation, RelationKind};
