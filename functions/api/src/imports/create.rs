//! Making an import.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::{id::ImportId, import::FILE_BYTES};
use carillon_store::Import;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ImportBody, upload::Upload};
use crate::{
    authentication::Caller, body::Json, failure::Failure, idempotency::FreshId, state::AppState,
};

/// A file that is about to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateImport {
    /// How many bytes the file has. The upload is signed for this length, and S3 refuses a file of another.
    #[schema(minimum = 1, maximum = 536_870_912, examples(1024))]
    bytes: u64,
}

impl CreateImport {
    /// The length of the file.
    ///
    /// # Errors
    /// If no file may have it.
    fn read(&self) -> Result<u64, Failure> {
        match self.bytes {
            bytes @ 1..=FILE_BYTES => Ok(bytes),
            _ => Err(Failure::field(
                "bytes",
                "out_of_range",
                format!("the bytes of the file, from 1 to {FILE_BYTES} (512 MiB)"),
            )),
        }
    }
}

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
/// Say how long the CSV file is (UTF-8, at most 512 MiB; the first line names the columns), upload it as the answer says,
/// and give the import to a campaign, in any order.
#[utoipa::path(
    post,
    path = "/v1/imports",
    operation_id = "create_import",
    tag = "imports",
    request_body = CreateImport,
    responses((status = CREATED, description = "The import and how to upload its file.", body = CreatedImport)),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    FreshId(id): FreshId,
    Json(body): Json<CreateImport>,
) -> Result<Response, Failure> {
    let bytes = body.read()?;
    let now = state.clock.now();
    let import = Import::new(caller.tenant, ImportId::new(id), now);
    let upload = state
        .uploads
        .allow(&import.tenant, &import.id, bytes, now)
        .await
        .map_err(Failure::internal)?;
    let import = state.store.create_import(&import).await?;
    let location = HeaderValue::from_str(&format!("/v1/imports/{}", import.id));
    let body = CreatedImport {
        import: ImportBody::new(import),
        upload,
    };
    let mut response = (StatusCode::CREATED, axum::Json(body)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_empty_or_too_long_is_refused_before_it_is_uploaded() {
        for (bytes, is_right) in [
            (0, false),
            (1, true),
            (FILE_BYTES, true),
            (FILE_BYTES + 1, false),
            (u64::MAX, false),
        ] {
            assert_eq!(CreateImport { bytes }.read().is_ok(), is_right, "{bytes}");
        }
        // What the description says is what is checked.
        assert_eq!(FILE_BYTES, 536_870_912);
    }
}
