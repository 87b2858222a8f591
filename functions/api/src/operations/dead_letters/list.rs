//! Listing dead letters.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    findings::Findings,
    query::{Page, PageQuery, Query},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::letter::DeadLetterBody;
use crate::state::AppState;

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterList {
    /// The dead letters: waiting ones first.
    dead_letters: Vec<DeadLetterBody>,
    /// The cursor of the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List dead letters
///
/// Messages that a queue gave up on in the last 90 days, each with the reason. Those that can be redriven come first. 1
/// to 200 on a page, default 50.
#[utoipa::path(
    get,
    path = "/v1/dead-letters",
    operation_id = "list_dead_letters",
    tag = "dead letters",
    params(PageQuery),
    responses((status = OK, description = "A page of dead letters.", body = DeadLetterList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadDeadLetters>,
    Query(query): Query<PageQuery>,
) -> Result<Json<DeadLetterList>, Failure> {
    let mut findings = Findings::default();
    let page = Page::read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
        50,
        200,
    );
    findings.finish()?;
    let (letters, next) = state
        .store
        .dead_letters(&context, page.after.as_ref(), page.limit.into())
        .await
        .map_err(|error| page.failure(error))?;
    Ok(Json(DeadLetterList {
        dead_letters: letters.into_iter().map(DeadLetterBody::new).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}
