//! Creating an import.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use carillon_domain::{
    access::permission::require,
    id::ImportId,
    receivers::{
        OnBadAddress,
        import::{FILE_BYTES, FileLocale, UnknownLocale},
    },
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, not_null},
    failure::Failure,
    findings::Findings,
    idempotency::FreshId,
    names::{self, OnBadAddressName},
};
use carillon_store::Import;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ImportBody, upload::Upload};
use crate::state::AppState;

/// A file to be uploaded, and how it is read.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateImport {
    /// The size of the file in bytes. The upload is signed for this size; S3 refuses a file of any other size.
    #[schema(minimum = 1, maximum = 536_870_912, examples(1024))]
    bytes: u64,
    /// What to do with a row that has a valid address but also an invalid address or language. `keep`, the default, adds
    /// it without the invalid parts; `refuse` refuses the row.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = OnBadAddressName, required = false)]
    on_bad_address: Option<String>,
    /// The locale of the spreadsheet that wrote the file (BCP 47). It determines how numbers and dates among the values
    /// are read: with `de`, `49,90` becomes `49.90`, and `5.12.2026` becomes `2026-12-05`. If absent, values stay
    /// unchanged.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("de"))]
    locale: Option<String>,
}

impl CreateImport {
    /// How bad addresses are handled.
    ///
    /// # Errors
    /// All errors of the request.
    fn read(&self) -> Result<OnBadAddress, Failure> {
        let mut findings = Findings::default();
        if !(1..=FILE_BYTES).contains(&self.bytes) {
            findings.add(
                "bytes",
                "out_of_range",
                format!("the size of the file in bytes, from 1 to {FILE_BYTES} (512 MiB)"),
            );
        }
        let on_bad_address = match &self.on_bad_address {
            None => Some(OnBadAddress::default()),
            Some(name) => findings.keep("on_bad_address", "unknown_choice", names::read(name)),
        };
        if let Some(locale) = &self.locale {
            let read: Result<FileLocale, UnknownLocale> = locale.parse();
            findings.keep("locale", "unknown_locale", read);
        }
        findings.finish()?;
        Ok(on_bad_address.unwrap_or_default())
    }
}

/// An import that is waiting for its file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedImport {
    #[serde(flatten)]
    import: ImportBody,
    /// How to upload the file.
    upload: Upload,
}

/// Create an import
///
/// State the size of the CSV file (UTF-8, at most 512 MiB; the first line contains the column names), upload the file
/// as the response describes, and add the import to a campaign, in any order. The column names of Outlook, Google
/// Contacts and Apple are recognized in English, German, French, Spanish, Italian and Dutch; every other column becomes
/// a placeholder value. Once the file has been read, the import shows how each column was interpreted.
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
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    FreshId(id): FreshId,
    Json(body): Json<CreateImport>,
) -> Result<Response, Failure> {
    let on_bad_address = body.read()?;
    let mut import = Import::new(context.tenant.clone(), ImportId::new(id), context.now);
    import.on_bad_address = on_bad_address;
    import.locale = body.locale;
    let upload = state
        .uploads
        .allow(&import.tenant, &import.id, body.bytes, context.now)
        .await
        .map_err(Failure::internal)?;
    let import = state.store.create_import(&context, &import).await?;
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
    use carillon_http::body;

    use super::*;

    #[test]
    fn an_empty_or_oversized_file_is_refused_before_upload() {
        for (bytes, is_right) in [
            (0, false),
            (1, true),
            (FILE_BYTES, true),
            (FILE_BYTES + 1, false),
            (u64::MAX, false),
        ] {
            let import = CreateImport {
                bytes,
                ..CreateImport::default()
            };
            assert_eq!(import.read().is_ok(), is_right, "{bytes}");
        }
        // The description must state the limit that is enforced.
        assert_eq!(FILE_BYTES, 536_870_912);
    }

    #[test]
    fn the_options_of_an_import_are_checked() {
        let read = |json: &str| {
            body::parse::<CreateImport>(json.as_bytes())
                .and_then(|body| body.read())
                .map_err(|failure| failure.members().errors.len())
        };
        assert_eq!(read(r#"{"bytes":1}"#), Ok(OnBadAddress::Keep));
        assert_eq!(
            read(r#"{"bytes":1,"on_bad_address":"refuse","locale":"de-CH"}"#),
            Ok(OnBadAddress::Refuse)
        );
        assert_eq!(
            read(r#"{"bytes":0,"on_bad_address":"guess","locale":"klingon"}"#),
            Err(3)
        );
        assert_eq!(read(r#"{"bytes":1,"locale":null}"#), Err(1));
    }
}
