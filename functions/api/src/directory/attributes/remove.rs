//! Removing an attribute.

use axum::extract::State;
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure};
use http::StatusCode;

use super::attribute::save;
use crate::{path::AttributePath, state::AppState};

/// Remove an attribute
///
/// Its values are no longer shown, and an attribute of the same name that is added later does not have them.
#[utoipa::path(
    delete,
    path = "/v1/attributes/{kind}/{attribute}",
    operation_id = "remove_attribute",
    tag = "directory",
    params(AttributePath),
    responses((status = NO_CONTENT, description = "Removed.")),
    extensions(("x-problems" = json!(["changed-meanwhile"]))),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: AttributePath,
) -> Result<StatusCode, Failure> {
    let mut schema = state.store.schema(&context, path.kind.0).await?;
    let attribute = schema
        .named(&path.attribute)
        .ok_or_else(Failure::not_found)?;
    schema.remove(attribute.id);
    save(&state, &context, &schema).await?;
    Ok(StatusCode::NO_CONTENT)
}
