//! Making a wrapper.

use axum::{extract::State, response::Response};
use carillon_domain::{
    id::DocumentId,
    wrapper::{Colors, Wrapper},
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{ColorsBody, WrapperBody, check, present, set_default};
use crate::{
    authentication::Caller,
    body::{Json, Object},
    campaigns::name,
    documents::{WrapperDocument, make},
    failure::Failure,
    findings::Findings,
    idempotency::FreshId,
    state::AppState,
};

/// A wrapper to make. All but the name has something in its place that comes with the product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWrapper {
    /// What to call it: 1 to 200 characters.
    #[schema(examples("Mill Lane Fibre"))]
    name: String,
    /// Whether emails that name no wrapper stand in this one.
    #[serde(default)]
    default: bool,
    /// HTML above the email, at most 16 KiB, with the placeholders of an email.
    #[serde(default)]
    #[schema(examples(
        "<p><img src=\"https://example.org/logo.png\" alt=\"Mill Lane Fibre\" width=\"120\"></p>"
    ))]
    header: String,
    /// HTML below it, at most 16 KiB, with the placeholders of an email.
    #[serde(default)]
    footer: String,
    /// The page, at most 64 KiB, with `{{content}}` in it once. It may also name `header`, `footer`, `subject`, `language`, `direction`,
    /// `colors.…`, `sender.name`, `sender.address`, `sender.privacy_url`, `labels.privacy`, `labels.unsubscribe` and `unsubscribe_url`.
    #[serde(default)]
    page: Option<String>,
    /// Its colours.
    #[serde(default)]
    #[schema(value_type = ColorsBody, required = false)]
    colors: Object<ColorsBody>,
}

/// Make a wrapper
///
/// What stands around emails. Without a `page` it is the one that comes with the product, which carries who sends, what they say of
/// privacy, and the link to get no more mail; `PATCH /v1/tenant` says who sends.
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
    caller: Caller,
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
    let written = make(&state, &caller, id, given, WrapperDocument { wrapper }).await?;
    set_default(&state, &caller, &written, body.default.then_some(true)).await?;
    let body = present(&state, &caller, &written).await?;
    Ok(body.answer(StatusCode::CREATED))
}
