//! Why a call to AWS failed.

use std::error::Error as StdError;

use aws_sdk_cloudformation::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use super::report::{Area, Finding};

/// A failed call. `action` is the IAM action that it needs.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("these credentials do not allow {action}")]
    Denied { action: &'static str },
    #[error("{action} was refused: {code}: {message}")]
    Refused {
        action: &'static str,
        code: String,
        message: String,
    },
    #[error("{action} was not answered")]
    Lost {
        action: &'static str,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error("{action} was not called, because earlier calls took too long")]
    TimeUp { action: &'static str },
}

/// Credentials that AWS does not accept, or no longer accepts.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct CredentialsRefused {
    code: String,
    message: String,
}

impl Unanswered {
    /// Converts an SDK error of a call that needs this action.
    pub(super) fn to<E>(action: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        move |error| {
            let status = error
                .raw_response()
                .map(|response| response.status().as_u16());
            match (error.code(), status) {
                (Some(code), _) => Self::by_code(action, code, error.message().unwrap_or_default()),
                // Something other than AWS answered.
                (None, Some(status)) => {
                    Self::by_code(action, &format!("HTTP {status}"), "not an AWS error")
                }
                (None, None) => Self::lost(action, error),
            }
        }
    }

    /// Classifies AWS's error code.
    pub(super) fn by_code(action: &'static str, code: &str, message: &str) -> Self {
        match code {
            // "AccessDenied" and "AccessDeniedException" are among the common errors of the services, and
            // "AuthorizationError" is Amazon SNS's (their API references, "Common errors" and "GetSMSAttributes").
            "AccessDenied"
            | "AccessDeniedException"
            | "AuthorizationError"
            | "UnauthorizedOperation"
            | "NotAuthorized" => Self::Denied { action },
            _ => Self::Refused {
                action,
                code: code.to_owned(),
                message: message.to_owned(),
            },
        }
    }

    pub(super) fn lost(
        action: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Lost {
            action,
            source: source.into(),
        }
    }

    /// Converts an error of the store, which keeps DynamoDB's code.
    pub(super) fn by_store(action: &'static str, error: carillon_store::Error) -> Self {
        match &error {
            carillon_store::Error::Call {
                code: Some(code),
                source,
                ..
            } => Self::by_code(action, code, &chain(source.as_ref())),
            _ => Self::lost(action, error),
        }
    }

    /// Whether AWS returned this code.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// The rejection of the credentials themselves, on which every other call would fail too ("Common errors" of the
    /// services' API references).
    pub(super) fn credentials(self) -> Result<CredentialsRefused, Self> {
        match self {
            Self::Refused { code, message, .. }
                if matches!(
                    code.as_str(),
                    "ExpiredToken"
                        | "ExpiredTokenException"
                        | "IncompleteSignature"
                        | "InvalidClientTokenId"
                        | "InvalidSignatureException"
                        | "MissingAuthenticationToken"
                        | "OptInRequired"
                        | "RequestExpired"
                        | "SignatureDoesNotMatch"
                        | "UnrecognizedClientException"
                ) =>
            {
                Ok(CredentialsRefused { code, message })
            }
            other => Err(other),
        }
    }

    /// The finding of the check that made the call.
    pub(super) fn finding(&self, area: Area, check: impl Into<String>) -> Finding {
        let remedy = match self {
            Self::Denied { action } => format!(
                "Grant {action} to whoever runs the doctor; docs/doctor.md has the full policy."
            ),
            Self::TimeUp { .. } => {
                "Pass --tenant to check fewer senders.".to_owned()
            }
            Self::Refused { .. } | Self::Lost { .. } => {
                "Run the doctor again. If it still fails, check whether the region has the service and whether it is healthy: \
                 https://health.aws.amazon.com/health/status"
                    .to_owned()
            }
        };
        Finding::not_checked(area, check, chain(self), remedy)
    }
}

/// An error with its chain of sources.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    #[test]
    fn a_missing_permission_names_the_action() {
        for code in [
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
        ] {
            let finding =
                Unanswered::by_code("ses:GetAccount", code, "no").finding(Area::Ses, "account");
            assert_eq!(finding.status, Status::NotChecked);
            assert_eq!(
                finding.found,
                "these credentials do not allow ses:GetAccount"
            );
            assert!(finding.remedy.unwrap().contains("Grant ses:GetAccount"));
        }
    }

    #[test]
    fn invalid_credentials_are_distinguished_from_a_missing_permission() {
        let refused = Unanswered::by_code(
            "a:B",
            "InvalidClientTokenId",
            "The security token is invalid",
        );
        assert_eq!(
            refused.credentials().unwrap().to_string(),
            "InvalidClientTokenId: The security token is invalid"
        );
        assert!(
            Unanswered::by_code("a:B", "AccessDenied", "")
                .credentials()
                .is_err()
        );
        assert!(
            Unanswered::by_code("a:B", "Throttling", "")
                .credentials()
                .is_err()
        );
    }

    #[test]
    fn a_lost_response_shows_its_sources() {
        let lost = Unanswered::lost("a:B", std::io::Error::other("no route"));
        assert_eq!(chain(&lost), "a:B was not answered: no route");
    }
}
