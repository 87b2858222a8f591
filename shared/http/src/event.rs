//! API Gateway events that `lambda_http` 1.3 cannot parse or panics on.

use std::{borrow::Cow, fmt::Write};

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use lambda_http::{
    Body,
    aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    request::LambdaRequest,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use url::Url;

/// The response to a request that violates RFC 9110, as a problem (RFC 9457).
pub const MALFORMED: &str = r#"{"type":"https://carillon.example/problems/malformed-request","title":"The request cannot be parsed","status":400,"detail":"A header, the host or the path contains characters that HTTP does not allow there."}"#;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// An event of an HTTP API (payload 2.0), or one that cannot be converted to a request.
#[derive(Debug)]
pub(crate) struct Event(Option<ApiGatewayV2httpRequest>);

impl Event {
    /// The request, as `lambda_http` expects it.
    pub(crate) fn into_request(self) -> Option<LambdaRequest> {
        let mut event = self.0?;
        put_right(&mut event);
        is_readable(&event).then_some(LambdaRequest::ApiGatewayV2(event))
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(text.get()).ok()))
    }
}

/// The response of a function.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer<A> {
    /// A response to the request.
    Usual(A),
    /// A refusal, because the event is not a valid request.
    Refused(Box<ApiGatewayV2httpResponse>),
}

/// The response to an event that is not a valid request.
pub(crate) fn refusal<A>() -> Answer<A> {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = 400;
    response.headers = HeaderMap::from_iter([(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    )]);
    response.body = Some(Body::Text(MALFORMED.to_owned()));
    Answer::Refused(Box::new(response))
}

/// Encodes characters that a query must not contain and removes an invalid scheme: a client may send this header, and
/// we do not use it.
fn put_right(event: &mut ApiGatewayV2httpRequest) {
    if let Some(query) = &mut event.raw_query_string
        && let Cow::Owned(encoded) = encoded(query)
    {
        *query = encoded;
    }
    let scheme = event.headers.get(&FORWARDED_PROTO);
    if scheme.is_some_and(|scheme| !["http", "https"].iter().any(|known| scheme == known)) {
        event.headers.remove(&FORWARDED_PROTO);
    }
}

/// A query in which characters that RFC 3986, 3.4, does not allow are encoded. Existing escapes are kept.
fn encoded(query: &str) -> Cow<'_, str> {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]{}|".contains(&byte);
    if query.bytes().all(is_allowed) {
        return Cow::Borrowed(query);
    }
    let mut encoded = String::with_capacity(query.len() + 16);
    for byte in query.bytes() {
        if is_allowed(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

/// Whether `lambda_http` can build a URL from it: it parses the same text and panics if that fails.
fn is_readable(event: &ApiGatewayV2httpRequest) -> bool {
    let host = event.headers.get(header::HOST);
    let host = host
        .and_then(|host| host.to_str().ok())
        .or(event.request_context.domain_name.as_deref())
        .unwrap_or("localhost");
    let stage = match event.request_context.stage.as_deref() {
        Some(stage) if stage != "$default" => format!("/{stage}"),
        _ => String::new(),
    };
    let path = event.raw_path.as_deref().unwrap_or_default();
    let Ok(url) = Url::parse(&format!("https://{host}{stage}{path}")) else {
        return false;
    };
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    Uri::try_from(format!("{url}?{query}")).is_ok()
}

#[cfg(test)]
mod tests {
    use lambda_http::{Request, RequestExt};
    use serde_json::{Value, json};

    use super::*;

    fn request(change: impl FnOnce(&mut Value)) -> Option<Request> {
        let mut event: Value = serde_json::from_str(include_str!(
            "../../../events/api/campaigns/list-campaigns.json"
        ))
        .unwrap();
        change(&mut event);
        crate::request(&event.to_string())
    }

    #[test]
    fn a_valid_request_is_unchanged() {
        let request =
            request(|event| event["rawQueryString"] = json!("limit=5&cursor=a%2Bb")).unwrap();
        assert_eq!(request.uri().query(), Some("limit=5&cursor=a%2Bb"));
    }

    #[test]
    fn invalid_characters_in_a_query_are_encoded() {
        let request =
            request(|event| event["rawQueryString"] = json!("status=<b>\"é^`\\ \u{1}")).unwrap();
        assert_eq!(
            request.uri().query(),
            Some("status=%3Cb%3E%22%C3%A9%5E%60%5C%20%01")
        );
        let read = request.query_string_parameters();
        assert_eq!(read.first("status"), Some("<b>\"é^`\\ \u{1}"));
    }

    #[test]
    fn an_invalid_scheme_is_ignored() {
        for scheme in ["ja va", "://", "", "http:", "https://x"] {
            let request =
                request(|event| event["headers"]["x-forwarded-proto"] = json!(scheme)).unwrap();
            assert_eq!(request.uri().scheme_str(), Some("https"), "{scheme}");
        }
    }

    #[test]
    fn an_event_that_cannot_be_parsed_is_not_a_request() {
        let broken: [fn(&mut Value); 5] = [
            |event| event["headers"]["host"] = json!("a b"),
            |event| event["headers"]["host"] = json!("example.com:99999"),
            |event| event["headers"]["cookie"] = json!("a=\u{1}"),
            |event| event["headers"]["na me"] = json!("a"),
            |event| event["requestContext"]["http"]["method"] = json!("G T"),
        ];
        for (place, change) in broken.into_iter().enumerate() {
            assert!(request(change).is_none(), "{place}");
        }
    }

    #[test]
    fn the_refusal_is_a_problem() {
        let answer = serde_json::to_value(refusal::<()>()).unwrap();
        assert_eq!(answer["statusCode"], 400);
        assert_eq!(
            answer["headers"]["content-type"],
            "application/problem+json"
        );
        let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(problem["status"], 400);
    }
}
