//! A preset in requests and responses.

use std::collections::BTreeSet;

use carillon_http::{
    body::{Object, clearable, not_null},
    findings::Findings,
    names::{self, ChannelName, OnUnknownName, PriorityName},
};
use carillon_store::Written;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    content::{
        body::ContentBody,
        documents::{Head, PresetDocument, PresetKind, answer},
    },
    failover::FailoverBody,
    fields,
};

/// The purpose of campaigns that start from a preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PresetKind)]
pub(super) enum PresetKindName {
    /// No replies are expected.
    OneWay,
    /// Replies are expected.
    Conversation,
}

impl From<PresetKind> for PresetKindName {
    fn from(kind: PresetKind) -> Self {
        match kind {
            PresetKind::OneWay => Self::OneWay,
            PresetKind::Conversation => Self::Conversation,
        }
    }
}

/// Everything that a campaign can start with except its receivers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preset)]
pub(super) struct PresetBody {
    #[serde(flatten)]
    head: Head,
    /// The purpose of the campaigns.
    kind: PresetKindName,
    /// The channels.
    channels: BTreeSet<ChannelName>,
    /// The priority.
    priority: PriorityName,
    /// The region used to complete national phone numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_region: Option<String>,
    /// What happens to deliveries if it is unknown whether the provider accepted them.
    on_unknown: OnUnknownName,
    /// Limits for trying other transports; `null` if none are tried.
    failover: Option<FailoverBody>,
    /// The content.
    content: ContentBody,
}

impl From<&Written<PresetDocument>> for PresetBody {
    fn from(written: &Written<PresetDocument>) -> Self {
        let body = written.body.clone();
        Self {
            head: written.into(),
            kind: body.kind.into(),
            channels: body.channels.into_iter().map(ChannelName::from).collect(),
            priority: body.priority.into(),
            default_region: body.default_region.map(String::from),
            on_unknown: body.on_unknown.into(),
            failover: body.failover.map(FailoverBody::from),
            content: body.content.into(),
        }
    }
}

impl PresetBody {
    /// The response with its entity tag.
    pub(super) fn answer(self, status: StatusCode) -> axum::response::Response {
        let place = format!("/v1/presets/{}", self.head.id);
        answer(status, &place, self.head.version, self)
    }
}

/// The given fields of a preset. Absent fields stay unchanged, or get their defaults.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PresetParts {
    /// The name: 1 to 200 characters. Required for a new preset.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("Evacuation"))]
    name: Option<String>,
    /// The purpose of the campaigns. Required for a new preset.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PresetKindName, required = false)]
    kind: Option<String>,
    /// The channels.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<ChannelName>, required = false)]
    channels: Option<Vec<String>>,
    /// The priority.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// The region (ISO 3166-1, two letters) used to complete national phone numbers; `null` removes it.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    default_region: Option<Option<String>>,
    /// What happens to deliveries if it is unknown whether the provider accepted them.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = OnUnknownName, required = false)]
    on_unknown: Option<String>,
    /// Limits for trying other transports; `null` to try none.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<FailoverBody>)]
    failover: Option<Option<FailoverBody>>,
    /// The content. Replaces all content.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
}

impl PresetParts {
    /// The name, if given, and the preset with these parts applied to another one, or to the defaults.
    pub(super) fn read(
        self,
        before: Option<PresetDocument>,
        findings: &mut Findings,
    ) -> (Option<String>, PresetDocument) {
        let is_new = before.is_none();
        let mut preset = before.unwrap_or_else(PresetDocument::blank);
        let mut require = |field: &str, is_given: bool, detail: &str| {
            if is_new && !is_given {
                findings.add(field, "missing", detail);
            }
        };
        require("name", self.name.is_some(), "a name of 1 to 200 characters");
        require("kind", self.kind.is_some(), "one_way or conversation");
        let name = self.name.and_then(|text| fields::name(findings, &text));
        let kind = self
            .kind
            .and_then(|text| findings.keep("kind", "unknown_kind", names::read(&text)));
        preset.kind = kind.unwrap_or(preset.kind);
        if let Some(channels) = self.channels {
            preset.channels = fields::channels(findings, &channels);
        }
        let priority = self
            .priority
            .and_then(|text| fields::priority(findings, &text));
        preset.priority = priority.unwrap_or(preset.priority);
        if let Some(region) = self.default_region {
            preset.default_region = region.and_then(|text| fields::default_region(findings, text));
        }
        let on_unknown = self
            .on_unknown
            .and_then(|text| fields::on_unknown(findings, &text));
        preset.on_unknown = on_unknown.unwrap_or(preset.on_unknown);
        if let Some(failover) = self.failover {
            preset.failover = failover.and_then(|failover| failover.read(findings));
        }
        if let Some(Object(content)) = self.content {
            preset.content = content.read(findings);
        }
        (name, preset)
    }
}
