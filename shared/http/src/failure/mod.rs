//! Requests that fail with a problem.

mod body;

use std::{error::Error, fmt::Write};

use axum::response::{IntoResponse, Response};
pub use body::{FieldError, Members, ProblemBody};
use http::{HeaderValue, Uri, header};
use problem_details::ProblemDetails;

use crate::{envelope, problem::Problem};

/// Why a request fails. Converts into the response.
#[derive(Debug)]
pub struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    problem: Problem,
    detail: Option<String>,
    members: Members,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A problem with its specific detail.
    pub fn new(problem: Problem, detail: impl Into<String>) -> Self {
        Self::bare(problem, Some(detail.into()))
    }

    fn bare(problem: Problem, detail: Option<String>) -> Self {
        Self(Box::new(Inner {
            problem,
            detail,
            members: Members::default(),
            cause: None,
        }))
    }

    /// Not found, or another tenant's; the response is the same.
    pub fn not_found() -> Self {
        Self::bare(Problem::NotFound, None)
    }

    /// The resource was changed between reading and writing it.
    pub fn changed_meanwhile() -> Self {
        Self::bare(Problem::ChangedMeanwhile, None)
    }

    /// Invalid fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let first = errors.first();
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.detail),
            [first, ..] => format!(
                "{}: {} (and {} more)",
                first.field,
                first.detail,
                errors.len() - 1
            ),
            [] => "a field is invalid".to_owned(),
        };
        let members = Members {
            field: first.map(|error| error.field.clone()),
            errors,
            ..Members::default()
        };
        Self::new(Problem::InvalidField, detail).with(members)
    }

    /// One invalid field.
    pub fn field(field: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError {
            field: field.into(),
            code: code.to_owned(),
            detail: detail.into(),
        }])
    }

    /// An invalid header.
    pub fn header(name: &str, detail: impl Into<String>) -> Self {
        let members = Members {
            field: Some(name.to_owned()),
            ..Members::default()
        };
        Self::new(Problem::InvalidHeader, detail).with(members)
    }

    /// An internal error. The cause is logged and not shown.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut failure = Self::bare(Problem::Internal, None);
        failure.0.cause = Some(cause.into());
        failure
    }

    /// The same with these members.
    #[must_use]
    pub fn with(mut self, members: Members) -> Self {
        self.0.members = members;
        self
    }

    /// The invalid fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.members.errors
    }

    /// The additional members.
    pub fn members(&self) -> &Members {
        &self.0.members
    }

    /// The kind of problem.
    pub fn problem(&self) -> Problem {
        self.0.problem
    }
}

impl From<carillon_store::Error> for Failure {
    fn from(error: carillon_store::Error) -> Self {
        match error {
            carillon_store::Error::ForeignCursor { .. } => Self::field(
                "cursor",
                "invalid_cursor",
                "the cursor belongs to another list",
            ),
            error => Self::internal(error),
        }
    }
}

/// An error with all its causes, in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Inner {
            problem,
            detail,
            mut members,
            cause,
        } = *self.0;
        let kind = problem.kind();
        if let Some(cause) = cause {
            members.request_id = envelope::request_id();
            let request_id = members.request_id.as_deref();
            tracing::error!(
                request_id,
                error = chain(cause.as_ref()),
                "a request failed"
            );
        }
        let retry_after = members.retry_after_seconds;
        let mut details = ProblemDetails::from_status_code(kind.status).with_title(kind.title);
        if let Ok(uri) = problem.uri().parse::<Uri>() {
            details = details.with_type(uri);
        }
        if let Some(detail) = detail {
            details = details.with_detail(detail);
        }
        let mut response = details.with_extensions(members).into_response();
        response.extensions_mut().insert(problem);
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if problem == Problem::Unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    async fn answer(failure: Failure) -> (Response<()>, Value) {
        let (parts, body) = failure.into_response().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (
            Response::from_parts(parts, ()),
            serde_json::from_slice(&body).unwrap(),
        )
    }

    #[tokio::test]
    async fn a_problem_conforms_to_rfc_9457() {
        let members = Members {
            current_version: Some(4),
            ..Members::default()
        };
        let (response, body) =
            answer(Failure::new(Problem::StaleVersion, "the current version is 4").with(members))
                .await;
        assert_eq!(response.status(), 412);
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(
            body,
            json!({
                "type": "https://carillon.example/problems/stale-version",
                "status": 412,
                "title": "The resource has changed since you read it",
                "detail": "the current version is 4",
                "current_version": 4,
            })
        );
    }

    #[tokio::test]
    async fn causes_are_not_shown() {
        let (_, body) = answer(Failure::internal("the table is gone")).await;
        assert!(!body.to_string().contains("table"), "{body}");
        assert_eq!(body["status"], 500);
    }

    #[tokio::test]
    async fn retry_after_is_in_header_and_body() {
        let members = Members {
            retry_after_seconds: Some(5),
            ..Members::default()
        };
        let (response, body) = answer(Failure::new(Problem::Loading, "wait").with(members)).await;
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(body["retry_after_seconds"], 5);
        let (response, _) = answer(Failure::new(Problem::Unauthorized, "no key")).await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }

    #[test]
    fn chains_name_every_cause_once() {
        let error = carillon_store::Error::Row {
            what: "a campaign",
            source: "no name".into(),
        };
        assert_eq!(
            chain(&error),
            "could not read a campaign from its row: no name"
        );
    }
}
