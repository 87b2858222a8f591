//! The API description, for programs and for people.

use std::sync::LazyLock;

use axum::{
    Extension,
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::header;
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{openapi::Document, state::AppState};

const PAGE: &str = include_str!("docs.html");

/// The page may run its own script, use its own style, and fetch the description from its own origin. Nothing else,
/// and nobody may frame it.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_of("script"),
        hash_of("style"),
    )
});

/// The hash of the page's only element with this name, as used in a content security policy.
fn hash_of(element: &str) -> String {
    let begin = format!("<{element}>");
    let end = format!("</{element}>");
    let text = PAGE
        .split_once(begin.as_str())
        .and_then(|(_, rest)| rest.split_once(end.as_str()))
        .map_or("", |(text, _)| text);
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// The routes that need no key.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_openapi))
        .routes(routes!(show_page))
}

/// Show the API description (OpenAPI 3.1)
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "show_openapi",
    tag = "description",
    responses((status = OK, description = "The API description.", body = Object, content_type = "application/json")),
    security(()),
)]
async fn show_openapi(Extension(document): Extension<Document>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, document.text()).into_response()
}

/// Show the API documentation page
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "show_docs",
    tag = "description",
    responses((status = OK, description = "The documentation page.", body = String, content_type = "text/html")),
    security(()),
)]
async fn show_page() -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Html(PAGE)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_one_script_one_style_and_no_outside_assets() {
        for element in ["script", "style"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1);
            assert_ne!(
                hash_of(element),
                format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest("")))
            );
        }
        assert!(!PAGE.contains("http://") && !PAGE.contains("src=") && !PAGE.contains("<link"));
        assert!(!PAGE.contains("style=") && !PAGE.contains("onclick"));
    }

    /// A column of `1fr` is never narrower than its longest word, which on a phone made the page wider than the
    /// screen.
    #[test]
    fn no_column_is_wider_than_a_phone_screen() {
        let (_, phone) = PAGE.split_once("@media (max-width: 50rem)").unwrap();
        assert!(phone.contains(".layout { grid-template-columns: minmax(0, 1fr); }"));
        let (_, main) = PAGE.split_once("\nmain {").unwrap();
        let (main, _) = main.split_once('}').unwrap();
        assert!(main.contains("overflow-wrap: anywhere"), "{main}");
    }
}
