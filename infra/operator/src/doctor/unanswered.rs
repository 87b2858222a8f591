//! Why a question to AWS has no answer.

use std::error::Error as StdError;

use aws_sdk_cloudformation::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use super::report::{Area, Finding};

/// A question that was not answered. `action` is the IAM action that it needs.
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
    #[error("{action} was not asked, because the questions before took too long")]
    TimeUp { action: &'static str },
}

/// Credentials that AWS does not know, or not any more.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct CredentialsRefused {
    code: String,
    message: String,
}

impl Unanswered {
    /// What the SDK says of a question that needs this action.
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
                // Whatever that is, it does not speak as AWS does.
                (None, Some(status)) => {
                    Self::by_code(action, &format!("HTTP {status}"), "no error of AWS")
                }
                (None, None) => Self::lost(action, error),
            }
        }
    }

    /// What AWS says of it.
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

    /// What the store says, which keeps DynamoDB's code.
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

    /// Whether AWS answered with this code.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// The refusal of the credentials themselves, which no other question would get past either ("Common errors" of the
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

    /// The check that needed the answer.
    pub(super) fn finding(&self, area: Area, check: impl Into<String>) -> Finding {
        let remedy = match self {
            Self::Denied { action } => format!(
                "Grant {action} to whoever runs the doctor; docs/doctor.md has the full policy."
            ),
            Self::TimeUp { .. } => {
                "Pass --tenant to look at fewer senders.".to_owned()
            }
            Self::Refused { .. } | Self::Lost { .. } => {
                "Run the doctor again. If the answer stays the same, see whether the region has the service and whether it works: \
                 https://health.aws.amazon.com/health/status"
                    .to_owned()
            }
        };
        Finding::not_checked(area, check, chain(self), remedy)
    }
}

/// An error with everything that led to it.
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
    fn a_missing_permission_names_the_action_to_allow() {
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
    fn credentials_that_nobody_knows_are_told_from_a_missing_permission() {
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
    fn a_lost_answer_says_what_led_to_it() {
        let lost = Unanswered::lost("a:B", std::io::Error::other("no route"));
        assert_eq!(chain(&lost), "a:B was not answered: no route");
    }
}
