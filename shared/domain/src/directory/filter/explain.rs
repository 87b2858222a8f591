//! Says why an entity is meant by a filter, or why not.

use std::fmt;

use serde::Serialize;

use super::{
    evaluate::{World, consent, fulfils, has_address, other_end, related_to},
    prepare::{Check, Part, Prepared},
    text::print_condition,
    tree::{Condition, ConsentAnswer, Constant, Direction, Field, Related, Test},
    values::{Held, held},
    vocabulary::Vocabulary,
    write::write_condition,
};
use crate::{
    directory::{Entity, Kind, RelationKind},
    id::EntityId,
};

/// The most entities at the other end of a relation that are explained.
const OTHERS: usize = 5;

/// Why a part of a filter is fulfilled, or why not. `Debug` shows no personal data.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether it is fulfilled.
    pub is_met: bool,
    /// What it is.
    #[serde(flatten)]
    pub part: Explained,
    /// Its own parts, or the entities at the other end of a relation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// What an explanation is about. `Debug` shows no personal data.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Explained {
    /// All of its parts.
    All,
    /// At least one of its parts.
    Any,
    /// The opposite of its part.
    Not,
    /// A condition.
    Condition {
        /// Its text.
        text: String,
        /// What the entity has, as in `status is "left", not "active"`.
        reason: String,
    },
    /// An entity at the other end of a relation.
    Other {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: EntityId,
        /// Its name.
        name: String,
    },
}

impl fmt::Debug for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Explanation")
            .field("is_met", &self.is_met)
            .field("part", &self.part)
            .field("parts", &self.parts)
            .finish()
    }
}

impl fmt::Debug for Explained {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::All => "All",
            Self::Any => "Any",
            Self::Not => "Not",
            Self::Condition { .. } => "Condition(…)",
            Self::Other { .. } => "Other(…)",
        })
    }
}

impl Prepared<'_> {
    /// Says why an entity is meant, or why not. Names are those of the vocabulary.
    pub fn explain<W: World + ?Sized>(
        &self,
        entity: &Entity,
        world: &W,
        vocabulary: &Vocabulary<'_>,
    ) -> Explanation {
        let explainer = Explainer { world, vocabulary };
        let mut explanation = explainer.part(entity, &self.root);
        explanation.is_met &= entity.kind == self.kind;
        explanation
    }
}

struct Explainer<'a, W: ?Sized> {
    world: &'a W,
    vocabulary: &'a Vocabulary<'a>,
}

impl<W: World + ?Sized> Explainer<'_, W> {
    fn part(&self, entity: &Entity, part: &Part<'_>) -> Explanation {
        match part {
            Part::All(parts) => {
                let parts = self.parts(entity, parts);
                let is_met = parts.iter().all(|part| part.is_met);
                let part = Explained::All;
                Explanation {
                    is_met,
                    part,
                    parts,
                }
            }
            Part::Any(parts) => {
                let parts = self.parts(entity, parts);
                let is_met = parts.iter().any(|part| part.is_met);
                let part = Explained::Any;
                Explanation {
                    is_met,
                    part,
                    parts,
                }
            }
            Part::Not(part) => {
                let inner = self.part(entity, part);
                Explanation {
                    is_met: !inner.is_met,
                    part: Explained::Not,
                    parts: vec![inner],
                }
            }
            Part::Condition { condition, check } => self.condition(entity, condition, check),
        }
    }

    fn parts(&self, entity: &Entity, parts: &[Part<'_>]) -> Vec<Explanation> {
        parts.iter().map(|part| self.part(entity, part)).collect()
    }

    fn condition(&self, entity: &Entity, condition: &Condition, check: &Check<'_>) -> Explanation {
        let is_met = fulfils(entity, condition, check, self.world);
        let text = print_condition(&write_condition(entity.kind, condition, self.vocabulary));
        let mut parts = Vec::new();
        let reason = match (check, condition) {
            (
                Check::Related {
                    related,
                    stay,
                    with,
                },
                _,
            ) => {
                let found = related_to(entity, related, *stay, self.world);
                let ends: Vec<&EntityId> = found.map(|it| other_end(related, it)).collect();
                let mut fitting = ends.len();
                if let Some(with) = with {
                    parts = ends
                        .iter()
                        .map(|end| self.other(related, end, with))
                        .collect();
                    fitting = parts.iter().filter(|part| part.is_met).count();
                    parts.sort_by_key(|part| !part.is_met);
                    parts.truncate(OTHERS);
                }
                related_in_words(related, ends.len(), with.is_some().then_some(fitting))
            }
            (Check::Segment(part), _) => {
                parts.push(self.part(entity, part));
                match is_met {
                    true => "is in the segment".to_owned(),
                    false => "is not in the segment".to_owned(),
                }
            }
            (_, condition) => self.reason(entity, condition, is_met),
        };
        Explanation {
            is_met,
            part: Explained::Condition { text, reason },
            parts,
        }
    }

    /// An entity at the other end of a relation.
    fn other(&self, related: &Related, id: &EntityId, with: &Part<'_>) -> Explanation {
        let entity = self.world.entity(id);
        let inner = entity.map(|entity| self.part(entity, with));
        let name = entity.map(|entity| entity.fields.display_name());
        Explanation {
            is_met: inner.as_ref().is_some_and(|inner| inner.is_met),
            part: Explained::Other {
                kind: related.other,
                id: id.clone(),
                name: name.unwrap_or_else(|| "(deleted)".to_owned()),
            },
            parts: inner.into_iter().collect(),
        }
    }

    /// What an entity has, in words.
    fn reason(&self, entity: &Entity, condition: &Condition, is_met: bool) -> String {
        match condition {
            Condition::Field { field, test } => {
                let name = self.name(entity.kind, field);
                field_in_words(&name, &held(entity, field), test, is_met)
            }
            Condition::StructureUnder(_) => {
                let names = self.names(entity, RelationKind::BelongsTo, Kind::Structure);
                match names.is_empty() {
                    true => "belongs to no structure".to_owned(),
                    false => format!("belongs to {}", listed(&names, "and")),
                }
            }
            Condition::InGroup(_) => {
                let names = self.names(entity, RelationKind::MemberOf, Kind::Group);
                match names.is_empty() {
                    true => "is in no group".to_owned(),
                    false => format!("is in {}", listed(&names, "and")),
                }
            }
            Condition::InList(_) if is_met => "is on the list".to_owned(),
            Condition::InList(_) => "is not on the list".to_owned(),
            Condition::HasAddress(channel) if has_address(entity, *channel) => {
                format!("has an address for {channel}")
            }
            Condition::HasAddress(channel) => format!("has no address for {channel}"),
            Condition::Consent { channel, .. } => match consent(entity, *channel) {
                ConsentAnswer::Given => format!("agreed to {channel}"),
                ConsentAnswer::Refused => format!("refused {channel}"),
                ConsentAnswer::NotSaid => format!("has said nothing about {channel}"),
            },
            Condition::OptedOut(channel) if is_met => format!("has opted out of {channel}"),
            Condition::OptedOut(channel) => format!("has not opted out of {channel}"),
            Condition::Related(_) | Condition::InSegment(_) => String::new(),
        }
    }

    /// The name that a field has now.
    fn name(&self, kind: Kind, field: &Field) -> String {
        match field {
            Field::Own(field) => field.as_str().to_owned(),
            Field::Attribute(attribute) => {
                let schema = self.vocabulary.schemas.of(kind);
                let now = schema.and_then(|schema| schema.get(attribute.id));
                let name = now.map_or(&attribute.name, |now| &now.name);
                name.as_str().to_owned()
            }
        }
    }

    /// The names of the entities to which one is related.
    fn names(&self, entity: &Entity, relation: RelationKind, kind: Kind) -> Vec<String> {
        let relations = self.world.outgoing(&entity.id).iter();
        let relations = relations.filter(|it| it.relation == relation && it.to_kind == kind);
        let names = relations.map(|relation| {
            let name = self.vocabulary.names.entity_name(kind, &relation.to);
            quoted(&name.unwrap_or_else(|| relation.to.as_str().to_owned()))
        });
        names.collect()
    }
}

