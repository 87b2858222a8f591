//! The body of an error response.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    finding::Finding,
    names::{CampaignStatus, ChannelName, DeliveryState},
};

/// One invalid field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field, for example `receivers[3].email`.
    #[schema(examples("receivers[3].email"))]
    pub field: String,
    /// A stable code for the error.
    #[schema(examples("invalid_email"))]
    pub code: String,
    /// What is wrong and what would be valid.
    pub detail: String,
}

/// Members that some kinds of problem have in addition to title and detail.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Members {
    /// The first invalid field, or the invalid header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Every invalid field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// A stable code for the exact cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The line of the syntax error in the body, starting at 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column of the syntax error in the body, starting at 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The current status of the campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_status: Option<CampaignStatus>,
    /// The current state of the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_state: Option<DeliveryState>,
    /// The channels for which something is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub channels: Vec<ChannelName>,
    /// The current version of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
    /// The version that the change is based on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_version: Option<u64>,
    /// The current state of the resource, if someone else has changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<serde_json::Value>,
    /// The findings of preflight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub findings: Vec<Finding>,
    /// The permission that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// The number of seconds after which to retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// The id of the request in the logs of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The body of every error response (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The kind of problem: a stable URI, listed under "problems" in the documentation.
    #[schema(examples("https://carillon.example/problems/stale-version"))]
    pub r#type: String,
    /// The HTTP status.
    #[schema(examples(412))]
    pub status: u16,
    /// A summary, the same for every problem of this kind.
    pub title: String,
    /// An explanation of this occurrence.
    pub detail: Option<String>,
    /// Additional members of this kind of problem.
    #[serde(flatten)]
    pub members: Members,
}
