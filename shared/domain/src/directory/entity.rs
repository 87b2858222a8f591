//! Entities: what every kind has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    attribute::{AttributeId, AttributeValue},
    kind::Kind,
};
use crate::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    field_problem::control_character,
    id::EntityId,
    language::LanguageTag,
    push_address::PushAddress,
};

/// The longest name, in characters.
pub const NAME_CHARACTERS: usize = 200;
/// The longest external id, in bytes: it is part of a key.
pub const EXTERNAL_ID_BYTES: usize = 200;
/// The most push addresses of one member.
pub const PUSH_ADDRESSES: usize = 10;
/// The most categories of one member.
pub const CATEGORIES: usize = 20;
/// The longest status or category, in characters.
pub const WORD_CHARACTERS: usize = 40;

/// The fields of every entity, which no attribute may be called after.
pub const RESERVED: &[&str] = &[
    "id",
    "kind",
    "external_id",
    "name",
    "given_name",
    "family_name",
    "first_name",
    "last_name",
    "email",
    "mobile",
    "push",
    "region",
    "language",
    "zone",
    "status",
    "categories",
    "channels",
    "consents",
    "scope",
    "attributes",
    "relations",
    "structure",
    "group",
    "list",
    "segment",
    "created_at",
    "updated_at",
    "version",
    "and",
    "or",
    "not",
    "true",
    "false",
    "all",
    "any",
];

/// The id of an entity in the system that it comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);

/// Not an external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("1 to {EXTERNAL_ID_BYTES} bytes without control characters or spaces at either end")]
pub struct InvalidExternalId;

impl FromStr for ExternalId {
    type Err = InvalidExternalId;

    fn from_str(text: &str) -> Result<Self, InvalidExternalId> {
        let is_valid = (1..=EXTERNAL_ID_BYTES).contains(&text.len())
            && control_character(text, false).is_none()
            && text.trim() == text;
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidExternalId)
    }
}

impl TryFrom<String> for ExternalId {
    type Error = InvalidExternalId;

    fn try_from(text: String) -> Result<Self, InvalidExternalId> {
        text.parse()
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> String {
        id.0
    }
}

impl ExternalId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the members of a group belong to the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupScope {
    /// They do.
    Internal,
    /// They do not.
    External,
}

/// Whether a member agreed to be written to on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Whether they agreed.
    pub given: bool,
    /// When they said so.
    pub at: Timestamp,
}

/// What is known about an entity. `Debug` shows no personal data.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fields {
    /// Its id in the system that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The name of anything but a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A member's first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// A member's last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// For email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// For text and WhatsApp messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<PhoneNumber>,
    /// A member's devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub push: Vec<PushAddress>,
    /// The preferred language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// The time zone, by its name in the IANA database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The tenant's own word, as in `active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// A member's categories, as in `area_manager`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<String>,
    /// The channels that a member prefers; none for no preference.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<Channel>,
    /// What a member agreed to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consents: BTreeMap<Channel, Consent>,
    /// Of a group: whether its members belong to the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<GroupScope>,
    /// The values of the tenant's attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeId, AttributeValue>,
}

/// A person or thing of the directory. `Debug` shows no personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Its id within the tenant.
    pub id: EntityId,
    /// Incremented on every change.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What is known about it.
    #[serde(flatten)]
    pub fields: Fields,
}

impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fields").finish_non_exhaustive()
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Entity")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Fields {
    /// The name by which people know the entity: its name, or a member's first and last name, else an address, else the external id.
    pub fn display_name(&self) -> String {
        let names = [&self.name, &self.given_name, &self.family_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        if !names.is_empty() {
            return names.join(" ");
        }
        let email = self.email.as_ref().map(EmailAddress::expose);
        let mobile = self.mobile.as_ref().map(PhoneNumber::expose);
        let external = self.external_id.as_ref().map(ExternalId::as_str);
        email.or(mobile).or(external).unwrap_or_default().to_owned()
    }
}
