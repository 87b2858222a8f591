//! Reads what a filter refers to: structures, groups, lists and segments.

use super::{Reader, article};
use crate::{
    directory::{
        Kind, RelationKind,
        filter::{
            problem::Spot,
            segments::Weigher,
            tree::Condition,
            vocabulary::Saved,
            written::{At, Reference, Referent},
        },
    },
    id::{DocumentId, EntityId},
};

impl Reader<'_> {
    pub(super) fn refers(
        &mut self,
        kind: Kind,
        spot: Spot,
        to: Referent,
        reference: &At<Reference>,
    ) -> Option<Condition> {
        match to {
            Referent::Structure => {
                let is_unit = kind == Kind::Structure;
                if !is_unit && !RelationKind::BelongsTo.connects(kind, Kind::Structure) {
                    let reason = format!(
                        "{} belongs to no structure; ask for that of an entity to which it is related",
                        article(kind)
                    );
                    self.problem(spot, "wrong_kind", reason);
                    return None;
                }
                let id = self.entity(Kind::Structure, to, reference)?;
                Some(Condition::StructureUnder(id))
            }
            Referent::Group => {
                if !RelationKind::MemberOf.connects(kind, Kind::Group) {
                    let reason = format!(
                        "{} is in no group; ask for the group of members to whom it is related",
                        article(kind)
                    );
                    self.problem(spot, "wrong_kind", reason);
                    return None;
                }
                let id = self.entity(Kind::Group, to, reference)?;
                Some(Condition::InGroup(id))
            }
            Referent::List => {
                let id = self.saved(Saved::List, to, reference)?;
                Some(Condition::InList(id))
            }
            Referent::Segment => {
                let id = self.saved(Saved::Segment, to, reference)?;
                self.segment(kind, reference.spot, &id)?;
                Some(Condition::InSegment(id))
            }
        }
    }

    fn entity(&mut self, kind: Kind, to: Referent, reference: &At<Reference>) -> Option<EntityId> {
        let names = self.vocabulary.names;
        let found = match (&reference.value.id, &reference.value.name) {
            (Some(id), _) => {
                let id: Option<EntityId> = id.parse().ok();
                let id = id.filter(|id| names.entity_name(kind, id).is_some());
                id.into_iter().collect()
            }
            (None, Some(name)) => names.entities(kind, name),
            (None, None) => Vec::new(),
        };
        self.only(to, reference, found)
    }

    fn saved(
        &mut self,
        what: Saved,
        to: Referent,
        reference: &At<Reference>,
    ) -> Option<DocumentId> {
        let names = self.vocabulary.names;
        let found = match (&reference.value.id, &reference.value.name) {
            (Some(id), _) => {
                let id: Option<DocumentId> = id.parse().ok();
                let id = id.filter(|id| names.saved_name(what, id).is_some());
                id.into_iter().collect()
            }
            (None, Some(name)) => names.saved(what, name),
            (None, None) => Vec::new(),
        };
        self.only(to, reference, found)
    }

    /// The only one that was found.
    fn only<T: PartialEq>(
        &mut self,
        to: Referent,
        reference: &At<Reference>,
        found: Vec<T>,
    ) -> Option<T> {
        // A name may mean the same one twice, such as by its external id.
        let mut different: Vec<T> = Vec::new();
        for one in found {
            if !different.contains(&one) {
                different.push(one);
            }
        }
        let mut found = different;
        let (what, is_by_id) = (to.as_str(), reference.value.id.is_some());
        match (found.pop(), found.is_empty()) {
            (Some(found), true) => Some(found),
            (Some(_), false) => {
                let code = match to {
                    Referent::Structure => "ambiguous_structure",
                    Referent::Group => "ambiguous_group",
                    Referent::List => "ambiguous_list",
                    Referent::Segment => "ambiguous_segment",
                };
                let reason = format!(
                    "there are {} of this name; give the id, as in id \"…\"",
                    counted(found.len() + 1, what)
                );
                self.problem(reference.spot, code, reason);
                None
            }
            (None, _) => {
                let code = match to {
                    Referent::Structure => "no_such_structure",
                    Referent::Group => "no_such_group",
                    Referent::List => "no_such_list",
                    Referent::Segment => "no_such_segment",
                };
                let by = if is_by_id { "id" } else { "name" };
                let reason = format!("there is no {what} of this {by}; choose another one");
                self.problem(reference.spot, code, reason);
                None
            }
        }
    }

    /// Checks an included segment.
    fn segment(&mut self, kind: Kind, spot: Spot, id: &DocumentId) -> Option<()> {
        let segments = self.vocabulary.segments;
        let weight = Weigher::new(segments, self.vocabulary.own).segment(id);
        match weight {
            Ok(weight) => self.expand(spot, weight.conditions)?,
            Err(error) => {
                self.problem(spot, error.code(), error.to_string());
                return None;
            }
        }
        let its = segments.filter(id)?.kind;
        if its != kind {
            let reason = format!("this segment has {}, not {}", its.plural(), kind.plural());
            self.problem(spot, "wrong_kind", reason);
            return None;
        }
        Some(())
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}s")
}
