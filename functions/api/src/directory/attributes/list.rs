//! Listing attributes.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, directory::Schema};
use carillon_http::{authentication::Allowed, failure::Failure};
use serde::Serialize;
use utoipa::ToSchema;

use super::attribute::AttributeBody;
use crate::{path::KindPath, state::AppState};

/// The attributes of a kind of entity.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttributeList {
    /// The attributes, in display order.
    attributes: Vec<AttributeBody>,
}

impl From<&Schema> for AttributeList {
    fn from(schema: &Schema) -> Self {
        let attributes = schema.attributes.iter();
        Self {
            attributes: attributes.map(AttributeBody::from).collect(),
        }
    }
}

/// List the attributes of a kind
///
/// Those that you added; the fields that every entity has are not among them.
#[utoipa::path(
    get,
    path = "/v1/attributes/{kind}",
    operation_id = "list_attributes",
    tag = "directory",
    params(KindPath),
    responses((status = OK, description = "The attributes.", body = AttributeList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadDirectory>,
    path: KindPath,
) -> Result<Json<AttributeList>, Failure> {
    let schema = state.store.schema(&context, path.kind.0).await?;
    Ok(Json((&schema).into()))
}
