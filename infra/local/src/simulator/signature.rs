//! Checks the format of an AWS signature, not the signature itself.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::refusal::Refusal;

/// An invalid signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SignatureError {
    Missing,
    Incomplete,
    OtherService(&'static str),
}

/// Returns the access key of a request signed for the service.
pub(super) fn check(headers: &HeaderMap, service: &'static str) -> Result<String, SignatureError> {
    let value = headers
        .get(AUTHORIZATION)
        .ok_or(SignatureError::Missing)?
        .to_str()
        .map_err(|_| SignatureError::Incomplete)?;
    let fields = value
        .strip_prefix("AWS4-HMAC-SHA256")
        .ok_or(SignatureError::Incomplete)?;
    let field = |name: &str| {
        fields
            .split(',')
            .filter_map(|field| field.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .ok_or(SignatureError::Incomplete)
    };
    let signature = field("Signature")?;
    let signed_headers: Vec<&str> = field("SignedHeaders")?.split(';').collect();
    let credential = field("Credential")?;
    let mut scope = credential.rsplitn(5, '/');
    let (Some("aws4_request"), Some(scoped_service), Some(region), Some(date), Some(access_key)) = (
        scope.next(),
        scope.next(),
        scope.next(),
        scope.next(),
        scope.next(),
    ) else {
        return Err(SignatureError::Incomplete);
    };
    let is_complete = signature.len() == 64
        && signature.bytes().all(|byte| byte.is_ascii_hexdigit())
        && signed_headers.contains(&"host")
        && signed_headers.contains(&"x-amz-date")
        && headers.contains_key("x-amz-date")
        && !region.is_empty()
        && date.len() == 8
        && date.bytes().all(|byte| byte.is_ascii_digit())
        && !access_key.is_empty();
    if !is_complete {
        return Err(SignatureError::Incomplete);
    }
    if scoped_service != service {
        return Err(SignatureError::OtherService(service));
    }
    Ok(access_key.to_owned())
}

impl SignatureError {
    /// The error of JSON services.
    pub(super) fn in_json(self) -> Refusal {
        match self {
            Self::Missing => Refusal::new(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            Self::Incomplete => Refusal::new(
                403,
                "IncompleteSignatureException",
                "The request signature does not conform to AWS standards.",
            ),
            Self::OtherService(service) => Refusal::new(
                403,
                "InvalidSignatureException",
                format!("Credential should be scoped to correct service: '{service}'."),
            ),
        }
    }

    /// The error of query protocol services.
    pub(super) fn in_query(self) -> Refusal {
        match self {
            Self::Missing => Refusal::new(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            ),
            Self::Incomplete => Refusal::new(
                403,
                "IncompleteSignature",
                "The request signature does not conform to AWS standards.",
            ),
            Self::OtherService(service) => Refusal::new(
                403,
                "SignatureDoesNotMatch",
                format!("Credential should be scoped to correct service: '{service}'."),
            ),
        }
    }
}
