//! What has to be loaded to evaluate a filter.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    segments::{NotEvaluable, Segments, Weigher},
    tree::{Condition, Direction, Filter, Node},
};
use crate::{
    channel::Channel,
    directory::{Kind, RelationKind},
    id::DocumentId,
};

/// What has to be loaded about an entity to evaluate a filter for it, so that a scan reads no more than it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its relations to entities of a kind; and what about those entities, or `None` if the relation is enough.
    pub relations: BTreeMap<(Direction, RelationKind, Kind), Option<Needs>>,
    /// Whether the tree of structures is needed, here or further on.
    pub structures: bool,
    /// The lists on which it may be.
    pub lists: BTreeSet<DocumentId>,
    /// The channels on which an address of it may be suppressed.
    pub suppressions: BTreeSet<Channel>,
}

impl Filter {
    /// What has to be loaded about each entity, for included segments as well.
    ///
    /// # Errors
    /// If segments are missing, include themselves, or come to too many conditions.
    pub fn needs(&self, segments: &dyn Segments) -> Result<Needs, NotEvaluable> {
        Weigher::new(segments, None).filter(self)?;
        let mut needs = Needs::default();
        needs.node(&self.root, segments);
        Ok(needs)
    }

    /// The segments that it includes, and those that these include. Segments are rows, so they are loaded one layer after another: ask
    /// again until no new ones come.
    pub fn inclusions(&self, segments: &dyn Segments) -> BTreeSet<DocumentId> {
        let mut found = BTreeSet::new();
        let mut open = vec![self];
        while let Some(filter) = open.pop() {
            for condition in filter.conditions() {
                if let Condition::InSegment(id) = condition
                    && found.insert(id.clone())
                {
                    open.extend(segments.filter(id));
                }
            }
        }
        found
    }
}

impl Needs {
    /// Segments have been weighed before, so this comes to an end.
    fn node(&mut self, node: &Node, segments: &dyn Segments) {
        match node {
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    self.node(part, segments);
                }
            }
            Node::Not(part) => self.node(part, segments),
            Node::Condition(condition) => self.condition(condition, segments),
        }
    }

    fn condition(&mut self, condition: &Condition, segments: &dyn Segments) {
        let outgoing = |relation, kind| (Direction::Outgoing, relation, kind);
        match condition {
            Condition::Field { .. } | Condition::HasAddress(_) | Condition::Consent { .. } => {}
            Condition::Related(related) => {
                let key = (related.direction, related.relation, related.other);
                let nested = self.relations.entry(key).or_default();
                if let Some(with) = &related.with {
                    let nested = nested.get_or_insert_default();
                    nested.node(with, segments);
                    self.structures |= nested.structures;
                }
            }
            Condition::StructureUnder(_) => {
                self.structures = true;
                let key = outgoing(RelationKind::BelongsTo, Kind::Structure);
                self.relations.entry(key).or_default();
            }
            Condition::InGroup(_) => {
                let key = outgoing(RelationKind::MemberOf, Kind::Group);
                self.relations.entry(key).or_default();
            }
            Condition::InList(id) => {
                self.lists.insert(id.clone());
            }
            Condition::OptedOut(channel) => {
                self.suppressions.insert(*channel);
            }
            Condition::InSegment(id) => {
                if let Some(filter) = segments.filter(id) {
                    self.node(&filter.root, segments);
                }
            }
        }
    }
}
