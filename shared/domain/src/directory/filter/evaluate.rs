//! Decides whether an entity is meant by a filter.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    days::{day_of, has_anniversary},
    fold::Folded,
    prepare::{Check, Comparison, Fixed, Part, Prepared},
    tree::{Condition, ConsentAnswer, Direction, Related},
    values::{Held, held},
};
use crate::{
    channel::{AddressKind, Channel},
    directory::{Entity, Kind, Relation, RelationKind},
    id::{DocumentId, EntityId},
};

/// What has been loaded about entities, as [`Needs`](super::Needs) say.
pub trait World {
    /// The relations that start from an entity.
    fn outgoing(&self, entity: &EntityId) -> &[Relation];

    /// The relations that lead to an entity.
    fn incoming(&self, entity: &EntityId) -> &[Relation];

    /// Another entity; `None` if there is no such one.
    fn entity(&self, id: &EntityId) -> Option<&Entity>;

    /// Whether an entity is on a list.
    fn is_in_list(&self, entity: &EntityId, list: &DocumentId) -> bool;

    /// Whether an address of an entity is suppressed on a channel.
    fn is_opted_out(&self, entity: &Entity, channel: Channel) -> bool;
}

impl Prepared<'_> {
    /// Whether an entity is meant.
    pub fn matches<W: World + ?Sized>(&self, entity: &Entity, world: &W) -> bool {
        entity.kind == self.kind && self.root.matches(entity, world)
    }
}

impl Part<'_> {
    pub(super) fn matches<W: World + ?Sized>(&self, entity: &Entity, world: &W) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(entity, world)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(entity, world)),
            Self::Not(part) => !part.matches(entity, world),
            Self::Condition { condition, check } => fulfils(entity, condition, check, world),
        }
    }
}

/// Whether an entity fulfils a condition.
pub(super) fn fulfils<W: World + ?Sized>(
    entity: &Entity,
    condition: &Condition,
    check: &Check<'_>,
    world: &W,
) -> bool {
    match (check, condition) {
        (Check::Field(field, comparison), _) => comparison.fits(&held(entity, field)),
        (
            Check::Related {
                related,
                stay,
                with,
            },
            _,
        ) => {
            let mut fitting = related_to(entity, related, *stay, world);
            fitting.any(|relation| match with {
                None => true,
                Some(with) => {
                    let other = world.entity(other_end(related, relation));
                    other.is_some_and(|other| with.matches(other, world))
                }
            })
        }
        (Check::StructureUnder(units), _) => {
            let is_unit = entity.kind == Kind::Structure && units.contains(&entity.id);
            is_unit
                || world.outgoing(&entity.id).iter().any(|relation| {
                    relation.relation == RelationKind::BelongsTo
                        && relation.to_kind == Kind::Structure
                        && units.contains(&relation.to)
                })
        }
        (Check::Segment(part), _) => part.matches(entity, world),
        (Check::Plain, Condition::InGroup(id)) => {
            let relations = world.outgoing(&entity.id).iter();
            let mut groups = relations.filter(|it| it.relation == RelationKind::MemberOf);
            groups.any(|relation| relation.to == *id)
        }
        (Check::Plain, Condition::InList(id)) => world.is_in_list(&entity.id, id),
        (Check::Plain, Condition::HasAddress(channel)) => has_address(entity, *channel),
        (Check::Plain, Condition::Consent { channel, answer }) => {
            consent(entity, *channel) == *answer
        }
        (Check::Plain, Condition::OptedOut(channel)) => world.is_opted_out(entity, *channel),
        // Prepared otherwise.
        (
            Check::Plain,
            Condition::Field { .. }
            | Condition::Related(_)
            | Condition::StructureUnder(_)
            | Condition::InSegment(_),
        ) => false,
    }
}

/// The relations of an entity that are asked for, without regard to the entity at the other end.
pub(super) fn related_to<'w, W: World + ?Sized>(
    entity: &Entity,
    related: &Related,
    stay: Option<(Timestamp, Timestamp)>,
    world: &'w W,
) -> impl Iterator<Item = &'w Relation> {
    let (direction, kind, other) = (related.direction, related.relation, related.other);
    let in_management = related.in_management;
    let relations = match direction {
        Direction::Outgoing => world.outgoing(&entity.id),
        Direction::Incoming => world.incoming(&entity.id),
    };
    relations.iter().filter(move |relation| {
        let its_other = match direction {
            Direction::Outgoing => relation.to_kind,
            Direction::Incoming => relation.from_kind,
        };
        relation.relation == kind
            && its_other == other
            && (relation.in_management || !in_management)
            && stay.is_none_or(|(from, to)| {
                relation.starts.is_none_or(|starts| starts < to)
                    && relation.ends.is_none_or(|ends| ends > from)
            })
    })
}

