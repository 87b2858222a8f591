//! Creating a wrapper.

use axum::{extract::State, response::Response};
use carillon_domain::{
    access::permission::require,
    content::wrapper::{Colors, Wrapper},
    id::DocumentId,
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object},
    failure::Failure,
    findings::Findings,
    idempotency::FreshId,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{ColorsBody, WrapperBody, check, present, set_default};
use crate::{
    content::documents::{WrapperDocument, make},
    fields::name,
    state::AppState,
};

/// A new wrapper. Only the name is required; everything else has a default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWrapper {
    /// The name: 1 to 200 characters.
    #[schema(examples("Mill Lane Fibre"))]
    name: String,
    /// Whether this wrapper is used for emails that do not specify one.
    #[serde(default)]
    default: bool,
    /// The HTML above the email, at most 16 KiB. It may contain the placeholders of an email.
    #[serde(default)]
    #[schema(examples(
        "<p><img src=\"https://example.org/logo.png\" alt=\"Mill Lane Fibre\" width=\"120\"></p>"
    ))]
    header: String,
    /// The HTML below the email, at most 16 KiB. It may contain the placeholders of an email.
    #[serde(default)]
    footer: String,
    /// The page, at most 64 KiB. It must contain `{{content}}` once. It may also contain `header`, `footer`, `subject`,
    /// `language`, `direction`, `colors.…`, `sender.name`, `sender.address`, `sender.privacy_url`, `labels.privacy`,
    /// `labels.unsubscribe` and `unsubscribe_url`.
    #[serde(default)]
    page: Option<String>,
    /// The colors.
    #[serde(default)]
    #[schema(value_type = ColorsBody, required = false)]
    colors: Object<ColorsBody>,
}

/// Create a wrapper
///
/// The frame around emails. Without `page`, the built-in page is used. It contains the sender, a
/// link to the sender's privacy policy and the unsubscribe link. Set the sender with `PATCH /v1/tenant`.
#[utoipa::path(
    post,
    path = "/v1/wrappers",
    operation_id = "create_wrapper",
    tag = "wrappers",
    request_body = CreateWrapper,
    responses((status = CREATED, description = "The wrapper.", body = WrapperBody)),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteWrappers>,
    FreshId(id): FreshId,
    Json(body): Json<CreateWrapper>,
) -> Result<Response, Failure> {
    let mut findings = Findings::default();
    let given = name(&mut findings, &body.name);
    let wrapper = Wrapper {
        header: body.header,
        footer: body.footer,
        page: body.page,
        colors: body.colors.0.read(Colors::default(), &mut findings),
    };
    check(&wrapper, &mut findings);
    let Some(given) = given.filter(|_| findings.is_empty()) else {
        return Err(findings.into());
    };
    let id = DocumentId::new(id);
    let written = make(&state, &context, id, given, WrapperDocument { wrapper }).await?;
    set_default(&state, &context, &written, body.default.then_some(true)).await?;
    let body = present(&state, &context, &written).await?;
    Ok(body.answer(StatusCode::CREATED))
}
