//! A template as it stands in requests and answers.

use carillon_store::Written;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    campaigns::ContentBody,
    documents::{Head, TemplateDocument, answer},
    names::PriorityName,
};

/// The longest description, in characters.
pub(super) const DESCRIPTION_CHARACTERS: usize = 500;

/// Content to begin a campaign with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
pub(super) struct TemplateBody {
    #[serde(flatten)]
    pub(super) head: Head,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// How urgent campaigns are that begin with it.
    priority: PriorityName,
    /// Whether it is offered.
    active: bool,
    /// What it says, with the names that its placeholders use.
    content: ContentBody,
    /// Placeholders that are neither built in nor among `content.variables`. Receivers may have values for them all the same.
    unknown_placeholders: Vec<UnknownBody>,
}

/// A placeholder that nobody knows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnknownPlaceholder)]
pub(crate) struct UnknownBody {
    /// Its path.
    #[schema(examples("member.frist_name"))]
    path: String,
    /// A name that is known and nearly the same.
    #[schema(examples("member.first_name"))]
    nearest: Option<String>,
}

/// The placeholders of a content that nobody knows.
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
    /// The answer with its entity tag.
    pub(super) fn answer(self, status: StatusCode) -> axum::response::Response {
        let head = self.head.clone();
        answer(status, "/v1/templates", &head, self)
    }
}
