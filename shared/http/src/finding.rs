//! What a check of a campaign finds.

use carillon_domain::channel::Channel;
use serde::Serialize;
use utoipa::ToSchema;

use crate::names::ChannelName;

/// A problem that prevents publishing, or a warning.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PreflightFinding)]
pub struct Finding {
    /// The severity.
    pub severity: Severity,
    /// A stable code.
    #[schema(examples("missing_value"))]
    pub code: String,
    /// The channel affected; absent if all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelName>,
    /// The field affected, if the finding is about the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A message for operators.
    pub detail: String,
    /// The number of receivers affected; absent if all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The campaign cannot be published.
    Blocking,
    /// A warning, which can be accepted.
    Warning,
}

impl Finding {
    /// A finding about the whole campaign.
    pub fn new(severity: Severity, code: &str, detail: impl Into<String>) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            channel: None,
            field: None,
            detail: detail.into(),
            count: None,
        }
    }

    /// The same about a channel.
    #[must_use]
    pub fn on(self, channel: Channel) -> Self {
        Self {
            channel: Some(channel.into()),
            ..self
        }
    }

    /// The same about a field.
    #[must_use]
    pub fn at(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// The same about so many receivers.
    #[must_use]
    pub fn of(self, count: u64) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// Whether it cannot be accepted.
    pub fn is_blocking(&self) -> bool {
        self.severity == Severity::Blocking
    }
}
