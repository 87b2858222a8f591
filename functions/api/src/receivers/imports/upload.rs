//! Presigned upload URLs.
//!
//! They are signed here rather than by the S3 SDK, which the API needs for nothing else and which is an eighth of its
//! binary.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningError, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use carillon_domain::id::{ImportId, TenantId};
use http::{
    Method, Request,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How long after its creation an import's file may be uploaded.
const UPLOAD_WITHIN: Duration = Duration::from_secs(60 * 60);
const CSV: &str = "text/csv";

/// How to upload the file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Upload {
    /// The HTTP method.
    #[schema(examples("PUT"))]
    method: &'static str,
    /// The URL for the upload. Keep it secret: anyone who has it can upload.
    url: String,
    /// The headers that must be sent with the upload.
    headers: BTreeMap<String, String>,
    /// The required size of the file. HTTP clients send it automatically (`Content-Length`); S3 refuses any other size.
    bytes: u64,
    /// When the URL expires.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// The bucket to which files are uploaded.
#[derive(Debug, Clone)]
pub struct Uploads {
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    /// The URL of the bucket, without a trailing slash.
    bucket_url: String,
}

/// Why could not sign an upload.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("no credentials to sign an upload with")]
    NoCredentials,
    #[error("could not read the credentials to sign an upload with")]
    Credentials(#[source] CredentialsError),
    #[error("the system cannot represent the time")]
    Clock(#[source] jiff::Error),
    #[error("could not build an upload URL")]
    Address(#[source] http::Error),
    #[error("could not sign an upload")]
    Signing(#[source] SigningError),
    #[error("incomplete signing parameters")]
    Parameters(#[source] v4::signing_params::BuildError),
    #[error("could not format the expiry of an upload")]
    Time(#[source] jiff::Error),
}

impl Uploads {
    /// A bucket in the configured region, addressed by host name or, if `path_style`, by path.
    pub fn new(config: &SdkConfig, bucket: &str, path_style: bool) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        // Partitions have their own domains ("Amazon S3 endpoints and quotas", AWS general reference).
        let suffix = match region.starts_with("cn-") {
            true => "amazonaws.com.cn",
            false => "amazonaws.com",
        };
        let endpoint = config
            .endpoint_url()
            .map(|url| url.trim_end_matches('/').to_owned());
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.{suffix}"));
        let bucket_url = match endpoint.split_once("://") {
            Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
            _ => format!("{endpoint}/{bucket}"),
        };
        Self {
            credentials: config.credentials_provider(),
            region,
            bucket_url,
        }
    }

    /// Presigns one upload of an import's file with this many bytes.
    pub(crate) async fn allow(
        &self,
        tenant: &TenantId,
        import: &ImportId,
        bytes: u64,
        now: Timestamp,
    ) -> Result<Upload, UploadError> {
        let credentials = self
            .credentials
            .as_ref()
            .ok_or(UploadError::NoCredentials)?;
        let credentials = credentials.provide_credentials().await;
        let identity = credentials.map_err(UploadError::Credentials)?.into();

        let url = format!("{}/imports/{tenant}/{import}.csv", self.bucket_url);
        let mut request = Request::builder()
            .method(Method::PUT)
            .uri(url.as_str())
            .body(())
            .map_err(UploadError::Address)?;

        // As S3 requires ("Authenticating requests: using query parameters", Amazon S3 API reference): the path is
        // taken as it is, and the body is not signed, because it is not known yet.
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(UPLOAD_WITHIN);
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::try_from(now).map_err(UploadError::Clock)?)
            .settings(settings)
            .build()
            .map_err(UploadError::Parameters)?;
        // Every signed header has to be sent with the signed value ("Create a signed AWS API request", AWS IAM User
        // Guide: canonical headers). Otherwise S3 would accept up to its own maximum, at our expense.
        let length = bytes.to_string();
        let headers = [
            (CONTENT_LENGTH.as_str(), length.as_str()),
            (CONTENT_TYPE.as_str(), CSV),
        ];
        let to_sign = SignableRequest::new(
            Method::PUT.as_str(),
            &url,
            headers.into_iter(),
            SignableBody::UnsignedPayload,
        )
        .map_err(UploadError::Signing)?;
        let signed = sign(to_sign, &parameters.into()).map_err(UploadError::Signing)?;
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        Ok(Upload {
            method: "PUT",
            url: request.uri().to_string(),
            headers: BTreeMap::from([(CONTENT_TYPE.to_string(), CSV.to_owned())]),
            bytes,
            expires_at: now.checked_add(UPLOAD_WITHIN).map_err(UploadError::Time)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn type_and_length_are_signed_but_not_the_body() {
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
            let now = "2026-11-22T09:00:00Z".parse().unwrap();
            let tenant = "demo".parse().unwrap();
            let upload = uploads.allow(&tenant, &id, 1_024, now).await.unwrap();
            let longer = uploads.allow(&tenant, &id, 1_025, now).await.unwrap();
            assert_eq!((upload.bytes, longer.bytes), (1_024, 1_025));
            let signature = |upload: &Upload| {
                let (_, after) = upload.url.split_once("X-Amz-Signature=").unwrap();
                after.split('&').next().unwrap().to_owned()
            };
            assert_ne!(signature(&upload), signature(&longer));
            let url = &upload.url;
            assert!(url.starts_with(start), "{url}");
            for part in [
                "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost",
                "X-Amz-Expires=3600",
                "X-Amz-Date=20261122T090000Z",
                "X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Feu-west-1%2Fs3%2Faws4_request",
            ] {
                assert!(url.contains(part), "{url}");
            }
            assert!(!url.to_lowercase().contains("checksum"), "{url}");
            let expected = BTreeMap::from([("content-type".to_owned(), "text/csv".to_owned())]);
            assert_eq!(upload.headers, expected);
        }
    }

    #[test]
    fn a_local_endpoint_and_another_partition_have_their_own_addresses() {
        let config = |region: &'static str| {
            SdkConfig::builder()
                .region(aws_config::Region::new(region))
                .build()
        };
        let china = Uploads::new(&config("cn-north-1"), "bucket", false);
        assert_eq!(
            china.bucket_url,
            "https://bucket.s3.cn-north-1.amazonaws.com.cn"
        );
        let local = config("us-east-1")
            .to_builder()
            .endpoint_url("http://127.0.0.1:4566/")
            .build();
        let local = Uploads::new(&local, "bucket", true);
        assert_eq!(local.bucket_url, "http://127.0.0.1:4566/bucket");
    }
}
