//! Renaming an attribute, or changing its label or options.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, directory::AttributeType};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::attribute::{AttributeBody, name, refused, save};
use crate::{path::AttributePath, state::AppState};

/// The changes. Absent fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeAttribute {
    /// The name in requests, files and placeholders.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("tier"))]
    name: Option<String>,
    /// The name for people.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("Tier"))]
    label: Option<String>,
    /// The texts of a choice. Values that are no longer among them stay until they are changed.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false)]
    options: Option<Vec<String>>,
}

/// Change an attribute
///
/// Values stay with an attribute that is renamed, and filters use its new name. The type cannot be changed.
#[utoipa::path(
    patch,
    path = "/v1/attributes/{kind}/{attribute}",
    operation_id = "change_attribute",
    tag = "directory",
    params(AttributePath),
    request_body = ChangeAttribute,
    responses((status = OK, description = "The updated attribute.", body = AttributeBody)),
    extensions(("x-problems" = json!(["changed-meanwhile"]))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: AttributePath,
    body::Json(body): body::Json<ChangeAttribute>,
) -> Result<Json<AttributeBody>, Failure> {
    let mut schema = state.store.schema(&context, path.kind.0).await?;
    let mut changed = schema
        .named(&path.attribute)
        .cloned()
        .ok_or_else(Failure::not_found)?;
    let id = changed.id;
    let mut findings = Findings::default();
    if let Some(text) = body.name {
        changed.name = name(&mut findings, &text).unwrap_or(changed.name);
    }
    changed.label = body.label.unwrap_or(changed.label);
    if let Some(new) = body.options {
        match &mut changed.values {
            AttributeType::Choice { options } => *options = new,
            _ => findings.add("options", "not_a_choice", "only a choice has options"),
        }
    }
    findings.finish()?;
    schema.replace(changed).map_err(|error| refused(&error))?;
    let saved = save(&state, &context, &schema).await?;
    let changed = saved.get(id).ok_or_else(Failure::changed_meanwhile)?;
    Ok(Json(changed.into()))
}
