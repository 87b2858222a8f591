//! `ETag` and `If-None-Match` (RFC 9110, 8.8.3 and 13.1.2): whoever has the response already gets 304.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{envelope::set_unless_set, failure::Failure};

/// Maximum bytes of a response; Lambda sends no more than 6 MB ("Lambda quotas").
const MOST: usize = 8 * 1024 * 1024;
/// How many bytes of the hash of a body a tag has.
const HASHED: usize = 16;

/// Gives every response to a GET a tag, and answers 304 if the caller has it.
///
/// The tag is a hash of the body, behind the version if the body has one: `"3.…"`. The version alone would not do, because a body
/// changes without it, as the totals of a campaign do. `If-Match` compares only the version
/// ([decision 44](../../../docs/decisions/0044-every-get-has-a-tag-of-its-body.md)).
pub async fn answer(mut request: Request, next: Next) -> Response {
    let is_head = *request.method() == Method::HEAD;
    if !is_head && *request.method() != Method::GET {
        return next.run(request).await;
    }
    // The headers of a HEAD are those of a GET (RFC 9110, 9.3.2), so its body is made too; axum leaves it out.
    *request.method_mut() = Method::GET;
    let asked = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return Failure::internal("the response is too large".to_owned()).into_response();
    };
    let headers = &mut parts.headers;
    if let Some(tag) = tag(headers.get(header::ETAG), &body) {
        headers.insert(header::ETAG, tag);
    }
    // A cache may keep it for the caller alone, and asks each time.
    set_unless_set(headers, header::CACHE_CONTROL, "private, no-cache");
    if asked.contains_key(header::AUTHORIZATION) {
        headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    }
    let is_unchanged = headers
        .get(header::ETAG)
        .is_some_and(|tag| is_unchanged(&asked, tag));
    if is_unchanged {
        parts.status = StatusCode::NOT_MODIFIED;
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            parts.headers.remove(name);
        }
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}

/// The tag of a body, which has a version if it already has a tag.
fn tag(version: Option<&HeaderValue>, body: &[u8]) -> Option<HeaderValue> {
    let hash = Sha256::digest(body);
    let hash = hex::encode(hash.get(..HASHED)?);
    let version = version
        .and_then(|tag| tag.to_str().ok())
        .and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    let text = match version {
        Some(version) => format!("\"{version}.{hash}\""),
        None => format!("\"{hash}\""),
    };
    HeaderValue::from_str(&text).ok()
}

/// Whether `If-None-Match` names the tag, or any (`*`). The comparison is weak: `W/` makes no difference.
pub fn is_unchanged(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().map(opaque).unwrap_or_default();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.trim() == "*" || tags(value).any(|given| given == tag))
}

/// A tag without its mark of weakness.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The tags in a list, up to the first that is malformed. A comma may be part of a tag.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let begin = opaque(rest.trim_start_matches([' ', '\t', ',']));
        let length = begin.strip_prefix('"')?.find('"')? + 2;
        let (tag, after) = begin.split_at_checked(length)?;
        rest = after;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::precondition;

    fn is_unchanged_for(given: &[&str], tag: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
        }
        is_unchanged(&headers, &HeaderValue::from_static(tag))
    }

    #[test]
    fn a_tag_in_the_list_matches_whether_weak_or_not() {
        for given in [
            &["\"3.a\""][..],
            &["W/\"3.a\""],
            &["*"],
            &[" * "],
            &["\"1\", \"3.a\""],
            &["\"1\",,W/\"2\" ,\t\"3.a\""],
            &["\"1\"", "\"3.a\""],
            &["\"with, a comma\", \"3.a\""],
        ] {
            assert!(is_unchanged_for(given, "\"3.a\""), "{given:?}");
            assert!(is_unchanged_for(given, "W/\"3.a\""), "{given:?}");
        }
        for given in [
            &[][..],
            &[""],
            &["\"3\""],
            &["3.a"],
            &["\"3.a"],
            &["w/\"3.a\""],
            &["\"*\""],
            &["\"3.A\""],
            &["x, \"3.a\""],
        ] {
            assert!(!is_unchanged_for(given, "\"3.a\""), "{given:?}");
        }
    }

    /// Routes with and without a version, and one that fails.
    fn router() -> Router {
        let versioned = async || {
            let tag = precondition::entity_tag(3).unwrap();
            ([(header::ETAG, tag)], "{\"sent\":1}")
        };
        Router::new()
            .route("/versioned", get(versioned).post(versioned))
            .route("/plain", get(async || "{\"sent\":1}"))
            .route("/missing", get(async || Failure::not_found()))
            .layer(middleware::from_fn(answer))
    }

    async fn ask(method: Method, path: &str, given: Option<&str>) -> Response {
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, "Bearer key");
        if let Some(given) = given {
            request = request.header(header::IF_NONE_MATCH, given);
        }
        let request = request.body(Body::empty()).unwrap();
        router().oneshot(request).await.unwrap()
    }

    async fn length(response: Response) -> usize {
        to_bytes(response.into_body(), MOST).await.unwrap().len()
    }

    #[tokio::test]
    async fn every_get_has_a_tag_and_is_not_repeated_to_whoever_has_it() {
        for (path, begin) in [("/versioned", "\"3."), ("/plain", "\"")] {
            let first = ask(Method::GET, path, None).await;
            assert_eq!(first.status(), 200);
            let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
            assert!(tag.starts_with(begin), "{tag}");
            assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
            assert_eq!(first.headers()[header::VARY], "authorization");
            assert_eq!(length(first).await, 10);

            let again = ask(Method::GET, path, Some(&tag)).await;
            assert_eq!(again.status(), 304);
            assert_eq!(again.headers()[header::ETAG], tag);
            assert_eq!(again.headers()[header::CACHE_CONTROL], "private, no-cache");
            assert!(!again.headers().contains_key(header::CONTENT_TYPE));
            assert_eq!(length(again).await, 0);

            let head = ask(Method::HEAD, path, None).await;
            assert_eq!(head.headers()[header::ETAG], tag);
            assert_eq!(length(head).await, 0);
            let head = ask(Method::HEAD, path, Some("*")).await;
            assert_eq!(head.status(), 304);
        }
        // The version alone does not say that nothing has changed.
        let versioned = ask(Method::GET, "/versioned", Some("\"3\"")).await;
        assert_eq!(versioned.status(), 200);
    }

    #[tokio::test]
    async fn other_responses_are_as_they_were() {
        let posted = ask(Method::POST, "/versioned", Some("*")).await;
        assert_eq!(posted.status(), 200);
        assert_eq!(posted.headers()[header::ETAG], "\"3\"");
        let missing = ask(Method::GET, "/missing", Some("*")).await;
        assert_eq!(missing.status(), 404);
        assert!(!missing.headers().contains_key(header::ETAG));
    }

    #[test]
    fn another_body_or_version_has_another_tag() {
        let version = |it| precondition::entity_tag(it).unwrap();
        let (three, four) = (version(3), version(4));
        let tags = [
            tag(Some(&three), b"a"),
            tag(Some(&three), b"b"),
            tag(Some(&four), b"a"),
            tag(None, b"a"),
        ];
        for (place, one) in tags.iter().enumerate() {
            assert!(one.is_some() && !tags[..place].contains(one), "{tags:?}");
        }
    }
}
