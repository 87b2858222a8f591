//! The tree of a tenant's structures, in which a unit may have several parents.

use std::collections::{HashMap, HashSet};

use crate::{
    directory::{Kind, Relation, RelationKind},
    id::EntityId,
};

/// The structures of a tenant and what is below each.
#[derive(Debug, Clone, Default)]
pub struct Structures {
    units: HashMap<EntityId, Vec<EntityId>>,
}

impl Structures {
    /// No structures.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a structure.
    pub fn add(&mut self, id: EntityId) {
        self.units.entry(id).or_default();
    }

    /// Takes note of a relation, if it says that a structure is below another.
    pub fn relate(&mut self, relation: &Relation) {
        let is_between = relation.relation == RelationKind::BelongsTo
            && relation.from_kind == Kind::Structure
            && relation.to_kind == Kind::Structure;
        if is_between {
            let below = self.units.entry(relation.to.clone()).or_default();
            below.push(relation.from.clone());
            self.units.entry(relation.from.clone()).or_default();
        }
    }

    /// A structure and all below it, each once, even if the data goes round in a circle; `None` if there is no such one.
    pub fn under(&self, root: &EntityId) -> Option<HashSet<EntityId>> {
        let mut found = HashSet::from([root.clone()]);
        let mut open: Vec<&Vec<EntityId>> = vec![self.units.get(root)?];
        while let Some(units) = open.pop() {
            for unit in units {
                if found.insert(unit.clone()) {
                    open.extend(self.units.get(unit));
                }
            }
        }
        Some(found)
    }
}
