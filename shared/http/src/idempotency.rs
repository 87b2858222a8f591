//! `Idempotency-Key`: a POST repeated with the same key gets the first response again.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use carillon_domain::access::Context;
use carillon_store::{Answer, IdempotencyKey, IdempotencyOutcome};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    authentication::{Gate, context_of},
    body,
    failure::{Failure, Members, chain},
    problem::Problem,
    share::Slot,
};

/// The request header.
pub const HEADER: &str = "Idempotency-Key";
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The headers stored with a response.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];
/// How long a repetition waits for the first request, and how often it checks.
const LOOKS: u32 = 25;
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// Maximum bytes of a response that is read back; ours are far smaller.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// The id for whatever the request creates. A repetition gets the same one.
#[derive(Debug, Clone, Copy)]
pub struct FreshId(pub Uuid);

impl<S: Sync> FromRequestParts<S> for FreshId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(parts
            .extensions
            .get::<FreshId>()
            .copied()
            .unwrap_or_else(|| Self(Uuid::now_v7())))
    }
}

/// Answers repetitions from what was answered first.
pub async fn answer_once(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(&KEY) {
        return next.run(request).await;
    }
    match answer_by_key(&gate, request, next).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

async fn answer_by_key(gate: &Gate, request: Request, next: Next) -> Result<Response, Failure> {
    let given = read_key(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let context = context_of(&parts)?.clone();
    let body = body::read(&parts.headers, body).await?;
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map_or_else(|| parts.uri.path(), MatchedPath::as_str);
    let path = parts
        .uri
        .path_and_query()
        .map_or_else(|| parts.uri.path(), |path| path.as_str());
    let key = IdempotencyKey {
        key: hash(&[
            parts.method.as_str().as_bytes(),
            route.as_bytes(),
            given.as_bytes(),
        ]),
        fingerprint: hash(&[parts.method.as_str().as_bytes(), path.as_bytes(), &body]),
    };
    match begin(gate, &context, &key).await? {
        IdempotencyOutcome::Proceed(id) => {
            parts.extensions.insert(FreshId(id));
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            keep(gate, &context, &key, response).await
        }
        IdempotencyOutcome::Repeat(answer) => Ok(replay(answer)),
        IdempotencyOutcome::InProgress => {
            let members = Members {
                retry_after_seconds: Some(1),
                ..Members::default()
            };
            Err(Failure::new(
                Problem::RequestInProgress,
                "a request with this key is still being processed",
            )
            .with(members))
        }
        IdempotencyOutcome::OtherBody => Err(Failure::new(
            Problem::IdempotencyKeyReused,
            "this key was used with a different path or body; use a new key",
        )),
    }
}

fn read_key(headers: &HeaderMap) -> Result<String, Failure> {
    let mut given = headers.get_all(&KEY).iter();
    let key = given
        .next()
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let good = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if good && given.next().is_none() {
        Ok(key.to_owned())
    } else {
        Err(Failure::header(
            HEADER,
            "one key of 1 to 255 visible ASCII characters",
        ))
    }
}

/// A collision-free hash of several parts: each is prefixed with its length.
fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}

async fn begin(
    gate: &Gate,
    context: &Context,
    key: &IdempotencyKey,
) -> Result<IdempotencyOutcome, Failure> {
    let look = async || {
        let now = gate.clock.now();
        let store = &gate.store;
        store
            .begin_idempotent(&context.at(now), key, Uuid::now_v7())
            .await
    };
    let begun = look().await?;
    if !matches!(begun, IdempotencyOutcome::InProgress) {
        return Ok(begun);
    }
    // Whoever waits holds an execution, of which a &context.tenant has a few.
    let Some(place) = Slot::take(gate, context).await? else {
        return Ok(begun);
    };
    let wait = async || {
        for _ in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            match look().await? {
                IdempotencyOutcome::InProgress => {}
                begun => return Ok(begun),
            }
        }
        Ok(IdempotencyOutcome::InProgress)
    };
    let begun = wait().await;
    place.give_back().await;
    begun
}

/// Whether the same request would get the same response again, so that it is worth storing.
fn is_lasting(status: StatusCode, headers: &HeaderMap) -> bool {
    let passing = [
        StatusCode::UNAUTHORIZED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    (status.is_success() || status.is_client_error())
        && !passing.contains(&status)
        && !headers.contains_key(header::RETRY_AFTER)
}

/// Stores a response, or releases the key. If either fails, the response is still right, so the error is
/// only logged.
async fn keep(
    gate: &Gate,
    context: &Context,
    key: &IdempotencyKey,
    response: Response,
) -> Result<Response, Failure> {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, ANSWER_BYTES)
        .await
        .map_err(Failure::internal)?;
    let kept = if is_lasting(parts.status, &parts.headers) {
        let headers = KEPT
            .iter()
            .filter_map(|name| {
                Some((
                    name.to_string(),
                    parts.headers.get(name)?.to_str().ok()?.to_owned(),
                ))
            })
            .collect();
        let body = String::from_utf8_lossy(&body).into_owned();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers,
            body,
        };
        gate.store.finish_idempotent(context, key, &answer).await
    } else {
        gate.store
            .abandon_idempotent(&context.at(gate.clock.now()), key)
            .await
    };
    if let Err(error) = kept {
        tracing::warn!(
            error = chain(&error),
            "could not store a response for repetitions"
        );
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(KEY, HeaderValue::from_str(value).unwrap());
            read_key(&headers).map_err(|failure| failure.problem())
        };
        assert_eq!(
            read("8e03978e-40d5-43dd"),
            Ok("8e03978e-40d5-43dd".to_owned())
        );
        assert!(read(&"x".repeat(255)).is_ok());
        for bad in ["", "a b", &"x".repeat(256)] {
            assert_eq!(read(bad), Err(Problem::InvalidHeader), "{bad:?}");
        }
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
    }

    #[test]
    fn only_lasting_responses_are_stored() {
        let none = HeaderMap::new();
        for (status, lasting) in [
            (201, true),
            (404, true),
            (409, true),
            (422, true),
            (401, false),
            (429, false),
            (500, false),
        ] {
            assert_eq!(
                is_lasting(StatusCode::from_u16(status).unwrap(), &none),
                lasting,
                "{status}"
            );
        }
        let wait = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("1"))]);
        assert!(!is_lasting(StatusCode::CONFLICT, &wait));
    }

    #[test]
    fn a_response_is_repeated_unchanged() {
        let headers = vec![
            ("etag".to_owned(), "\"1\"".to_owned()),
            ("location".to_owned(), "/v1/x".to_owned()),
        ];
        let response = replay(Answer {
            status: 201,
            headers,
            body: "{}".to_owned(),
        });
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["etag"], "\"1\"");
        assert_eq!(response.headers()["idempotency-replayed"], "true");
    }
}
