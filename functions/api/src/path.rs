//! Path parameters. An id that cannot exist gets the same response as one that does not.

use std::str::FromStr;

use carillon_domain::{
    channel::Channel,
    directory::{Kind, Relation, RelationKind, kind::UnknownKind},
    id::{CampaignId, DocumentId, EntityId, ImportId, JobId, ReceiverId, TransportId},
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::directory::RelationName;

/// A campaign.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CampaignPath {
    /// The campaign's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) campaign: CampaignId,
}

/// A receiver of a campaign.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ReceiverPath {
    /// The campaign's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) campaign: CampaignId,
    /// The receiver's id.
    #[param(value_type = String, pattern = "^[0-9a-f]{32}$", example = "0123456789abcdef0123456789abcdef")]
    pub(crate) receiver: ReceiverId,
}

/// A delivery.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct DeliveryPath {
    /// The campaign's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) campaign: CampaignId,
    /// The receiver's id.
    #[param(value_type = String, pattern = "^[0-9a-f]{32}$", example = "0123456789abcdef0123456789abcdef")]
    pub(crate) receiver: ReceiverId,
    /// The channel.
    #[param(value_type = carillon_http::names::ChannelName, example = "email")]
    pub(crate) channel: Channel,
}

/// An import.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ImportPath {
    /// The import's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) import: ImportId,
}

/// A job.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct JobPath {
    /// The job's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) job: JobId,
}

/// A transport.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TransportPath {
    /// The transport id, which you choose when you set it up: 1 to 32 characters of `a-z`, `0-9` and `-`.
    #[param(value_type = String, pattern = "^[a-z0-9-]{1,32}$", example = "email-main")]
    pub(crate) transport: TransportId,
}

/// The routes of a channel.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RoutesPath {
    /// The channel.
    #[param(value_type = carillon_http::names::ChannelName, example = "email")]
    pub(crate) channel: Channel,
}

/// A template.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TemplatePath {
    /// The template's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) template: DocumentId,
}

/// A template of the library.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct LibraryPath {
    /// The id of the library template.
    #[param(pattern = "^[a-z-]{1,64}$", example = "outage-notice")]
    pub(crate) template: String,
}

/// A version of a template.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TemplateVersionPath {
    /// The template's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) template: DocumentId,
    /// The version, starting at 1.
    #[param(minimum = 1, example = 1)]
    pub(crate) version: u64,
}

/// A wrapper.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WrapperPath {
    /// The wrapper's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) wrapper: DocumentId,
}

/// A version of a wrapper.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WrapperVersionPath {
    /// The wrapper's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) wrapper: DocumentId,
    /// The version, starting at 1.
    #[param(minimum = 1, example = 1)]
    pub(crate) version: u64,
}

/// A preset.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct PresetPath {
    /// The preset's id.
    #[param(value_type = String, format = "uuid", example = "019a9a00-0000-7000-8000-000000000001")]
    pub(crate) preset: DocumentId,
}

/// A kind of entity, as routes call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PluralKind(pub(crate) Kind);

/// The names of kinds in routes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EntityKinds)]
#[expect(dead_code, reason = "it describes the parameter")]
pub(crate) enum PluralKindName {
    /// People.
    Members,
    /// Customers' contracts or bank accounts.
    Accounts,
    /// Facilities.
    Locations,
    /// Orders, bookings, payments.
    Transactions,
    /// Units of the organisation.
    Structures,
    /// Groups of members.
    Groups,
}

impl FromStr for PluralKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let kind = Kind::ALL.iter().find(|kind| kind.plural() == text);
        kind.copied().map(Self).ok_or(UnknownKind)
    }
}

/// A kind of entity.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct KindPath {
    /// The kind.
    #[param(value_type = PluralKindName, example = "members")]
    pub(crate) kind: PluralKind,
}

/// An attribute of a kind of entity.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AttributePath {
    /// The kind.
    #[param(value_type = PluralKindName, example = "members")]
    pub(crate) kind: PluralKind,
    /// The attribute's name.
    #[param(pattern = "^[a-z][a-z0-9_]{0,39}$", example = "loyalty_tier")]
    pub(crate) attribute: String,
}

/// An entity.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct EntityPath {
    /// What it is.
    #[param(value_type = PluralKindName, example = "members")]
    pub(crate) kind: PluralKind,
    /// The entity's id.
    #[param(value_type = String, pattern = "^[0-9a-f]{32}$", example = "0123456789abcdef0123456789abcdef")]
    pub(crate) entity: EntityId,
}

/// A relation between two entities.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RelationPath {
    /// The kind of the entity that it starts from.
    #[param(value_type = PluralKindName, example = "members")]
    pub(crate) kind: PluralKind,
    /// The entity that it starts from.
    #[param(value_type = String, pattern = "^[0-9a-f]{32}$", example = "0123456789abcdef0123456789abcdef")]
    pub(crate) entity: EntityId,
    /// How they are connected.
    #[param(value_type = RelationName, example = "member_of")]
    pub(crate) relation: RelationKind,
    /// The kind of the entity that it leads to.
    #[param(value_type = PluralKindName, example = "groups")]
    pub(crate) to_kind: PluralKind,
    /// The entity that it leads to.
    #[param(value_type = String, pattern = "^[0-9a-f]{32}$", example = "fedcba9876543210fedcba9876543210")]
    pub(crate) to: EntityId,
}

impl RelationPath {
    /// The relation, without what is known of it.
    pub(crate) fn relation(self) -> Relation {
        Relation {
            relation: self.relation,
            from_kind: self.kind.0,
            from: self.entity,
            to_kind: self.to_kind.0,
            to: self.to,
            in_management: false,
            starts: None,
            ends: None,
        }
    }
}

carillon_http::from_segments!(KindPath { kind });
carillon_http::from_segments!(AttributePath { kind, attribute });
carillon_http::from_segments!(EntityPath { kind, entity });
carillon_http::from_segments!(RelationPath {
    kind,
    entity,
    relation,
    to_kind,
    to
});
carillon_http::from_segments!(CampaignPath { campaign });
carillon_http::from_segments!(ReceiverPath { campaign, receiver });
carillon_http::from_segments!(DeliveryPath {
    campaign,
    receiver,
    channel
});
carillon_http::from_segments!(ImportPath { import });
carillon_http::from_segments!(JobPath { job });
carillon_http::from_segments!(TransportPath { transport });
carillon_http::from_segments!(RoutesPath { channel });
carillon_http::from_segments!(TemplatePath { template });
carillon_http::from_segments!(TemplateVersionPath { template, version });
carillon_http::from_segments!(WrapperPath { wrapper });
carillon_http::from_segments!(WrapperVersionPath { wrapper, version });
carillon_http::from_segments!(PresetPath { preset });
carillon_http::from_segments!(LibraryPath { template });
