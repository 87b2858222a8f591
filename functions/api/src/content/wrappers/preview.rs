//! Previewing a wrapper around a sample email.

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    content::{Content, EmailContent, LocalizedContent},
};
use carillon_http::{authentication::Allowed, body, failure::Failure, findings::Findings};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    content::{
        documents::{WrapperDocument, find},
        preview::{PreviewBody, email as see},
    },
    path::WrapperPath,
    state::AppState,
};

/// The options of the preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewWrapper {
    /// The language, which determines the direction and the words of the page. Default: English.
    #[serde(default)]
    #[schema(examples("ar"))]
    language: Option<String>,
}

/// Preview a wrapper
///
/// Shows the wrapper around a sample email with a heading, a list, a table and a button.
#[utoipa::path(
    post,
    path = "/v1/wrappers/{wrapper}/preview",
    operation_id = "preview_wrapper",
    tag = "wrappers",
    params(WrapperPath),
    request_body = PreviewWrapper,
    responses((status = OK, description = "The rendered message.", body = PreviewBody)),
    extensions(("x-problems" = json!(["not-renderable"]))),
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadWrappers>,
    path: WrapperPath,
    body::Json(asked): body::Json<PreviewWrapper>,
) -> Result<Json<PreviewBody>, Failure> {
    let written = find::<WrapperDocument>(&state, &context, &path.wrapper).await?;
    let mut findings = Findings::default();
    let language = asked
        .language
        .and_then(|tag| findings.keep("language", "invalid_language", tag.parse()));
    findings.finish()?;
    let tenant = state.store.tenant(&context.tenant).await?;
    let tenant = tenant.ok_or_else(Failure::not_found)?;
    let content = tenant.complete(&Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(
                "How your mails look".to_owned(),
                SAMPLE.to_owned(),
                None,
            )),
            ..LocalizedContent::default()
        },
        language,
        ..Content::default()
    });
    let wrapper = &written.body.wrapper;
    let composed = carillon_compose::compose(&content, Some(wrapper), &tenant.sender());
    let composed = composed.map_err(|problems| {
        let mut findings = Findings::default();
        findings.add_content(problems);
        Failure::from(findings)
    })?;
    see(&written.name, &composed).map(Json)
}

/// A sample of everything that an email may contain.
const SAMPLE: &str = "<p>Hello {{member.first_name}},</p>\
    <p>This is a paragraph with <strong>words that matter</strong> and <a href=\"https://example.org/\">a link</a>.</p>\
    <h2>A heading</h2><ul><li>One thing</li><li>Another thing</li></ul>\
    <table><tr><th scope=\"row\">From</th><td>22 November, 01:00</td></tr><tr><th scope=\"row\">To</th><td>22 November, 03:00</td></tr></table>\
    <p><a class=\"button\" href=\"https://example.org/\">What to do</a></p><p><small>Small print.</small></p>";
