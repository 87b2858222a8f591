//! Making an import.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::id::ImportId;
use carillon_store::Import;
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
    let import = Import::new(caller.tenant, ImportId::new(id), now);
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
