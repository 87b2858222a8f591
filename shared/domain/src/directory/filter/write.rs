//! Writes a filter with names instead of ids.

use super::{
    problem::{Place, Problem, Spot},
    segments::NotEvaluable,
    tree::{Bound, Condition, Constant, Field, Moment, Node, Related, Stay, Test},
    vocabulary::{Saved, Vocabulary},
    written::{
        At, Literal, Reference, Referent, Written, WrittenBound, WrittenCondition, WrittenStay,
        WrittenTest,
    },
};
use crate::{
    directory::Kind,
    id::{DocumentId, EntityId},
};

/// Writes a node. Problems are attributes that were removed.
pub(super) fn write(
    kind: Kind,
    node: &Node,
    vocabulary: &Vocabulary<'_>,
) -> Result<Written, Vec<Problem>> {
    let mut writer = Writer {
        vocabulary,
        path: String::new(),
        problems: Vec::new(),
    };
    let written = writer.node(kind, node);
    match writer.problems.is_empty() {
        true => Ok(written),
        false => Err(writer.problems),
    }
}

/// Writes a condition. An attribute that was removed has the name that it had.
pub(super) fn write_condition(
    kind: Kind,
    condition: &Condition,
    vocabulary: &Vocabulary<'_>,
) -> WrittenCondition {
    let mut writer = Writer {
        vocabulary,
        path: String::new(),
        problems: Vec::new(),
    };
    writer.condition(kind, condition)
}

struct Writer<'a> {
    vocabulary: &'a Vocabulary<'a>,
    /// Where in its JSON what is being written stands.
    path: String,
    problems: Vec<Problem>,
}

impl Writer<'_> {
    fn at<T>(&mut self, step: &str, write: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        let written = write(self);
        self.path.truncate(length);
        written
    }

    fn node(&mut self, kind: Kind, node: &Node) -> Written {
        match node {
            Node::All(parts) | Node::Any(parts) if parts.len() == 1 => {
                let only = parts.iter().map(|part| self.node(kind, part)).next();
                only.unwrap_or(Written::All(Vec::new()))
            }
            Node::All(parts) => Written::All(self.parts(kind, "all", parts)),
            // Nothing fulfils an empty any.
            Node::Any(parts) if parts.is_empty() => {
                Written::Not(Box::new(At::nowhere(Written::All(Vec::new()))))
            }
            Node::Any(parts) => Written::Any(self.parts(kind, "any", parts)),
            Node::Not(part) => {
                let part = self.at("not", |writer| writer.node(kind, part));
                Written::Not(Box::new(At::nowhere(part)))
            }
            Node::Condition(condition) => Written::Condition(self.condition(kind, condition)),
        }
    }

    fn parts(&mut self, kind: Kind, step: &str, parts: &[Node]) -> Vec<At<Written>> {
        self.at(step, |writer| {
            let parts = parts.iter().enumerate().map(|(place, part)| {
                let step = format!("[{place}]");
                At::nowhere(writer.at(&step, |writer| writer.node(kind, part)))
            });
            parts.collect()
        })
    }

    fn condition(&mut self, kind: Kind, condition: &Condition) -> WrittenCondition {
        match condition {
            Condition::Field { field, test } => WrittenCondition::Field {
                field: At::nowhere(self.field(kind, field)),
                test: At::nowhere(write_test(test)),
            },
            Condition::Related(related) => self.related(related),
            Condition::StructureUnder(id) => self.entity(Kind::Structure, Referent::Structure, id),
            Condition::InGroup(id) => self.entity(Kind::Group, Referent::Group, id),
            Condition::InList(id) => self.saved(Saved::List, Referent::List, id),
            Condition::InSegment(id) => self.saved(Saved::Segment, Referent::Segment, id),
            Condition::HasAddress(channel) => {
                WrittenCondition::Has(At::nowhere(channel.to_string()))
            }
            Condition::Consent { channel, answer } => WrittenCondition::Consent {
                channel: At::nowhere(channel.to_string()),
                answer: At::nowhere(answer.as_str().to_owned()),
            },
            Condition::OptedOut(channel) => {
                WrittenCondition::OptedOut(At::nowhere(channel.to_string()))
            }
        }
    }

    fn field(&mut self, kind: Kind, field: &Field) -> String {
        let wanted = match field {
            Field::Own(field) => return field.as_str().to_owned(),
            Field::Attribute(attribute) => attribute,
        };
        let schema = self.vocabulary.schemas.of(kind);
        if let Some(attribute) = schema.and_then(|schema| schema.get(wanted.id)) {
            return attribute.name.as_str().to_owned();
        }
        let error = NotEvaluable::AttributeRemoved(wanted.name.clone());
        let place = self.at("attribute", |writer| Place::Json(writer.path.clone()));
        self.problems.push(Problem {
            place,
            code: error.code(),
            reason: error.to_string(),
        });
        wanted.name.as_str().to_owned()
    }

    fn related(&mut self, related: &Related) -> WrittenCondition {
        let stay = related.stay.as_ref().map(|stay| match stay {
            Stay::Now => WrittenStay::Now,
            Stay::During { from, to } => WrittenStay::During {
                from: At::nowhere(write_moment(*from)),
                to: At::nowhere(write_moment(*to)),
            },
        });
        let with = related.with.as_ref().map(|with| {
            let with = self.at("where", |writer| writer.node(related.other, with));
            Box::new(At::nowhere(with))
        });
        WrittenCondition::Related {
            relation: At::nowhere(related.relation.as_str().to_owned()),
            direction: related.direction,
            other: At::nowhere(related.other.as_str().to_owned()),
            in_management: related.in_management.then_some(Spot::NONE),
            stay: stay.map(At::nowhere),
            with,
        }
    }

    /// A reference with a name only if the name means nothing else.
    fn entity(&self, kind: Kind, to: Referent, id: &EntityId) -> WrittenCondition {
        let names = self.vocabulary.names;
        let name = names.entity_name(kind, id);
        let name = name.filter(|name| means_only(&names.entities(kind, name), id));
        refers(to, id.as_str(), name)
    }

    fn saved(&self, what: Saved, to: Referent, id: &DocumentId) -> WrittenCondition {
        let names = self.vocabulary.names;
        let name = names.saved_name(what, id);
        let name = name.filter(|name| means_only(&names.saved(what, name), id));
        refers(to, id.as_str(), name)
    }
}

