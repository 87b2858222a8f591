//! An entity in requests and responses.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use carillon_domain::{
    access::Context,
    directory::{Entity, Fields, GroupScope, Kind, Schema},
    push_address::PushAddress,
};
use carillon_http::{
    failure::Failure, findings::Findings, names::ChannelName, precondition::IfMatch,
};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    content::documents::{answer, shown, stale},
    state::AppState,
};

/// What a kind of entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EntityKind)]
pub(super) enum KindName {
    /// A person.
    Member,
    /// A customer's contract or bank account.
    Account,
    /// A facility.
    Location,
    /// An order, a booking, a payment.
    Transaction,
    /// A unit of the organisation.
    Structure,
    /// Members who belong together.
    Group,
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Member => Self::Member,
            Kind::Account => Self::Account,
            Kind::Location => Self::Location,
            Kind::Transaction => Self::Transaction,
            Kind::Structure => Self::Structure,
            Kind::Group => Self::Group,
        }
    }
}

/// A field that may be given as `null`, which removes its value.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

macro_rules! fields {
    ($($(#[$about:meta])* $name:ident: $shown:ty,)*) => {
        /// The given fields of an entity. Absent fields stay unchanged; `null` removes a value.
        #[derive(Default, Deserialize, Serialize, ToSchema)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct EntityFields {
            $(
                $(#[$about])*
                #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
                #[schema(value_type = Option<$shown>)]
                $name: Option<Value>,
            )*
        }
    };
}

fields! {
    /// The id in the system that the entity comes from: 1 to 200 bytes. It can be given once, and determines the id.
    #[schema(examples("EMP-00123"))]
    external_id: String,
    /// The name of anything but a member, at most 200 characters.
    #[schema(examples("Campus North"))]
    name: String,
    /// A member's first name, at most 200 characters.
    #[schema(examples("Ann"))]
    given_name: String,
    /// A member's last name, at most 200 characters.
    #[schema(examples("Lee"))]
    family_name: String,
    /// An email address.
    #[schema(examples("ann@example.com"))]
    email: String,
    /// A phone number with its country code, or a national number in `region` or in the tenant's default region.
    #[schema(examples("+447414310000"))]
    mobile: String,
    /// A member's devices and browsers, at most 10, each prefixed with its push service.
    push: Vec<String>,
    /// The country of a national phone number: two letters (ISO 3166-1), or its name. It is not stored.
    #[schema(examples("GB"))]
    region: String,
    /// The preferred language (BCP 47).
    #[schema(examples("en"))]
    language: String,
    /// The time zone (IANA).
    #[schema(examples("Europe/London"))]
    zone: String,
    /// A word of your own, at most 40 characters.
    #[schema(examples("active"))]
    status: String,
    /// A member's categories, at most 20.
    categories: Vec<String>,
    /// The channels that a member prefers.
    channels: Vec<ChannelName>,
    /// Whether a member agreed to messages, by channel; channels that are not given stay unchanged.
    consents: BTreeMap<ChannelName, bool>,
    /// Whether the members of a group belong to the organisation: `internal` or `external`.
    #[schema(examples("internal"))]
    scope: String,
    /// Values of the attributes that you added to the kind, by name; those that are not given stay unchanged.
    attributes: BTreeMap<String, Value>,
}

impl EntityFields {
    /// The fields with these changes.
    pub(super) async fn apply(
        self,
        state: &AppState,
        context: &Context,
        schema: &Schema,
        before: &Fields,
    ) -> Result<Fields, Failure> {
        // Only a national number needs the tenant's region.
        let region = match self.mobile {
            Some(_) => {
                let tenant = state.store.tenant(&context.tenant).await?;
                tenant.and_then(|tenant| tenant.default_region)
            }
            None => None,
        };
        let changes = match serde_json::to_value(self) {
            Ok(Value::Object(changes)) => changes,
            _ => Map::new(),
        };
        let changed = before.changed(schema, &changes, region, context.now);
        changed.map_err(|problems| {
            let mut findings = Findings::default();
            findings.add_fields(problems);
            findings.into()
        })
    }
}

/// Whether a member agreed to messages on a channel.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
struct ConsentBody {
    /// Whether they agreed.
    given: bool,
    /// When they said so.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A person or thing of the directory.
#[derive(Serialize, ToSchema)]
#[schema(as = Entity)]
pub(super) struct EntityBody {
    /// The id.
    #[schema(examples("0123456789abcdef0123456789abcdef"))]
    id: String,
    /// What it is.
    kind: KindName,
    /// Incremented on every change; the `ETag`.
    version: u64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The name by which people know it: its name, else an address, else the external id.
    display_name: String,
    /// The id in the system that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// The name of anything but a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A member's first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    /// A member's last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The phone number, in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    /// A member's devices and browsers: the push service of each. Whoever has an address can write to the screen, so
    /// it is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    push: Vec<&'static str>,
    /// The preferred language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// A word of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// A member's categories.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(required = false)]
    categories: BTreeSet<String>,
    /// The channels that a member prefers.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(required = false)]
    channels: BTreeSet<ChannelName>,
    /// What a member agreed to.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    consents: BTreeMap<ChannelName, ConsentBody>,
    /// Whether the members of a group belong to the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    /// Values of the attributes that you added, by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(required = false, value_type = BTreeMap<String, Value>)]
    attributes: Map<String, Value>,
}

impl EntityBody {
    /// An entity, with its attributes under their current names.
    pub(super) fn new(schema: &Schema, entity: &Entity) -> Self {
        let fields = entity.fields.clone();
        let attributes = schema.attributes.iter().filter_map(|attribute| {
            let value = fields.attributes.get(&attribute.id)?;
            let value = serde_json::to_value(value).ok()?;
            Some((attribute.name.to_string(), value))
        });
        let attributes = attributes.collect();
        let consents = fields.consents.into_iter().map(|(channel, consent)| {
            let body = ConsentBody {
                given: consent.given,
                at: consent.at,
            };
            (channel.into(), body)
        });
        Self {
            id: entity.id.to_string(),
            kind: entity.kind.into(),
            version: entity.version,
            created_at: entity.created_at,
            updated_at: entity.updated_at,
            display_name: entity.fields.display_name(),
            external_id: fields.external_id.map(String::from),
            name: fields.name,
            given_name: fields.given_name,
            family_name: fields.family_name,
            email: fields.email.map(|email| email.expose().to_owned()),
            mobile: fields.mobile.map(|mobile| mobile.expose().to_owned()),
            push: fields.push.iter().map(PushAddress::kind).collect(),
            language: fields.language.map(|language| language.to_string()),
            zone: fields.zone,
            status: fields.status,
            categories: fields.categories,
            channels: fields.channels.into_iter().map(ChannelName::from).collect(),
            consents: consents.collect(),
            scope: fields.scope.map(|scope| match scope {
                GroupScope::Internal => "internal",
                GroupScope::External => "external",
            }),
            attributes,
        }
    }

    /// The response with its entity tag, and the place of a new entity.
    pub(super) fn answer(self, kind: Kind, status: StatusCode) -> Response {
        let place = format!("/v1/directory/{}/{}", kind.plural(), self.id);
        answer(status, &place, self.version, self)
    }
}

/// Requires the version that the caller knows.
pub(super) fn require_version(
    if_match: IfMatch,
    schema: &Schema,
    now: &Entity,
) -> Result<(), Failure> {
    let given = if_match.required()?;
    match given == now.version {
        true => Ok(()),
        false => Err(changed_since(schema, now, given)),
    }
}

/// The entity has changed since the caller read it.
pub(super) fn changed_since(schema: &Schema, now: &Entity, given: u64) -> Failure {
    stale(now.version, given, shown(EntityBody::new(schema, now)))
}
