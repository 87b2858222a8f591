//! Segments that filters include.

use std::collections::{BTreeMap, HashMap};

use super::tree::{Condition, Filter};
use crate::{directory::AttributeName, id::DocumentId, id::EntityId};

/// The most segments that include one another in a row.
pub const INCLUSIONS: usize = 8;
/// The most conditions of a filter together with those of all segments that it includes, each as often as it is included. It bounds the
/// work for one entity.
pub const EXPANDED_CONDITIONS: usize = 2_000;

/// The saved filters of a tenant.
pub trait Segments: Sync {
    /// The filter of a segment; `None` if there is no such one.
    fn filter(&self, id: &DocumentId) -> Option<&Filter>;
}

impl Segments for BTreeMap<DocumentId, Filter> {
    fn filter(&self, id: &DocumentId) -> Option<&Filter> {
        self.get(id)
    }
}

/// Why a filter cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEvaluable {
    /// An attribute that it asks for was removed.
    #[error("the attribute {0} was removed; choose another one or take the condition out")]
    AttributeRemoved(AttributeName),
    /// A structure that it refers to was deleted.
    #[error(
        "a structure that the filter refers to was deleted; choose another one or take the condition out"
    )]
    NoSuchStructure(EntityId),
    /// A segment that it includes was deleted.
    #[error(
        "a segment that the filter includes was deleted; choose another one or take the condition out"
    )]
    NoSuchSegment(DocumentId),
    /// A segment that it includes is about another kind of entity.
    #[error("a segment that the filter includes is about another kind of entity")]
    OtherKind(DocumentId),
    /// It includes itself.
    #[error("this segment would include itself; take out one of the inclusions")]
    Circle(DocumentId),
    /// Too many segments include one another in a row.
    #[error("at most {INCLUSIONS} segments may include one another in a row")]
    TooManyInclusions,
    /// It is too large with all that it includes.
    #[error(
        "at most {EXPANDED_CONDITIONS} conditions, together with those of the segments that it includes"
    )]
    TooLarge,
    /// A time zone that is no longer in the database.
    #[error("{0} is not a time zone of the IANA database; choose another one, as in Europe/Paris")]
    UnknownZone(String),
    /// Not what a filter can ask.
    #[error("a condition on {0} does not fit its values; check the filter")]
    DoesNotFit(String),
}

impl NotEvaluable {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AttributeRemoved(_) => "attribute_removed",
            Self::NoSuchStructure(_) => "no_such_structure",
            Self::NoSuchSegment(_) => "no_such_segment",
            Self::OtherKind(_) => "wrong_kind",
            Self::Circle(_) => "circle",
            Self::TooManyInclusions => "too_many_inclusions",
            Self::TooLarge => "too_many_conditions",
            Self::UnknownZone(_) => "unknown_zone",
            Self::DoesNotFit(_) => "wrong_operator",
        }
    }
}

/// Measures what segments come to with all that they include.
pub(super) struct Weigher<'a> {
    segments: &'a dyn Segments,
    path: Vec<DocumentId>,
    known: HashMap<DocumentId, Weight>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    /// Conditions, each as often as it is included.
    pub(super) conditions: usize,
    /// Segments that include one another in a row.
    height: usize,
}

impl<'a> Weigher<'a> {
    /// One for a filter that is saved as a segment itself, or is not.
    pub(super) fn new(segments: &'a dyn Segments, own: Option<&DocumentId>) -> Self {
        Self {
            segments,
            path: own.into_iter().cloned().collect(),
            known: HashMap::new(),
        }
    }

    /// Measures a segment.
    pub(super) fn segment(&mut self, id: &DocumentId) -> Result<Weight, NotEvaluable> {
        if self.path.contains(id) {
            return Err(NotEvaluable::Circle(id.clone()));
        }
        if let Some(weight) = self.known.get(id) {
            return match self.path.len() + weight.height > INCLUSIONS {
                true => Err(NotEvaluable::TooManyInclusions),
                false => Ok(*weight),
            };
        }
        if self.path.len() >= INCLUSIONS {
            return Err(NotEvaluable::TooManyInclusions);
        }
        let filter = self.segments.filter(id);
        let filter = filter.ok_or_else(|| NotEvaluable::NoSuchSegment(id.clone()))?;
        self.path.push(id.clone());
        let weight = self.filter(filter);
        self.path.pop();
        let mut weight = weight?;
        weight.height += 1;
        self.known.insert(id.clone(), weight);
        Ok(weight)
    }

    /// Measures a filter.
    pub(super) fn filter(&mut self, filter: &Filter) -> Result<Weight, NotEvaluable> {
        let mut whole = Weight::default();
        for condition in filter.conditions() {
            let included = match condition {
                Condition::InSegment(id) => self.segment(id)?,
                _ => Weight::default(),
            };
            whole.conditions += 1 + included.conditions;
            whole.height = whole.height.max(included.height);
            if whole.conditions > EXPANDED_CONDITIONS {
                return Err(NotEvaluable::TooLarge);
            }
        }
        Ok(whole)
    }
}
