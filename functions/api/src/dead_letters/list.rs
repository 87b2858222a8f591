//! Listing the dead letters.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::letter::DeadLetterBody;
use crate::{
    authentication::Caller,
    failure::Failure,
    findings::Findings,
    query::{Page, PageQuery, Query},
    state::AppState,
};

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterList {
    /// The dead letters: those that wait, then the others.
    dead_letters: Vec<DeadLetterBody>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// List dead letters
///
/// Messages that a queue gave up on in the last 90 days, each with the reason. Those that wait to be
/// redriven come first; 1 to 200 on a page (50 unless it is said).
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
    caller: Caller,
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
        .dead_letters(&caller.tenant, page.after.as_ref(), page.limit.into())
        .await
        .map_err(|error| page.failure(error))?;
    Ok(Json(DeadLetterList {
        dead_letters: letters.into_iter().map(DeadLetterBody::new).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}
