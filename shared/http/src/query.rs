//! Parses queries.

use axum::extract::{FromRequestParts, Query as AxumQuery};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{body::misfit, failure::Failure};

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

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;
    use crate::page::PageQuery;

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