/// Whether a name that means these means this one and nothing else.
fn means_only<T: PartialEq>(found: &[T], id: &T) -> bool {
    !found.is_empty() && found.iter().all(|it| it == id)
}

fn refers(to: Referent, id: &str, name: Option<String>) -> WrittenCondition {
    let reference = Reference {
        id: Some(id.to_owned()),
        name,
    };
    WrittenCondition::Refers {
        to,
        reference: At::nowhere(reference),
    }
}

fn write_test(test: &Test) -> WrittenTest {
    let text = |text: &String| At::nowhere(Literal::Text(text.clone()));
    let end = |days: Option<i32>| days.map(|days| At::nowhere(f64::from(days)));
    let bound = |bound: &Bound| WrittenBound {
        value: At::nowhere(write_constant(&bound.value)),
        is_inclusive: bound.is_inclusive,
    };
    match test {
        Test::Exists => WrittenTest::Exists,
        Test::Equals(value) => WrittenTest::Equals(At::nowhere(write_constant(value))),
        Test::OneOf(values) => {
            let values = values.iter().map(write_constant).map(At::nowhere);
            WrittenTest::OneOf(values.collect())
        }
        Test::StartsWith(value) => WrittenTest::StartsWith(text(value)),
        Test::ContainsWord(value) => WrittenTest::ContainsWord(text(value)),
        Test::Contains(value) => WrittenTest::Contains(text(value)),
        Test::Range(range) => WrittenTest::Range {
            from: range.from.as_ref().map(bound),
            to: range.to.as_ref().map(bound),
        },
        Test::Days(days) => WrittenTest::Days {
            from: end(days.from),
            to: end(days.to),
            in_any_year: days.in_any_year,
            zone: days.zone.clone().map(At::nowhere),
        },
    }
}

fn write_constant(constant: &Constant) -> Literal {
    match constant {
        Constant::Text(text) => Literal::Text(text.clone()),
        Constant::Number(number) => Literal::Number(*number),
        Constant::YesNo(answer) => Literal::YesNo(*answer),
        Constant::Day(day) => Literal::Text(day.to_string()),
        Constant::Instant(instant) => Literal::Text(instant.to_string()),
    }
}

fn write_moment(moment: Moment) -> String {
    match moment {
        Moment::Day(day) => day.to_string(),
        Moment::Instant(instant) => instant.to_string(),
    }
}
