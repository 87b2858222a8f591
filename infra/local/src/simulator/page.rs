//! The page at `/`: a mailbox, phones, devices and the faults.

use std::sync::LazyLock;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use sha2::{Digest, Sha256};

use super::state::SharedState;

const PAGE: &str = include_str!("page.html");

/// Only the page's own script is allowed, by its hash, so that nothing in a message can run.
/// A frame made from `srcdoc` inherits the policy: remote pictures are not loaded either.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'unsafe-inline'; \
         img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        script_hash(PAGE).unwrap_or_default()
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The SHA-256 of the page's script, in base64 for the policy.
fn script_hash(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<script>")?;
    let (script, _) = rest.split_once("</script>")?;
    Some(STANDARD.encode(Sha256::digest(script.as_bytes())))
}

/// The route of the page.
pub(super) fn routes() -> Router<SharedState> {
    Router::new().route("/", get(show_page))
}

async fn show_page() -> Response {
    let mut response = PAGE.into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
