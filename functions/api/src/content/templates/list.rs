//! Listing templates.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed, failure::Failure, list_body, names::PriorityName, query::Query,
};
use carillon_store::Listed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    content::documents::{self, Head, SearchQuery, TemplateAbout, TemplateDocument},
    state::AppState,
};

/// A template without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateSummary {
    #[serde(flatten)]
    head: Head,
    /// The purpose of the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The priority of campaigns that start from the template.
    priority: PriorityName,
    /// Whether the template is offered.
    active: bool,
    /// The channels for which it has content.
    #[schema(examples(json!(["email", "sms", "toolbar"])))]
    channels: Vec<String>,
    /// The languages other than its own for which it has content.
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

list_body! {
    /// A page of templates.
    pub(super) struct TemplateList {
        /// The templates, newest first. A page may have fewer entries than the limit even if more follow.
        templates: Vec<TemplateSummary>,
    }
}

/// List templates
///
/// Newest first, all or filtered by text in the name. 1 to 200 per page, default 50.
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
    Allowed(context, _): Allowed<require::ReadTemplates>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<TemplateList>, Failure> {
    let page = documents::list::<TemplateDocument>(&state, &context, &query).await?;
    Ok(Json(page.map(TemplateSummary::from).into()))
}
