//! A template in requests and responses.

use carillon_http::names::PriorityName;
use carillon_store::Written;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::content::{
    body::ContentBody,
    documents::{Head, TemplateDocument, answer},
};

/// Maximum length of a description, in characters.
pub(super) const DESCRIPTION_CHARACTERS: usize = 500;

/// Content to start a campaign with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
pub(super) struct TemplateBody {
    #[serde(flatten)]
    pub(super) head: Head,
    /// The purpose of the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The priority of campaigns that start from the template.
    priority: PriorityName,
    /// Whether the template is offered.
    active: bool,
    /// The content, with the variables that its placeholders use.
    content: ContentBody,
    /// Placeholders that are neither built in nor listed in `content.variables`. Receivers may still have values for
    /// them.
    unknown_placeholders: Vec<UnknownBody>,
}

/// An unknown placeholder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnknownPlaceholder)]
pub(crate) struct UnknownBody {
    /// The path of the placeholder.
    #[schema(examples("member.frist_name"))]
    path: String,
    /// A similar known name.
    #[schema(examples("member.first_name"))]
    nearest: Option<String>,
}

/// The unknown placeholders in content.
pub(crate) fn unknown(content: &carillon_domain::content::Content) -> Vec<UnknownBody> {
    let found = carillon_compose::unknown_names(content).into_iter();
    found
        .map(|unknown| UnknownBody {
            path: unknown.path,
            nearest: unknown.nearest,
        })
        .collect()
}

impl From<&Written<TemplateDocument>> for TemplateBody {
    fn from(written: &Written<TemplateDocument>) -> Self {
        let body = written.body.clone();
        Self {
            head: written.into(),
            description: body.description,
            priority: body.priority.into(),
            active: body.active,
            unknown_placeholders: unknown(&body.content),
            content: body.content.into(),
        }
    }
}

impl TemplateBody {
    /// The response with its entity tag.
    pub(super) fn answer(self, status: StatusCode) -> axum::response::Response {
        let place = format!("/v1/templates/{}", self.head.id);
        answer(status, &place, self.head.version, self)
    }
}
