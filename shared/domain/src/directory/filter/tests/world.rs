//! A whole directory in memory.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    channel::Channel,
    directory::{
        Entity, Fields, Kind, Relation, RelationKind,
        filter::{Direction, Needs, Structures, World},
    },
    id::{DocumentId, EntityId},
};

#[derive(Default)]
pub(super) struct Directory {
    pub(super) entities: Vec<Entity>,
    pub(super) relations: Vec<Relation>,
    pub(super) lists: HashSet<(EntityId, DocumentId)>,
    pub(super) opted_out: HashSet<(EntityId, Channel)>,
    places: HashMap<EntityId, usize>,
    outgoing: HashMap<EntityId, Vec<Relation>>,
    incoming: HashMap<EntityId, Vec<Relation>>,
}

impl Directory {
    pub(super) fn add(&mut self, kind: Kind, id: EntityId, at: Timestamp, fields: Fields) {
        self.places.insert(id.clone(), self.entities.len());
        self.entities.push(Entity {
            kind,
            id,
            version: 1,
            created_at: at,
            updated_at: at,
            fields,
        });
    }

    pub(super) fn relate(&mut self, relation: Relation) {
        let outgoing = self.outgoing.entry(relation.from.clone()).or_default();
        outgoing.push(relation.clone());
        let incoming = self.incoming.entry(relation.to.clone()).or_default();
        incoming.push(relation.clone());
        self.relations.push(relation);
    }

    pub(super) fn connect(&mut self, relation: RelationKind, from: usize, to: usize) {
        let (from, to) = (&self.entities[from], &self.entities[to]);
        let relation = Relation {
            relation,
            from_kind: from.kind,
            from: from.id.clone(),
            to_kind: to.kind,
            to: to.id.clone(),
            in_management: false,
            starts: None,
            ends: None,
        };
        self.relate(relation);
    }

    pub(super) fn structures(&self) -> Structures {
        let mut structures = Structures::new();
        for entity in &self.entities {
            if entity.kind == Kind::Structure {
                structures.add(entity.id.clone());
            }
        }
        for relation in &self.relations {
            structures.relate(relation);
        }
        structures
    }
}

impl World for Directory {
    fn outgoing(&self, entity: &EntityId) -> &[Relation] {
        self.outgoing.get(entity).map_or(&[], Vec::as_slice)
    }

    fn incoming(&self, entity: &EntityId) -> &[Relation] {
        self.incoming.get(entity).map_or(&[], Vec::as_slice)
    }

    fn entity(&self, id: &EntityId) -> Option<&Entity> {
        self.places.get(id).map(|place| &self.entities[*place])
    }

    fn is_in_list(&self, entity: &EntityId, list: &DocumentId) -> bool {
        self.lists.contains(&(entity.clone(), list.clone()))
    }

    fn is_opted_out(&self, entity: &Entity, channel: Channel) -> bool {
        self.opted_out.contains(&(entity.id.clone(), channel))
    }
}

/// What a filter needs of a directory, and nothing else.
pub(super) fn needed(directory: &Directory, entity: &Entity, needs: &Needs) -> Directory {
    let mut loaded = Directory::default();
    load(directory, entity, needs, &mut loaded);
    loaded
}

fn load(directory: &Directory, entity: &Entity, needs: &Needs, loaded: &mut Directory) {
    for list in &needs.lists {
        if directory.is_in_list(&entity.id, list) {
            loaded.lists.insert((entity.id.clone(), list.clone()));
        }
    }
    for channel in &needs.suppressions {
        if directory.is_opted_out(entity, *channel) {
            loaded.opted_out.insert((entity.id.clone(), *channel));
        }
    }
    for ((direction, relation, kind), nested) in &needs.relations {
        let relations = match direction {
            Direction::Outgoing => directory.outgoing(&entity.id),
            Direction::Incoming => directory.incoming(&entity.id),
        };
        for row in relations.iter().filter(|row| row.relation == *relation) {
            let (other_kind, other) = match direction {
                Direction::Outgoing => (row.to_kind, &row.to),
                Direction::Incoming => (row.from_kind, &row.from),
            };
            if other_kind != *kind {
                continue;
            }
            if !loaded.relations.contains(row) {
                loaded.relate(row.clone());
            }
            if let (Some(nested), Some(other)) = (nested, directory.entity(other)) {
                if loaded.entity(&other.id).is_none() {
                    loaded
                        .places
                        .insert(other.id.clone(), loaded.entities.len());
                    loaded.entities.push(other.clone());
                }
                load(directory, other, nested, loaded);
            }
        }
    }
}