/// The entity at the other end of a relation.
pub(super) fn other_end<'w>(related: &Related, relation: &'w Relation) -> &'w EntityId {
    match related.direction {
        Direction::Outgoing => &relation.to,
        Direction::Incoming => &relation.from,
    }
}

pub(super) fn has_address(entity: &Entity, channel: Channel) -> bool {
    match channel.properties().address {
        AddressKind::Email => entity.fields.email.is_some(),
        AddressKind::Mobile => entity.fields.mobile.is_some(),
        AddressKind::Push => !entity.fields.push.is_empty(),
    }
}

pub(super) fn consent(entity: &Entity, channel: Channel) -> ConsentAnswer {
    match entity.fields.consents.get(&channel) {
        Some(consent) if consent.given => ConsentAnswer::Given,
        Some(_) => ConsentAnswer::Refused,
        None => ConsentAnswer::NotSaid,
    }
}

impl Comparison {
    /// Whether a value fits. A missing one fits nothing.
    fn fits(&self, held: &Held<'_>) -> bool {
        if let Held::Language(tag) = held {
            // The only values without a text of their own, and so the only ones that are allocated.
            return self.fits(&Held::Text(&tag.to_string()));
        }
        if held.is_missing() {
            return false;
        }
        match self {
            Self::Exists => true,
            Self::OneOf(values) => values.iter().any(|value| value.equals(held)),
            Self::StartsWith(beginning) => held.text().is_some_and(|text| beginning.begins(text)),
            Self::ContainsWord(words) => {
                held.text().is_some_and(|text| contains_words(text, words))
            }
            Self::Contains(entry) => held.entries().any(|own| entry.equals(own)),
            Self::Range { from, to } => {
                let is_from = from
                    .as_ref()
                    .is_none_or(|(from, is_inclusive)| from.is_before(held, *is_inclusive));
                is_from
                    && to
                        .as_ref()
                        .is_none_or(|(to, is_inclusive)| to.is_after(held, *is_inclusive))
            }
            Self::Days { first, last } => held.day().is_some_and(|day| {
                first.is_none_or(|first| day >= first) && last.is_none_or(|last| day <= last)
            }),
            Self::Anniversary { first, last, zone } => {
                let day = day_in(held, zone);
                day.is_some_and(|day| has_anniversary(day, *first, *last))
            }
        }
    }
}

fn day_in(held: &Held<'_>, zone: &TimeZone) -> Option<Date> {
    match held {
        Held::Instant(instant) => Some(day_of(*instant, zone)),
        held => held.day(),
    }
}

/// Whether a text has these words one after the other.
fn contains_words(text: &str, words: &[Folded]) -> bool {
    text.unicode_word_indices().any(|(start, _)| {
        let rest = text.get(start..).unwrap_or_default();
        let mut following = rest.unicode_words();
        let mut words = words.iter();
        words.all(|word| following.next().is_some_and(|own| word.equals(own)))
    })
}

impl Fixed {
    fn equals(&self, held: &Held<'_>) -> bool {
        match self {
            Self::Text(text) => held.text().is_some_and(|own| text.equals(own)),
            Self::Number(number) => held.number() == Some(*number),
            Self::YesNo(answer) => held.yes_no() == Some(*answer),
            Self::Day(day) => held.day() == Some(*day),
            Self::Period(from, to) => held
                .instant()
                .is_some_and(|own| (*from..*to).contains(&own)),
        }
    }

    /// Where a value stands in relation to this one, if both have an order and this one is not a period.
    fn order_of(&self, held: &Held<'_>) -> Option<std::cmp::Ordering> {
        match self {
            Self::Text(text) => held.text().map(|own| text.order_of(own)),
            Self::Number(number) => held.number().and_then(|own| own.partial_cmp(number)),
            Self::Day(day) => held.day().map(|own| own.cmp(day)),
            Self::YesNo(_) | Self::Period(..) => None,
        }
    }

    /// Whether a value comes after this one, or is this one.
    fn is_before(&self, held: &Held<'_>, is_inclusive: bool) -> bool {
        use std::cmp::Ordering::{Equal, Greater};
        if let Self::Period(from, to) = self {
            let first = if is_inclusive { from } else { to };
            return held.instant().is_some_and(|own| own >= *first);
        }
        let order = self.order_of(held);
        order.is_some_and(|order| order == Greater || (is_inclusive && order == Equal))
    }

    /// Whether a value comes before this one, or is this one.
    fn is_after(&self, held: &Held<'_>, is_inclusive: bool) -> bool {
        use std::cmp::Ordering::{Equal, Less};
        if let Self::Period(from, to) = self {
            let end = if is_inclusive { to } else { from };
            return held.instant().is_some_and(|own| own < *end);
        }
        let order = self.order_of(held);
        order.is_some_and(|order| order == Less || (is_inclusive && order == Equal))
    }
}
