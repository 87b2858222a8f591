//! Listing the templates.

use axum::{Json, extract::State};
use carillon_store::Listed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    authentication::Caller,
    documents::{self, Head, SearchQuery, TemplateAbout, TemplateDocument},
    failure::Failure,
    names::PriorityName,
    query::Query,
    state::AppState,
};

/// A template without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateSummary {
    #[serde(flatten)]
    head: Head,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// How urgent campaigns are that begin with it.
    priority: PriorityName,
    /// Whether it is offered.
    active: bool,
    /// What it has something for.
    #[schema(examples(json!(["email", "sms", "toolbar"])))]
    channels: Vec<String>,
    /// The languages that it has besides its own.
    languages: Vec<String>,
}

impl From<Listed<TemplateAbout>> for TemplateSummary {
    fn from(listed: Listed<TemplateAbout>) -> Self {
        Self {
            head: Head::from(&listed),
            description: listed.about.description,
            priority: listed.about.priority.into(),
            active: listed.about.active,
            channels: listed.about.channels,
            languages: listed.about.languages,
        }
    }
}

/// A page of templates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateList {
    /// The templates, newest first. A page may have fewer than there are.
    templates: Vec<TemplateSummary>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// List templates
///
/// Newest first, all or those with a text in their name; 1 to 200 on a page (50 unless it is said).
#[utoipa::path(
    get,
    path = "/v1/templates",
    operation_id = "list_templates",
    tag = "templates",
    params(SearchQuery),
    responses((status = OK, description = "A page of templates.", body = TemplateList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<TemplateList>, Failure> {
    let (templates, next_cursor) =
        documents::list::<TemplateDocument>(&state, &caller, &query).await?;
    Ok(Json(TemplateList {
        templates: templates.into_iter().map(TemplateSummary::from).collect(),
        next_cursor,
    }))
}
