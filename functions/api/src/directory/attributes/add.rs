//! Adding an attribute.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, directory::Attribute};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
    names,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::attribute::{AttributeBody, TypeName, name, refused, save};
use crate::{path::KindPath, state::AppState};

/// An attribute to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddAttribute {
    /// The name in requests, files and placeholders: 1 to 40 characters of `a-z`, `0-9` and `_`, beginning with a letter.
    #[schema(examples("loyalty_tier"))]
    name: String,
    /// The name for people, at most 100 characters. Default: the name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("Loyalty tier"))]
    label: Option<String>,
    /// What the values are.
    #[serde(rename = "type")]
    #[schema(value_type = TypeName)]
    kind: String,
    /// The texts of a choice: 1 to 200.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false)]
    options: Option<Vec<String>>,
}

/// Add an attribute to a kind
///
/// At most 100 for each kind. The type stays as it is. Adding the same attribute again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/attributes/{kind}",
    operation_id = "add_attribute",
    tag = "directory",
    params(KindPath),
    request_body = AddAttribute,
    responses((status = CREATED, description = "The attribute.", body = AttributeBody)),
    extensions(("x-problems" = json!(["changed-meanwhile"]))),
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: KindPath,
    body::Json(body): body::Json<AddAttribute>,
) -> Result<(StatusCode, Json<AttributeBody>), Failure> {
    let mut findings = Findings::default();
    let label = body.label.unwrap_or_else(|| body.name.clone());
    let name = name(&mut findings, &body.name);
    let kind = findings.keep("type", "unknown_type", names::read::<TypeName>(&body.kind));
    if kind != Some(TypeName::Choice) && body.options.is_some() {
        findings.add("options", "not_a_choice", "only a choice has options");
    }
    let (Some(name), Some(kind), true) = (name, kind, findings.is_empty()) else {
        return Err(findings.into());
    };
    let mut schema = state.store.schema(&context, path.kind.0).await?;
    let values = kind.with(body.options);
    let is_this = |stands: &&Attribute| stands.label == label.trim() && stands.values == values;
    if let Some(stands) = schema.named(name.as_str()).filter(is_this) {
        return Ok((StatusCode::CREATED, Json(stands.into())));
    }
    let added = schema.add(name, &label, values);
    let id = added.map_err(|error| refused(&error))?;
    let saved = save(&state, &context, &schema).await?;
    let added = saved.get(id).ok_or_else(Failure::changed_meanwhile)?;
    Ok((StatusCode::CREATED, Json(added.into())))
}