/// As in `holder_of 2 accounts, 1 of which fits` or `has no member holder_of it`.
fn related_in_words(related: &Related, found: usize, fitting: Option<usize>) -> String {
    let (relation, other) = (related.relation, related.other);
    let others = match found {
        0 => format!("no {other}"),
        1 => format!("1 {other}"),
        found => format!("{found} {}", other.plural()),
    };
    let mut words = match related.direction {
        Direction::Outgoing => format!("{relation} {others}"),
        Direction::Incoming => format!("has {others} {relation} it"),
    };
    if related.in_management {
        words.push_str(" in management");
    }
    if related.stay.is_some() {
        words.push_str(" at that time");
    }
    if let Some(fitting) = fitting.filter(|_| found > 0) {
        let verb = if fitting == 1 { "fits" } else { "fit" };
        words.push_str(&format!(", {fitting} of which {verb}"));
    }
    words
}

fn field_in_words(name: &str, held: &Held<'_>, test: &Test, is_met: bool) -> String {
    if held.is_missing() {
        return format!("has no {name}");
    }
    let value = match held {
        Held::Nothing => String::new(),
        Held::Text(text) => quoted(text),
        Held::Language(tag) => quoted(&tag.to_string()),
        Held::Number(number) => number.to_string(),
        Held::YesNo(answer) => answer.to_string(),
        Held::Instant(instant) => instant.to_string(),
        Held::List(_) | Held::Categories(_) | Held::Channels(_) => {
            let entries: Vec<String> = held.entries().map(quoted).collect();
            listed(&entries, "and")
        }
    };
    let wanted: &[Constant] = match test {
        Test::Equals(constant) => std::slice::from_ref(constant),
        Test::OneOf(constants) => constants,
        _ => &[],
    };
    if is_met || wanted.is_empty() {
        return format!("{name} is {value}");
    }
    let wanted: Vec<String> = wanted.iter().map(constant_in_words).collect();
    format!("{name} is {value}, not {}", listed(&wanted, "or"))
}

fn constant_in_words(constant: &Constant) -> String {
    match constant {
        Constant::Text(text) => quoted(text),
        Constant::Number(number) => number.to_string(),
        Constant::YesNo(answer) => answer.to_string(),
        Constant::Day(day) => day.to_string(),
        Constant::Instant(instant) => instant.to_string(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// As in `a, b and c`.
fn listed(texts: &[String], word: &str) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [others @ .., last] => format!("{} {word} {last}", others.join(", ")),
    }
}
