//! Showing an import.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    names::RowEffectName,
    page::{PageQuery, PageSizes},
    query::Query,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::ImportBody;
use crate::{path::ImportPath, state::AppState};

/// A remark about a row. A row can have several.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowError {
    /// The line on which the row begins, starting at 1.
    line: u64,
    /// The column, as named in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// A stable code for the reason.
    #[schema(examples("invalid_email"))]
    code: String,
    /// What is wrong and what would be valid.
    reason: String,
    /// What happened to the row.
    effect: RowEffectName,
}

/// An import with a page of remarks about its rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownImport {
    #[serde(flatten)]
    import: ImportBody,
    /// Rows that were refused, that were added without an invalid part, or that changed nothing, by line.
    errors: Vec<RowError>,
    /// The cursor of the next page of `errors`; `null` on the last page.
    next_cursor: Option<String>,
}

/// Show an import
///
/// Includes its progress, how each column was interpreted, and a page of remarks about rows. 1 to 200 per page,
/// default 50.
#[utoipa::path(
    get,
    path = "/v1/imports/{import}",
    operation_id = "show_import",
    tag = "imports",
    params(ImportPath, PageQuery),
    responses((status = OK, description = "The import.", body = ShownImport)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    path: ImportPath,
    Query(query): Query<PageQuery>,
) -> Result<Json<ShownImport>, Failure> {
    let import = state
        .store
        .import(&context, &path.import)
        .await?
        .ok_or_else(Failure::not_found)?;
    let page = query.read(PageSizes::DEFAULT)?;
    let page = state
        .store
        .import_findings(&context, &import.id, &page)
        .await?;
    let page = page.map(|row| RowError {
        line: row.line,
        column: row.column,
        code: row.code,
        reason: row.reason,
        effect: row.effect.into(),
    });
    Ok(Json(ShownImport {
        import: ImportBody::new(import),
        errors: page.items,
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}
