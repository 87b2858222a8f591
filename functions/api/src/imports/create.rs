//! Making an import.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::id::ImportId;
use carillon_store::{Import, ImportStatus};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ImportBody, upload::Upload};
use crate::{
    authentication::Caller, body::NoBody, failure::Failure, idempotency::FreshId, state::AppState,
};

/// An import that waits for its file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedImport {
    #[serde(flatten)]
    import: ImportBody,
    /// How to upload the file.
    upload: Upload,
}

/// Make an import
///
/// Upload the CSV file (UTF-8, at most 512 MiB; the first line names the columns) as the answer
/// says, and give the import to a campaign, in any order.
#[utoipa::path(
    post,
    path = "/v1/imports",
    operation_id = "create_import",
    tag = "imports",
    responses((status = CREATED, description = "The import and how to upload its file.", body = CreatedImport)),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    FreshId(id): FreshId,
    NoBody: NoBody,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let import = Import {
        tenant: caller.tenant,
        id: ImportId::new(id),
        status: ImportStatus::WaitingForUpload,
        created_at: now,
        revision: 1,
        saved_by: String::new(),
        campaign: None,
        shards: 0,
        default_region: None,
        bytes: None,
        entity_tag: None,
        delimiter: b',',
        columns: Vec::new(),
        offset: 0,
        line: 0,
        rows_total: None,
        rows_read: 0,
        rows_added: 0,
        rows_refused: 0,
        rows_duplicate: 0,
        refusal: None,
    };
    let upload = state.uploads.allow(&import.tenant, &import.id, now).await;
    let upload = upload.map_err(Failure::internal)?;
    let import = state.store.create_import(&import).await?;
    let location = HeaderValue::from_str(&format!("/v1/imports/{}", import.id));
    let body = CreatedImport {
        import: ImportBody::new(import),
        upload,
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
