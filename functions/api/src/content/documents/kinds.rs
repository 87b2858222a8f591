//! The kinds of documents as they are kept.

use std::collections::BTreeSet;

use carillon_domain::{address::Region, campaigns::OnUnknown, channel::{Channel, Priority}, content::{Content, wrapper::Wrapper}, transports::routing::Failover};
use carillon_store::Document;
use serde::{Deserialize, Serialize};

/// Content to begin with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemplateDocument {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// How urgent campaigns are that begin with it.
    pub(crate) priority: Priority,
    /// Whether it is offered.
    pub(crate) active: bool,
    /// What it says.
    pub(crate) content: Content,
}

/// What a list shows of a template.
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

/// The names of what a content has something for.
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

/// What stands around emails.
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

/// Whether answers are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PresetKind {
    /// No.
    OneWay,
    /// Yes.
    Conversation,
}

/// Everything that a campaign can begin with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PresetDocument {
    /// What it is for.
    pub(crate) kind: PresetKind,
    /// The channels.
    pub(crate) channels: BTreeSet<Channel>,
    /// How urgent.
    pub(crate) priority: Priority,
    /// The region that completes national phone numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_region: Option<Region>,
    /// What becomes of deliveries of which nobody knows.
    pub(crate) on_unknown: OnUnknown,
    /// How far other transports are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failover: Option<Failover>,
    /// What is said.
    pub(crate) content: Content,
}

impl PresetDocument {
    /// Nothing but what is usual.
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
