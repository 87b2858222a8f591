//! Creating a template.

use axum::{extract::State, response::Response};
use carillon_domain::{access::permission::require, channel::Priority, id::DocumentId};
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object, not_null},
    failure::Failure,
    findings::Findings,
    idempotency::FreshId,
    names::PriorityName,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::{DESCRIPTION_CHARACTERS, TemplateBody},
    library::starting_template,
};
use crate::{
    content::{
        body::ContentBody,
        documents::{TemplateDocument, make},
    },
    fields::{name, priority},
    state::AppState,
};

/// A new template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateTemplate {
    /// The name: 1 to 200 characters. Optional with `library`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("Outage notice"))]
    name: Option<String>,
    /// The purpose of the template: up to 500 characters.
    #[serde(default)]
    description: Option<String>,
    /// The priority of campaigns that start from the template. Default `normal`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// Whether it is offered. Default true.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    active: Option<bool>,
    /// The content.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
    /// The id of a library template to start from. Other fields in the request replace its fields.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("outage-notice"))]
    library: Option<String>,
}

/// Create a template
///
/// The template is created from the given fields, a library template, or both.
#[utoipa::path(
    post,
    path = "/v1/templates",
    operation_id = "create_template",
    tag = "templates",
    request_body = CreateTemplate,
    responses((status = CREATED, description = "The template.", body = TemplateBody)),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteTemplates>,
    FreshId(id): FreshId,
    Json(body): Json<CreateTemplate>,
) -> Result<Response, Failure> {
    let (name, document) = body.read()?;
    let id = DocumentId::new(id);
    let written = make(&state, &context, id, name, document).await?;
    Ok(TemplateBody::from(&written).answer(StatusCode::CREATED))
}

impl CreateTemplate {
    fn read(self) -> Result<(String, TemplateDocument), Failure> {
        let mut findings = Findings::default();
        let start = match &self.library {
            Some(id) => {
                let start = starting_template(id);
                let start = start
                    .ok_or("no library template with this id exists; GET /v1/library lists them");
                findings.keep("library", "unknown_template", start)
            }
            None => None,
        };
        let given = match (&self.name, &start) {
            (Some(text), _) => name(&mut findings, text),
            (None, Some(start)) => Some(start.name.clone()),
            (None, None) => {
                findings.add("name", "missing", "a name of 1 to 200 characters");
                None
            }
        };
        let start = start.map(|start| start.document);
        let urgency = self
            .priority
            .and_then(|text| priority(&mut findings, &text));
        let about = description(self.description, &mut findings);
        let content = self
            .content
            .map(|Object(content)| content.read(&mut findings));
        if content.is_none() && start.is_none() {
            findings.add("content", "missing", "content or library");
        }
        let start = start.unwrap_or_else(|| TemplateDocument {
            description: None,
            priority: Priority::default(),
            active: true,
            content: carillon_domain::content::Content::default(),
        });
        let Some(given) = given.filter(|_| findings.is_empty()) else {
            return Err(findings.into());
        };
        let document = TemplateDocument {
            description: about.or(start.description),
            priority: urgency.unwrap_or(start.priority),
            active: self.active.unwrap_or(true),
            content: content.unwrap_or(start.content),
        };
        Ok((given, document))
    }
}

/// Validates the purpose of a template.
pub(super) fn description(text: Option<String>, findings: &mut Findings) -> Option<String> {
    let text = text?;
    if text.chars().count() > DESCRIPTION_CHARACTERS
        || text.contains(|it: char| it.is_control() && it != '\n')
    {
        let detail = format!("at most {DESCRIPTION_CHARACTERS} characters");
        findings.add("description", "invalid_text", detail);
    }
    Some(text).filter(|text| !text.trim().is_empty())
}
