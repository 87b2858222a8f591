//! The stored kinds of documents.

use std::collections::BTreeSet;

use carillon_domain::{
    address::Region,
    campaigns::OnUnknown,
    channel::{Channel, Priority},
    content::{Content, wrapper::Wrapper},
    transports::routing::Failover,
};
use carillon_store::Document;
use serde::{Deserialize, Serialize};

/// Content to start with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemplateDocument {
    /// Its purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The priority of campaigns that start with it.
    pub(crate) priority: Priority,
    /// Whether it is offered.
    pub(crate) active: bool,
    /// Its content.
    pub(crate) content: Content,
}

/// The fields of a template in lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemplateAbout {
    pub(crate) description: Option<String>,
    pub(crate) priority: Priority,
    pub(crate) active: bool,
    pub(crate) channels: Vec<String>,
    pub(crate) languages: Vec<String>,
}

impl Document for TemplateDocument {
    const PREFIX: &'static str = "TEMPLATE#";
    type About = TemplateAbout;

    fn about(&self) -> TemplateAbout {
        TemplateAbout {
            description: self.description.clone(),
            priority: self.priority,
            active: self.active,
            channels: channels(&self.content),
            languages: self
                .content
                .languages
                .keys()
                .map(ToString::to_string)
                .collect(),
        }
    }
}

/// The names of the channels that the content covers.
pub(crate) fn channels(content: &Content) -> Vec<String> {
    let default = &content.default;
    let on = Channel::ALL
        .into_iter()
        .filter(|channel| default.has(*channel));
    let mut names: Vec<String> = on.map(|channel| channel.to_string()).collect();
    names.extend(default.toolbar.as_ref().map(|_| "toolbar".to_owned()));
    names.extend(default.widget.as_ref().map(|_| "widget".to_owned()));
    names
}

/// The frame around emails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WrapperDocument {
    /// The wrapper.
    pub(crate) wrapper: Wrapper,
}

impl Document for WrapperDocument {
    const PREFIX: &'static str = "WRAPPER#";
    type About = ();

    fn about(&self) {}
}

/// Whether replies are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PresetKind {
    /// No.
    OneWay,
    /// Yes.
    Conversation,
}

/// Everything that a campaign can start with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PresetDocument {
    /// Its purpose.
    pub(crate) kind: PresetKind,
    /// The channels.
    pub(crate) channels: BTreeSet<Channel>,
    /// The priority.
    pub(crate) priority: Priority,
    /// The region that completes national phone numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_region: Option<Region>,
    /// How unknown deliveries are handled.
    pub(crate) on_unknown: OnUnknown,
    /// How far to fail over to other transports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failover: Option<Failover>,
    /// The content.
    pub(crate) content: Content,
}

impl PresetDocument {
    /// Only defaults.
    pub(crate) fn blank() -> Self {
        Self {
            kind: PresetKind::OneWay,
            channels: BTreeSet::new(),
            priority: Priority::default(),
            default_region: None,
            on_unknown: OnUnknown::default(),
            failover: None,
            content: Content::default(),
        }
    }
}

impl From<TemplateDocument> for PresetDocument {
    fn from(template: TemplateDocument) -> Self {
        let has = |channel: &Channel| template.content.has(*channel);
        Self {
            channels: Channel::ALL.into_iter().filter(has).collect(),
            priority: template.priority,
            content: template.content,
            ..Self::blank()
        }
    }
}

impl Document for PresetDocument {
    const PREFIX: &'static str = "PRESET#";
    type About = PresetKind;

    fn about(&self) -> PresetKind {
        self.kind
    }
}
