//! What an answer that is no success says.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    campaigns::Finding,
    names::{CampaignStatus, ChannelName, DeliveryState},
};

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Where it stands, as in `receivers[3].email`.
    #[schema(examples("receivers[3].email"))]
    pub(crate) field: String,
    /// A stable name of the fault.
    #[schema(examples("invalid_email"))]
    pub(crate) code: String,
    /// What is wrong and what would be right.
    pub(crate) detail: String,
}

/// What some kinds of problem say beyond title and detail.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct Members {
    /// The first field, or the header, at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// Every field at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) errors: Vec<FieldError>,
    /// A stable name of what exactly is the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The line of a malformed body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    /// The column of a malformed body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    /// What the campaign is instead of what it would have to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) campaign_status: Option<CampaignStatus>,
    /// What the delivery is instead of failed or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery_state: Option<DeliveryState>,
    /// The channels that something is missing for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) channels: Vec<ChannelName>,
    /// The version that the campaign has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current_version: Option<u64>,
    /// The version that the change was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given_version: Option<u64>,
    /// What is there now, where somebody else has changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) current: Option<serde_json::Value>,
    /// What a look at the campaign has found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) findings: Vec<Finding>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_seconds: Option<u32>,
    /// The request in our log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

/// The body of every answer that is no success (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// The kind of problem: a stable URI, listed under "problems" in the documentation.
    #[schema(examples("https://carillon.example/problems/stale-version"))]
    pub(crate) r#type: String,
    /// The HTTP status.
    #[schema(examples(412))]
    pub(crate) status: u16,
    /// The same words for every problem of this kind.
    pub(crate) title: String,
    /// What is the matter this time.
    pub(crate) detail: Option<String>,
    /// What this kind of problem says besides.
    #[serde(flatten)]
    pub(crate) members: Members,
}
