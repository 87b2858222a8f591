//! Strict parsing of JSON bodies, with errors that give the position.

use std::{fmt, marker::PhantomData};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
};
use http::{HeaderMap, header};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    failure::{Failure, Members},
    problem::Problem,
};

/// The maximum size of a body.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Field name for errors about the whole body.
const WHOLE: &str = "(body)";

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        parse(&read(&parts.headers, body).await?).map(Self)
    }
}

/// No body, or an empty JSON object.
#[derive(Debug)]
pub struct NoBody;

/// A JSON body that may be absent.
#[derive(Debug)]
pub struct Optional<T>(pub T);

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for Optional<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        require_json(&parts.headers)?;
        parse(&bytes).map(Self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body).await?;
        if !bytes.is_empty() {
            require_json(&parts.headers)?;
            let Nothing {} = parse(&bytes)?;
        }
        Ok(Self)
    }
}

/// Reads a body up to the size limit.
///
/// # Errors
/// If it is too large or breaks off.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let too_large = || {
        Failure::new(
            Problem::TooLarge,
            format!("the body may have at most {MOST_BYTES} bytes"),
        )
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MOST_BYTES) {
        return Err(too_large());
    }
    // A body that breaks off cannot happen behind API Gateway, so an error here means the limit.
    axum::body::to_bytes(body, MOST_BYTES)
        .await
        .map_err(|_| too_large())
}

fn require_json(headers: &HeaderMap) -> Result<(), Failure> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Failure::new(
            Problem::UnsupportedMediaType,
            "send the header Content-Type: application/json",
        ))
    }
}

/// Parses JSON in two steps: first the syntax, then the expected structure.
///
/// # Errors
/// Line and column, or the path of the field, and what would be valid.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
    // Serde would accept an array for a struct, with its values in field order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Failure::field(
            WHOLE,
            "wrong_type",
            "the body must be a JSON object",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        if error.inner().is_data() {
            misfit(&error.path().to_string(), &error.inner().to_string())
        } else {
            malformed(error.inner())
        }
    })
}

fn malformed(error: &serde_json::Error) -> Failure {
    let members = Members {
        line: Some(error.line()),
        column: Some(error.column()),
        ..Members::default()
    };
    Failure::new(Problem::MalformedJson, error.to_string()).with(members)
}

/// The failure for a value that serde rejects.
pub fn misfit(path: &str, message: &str) -> Failure {
    let message = message
        .split_once(" at line ")
        .map_or(message, |(before, _)| before);
    let named = || message.split('`').nth(1).unwrap_or_default();
    let place = if path == "." { "" } else { path };
    let join = |name: &str| match place {
        "" => name.to_owned(),
        place if place == name || place.ends_with(&format!(".{name}")) => place.to_owned(),
        place => format!("{place}.{name}"),
    };
    let (field, code) = if message.starts_with("missing field") {
        (join(named()), "missing")
    } else if message.starts_with("unknown field") {
        (join(named()), "unknown_field")
    } else if message.starts_with("duplicate field") {
        (join(named()), "duplicate_field")
    } else if message.starts_with("invalid type") {
        (place.to_owned(), "wrong_type")
    } else {
        (place.to_owned(), "invalid")
    };
    let field = if field.is_empty() {
        WHOLE.to_owned()
    } else {
        field
    };
    Failure::field(field, code, message)
}

/// A struct inside a body, accepted only as an object. Serde would also accept an array, with its values in field
/// order.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// Deserializes a field that may be absent but not `null`. Use with `#[serde(default)]`.
///
/// # Errors
/// Those of the value's type.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Deserializes a field that may be absent (unchanged) or `null` (cleared). Use with `#[serde(default)]`.
///
/// # Errors
/// Those of the value's type.
pub fn clearable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its parsing is tested")]
        inner: Vec<Inner>,
        #[serde(default, deserialize_with = "not_null")]
        #[expect(dead_code, reason = "only its parsing is tested")]
        name: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its parsing is tested")]
        email: String,
    }

    async fn problem(json: &str) -> Value {
        let response = parse::<Outer>(json.as_bytes()).unwrap_err().into_response();
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    async fn first(json: &str) -> (String, String) {
        let body = problem(json).await;
        assert_eq!(body["status"], 422, "{body}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            text(&body["errors"][0]["field"]),
            text(&body["errors"][0]["code"]),
        )
    }

    #[tokio::test]
    async fn syntax_errors_have_line_and_column() {
        for (json, line) in [
            ("", 1),
            ("{", 1),
            ("{\n\"inner\": [}", 2),
            ("{\"inner\":[]} x", 1),
            ("{\"a\":1,\n\n", 3),
        ] {
            let body = problem(json).await;
            assert_eq!(
                body["type"], "https://carillon.example/problems/malformed-json",
                "{json}"
            );
            assert_eq!(
                (body["status"].as_u64(), body["line"].as_u64()),
                (Some(400), Some(line)),
                "{json}"
            );
        }
        assert!(
            parse::<Outer>(b"{\"inner\":[],\"name\":\"\xff\"}")
                .is_err_and(|failure| failure.problem() == Problem::MalformedJson)
        );
    }

    #[tokio::test]
    async fn type_errors_have_their_path() {
        let named = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(first("{}").await, named("inner", "missing"));
        assert_eq!(first("[[]]").await, named("(body)", "wrong_type"));
        assert_eq!(first("7").await, named("(body)", "wrong_type"));
        assert_eq!(
            first(r#"{"inner":[{"email":"a"},{}]}"#).await,
            named("inner[1].email", "missing")
        );
        assert_eq!(
            first(r#"{"inner":[{"email":5}]}"#).await,
            named("inner[0].email", "wrong_type")
        );
        assert_eq!(
            first(r#"{"inner":[{"mail":"a"}]}"#).await,
            named("inner[0].mail", "unknown_field")
        );
        assert_eq!(
            first(r#"{"inner":[],"more":1}"#).await,
            named("more", "unknown_field")
        );
        assert_eq!(
            first(r#"{"inner":[],"inner":[]}"#).await,
            named("inner", "duplicate_field")
        );
        assert_eq!(
            first(r#"{"inner":[],"name":null}"#).await,
            named("name", "wrong_type")
        );
        let body = problem(r#"{"inner":[],"more":1}"#).await;
        assert!(
            body["detail"].as_str().unwrap().contains("expected"),
            "{body}"
        );
    }
}
