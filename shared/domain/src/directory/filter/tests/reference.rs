//! A second evaluator, slow and obvious: sets over a whole directory instead of a decision for one entity.

use std::collections::BTreeSet;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use unicode_segmentation::UnicodeSegmentation;

use super::{Tenant, world::Directory};
use crate::{
    channel::Channel,
    directory::{
        AttributeValue, Entity, Kind, RelationKind,
        filter::{
            Bound, Condition, ConsentAnswer, Constant, Days, Direction, Field, Moment, Node,
            OwnField, Related, Stay, Test,
        },
    },
    id::EntityId,
};

pub(super) struct Reference<'a> {
    pub(super) directory: &'a Directory,
    pub(super) tenant: &'a Tenant,
    pub(super) now: Timestamp,
    pub(super) zone: &'a TimeZone,
}

type Set = BTreeSet<EntityId>;

impl Reference<'_> {
    fn all(&self, kind: Kind) -> Set {
        self.those(kind, |_| true)
    }

    fn those(&self, kind: Kind, fits: impl Fn(&Entity) -> bool) -> Set {
        let own = self.directory.entities.iter().filter(|it| it.kind == kind);
        let own = own.filter(|entity| fits(entity));
        own.map(|entity| entity.id.clone()).collect()
    }

    /// The entities of a kind that a node means.
    pub(super) fn set(&self, kind: Kind, node: &Node) -> Set {
        match node {
            Node::All(parts) => parts
                .iter()
                .fold(self.all(kind), |found, part| &found & &self.set(kind, part)),
            Node::Any(parts) => parts
                .iter()
                .fold(Set::new(), |found, part| &found | &self.set(kind, part)),
            Node::Not(part) => &self.all(kind) - &self.set(kind, part),
            Node::Condition(condition) => self.condition(kind, condition),
        }
    }

    fn condition(&self, kind: Kind, condition: &Condition) -> Set {
        match condition {
            Condition::Field { field, test } => {
                self.those(kind, |entity| self.test(&values(entity, field), test))
            }
            Condition::Related(related) => self.related(kind, related),
            Condition::StructureUnder(root) => {
                // All that is below, until nothing is added.
                let mut below = Set::from([root.clone()]);
                loop {
                    let more: Set = self
                        .directory
                        .relations
                        .iter()
                        .filter(|it| it.relation == RelationKind::BelongsTo)
                        .filter(|it| it.from_kind == Kind::Structure && below.contains(&it.to))
                        .map(|it| it.from.clone())
                        .collect();
                    if more.is_subset(&below) {
                        break;
                    }
                    below.extend(more);
                }
                let members = self.directory.relations.iter();
                let members: Set = members
                    .filter(|it| it.relation == RelationKind::BelongsTo && below.contains(&it.to))
                    .map(|it| it.from.clone())
                    .collect();
                &self.all(kind) & &(&below | &members)
            }
            Condition::InGroup(group) => self.those(kind, |entity| {
                self.directory.relations.iter().any(|it| {
                    it.relation == RelationKind::MemberOf && it.from == entity.id && it.to == *group
                })
            }),
            Condition::InList(list) => self.those(kind, |entity| {
                let pair = (entity.id.clone(), list.clone());
                self.directory.lists.contains(&pair)
            }),
            Condition::InSegment(id) => self.set(kind, &self.tenant.segments[id].root),
            Condition::HasAddress(channel) => self.those(kind, |entity| match channel {
                Channel::Email => entity.fields.email.is_some(),
                Channel::Sms | Channel::WhatsApp => entity.fields.mobile.is_some(),
                Channel::Push => !entity.fields.push.is_empty(),
            }),
            Condition::Consent { channel, answer } => self.those(kind, |entity| {
                let said = entity.fields.consents.get(channel).map(|it| it.given);
                match answer {
                    ConsentAnswer::Given => said == Some(true),
                    ConsentAnswer::Refused => said == Some(false),
                    ConsentAnswer::NotSaid => said.is_none(),
                }
            }),
            Condition::OptedOut(channel) => self.those(kind, |entity| {
                let pair = (entity.id.clone(), *channel);
                self.directory.opted_out.contains(&pair)
            }),
        }
    }

    fn related(&self, kind: Kind, related: &Related) -> Set {
        let others = related
            .with
            .as_ref()
            .map(|with| self.set(related.other, with));
        let mut found = Set::new();
        for row in &self.directory.relations {
            let (own, own_kind, other, other_kind) = match related.direction {
                Direction::Outgoing => (&row.from, row.from_kind, &row.to, row.to_kind),
                Direction::Incoming => (&row.to, row.to_kind, &row.from, row.from_kind),
            };
            let is_right = row.relation == related.relation
                && (own_kind, other_kind) == (kind, related.other)
                && (!related.in_management || row.in_management)
                && others.as_ref().is_none_or(|others| others.contains(other))
                && related
                    .stay
                    .as_ref()
                    .is_none_or(|stay| self.stays(row.starts, row.ends, stay));
            if is_right {
                found.insert(own.clone());
            }
        }
        &found & &self.all(kind)
    }

    fn stays(&self, starts: Option<Timestamp>, ends: Option<Timestamp>, stay: &Stay) -> bool {
        let starts = starts.unwrap_or(Timestamp::MIN);
        let ends = ends.unwrap_or(Timestamp::MAX);
        let day = |day: Date| day.to_zoned_datetime(self.zone.clone()).unwrap();
        match stay {
            Stay::Now => starts <= self.now && self.now < ends,
            Stay::During { from, to } => {
                let from = match from {
                    Moment::Day(date) => day(*date).timestamp(),
                    Moment::Instant(instant) => *instant,
                };
                let to = match to {
                    Moment::Day(date) => day(date.tomorrow().unwrap()).timestamp(),
                    Moment::Instant(instant) => *instant,
                };
                starts < to && from < ends
            }
        }
    }

    fn test(&self, values: &[Constant], test: &Test) -> bool {
        let any = |fits: &dyn Fn(&Constant) -> bool| values.iter().any(fits);
        match test {
            Test::Exists => !values.is_empty(),
            Test::Equals(wanted) => any(&|own| self.order(own, wanted) == Some(0)),
            Test::OneOf(wanted) => wanted
                .iter()
                .any(|wanted| any(&|own| self.order(own, wanted) == Some(0))),
            Test::Contains(wanted) => any(&|own| folded(text(own)) == folded(wanted)),
            Test::StartsWith(wanted) => any(&|own| folded(text(own)).starts_with(&folded(wanted))),
            Test::ContainsWord(wanted) => any(&|own| {
                let split =
                    |text: &str| -> Vec<String> { text.unicode_words().map(folded).collect() };
                let (own, wanted) = (split(text(own)), split(wanted));
                own.windows(wanted.len()).any(|window| window == wanted)
            }),
            Test::Range(range) => any(&|own| {
                let from = range.from.as_ref();
                let to = range.to.as_ref();
                let fits = |bound: &Bound, wanted: i32| {
                    let order = self.order(own, &bound.value);
                    order == Some(wanted) || (bound.is_inclusive && order == Some(0))
                };
                from.is_none_or(|from| fits(from, 1)) && to.is_none_or(|to| fits(to, -1))
            }),
            Test::Days(days) => any(&|own| self.is_in_days(own, days)),
        }
    }

    /// Whether one value is less than another (-1), the same (0) or more (1).
    fn order(&self, own: &Constant, wanted: &Constant) -> Option<i32> {
        let order = match (own, wanted) {
            (Constant::Text(own), Constant::Text(wanted)) => folded(own).cmp(&folded(wanted)),
            (Constant::Number(own), Constant::Number(wanted)) => own.partial_cmp(wanted)?,
            (Constant::YesNo(own), Constant::YesNo(wanted)) => own.cmp(wanted),
            (Constant::Text(own), Constant::Day(wanted)) => own.as_str().cmp(&wanted.to_string()),
            (Constant::Instant(own), Constant::Instant(wanted)) => own.cmp(wanted),
            (Constant::Instant(own), Constant::Day(wanted)) => {
                own.to_zoned_datetime(self.zone.clone()).date().cmp(wanted)
            }
            _ => return None,
        };
        Some(order as i32)
    }

    fn is_in_days(&self, own: &Constant, days: &Days) -> bool {
        let zone = match &days.zone {
            Some(zone) => TimeZone::get(zone).unwrap(),
            None => self.zone.clone(),
        };
        let today = self.now.to_zoned_datetime(zone.clone()).date();
        let day: Date = match own {
            Constant::Instant(instant) => instant.to_zoned_datetime(zone).date(),
            own => text(own).parse().unwrap(),
        };
        if !days.in_any_year {
            let away = today.until(day).unwrap().get_days();
            return days.from.is_none_or(|from| away >= from)
                && days.to.is_none_or(|to| away <= to);
        }
        // Every day in turn.
        let mut candidates = days.from.unwrap()..=days.to.unwrap();
        candidates.any(|away| {
            let candidate = today + jiff::Span::new().days(away);
            let same = (candidate.month(), candidate.day()) == (day.month(), day.day());
            let leaps = (day.month(), day.day()) == (2, 29)
                && !candidate.in_leap_year()
                && (candidate.month(), candidate.day()) == (2, 28);
            same || leaps
        })
    }
}

