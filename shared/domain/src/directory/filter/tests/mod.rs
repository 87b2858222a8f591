//! What the tests of filters share: a tenant with attributes, names and segments.

mod dates;
mod evaluation;
mod explanations;
mod forms;
mod limits;
mod problems;
mod random;
mod reference;
mod world;

use std::collections::HashMap;

use super::{Filter, Names, Problem, Saved, Schemas, Segments, Vocabulary};
use crate::{
    directory::{AttributeType, Kind, Schema},
    id::{DocumentId, EntityId},
};

/// What a tenant has: attributes, names and segments.
pub(super) struct Tenant {
    pub(super) schemas: Schemas,
    /// Kind, name and id.
    pub(super) entities: Vec<(Kind, &'static str, EntityId)>,
    pub(super) saved: Vec<(Saved, &'static str, DocumentId)>,
    pub(super) segments: HashMap<DocumentId, Filter>,
}

pub(super) fn entity_id(external: &str, kind: Kind) -> EntityId {
    EntityId::of_external(external, kind)
}

pub(super) fn document_id(number: u128) -> DocumentId {
    DocumentId::new(uuid::Uuid::from_u128(number))
}

fn schema(kind: Kind, attributes: &[(&str, AttributeType)]) -> Schema {
    let mut schema = Schema::empty(kind);
    for (name, values) in attributes {
        schema
            .add(name.parse().unwrap(), name, values.clone())
            .unwrap();
    }
    schema
}

impl Tenant {
    /// A tenant with attributes of every type, two structures of the same name, and segments that include one another.
    pub(super) fn new() -> Self {
        use AttributeType::{Choice, Date, List, Number, Text, YesNo};
        let options = vec!["gold".to_owned(), "silver".to_owned()];
        let tier = Choice { options };
        let members = [
            ("nickname", Text),
            ("points", Number),
            ("birthday", Date),
            ("vegan", YesNo),
            ("tier", tier.clone()),
            ("interests", List),
            // A condition begins with this word, too.
            ("has", Text),
        ];
        let others = [("points", Number), ("opened", Date), ("tier", tier)];
        let schemas = [
            schema(Kind::Member, &members),
            schema(Kind::Account, &others),
            schema(Kind::Location, &others),
        ];
        let unit = |external, name| (Kind::Structure, name, entity_id(external, Kind::Structure));
        let group = |external, name| (Kind::Group, name, entity_id(external, Kind::Group));
        let mut tenant = Self {
            schemas: schemas.into_iter().collect(),
            entities: vec![
                unit("s-0", "Campus North"),
                unit("s-1", "Lab"),
                unit("s-2", "Lab"),
                unit("s-3", "He said \"\\\""),
                group("g-0", "Pilots"),
                group("g-1", "Cooks"),
            ],
            saved: vec![
                (Saved::List, "News", document_id(1)),
                (Saved::List, "Offers", document_id(2)),
            ],
            segments: HashMap::new(),
        };
        tenant.save(11, "VIP", Kind::Member, "points >= 3 or tier = \"gold\"");
        let nested = "in segment \"VIP\" and not opted_out(sms)";
        tenant.save(12, "Reachable VIP", Kind::Member, nested);
        let held = "has member holder_of (in segment \"VIP\")";
        tenant.save(13, "Held", Kind::Account, held);
        tenant
    }

    pub(super) fn save(&mut self, number: u128, name: &'static str, kind: Kind, text: &str) {
        let filter = self.read(kind, text);
        let id = document_id(number);
        self.saved.push((Saved::Segment, name, id.clone()));
        self.segments.insert(id, filter);
    }

    pub(super) fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary {
            schemas: &self.schemas,
            names: self,
            segments: self,
            own: None,
        }
    }

    pub(super) fn read(&self, kind: Kind, text: &str) -> Filter {
        let read = Filter::from_text(kind, text, &self.vocabulary());
        read.unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
    }

    pub(super) fn write(&self, filter: &Filter) -> String {
        filter.to_text(&self.vocabulary()).unwrap()
    }
}

/// The problems of what was read, if there are any.
fn problems_of(read: Result<Filter, Vec<Problem>>) -> Vec<Problem> {
    match read {
        Ok(_) => Vec::new(),
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            problems
        }
    }
}

impl Names for Tenant {
    fn entities(&self, kind: Kind, name: &str) -> Vec<EntityId> {
        let named = self.entities.iter();
        let named = named.filter(|(its, own, _)| *its == kind && *own == name);
        named.map(|(_, _, id)| id.clone()).collect()
    }

    fn entity_name(&self, kind: Kind, id: &EntityId) -> Option<String> {
        let mut entities = self.entities.iter();
        let found = entities.find(|(its, _, own)| *its == kind && own == id)?;
        Some(found.1.to_owned())
    }

    fn saved(&self, what: Saved, name: &str) -> Vec<DocumentId> {
        let named = self.saved.iter();
        let named = named.filter(|(its, own, _)| *its == what && *own == name);
        named.map(|(_, _, id)| id.clone()).collect()
    }

    fn saved_name(&self, what: Saved, id: &DocumentId) -> Option<String> {
        let mut saved = self.saved.iter();
        let found = saved.find(|(its, _, own)| *its == what && own == id)?;
        Some(found.1.to_owned())
    }
}

impl Segments for Tenant {
    fn filter(&self, id: &DocumentId) -> Option<&Filter> {
        self.segments.get(id)
    }
}
