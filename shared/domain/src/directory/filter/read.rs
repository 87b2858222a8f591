//! Reads what is written against the tenant's attributes and names, and checks it.

mod constants;
mod operators;
mod references;

use super::{
    nearest::suggestion,
    problem::{Problem, Source, Spot},
    segments::{EXPANDED_CONDITIONS, NotEvaluable},
    tree::{
        AttributeRef, CONDITIONS, Condition, ConsentAnswer, DEPTH, Direction, Field, Moment, Node,
        OwnField, Related, Stay, VALUE_BYTES,
    },
    vocabulary::{Values, Vocabulary},
    written::{At, Written, WrittenCondition, WrittenStay},
};
use crate::{
    channel::Channel,
    directory::{Kind, RelationKind},
};

/// Reads what was written.
pub(super) fn read(
    kind: Kind,
    written: &At<Written>,
    source: &Source,
    vocabulary: &Vocabulary<'_>,
) -> Result<Node, Vec<Problem>> {
    let mut reader = Reader {
        vocabulary,
        source,
        problems: Vec::new(),
        conditions: 0,
        expanded: 0,
        is_too_deep: false,
        value_bytes: 0,
    };
    let node = reader.node(kind, written, 1);
    match node {
        Some(node) if reader.problems.is_empty() => Ok(node),
        _ => Err(reader.problems),
    }
}

struct Reader<'a> {
    vocabulary: &'a Vocabulary<'a>,
    source: &'a Source,
    problems: Vec<Problem>,
    conditions: usize,
    /// Conditions with those of included segments.
    expanded: usize,
    is_too_deep: bool,
    value_bytes: usize,
}

