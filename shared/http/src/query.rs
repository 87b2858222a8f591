//! Parses queries: filters, page size and cursor.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query as AxumQuery};
use carillon_store::{Cursor, Error};
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::{body::misfit, failure::Failure, findings::Findings};

/// Query parameters; unknown and repeated ones are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match AxumQuery::<T>::try_from_uri(&parts.uri) {
            Ok(AxumQuery(value)) => Ok(Self(value)),
            Err(error) => {
                let text = error.body_text();
                let message = text
                    .rsplit_once("query string: ")
                    .map_or(text.as_str(), |(_, message)| message);
                // Some errors are prefixed with the parameter.
                let (path, message) = match message.split_once(": ") {
                    Some((path, rest)) if !path.contains(' ') => (path, rest),
                    _ => (".", message),
                };
                Err(misfit(path, message))
            }
        }
    }
}

/// Page size and cursor.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The maximum number of entries on a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    pub limit: Option<String>,
    /// `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// The requested page.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// Where it starts.
    pub after: Option<Cursor>,
    /// Maximum number of entries.
    pub limit: u16,
}

impl Page {
    /// Parses the two parameters and records errors.
    pub fn read(
        findings: &mut Findings,
        limit: Option<&str>,
        cursor: Option<&str>,
        usual: u16,
        most: u16,
    ) -> Self {
        let limit = match limit.map(u16::from_str) {
            None => usual,
            Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
            Some(_) => {
                findings.add(
                    "limit",
                    "out_of_range",
                    format!("a number from 1 to {most}"),
                );
                usual
            }
        };
        let after = cursor.and_then(|text| findings.keep("cursor", "invalid_cursor", text.parse()));
        Self { after, limit }
    }

    /// The failure of a list. DynamoDB refuses a cursor from another list.
    pub fn failure(&self, error: Error) -> Failure {
        match &error {
            Error::Call {
                code: Some(code), ..
            } if code == "ValidationException" && self.after.is_some() => Failure::field(
                "cursor",
                "invalid_cursor",
                "the cursor belongs to another list",
            ),
            _ => Failure::from(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;

    fn read(limit: Option<&str>, cursor: Option<&str>) -> Result<u16, ()> {
        let mut findings = Findings::default();
        let page = Page::read(&mut findings, limit, cursor, 50, 200);
        findings.finish().map(|()| page.limit).map_err(|_| ())
    }

    #[test]
    fn limits_and_cursors_are_checked() {
        assert_eq!(read(None, None), Ok(50));
        assert_eq!(read(Some("200"), Some("302e")), Ok(200));
        for bad in ["0", "201", "-1", "ten", ""] {
            assert_eq!(read(Some(bad), None), Err(()), "{bad}");
        }
        assert_eq!(read(None, Some("what")), Err(()));
    }

    async fn fault(query: &str) -> Option<(String, String)> {
        let (mut parts, ()) = http::Request::builder()
            .uri(format!("/?{query}"))
            .body(())
            .unwrap()
            .into_parts();
        let failure = Query::<PageQuery>::from_request_parts(&mut parts, &())
            .await
            .err()?;
        let body = failure.into_response().into_body().collect().await.unwrap();
        let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
        let text = |name: &str| body["errors"][0][name].as_str().unwrap().to_owned();
        Some((text("field"), text("code")))
    }

    #[tokio::test]
    async fn unknown_and_repeated_parameters_are_refused() {
        for (query, expected) in [
            ("limit=5", None),
            ("", None),
            ("limt=5", Some(("limt", "unknown_field"))),
            ("limit=5&limit=6", Some(("limit", "duplicate_field"))),
        ] {
            let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
            assert_eq!(fault(query).await, expected, "{query}");
        }
    }
}
