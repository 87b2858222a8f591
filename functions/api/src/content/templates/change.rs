//! Changing a template.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object, clearable, not_null},
    failure::Failure,
    findings::Findings,
    names::PriorityName,
    precondition::IfMatch,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{body::TemplateBody, create::description};
use crate::{
    content::{
        body::ContentBody,
        documents::{TemplateDocument, find, require_version, rewrite, shown},
    },
    fields::{name, priority},
    path::TemplatePath,
    state::AppState,
};

/// The changes. Absent fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeTemplate {
    /// The name: 1 to 200 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
    /// The purpose of the template; `null` removes it.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The priority of campaigns that start from the template.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// Whether the template is offered.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    active: Option<bool>,
    /// The content. Replaces all content.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
}

/// Change a template
///
/// Campaigns that were started from it are not affected. The previous version can be restored.
#[utoipa::path(
    patch,
    path = "/v1/templates/{template}",
    operation_id = "change_template",
    tag = "templates",
    params(TemplatePath),
    request_body = ChangeTemplate,
    responses((status = OK, description = "The updated template.", body = TemplateBody)),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteTemplates>,
    path: TemplatePath,
    if_match: IfMatch,
    Json(body): Json<ChangeTemplate>,
) -> Result<Response, Failure> {
    let before = find::<TemplateDocument>(&state, &context, &path.template).await?;
    let show = |now: &_| shown(TemplateBody::from(now));
    require_version(if_match, &before, show)?;
    let mut findings = Findings::default();
    let mut document = before.body.clone();
    let given = body.name.and_then(|text| name(&mut findings, &text));
    if let Some(text) = body.description {
        document.description = description(text, &mut findings);
    }
    if let Some(priority) = body
        .priority
        .and_then(|text| priority(&mut findings, &text))
    {
        document.priority = priority;
    }
    document.active = body.active.unwrap_or(document.active);
    if let Some(Object(content)) = body.content {
        document.content = content.read(&mut findings);
    }
    findings.finish()?;
    let written = rewrite(&state, &context, before, given, document, show).await?;
    Ok(TemplateBody::from(&written).answer(StatusCode::OK))
}
