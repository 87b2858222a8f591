//! Making an import.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_s3::presigning::PresigningConfig;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::id::{ImportId, TenantId};
use carillon_store::{Import, ImportStatus};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::ImportBody;
use crate::{
    authentication::Caller, body::NoBody, failure::Failure, idempotency::FreshId, state::AppState,
    state::Uploads,
};

/// How long a file may be uploaded after the import is made.
const UPLOAD_WITHIN: Duration = Duration::from_secs(60 * 60);
const CONTENT_TYPE: &str = "text/csv";

/// How to upload the file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Upload {
    /// The method.
    #[schema(examples("PUT"))]
    method: &'static str,
    /// Where to. Whoever has this URL can upload, so keep it to yourself.
    url: String,
    /// Headers that have to be sent with it.
    headers: BTreeMap<String, String>,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
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
    let upload = sign_upload(&state.uploads, &import.tenant, &import.id, now).await?;
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

async fn sign_upload(
    uploads: &Uploads,
    tenant: &TenantId,
    import: &ImportId,
    now: Timestamp,
) -> Result<Upload, Failure> {
    let signing = PresigningConfig::expires_in(UPLOAD_WITHIN).map_err(Failure::internal)?;
    let request = uploads
        .client
        .put_object()
        .bucket(&uploads.bucket)
        .key(format!("imports/{tenant}/{import}.csv"))
        .content_type(CONTENT_TYPE)
        .presigned(signing)
        .await
        .map_err(Failure::internal)?;
    Ok(Upload {
        method: "PUT",
        url: request.uri().to_owned(),
        headers: request
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        expires_at: now.checked_add(UPLOAD_WITHIN).map_err(Failure::internal)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_type_is_signed_and_no_checksum_of_nothing_is() {
        for (path_style, start) in [
            (
                false,
                "https://imports-bucket.s3.eu-west-1.amazonaws.com/imports/demo/",
            ),
            (
                true,
                "https://s3.eu-west-1.amazonaws.com/imports-bucket/imports/demo/",
            ),
        ] {
            let uploads = crate::testing::uploads(path_style);
            let id = ImportId::new(uuid::Uuid::nil());
            let upload = sign_upload(
                &uploads,
                &"demo".parse().unwrap(),
                &id,
                Timestamp::UNIX_EPOCH,
            )
            .await
            .unwrap();
            assert!(upload.url.starts_with(start), "{}", upload.url);
            assert!(
                upload
                    .url
                    .contains("X-Amz-SignedHeaders=content-type%3Bhost"),
                "{}",
                upload.url
            );
            assert!(upload.url.contains("X-Amz-Expires=3600"), "{}", upload.url);
            assert!(
                !upload.url.to_lowercase().contains("checksum"),
                "{}",
                upload.url
            );
            let expected = BTreeMap::from([("content-type".to_owned(), "text/csv".to_owned())]);
            assert_eq!(upload.headers, expected);
        }
    }
}
