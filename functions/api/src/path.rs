//! Path parameters. An id that cannot exist gets the same response as one that does not.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use carillon_domain::{
    channel::Channel,
    id::{CampaignId, DocumentId, ImportId, ReceiverId, TransportId},
};
use http::request::Parts;
use utoipa::IntoParams;

use crate::failure::Failure;

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
    #[param(value_type = crate::names::ChannelName, example = "email")]
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
    #[param(value_type = crate::names::ChannelName, example = "email")]
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

/// The path parameters by name.
struct Segments(RawPathParams);

impl Segments {
    async fn of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        RawPathParams::from_request_parts(parts, state)
            .await
            .map(Self)
            .map_err(|_| Failure::not_found())
    }

    fn take<T: FromStr>(&self, name: &str) -> Result<T, Failure> {
        let given = self.0.iter().find(|(key, _)| *key == name);
        given
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(Failure::not_found)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CampaignPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            campaign: segments.take("campaign")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ReceiverPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            campaign: segments.take("campaign")?,
            receiver: segments.take("receiver")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DeliveryPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            campaign: segments.take("campaign")?,
            receiver: segments.take("receiver")?,
            channel: segments.take("channel")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ImportPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            import: segments.take("import")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TransportPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            transport: segments.take("transport")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RoutesPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            channel: segments.take("channel")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TemplatePath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            template: segments.take("template")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TemplateVersionPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            template: segments.take("template")?,
            version: segments.take("version")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for WrapperPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            wrapper: segments.take("wrapper")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for WrapperVersionPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            wrapper: segments.take("wrapper")?,
            version: segments.take("version")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PresetPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            preset: segments.take("preset")?,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for LibraryPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self {
            template: segments.take("template")?,
        })
    }
}