fn text(constant: &Constant) -> &str {
    match constant {
        Constant::Text(text) => text,
        _ => panic!("not a text"),
    }
}

fn folded(text: &str) -> String {
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let lower = apart.to_lowercase().replace('ς', "σ");
    let whole = ComposingNormalizerBorrowed::new_nfc().normalize(&lower);
    whole.into_owned()
}

/// The values of a field.
fn values(entity: &Entity, field: &Field) -> Vec<Constant> {
    let fields = &entity.fields;
    let text = |text: Option<&str>| text.map(|text| Constant::Text(text.to_owned()));
    let row = serde_json::to_value(fields).unwrap();
    match field {
        Field::Own(OwnField::CreatedAt) => vec![Constant::Instant(entity.created_at)],
        Field::Own(OwnField::UpdatedAt) => vec![Constant::Instant(entity.updated_at)],
        Field::Own(field) => match &row[field.as_str()] {
            serde_json::Value::Array(entries) => {
                entries.iter().filter_map(|it| text(it.as_str())).collect()
            }
            value => text(value.as_str()).into_iter().collect(),
        },
        Field::Attribute(attribute) => match fields.attributes.get(&attribute.id) {
            None => Vec::new(),
            Some(AttributeValue::Text(own)) => vec![Constant::Text(own.clone())],
            Some(AttributeValue::Number(number)) => vec![Constant::Number(*number)],
            Some(AttributeValue::YesNo(answer)) => vec![Constant::YesNo(*answer)],
            Some(AttributeValue::List(own)) => own
                .iter()
                .filter_map(|it| text(Some(it.as_str())))
                .collect(),
        },
    }
}
