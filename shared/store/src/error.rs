//! Errors of DynamoDB calls.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// A failed DynamoDB call. Failed conditions are not errors but outcomes of the functions that
/// set them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB refused the call or could not be reached.
    #[error("could not {doing}")]
    Call {
        /// The operation, as in "read a campaign".
        doing: &'static str,
        /// DynamoDB's code, if it answered.
        code: Option<String>,
        /// The SDK's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// DynamoDB refused the cursor: it belongs to another list.
    #[error("could not {doing}: the cursor belongs to another list")]
    ForeignCursor {
        /// The operation.
        doing: &'static str,
        /// The SDK's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row that cannot be decoded.
    #[error("could not read {what} from its row")]
    Row {
        /// What the row should hold.
        what: &'static str,
        /// Why it does not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A value that cannot be encoded as a row.
    #[error("could not write {what} as a row")]
    Value {
        /// What it is.
        what: &'static str,
        /// Why it cannot.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Part of a batch failed all retries.
    #[error("could not {doing}: {left} of the batch were refused after all retries")]
    Partial {
        /// The operation.
        doing: &'static str,
        /// How many were left.
        left: usize,
    },
    /// The row kept changing until our tries ran out.
    #[error("could not {doing}: the row kept changing")]
    Contended {
        /// The operation.
        doing: &'static str,
    },
}

impl Error {
    pub(crate) fn call<E>(doing: &'static str) -> impl FnOnce(SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        move |error| {
            let code = error.code().map(str::to_owned);
            Error::Call {
                doing,
                code,
                source: Box::new(error),
            }
        }
    }

    /// The error of reading a page of a list, which may continue an earlier one.
    pub(crate) fn page<E>(
        doing: &'static str,
        is_continued: bool,
    ) -> impl FnOnce(SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        move |error| match error.code() {
            // Our own part of the query is always valid.
            Some("ValidationException") if is_continued => Error::ForeignCursor {
                doing,
                source: Box::new(error),
            },
            _ => Error::call(doing)(error),
        }
    }

    pub(crate) fn row(what: &'static str) -> impl FnOnce(serde_dynamo::Error) -> Self {
        move |error| Error::Row {
            what,
            source: Box::new(error),
        }
    }

    pub(crate) fn value(what: &'static str) -> impl FnOnce(serde_dynamo::Error) -> Self {
        move |error| Error::Value {
            what,
            source: Box::new(error),
        }
    }

    pub(crate) fn malformed(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Error::Row {
            what,
            source: source.into(),
        }
    }
}

/// Whether a single-row write failed its own condition.
pub(crate) fn condition_failed<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        config::http::HttpResponse, error::ErrorMetadata, operation::query::QueryError,
    };

    use super::*;

    fn refused(code: &str, is_continued: bool) -> Error {
        let error = QueryError::generic(ErrorMetadata::builder().code(code).build());
        let response = HttpResponse::new(400.try_into().unwrap(), "".into());
        Error::page("list", is_continued)(SdkError::service_error(error, response))
    }

    #[test]
    fn only_a_refused_cursor_is_foreign() {
        let is_foreign = |error| matches!(error, Error::ForeignCursor { .. });
        assert!(is_foreign(refused("ValidationException", true)));
        assert!(!is_foreign(refused("ValidationException", false)));
        assert!(!is_foreign(refused("ThrottlingException", true)));
    }
}
