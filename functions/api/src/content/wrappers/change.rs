//! Changing a wrapper.

use axum::{extract::State, response::Response};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object, clearable, not_null},
    failure::Failure,
    findings::Findings,
    precondition::IfMatch,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{ColorsBody, WrapperBody, check, present, set_default};
use crate::{
    content::documents::{WrapperDocument, find, require_version, rewrite, shown},
    fields::name,
    path::WrapperPath,
    state::AppState,
};

/// The changes. Absent fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeWrapper {
    /// The name: 1 to 200 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
    /// Whether this wrapper is used for emails that do not specify one.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    default: Option<bool>,
    /// The HTML above the email.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    header: Option<String>,
    /// The HTML below the email.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    footer: Option<String>,
    /// The page; `null` for the built-in page.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    page: Option<Option<String>>,
    /// The colors. Absent colors stay unchanged.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ColorsBody, required = false)]
    colors: Option<Object<ColorsBody>>,
}

/// Change a wrapper
///
/// Published or scheduled campaigns keep the version with which they were published or scheduled.
#[utoipa::path(
    patch,
    path = "/v1/wrappers/{wrapper}",
    operation_id = "change_wrapper",
    tag = "wrappers",
    params(WrapperPath),
    request_body = ChangeWrapper,
    responses((status = OK, description = "The updated wrapper.", body = WrapperBody)),
    extensions(("x-problems" = json!(["stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteWrappers>,
    path: WrapperPath,
    if_match: IfMatch,
    Json(body): Json<ChangeWrapper>,
) -> Result<Response, Failure> {
    let before = find::<WrapperDocument>(&state, &context, &path.wrapper).await?;
    let is_default = present(&state, &context, &before).await?.is_default();
    let show = |now: &_| shown(WrapperBody::new(now, is_default));
    require_version(if_match, &before, show)?;
    let mut findings = Findings::default();
    let mut wrapper = before.body.wrapper.clone();
    let given = body.name.and_then(|text| name(&mut findings, &text));
    wrapper.header = body.header.unwrap_or(wrapper.header);
    wrapper.footer = body.footer.unwrap_or(wrapper.footer);
    wrapper.page = body.page.unwrap_or(wrapper.page);
    if let Some(Object(colors)) = body.colors {
        wrapper.colors = colors.read(wrapper.colors, &mut findings);
    }
    check(&wrapper, &mut findings);
    findings.finish()?;
    let document = WrapperDocument { wrapper };
    let written = rewrite(&state, &context, before, given, document, show).await?;
    set_default(&state, &context, &written, body.default).await?;
    let body = present(&state, &context, &written).await?;
    Ok(body.answer(StatusCode::OK))
}
