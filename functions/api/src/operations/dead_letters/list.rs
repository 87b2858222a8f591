//! Listing dead letters.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    list_body,
    page::{PageQuery, PageSizes},
    query::Query,
};

use super::letter::DeadLetterBody;
use crate::state::AppState;

list_body! {
    /// A page of dead letters.
    pub(crate) struct DeadLetterList {
        /// The dead letters: waiting ones first.
        dead_letters: Vec<DeadLetterBody>,
    }
}

/// List dead letters
///
/// Messages that a queue gave up on in the last 90 days, each with the reason. Those that can be redriven come first. 1
/// to 200 per page, default 50.
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
    let page = query.read(PageSizes::DEFAULT)?;
    let page = state.store.dead_letters(&context, &page).await?;
    Ok(Json(page.map(DeadLetterBody::new).into()))
}
