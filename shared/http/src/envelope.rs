//! The envelope of every request and response: an id, a trace, one log line, and security headers.

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use carillon_domain::id::TenantId;
use carillon_telemetry::{Line, Outcome, carry};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use lambda_http::{Context, request::RequestContext};
use uuid::Uuid;

tokio::task_local! {
    static REQUEST_ID: String;
}

const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the current request.
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Runs a request with its id, logs it, and sets the headers of every response.
pub async fn wrap(request: Request, next: Next) -> Response {
    let id = id_of(&request);
    let context = request.extensions().get::<Context>();
    let mut line = Line::begin("api", context.unwrap_or(&Context::default()));
    line.set_request(&id);
    line.set("method", request.method().as_str());
    // The pattern, not the path: text that a caller puts into a path does not belong in a log.
    let matched = request.extensions().get::<MatchedPath>();
    line.set("route", matched.map_or("(none)", MatchedPath::as_str));
    let answer = REQUEST_ID.scope(id.clone(), next.run(request));
    let mut response = carry(line.trace(), answer).await;
    if let Some(tenant) = response.extensions().get::<TenantId>() {
        line.set("tenant", tenant.as_str());
    }
    line.set("status", response.status().as_u16());
    line.end(if response.status().is_server_error() {
        Outcome::Failed
    } else {
        Outcome::Done
    });
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID_HEADER, id);
    }
    set_unless_set(headers, header::CACHE_CONTROL, "no-store");
    set_unless_set(
        headers,
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    set_unless_set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_unless_set(headers, header::REFERRER_POLICY, "no-referrer");
    set_unless_set(
        headers,
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=31536000",
    );
    response
}

pub(crate) fn set_unless_set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

/// API Gateway's id, so that its access log and ours use the same one.
fn id_of(request: &Request) -> String {
    let given = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    given.unwrap_or_else(|| Uuid::new_v4().to_string())
}
