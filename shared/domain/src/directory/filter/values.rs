//! What an entity has in a field.

use std::{
    collections::{BTreeSet, btree_set},
    slice,
};

use jiff::{Timestamp, civil::Date};

use super::tree::{Field, OwnField};
use crate::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    directory::{AttributeValue, Entity, ExternalId, GroupScope},
    language::LanguageTag,
};

/// What an entity has in a field, borrowed from it.
pub(super) enum Held<'e> {
    Nothing,
    Text(&'e str),
    Language(&'e LanguageTag),
    Number(f64),
    YesNo(bool),
    Instant(Timestamp),
    List(&'e [String]),
    Categories(&'e BTreeSet<String>),
    Channels(&'e BTreeSet<Channel>),
}

/// What an entity has in a field.
pub(super) fn held<'e>(entity: &'e Entity, field: &Field) -> Held<'e> {
    let fields = &entity.fields;
    let text = |text: Option<&'e str>| text.map_or(Held::Nothing, Held::Text);
    match field {
        Field::Own(field) => match field {
            OwnField::ExternalId => text(fields.external_id.as_ref().map(ExternalId::as_str)),
            OwnField::Name => text(fields.name.as_deref()),
            OwnField::GivenName => text(fields.given_name.as_deref()),
            OwnField::FamilyName => text(fields.family_name.as_deref()),
            OwnField::Email => text(fields.email.as_ref().map(EmailAddress::expose)),
            OwnField::Mobile => text(fields.mobile.as_ref().map(PhoneNumber::expose)),
            OwnField::Language => fields
                .language
                .as_ref()
                .map_or(Held::Nothing, Held::Language),
            OwnField::Zone => text(fields.zone.as_deref()),
            OwnField::Status => text(fields.status.as_deref()),
            OwnField::Categories => Held::Categories(&fields.categories),
            OwnField::Channels => Held::Channels(&fields.channels),
            OwnField::Scope => match fields.scope {
                Some(GroupScope::Internal) => Held::Text("internal"),
                Some(GroupScope::External) => Held::Text("external"),
                None => Held::Nothing,
            },
            OwnField::CreatedAt => Held::Instant(entity.created_at),
            OwnField::UpdatedAt => Held::Instant(entity.updated_at),
        },
        Field::Attribute(attribute) => match fields.attributes.get(&attribute.id) {
            None => Held::Nothing,
            Some(AttributeValue::Text(text)) => Held::Text(text),
            Some(AttributeValue::Number(number)) => Held::Number(*number),
            Some(AttributeValue::YesNo(answer)) => Held::YesNo(*answer),
            Some(AttributeValue::List(entries)) => Held::List(entries),
        },
    }
}

/// The entries of a list.
pub(super) enum Entries<'e> {
    List(slice::Iter<'e, String>),
    Categories(btree_set::Iter<'e, String>),
    Channels(btree_set::Iter<'e, Channel>),
}

impl<'e> Iterator for Entries<'e> {
    type Item = &'e str;

    fn next(&mut self) -> Option<&'e str> {
        match self {
            Self::List(entries) => entries.next().map(String::as_str),
            Self::Categories(entries) => entries.next().map(String::as_str),
            Self::Channels(channels) => channels.next().map(|channel| channel.as_str()),
        }
    }
}

impl<'e> Held<'e> {
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::List(entries) => entries.is_empty(),
            Self::Categories(categories) => categories.is_empty(),
            Self::Channels(channels) => channels.is_empty(),
            Self::Text(_)
            | Self::Language(_)
            | Self::Number(_)
            | Self::YesNo(_)
            | Self::Instant(_) => false,
        }
    }

    pub(super) fn text(&self) -> Option<&'e str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn yes_no(&self) -> Option<bool> {
        match self {
            Self::YesNo(answer) => Some(*answer),
            _ => None,
        }
    }

    /// A day, which rows have as text.
    pub(super) fn day(&self) -> Option<Date> {
        match self {
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(instant) => Some(*instant),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> Entries<'e> {
        match self {
            Self::List(entries) => Entries::List(entries.iter()),
            Self::Categories(categories) => Entries::Categories(categories.iter()),
            Self::Channels(channels) => Entries::Channels(channels.iter()),
            _ => Entries::List([].iter()),
        }
    }
}