/// A field, what its values are, and its name.
struct Known<'a> {
    field: Field,
    values: Values<'a>,
    name: &'a str,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, spot: Spot, code: &'static str, reason: impl Into<String>) {
        self.problems.push(self.source.problem(spot, code, reason));
    }

    /// `None` if there are problems with it.
    fn node(&mut self, kind: Kind, written: &At<Written>, depth: usize) -> Option<Node> {
        if depth > DEPTH {
            if !self.is_too_deep {
                self.is_too_deep = true;
                let reason = format!(
                    "at most {DEPTH} levels; save a part of the filter as a segment and include that"
                );
                self.problem(written.spot, "too_deep", reason);
            }
            return None;
        }
        match &written.value {
            // One part needs no level of its own.
            Written::All(parts) | Written::Any(parts) if parts.len() == 1 => {
                self.node(kind, parts.first()?, depth)
            }
            Written::All(parts) => Some(Node::All(self.nodes(kind, parts, depth + 1)?)),
            Written::Any(parts) if parts.is_empty() => {
                self.problem(written.spot, "empty", "at least one part in any");
                None
            }
            Written::Any(parts) => Some(Node::Any(self.nodes(kind, parts, depth + 1)?)),
            Written::Not(part) => {
                let part = self.node(kind, part, depth + 1)?;
                Some(Node::Not(Box::new(part)))
            }
            Written::Condition(condition) => {
                self.count(written.spot)?;
                let condition = self.condition(kind, written.spot, condition, depth)?;
                Some(Node::Condition(condition))
            }
        }
    }

    fn nodes(&mut self, kind: Kind, parts: &[At<Written>], depth: usize) -> Option<Vec<Node>> {
        let nodes = parts.iter().map(|part| self.node(kind, part, depth));
        // Every part is read, so that every problem is found.
        let nodes: Vec<Option<Node>> = nodes.collect();
        nodes.into_iter().collect()
    }

    /// Counts a condition.
    fn count(&mut self, spot: Spot) -> Option<()> {
        self.conditions += 1;
        if self.conditions > CONDITIONS {
            if self.conditions == CONDITIONS + 1 {
                let reason = format!(
                    "at most {CONDITIONS} conditions; use in (…) for many values of one attribute, or save a part as a segment"
                );
                self.problem(spot, "too_many_conditions", reason);
            }
            return None;
        }
        self.expand(spot, 1)
    }

    /// Counts conditions, those of included segments as well.
    fn expand(&mut self, spot: Spot, conditions: usize) -> Option<()> {
        let before = self.expanded;
        self.expanded += conditions;
        if self.expanded <= EXPANDED_CONDITIONS {
            return Some(());
        }
        if before <= EXPANDED_CONDITIONS {
            let error = NotEvaluable::TooLarge;
            self.problem(spot, error.code(), error.to_string());
        }
        None
    }

    fn condition(
        &mut self,
        kind: Kind,
        spot: Spot,
        condition: &WrittenCondition,
        depth: usize,
    ) -> Option<Condition> {
        match condition {
            WrittenCondition::Field { field, test } => {
                let known = self.field(kind, field)?;
                let test = self.test(&known, test)?;
                let field = known.field;
                Some(Condition::Field { field, test })
            }
            WrittenCondition::Related {
                relation,
                direction,
                other,
                in_management,
                stay,
                with,
            } => {
                let (relation, other) = self.ends(kind, relation, *direction, other)?;
                let mut is_valid = true;
                if let Some(spot) = in_management
                    && relation != RelationKind::ContactOf
                {
                    let reason = "only contact_of has contacts in management; take it out";
                    self.problem(*spot, "not_a_contact", reason);
                    is_valid = false;
                }
                let stay = match stay {
                    Some(stay) if relation != RelationKind::TravellerAt => {
                        let reason = "only traveller_at has a time; take it out";
                        self.problem(stay.spot, "not_a_stay", reason);
                        is_valid = false;
                        None
                    }
                    Some(stay) => match self.stay(stay) {
                        Some(stay) => Some(stay),
                        None => {
                            is_valid = false;
                            None
                        }
                    },
                    None => None,
                };
                let with = match with {
                    Some(with) => Some(Box::new(self.node(other, with, depth + 1)?)),
                    None => None,
                };
                is_valid.then_some(Condition::Related(Related {
                    relation,
                    direction: *direction,
                    other,
                    in_management: in_management.is_some(),
                    stay,
                    with,
                }))
            }
            WrittenCondition::Refers { to, reference } => self.refers(kind, spot, *to, reference),
            WrittenCondition::Has(channel) => {
                let channel = self.channel(kind, channel)?;
                Some(Condition::HasAddress(channel))
            }
            WrittenCondition::Consent { channel, answer } => {
                if kind != Kind::Member {
                    let reason = format!(
                        "only members consent; ask for those of the {kind} through a relation"
                    );
                    self.problem(spot, "wrong_kind", reason);
                    return None;
                }
                let found = ConsentAnswer::ALL
                    .into_iter()
                    .find(|it| it.as_str() == answer.value);
                if found.is_none() {
                    let reason = "given, refused or not_said";
                    self.problem(answer.spot, "unknown_answer", reason);
                }
                let channel = self.channel(kind, channel)?;
                Some(Condition::Consent {
                    channel,
                    answer: found?,
                })
            }
            WrittenCondition::OptedOut(channel) => {
                let channel = self.channel(kind, channel)?;
                Some(Condition::OptedOut(channel))
            }
        }
    }

    fn channel(&mut self, kind: Kind, written: &At<String>) -> Option<Channel> {
        let Ok(channel) = written.value.parse() else {
            let names = Channel::ALL.map(Channel::as_str);
            let hint = suggestion(&written.value, names).unwrap_or_default();
            let reason = format!("a channel is one of {}{hint}", Channel::NAMES);
            self.problem(written.spot, "unknown_channel", reason);
            return None;
        };
        if channel == Channel::Push && kind != Kind::Member {
            let reason = format!(
                "only members have devices; {} has no push addresses",
                article(kind)
            );
            self.problem(written.spot, "wrong_kind", reason);
            return None;
        }
        Some(channel)
    }

    /// A field by its name.
    fn field<'b>(&mut self, kind: Kind, written: &'b At<String>) -> Option<Known<'b>>
    where
        'a: 'b,
    {
        let name = written.value.as_str();
        if let Ok(field) = name.parse::<OwnField>() {
            if field.is_of(kind) {
                return Some(Known {
                    field: Field::Own(field),
                    values: Values::of_own(field),
                    name,
                });
            }
            let instead = match (field, kind) {
                (OwnField::Name, Kind::Member) => "; members have given_name and family_name",
                (OwnField::GivenName | OwnField::FamilyName, Kind::Member) => "",
                (OwnField::GivenName | OwnField::FamilyName, _) => "; it has name",
                _ => "",
            };
            let reason = format!("{} has no {name}{instead}", article(kind));
            self.problem(written.spot, "unknown_field", reason);
            return None;
        }
        let schema = self.vocabulary.schemas.of(kind);
        if let Some(attribute) = schema.and_then(|schema| schema.named(name)) {
            let attribute_ref = AttributeRef {
                id: attribute.id,
                name: attribute.name.clone(),
            };
            return Some(Known {
                field: Field::Attribute(attribute_ref),
                values: Values::of_attribute(&attribute.values),
                name,
            });
        }
        let hint = match other_way(name) {
            Some(way) => format!("; {way}"),
            None => {
                let own = OwnField::ALL.iter().filter(|field| field.is_of(kind));
                let own = own.map(|field| field.as_str());
                let attributes = schema.into_iter().flat_map(|schema| &schema.attributes);
                let names = own.chain(attributes.map(|attribute| attribute.name.as_str()));
                let hint = suggestion(name, names);
                hint.unwrap_or_else(|| "; add it to the attributes of this kind first".to_owned())
            }
        };
        let reason = format!("{} has no attribute of this name{hint}", article(kind));
        self.problem(written.spot, "unknown_attribute", reason);
        None
    }

    /// A relation that an entity of this kind may have, and the kind at its other end.
    fn ends(
        &mut self,
        kind: Kind,
        relation: &At<String>,
        direction: Direction,
        other: &At<String>,
    ) -> Option<(RelationKind, Kind)> {
        let found: Option<RelationKind> = relation.value.parse().ok();
        if found.is_none() {
            let names = RelationKind::ALL.map(RelationKind::as_str);
            let hint = suggestion(&relation.value, names).unwrap_or_default();
            let reason = format!("a relation is one of {}{hint}", names.join(", "));
            self.problem(relation.spot, "unknown_relation", reason);
        }
        let found_other: Option<Kind> = other.value.parse().ok();
        if found_other.is_none() {
            let names = Kind::ALL.iter().map(|kind| kind.as_str());
            let hint = suggestion(&other.value, names.clone()).unwrap_or_default();
            let names: Vec<&str> = names.collect();
            let reason = format!("a kind of entity is one of {}{hint}", names.join(", "));
            self.problem(other.spot, "unknown_kind", reason);
        }
        let (relation_kind, other_kind) = (found?, found_other?);
        let connects = match direction {
            Direction::Outgoing => relation_kind.connects(kind, other_kind),
            Direction::Incoming => relation_kind.connects(other_kind, kind),
        };
        if connects {
            return Some((relation_kind, other_kind));
        }
        let lead = relation_kind.ends().iter();
        let lead: Vec<String> = lead
            .map(|(from, to)| format!("from {from} to {to}"))
            .collect();
        let asked = match direction {
            Direction::Outgoing => format!("from {kind} to {other_kind}"),
            Direction::Incoming => format!("from {other_kind} to {kind}"),
        };
        let reason = format!(
            "{relation_kind} does not lead {asked}; it leads {}",
            lead.join(", ")
        );
        self.problem(relation.spot.to(other.spot), "wrong_kinds", reason);
        None
    }

    fn stay(&mut self, stay: &At<WrittenStay>) -> Option<Stay> {
        let WrittenStay::During { from, to } = &stay.value else {
            return Some(Stay::Now);
        };
        let (from_moment, to_moment) = (self.moment(from), self.moment(to));
        let (from, to) = (from_moment?, to_moment?);
        let is_reversed = match (from, to) {
            (Moment::Day(from), Moment::Day(to)) => to < from,
            (Moment::Instant(from), Moment::Instant(to)) => to <= from,
            _ => false,
        };
        if is_reversed {
            self.problem(stay.spot, "ends_before_start", "an end after the start");
            return None;
        }
        Some(Stay::During { from, to })
    }

    /// Counts the bytes of a value.
    fn weigh(&mut self, spot: Spot, text: &str) -> Option<()> {
        let before = self.value_bytes;
        self.value_bytes += text.len();
        if self.value_bytes <= VALUE_BYTES {
            return Some(());
        }
        if before <= VALUE_BYTES {
            let reason = format!(
                "all values together have at most {VALUE_BYTES} bytes; put many values into a list or an attribute"
            );
            self.problem(spot, "too_long", reason);
        }
        None
    }
}

/// As in `an account`.
fn article(kind: Kind) -> String {
    let article = if kind == Kind::Account { "an" } else { "a" };
    format!("{article} {kind}")
}

/// How a filter asks for what has another name, or is no attribute.
fn other_way(name: &str) -> Option<&'static str> {
    Some(match name {
        "first_name" => "did you mean given_name?",
        "last_name" | "surname" => "did you mean family_name?",
        "category" => "did you mean categories?",
        "phone" | "sms" | "whatsapp" => "did you mean mobile?",
        "time_zone" | "timezone" => "did you mean zone?",
        "push" => "write has push",
        "consents" => "write consent(email) = given",
        "relations" => "write a relation, as in holder_of account",
        "group" => "write in group \"…\"",
        "list" => "write in list \"…\"",
        "segment" => "write in segment \"…\"",
        _ => return None,
    })
}
