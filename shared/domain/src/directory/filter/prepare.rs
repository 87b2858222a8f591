//! Prepares a filter for many entities: folds its texts, resolves its days and zones, and looks up structures and segments, once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    days::{after, day_from, day_of, end_of, start_of},
    fold::Folded,
    segments::{NotEvaluable, Segments, Weigher},
    structures::Structures,
    tree::{
        Bound, Condition, Constant, Days, Field, Filter, Moment, Node, OwnField, Related, Stay,
        Test,
    },
    vocabulary::{Schemas, Values},
};
use crate::{
    directory::Kind,
    id::{DocumentId, EntityId},
};

/// What is known when filters are evaluated, apart from entities.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The present.
    pub now: Timestamp,
    /// The tenant's time zone.
    pub zone: &'a TimeZone,
    /// The tenant's attributes.
    pub schemas: &'a Schemas,
    /// The tenant's structures, if [`Needs::structures`](super::Needs::structures) says so.
    pub structures: &'a Structures,
    /// The saved filters.
    pub segments: &'a dyn Segments,
}

/// A filter prepared for evaluation at one instant.
pub struct Prepared<'a> {
    pub(super) kind: Kind,
    pub(super) root: Part<'a>,
}

pub(super) enum Part<'a> {
    All(Vec<Part<'a>>),
    Any(Vec<Part<'a>>),
    Not(Box<Part<'a>>),
    Condition {
        condition: &'a Condition,
        check: Check<'a>,
    },
}

pub(super) enum Check<'a> {
    Field(&'a Field, Comparison),
    Related {
        related: &'a Related,
        /// The first instant of the stay that is asked for, and the first after it.
        stay: Option<(Timestamp, Timestamp)>,
        with: Option<Box<Part<'a>>>,
    },
    StructureUnder(HashSet<EntityId>),
    Segment(Arc<Part<'a>>),
    /// What needs no preparation.
    Plain,
}

/// A test whose values have been prepared.
pub(super) enum Comparison {
    Exists,
    OneOf(Vec<Fixed>),
    StartsWith(Folded),
    ContainsWord(Vec<Folded>),
    Contains(Folded),
    Range {
        from: Option<(Fixed, bool)>,
        to: Option<(Fixed, bool)>,
    },
    Days {
        first: Option<Date>,
        last: Option<Date>,
    },
    Anniversary {
        first: Date,
        last: Date,
        zone: TimeZone,
    },
}

/// A value that has been prepared.
pub(super) enum Fixed {
    Text(Folded),
    Number(f64),
    YesNo(bool),
    Day(Date),
    /// From one instant on and before another.
    Period(Timestamp, Timestamp),
}

impl Filter {
    /// Prepares the filter.
    ///
    /// # Errors
    /// If an attribute, structure or segment is gone, or segments include themselves or too much.
    pub fn prepare<'a>(&'a self, setting: &Setting<'a>) -> Result<Prepared<'a>, NotEvaluable> {
        Weigher::new(setting.segments, None).filter(self)?;
        let mut preparer = Preparer {
            setting: *setting,
            segments: HashMap::new(),
        };
        Ok(Prepared {
            kind: self.kind,
            root: preparer.part(self.kind, &self.root)?,
        })
    }
}

struct Preparer<'a> {
    setting: Setting<'a>,
    segments: HashMap<&'a DocumentId, Arc<Part<'a>>>,
}

impl<'a> Preparer<'a> {
    fn part(&mut self, kind: Kind, node: &'a Node) -> Result<Part<'a>, NotEvaluable> {
        Ok(match node {
            Node::All(parts) => Part::All(self.parts(kind, parts)?),
            Node::Any(parts) => Part::Any(self.parts(kind, parts)?),
            Node::Not(part) => Part::Not(Box::new(self.part(kind, part)?)),
            Node::Condition(condition) => Part::Condition {
                condition,
                check: self.check(kind, condition)?,
            },
        })
    }

    fn parts(&mut self, kind: Kind, parts: &'a [Node]) -> Result<Vec<Part<'a>>, NotEvaluable> {
        parts.iter().map(|part| self.part(kind, part)).collect()
    }

    fn check(&mut self, kind: Kind, condition: &'a Condition) -> Result<Check<'a>, NotEvaluable> {
        Ok(match condition {
            Condition::Field { field, test } => {
                let values = self.values(kind, field)?;
                let comparison = self.comparison(field, values, test)?;
                Check::Field(field, comparison)
            }
            Condition::Related(related) => {
                let with = match &related.with {
                    Some(with) => Some(Box::new(self.part(related.other, with)?)),
                    None => None,
                };
                let stay = related.stay.as_ref().map(|stay| self.stay(stay));
                Check::Related {
                    related,
                    stay,
                    with,
                }
            }
            Condition::StructureUnder(root) => {
                let under = self.setting.structures.under(root);
                Check::StructureUnder(
                    under.ok_or_else(|| NotEvaluable::NoSuchStructure(root.clone()))?,
                )
            }
            Condition::InSegment(id) => Check::Segment(self.segment(kind, id)?),
            Condition::InGroup(_)
            | Condition::InList(_)
            | Condition::HasAddress(_)
            | Condition::Consent { .. }
            | Condition::OptedOut(_) => Check::Plain,
        })
    }

    /// A segment, prepared once however often it is included. The weigher has ruled out circles.
    fn segment(&mut self, kind: Kind, id: &'a DocumentId) -> Result<Arc<Part<'a>>, NotEvaluable> {
        let segments = self.setting.segments;
        let filter = segments.filter(id);
        let filter = filter.ok_or_else(|| NotEvaluable::NoSuchSegment(id.clone()))?;
        if filter.kind != kind {
            return Err(NotEvaluable::OtherKind(id.clone()));
        }
        if let Some(part) = self.segments.get(id) {
            return Ok(Arc::clone(part));
        }
        let part = Arc::new(self.part(kind, &filter.root)?);
        self.segments.insert(id, Arc::clone(&part));
        Ok(part)
    }

    fn values(&self, kind: Kind, field: &Field) -> Result<Values<'a>, NotEvaluable> {
        match field {
            Field::Own(field) => Ok(Values::of_own(*field)),
            Field::Attribute(wanted) => {
                let schema = self.setting.schemas.of(kind);
                let attribute = schema.and_then(|schema| schema.get(wanted.id));
                let attribute =
                    attribute.ok_or_else(|| NotEvaluable::AttributeRemoved(wanted.name.clone()))?;
                Ok(Values::of_attribute(&attribute.values))
            }
        }
    }

    fn comparison(
        &self,
        field: &Field,
        values: Values<'_>,
        test: &Test,
    ) -> Result<Comparison, NotEvaluable> {
        let fixed = |constant: &Constant| {
            let fixed = self.fixed(values, constant);
            fixed.ok_or_else(|| NotEvaluable::DoesNotFit(name_of(field)))
        };
        let bound = |bound: &Option<Bound>| match bound {
            Some(bound) => Ok(Some((fixed(&bound.value)?, bound.is_inclusive))),
            None => Ok(None),
        };
        Ok(match test {
            Test::Exists => Comparison::Exists,
            Test::Equals(constant) => Comparison::OneOf(vec![fixed(constant)?]),
            Test::OneOf(constants) => {
                let constants: Result<Vec<Fixed>, NotEvaluable> =
                    constants.iter().map(fixed).collect();
                Comparison::OneOf(constants?)
            }
            Test::StartsWith(text) => Comparison::StartsWith(Folded::new(text)),
            Test::ContainsWord(text) => {
                Comparison::ContainsWord(text.unicode_words().map(Folded::new).collect())
            }
            Test::Contains(text) => Comparison::Contains(Folded::new(text)),
            Test::Range(range) => Comparison::Range {
                from: bound(&range.from)?,
                to: bound(&range.to)?,
            },
            Test::Days(days) => self.days(values, days)?,
        })
    }

    fn fixed(&self, values: Values<'_>, constant: &Constant) -> Option<Fixed> {
        Some(match (values, constant) {
            (Values::Number, Constant::Number(number)) => Fixed::Number(*number),
            (Values::YesNo, Constant::YesNo(answer)) => Fixed::YesNo(*answer),
            (Values::Day, Constant::Day(day)) => Fixed::Day(*day),
            (Values::Instant, Constant::Day(day)) => {
                let zone = self.setting.zone;
                Fixed::Period(start_of(*day, zone), end_of(*day, zone))
            }
            (Values::Instant, Constant::Instant(instant)) => {
                Fixed::Period(*instant, after(*instant))
            }
            (
                Values::Number | Values::YesNo | Values::Day | Values::Instant,
                Constant::Text(_)
                | Constant::Number(_)
                | Constant::YesNo(_)
                | Constant::Day(_)
                | Constant::Instant(_),
            ) => return None,
            (_, Constant::Text(text)) => Fixed::Text(Folded::new(text)),
            (_, _) => return None,
        })
    }

    fn days(&self, values: Values<'_>, days: &Days) -> Result<Comparison, NotEvaluable> {
        let zone = match &days.zone {
            Some(name) => {
                let zone = TimeZone::get(name);
                zone.map_err(|_| NotEvaluable::UnknownZone(name.clone()))?
            }
            None => self.setting.zone.clone(),
        };
        let today = day_of(self.setting.now, &zone);
        let first = days.from.map(|days| day_from(today, days));
        let last = days.to.map(|days| day_from(today, days));
        Ok(match (first, last) {
            (Some(first), Some(last)) if days.in_any_year => {
                Comparison::Anniversary { first, last, zone }
            }
            (first, last) if values == Values::Instant => {
                let period = |day| Fixed::Period(start_of(day, &zone), end_of(day, &zone));
                Comparison::Range {
                    from: first.map(|day| (period(day), true)),
                    to: last.map(|day| (period(day), true)),
                }
            }
            (first, last) => Comparison::Days { first, last },
        })
    }

    fn stay(&self, stay: &Stay) -> (Timestamp, Timestamp) {
        let zone = self.setting.zone;
        match stay {
            Stay::Now => (self.setting.now, after(self.setting.now)),
            Stay::During { from, to } => {
                let from = match from {
                    Moment::Day(day) => start_of(*day, zone),
                    Moment::Instant(instant) => *instant,
                };
                let to = match to {
                    Moment::Day(day) => end_of(*day, zone),
                    Moment::Instant(instant) => *instant,
                };
                (from, to)
            }
        }
    }
}

/// The name of a field.
pub(super) fn name_of(field: &Field) -> String {
    match field {
        Field::Own(field) => OwnField::as_str(*field).to_owned(),
        Field::Attribute(attribute) => attribute.name.as_str().to_owned(),
    }
}
