//! Listing receivers.

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

use super::receiver::ReceiverBody;
use crate::{found::find, path::CampaignPath, state::AppState};

/// A page of receivers.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReceiverList {
    /// The receivers, in no particular order.
    receivers: Vec<ReceiverBody>,
    /// The cursor of the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List receivers
///
/// 1 to 200 on a page, default 50.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/receivers",
    operation_id = "list_receivers",
    tag = "receivers",
    params(CampaignPath, PageQuery),
    responses((status = OK, description = "A page of receivers.", body = ReceiverList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    path: CampaignPath,
    Query(query): Query<PageQuery>,
) -> Result<Json<ReceiverList>, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let mut findings = Findings::default();
    let page = Page::read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
        50,
        200,
    );
    findings.finish()?;
    let (rows, next) = state
        .store
        .receivers(&campaign, page.after.as_ref(), page.limit.into())
        .await
        .map_err(|error| page.failure(error))?;
    let receivers = rows
        .into_iter()
        .map(|row| ReceiverBody::new(&campaign, row.id.into(), row.receiver))
        .collect();
    Ok(Json(ReceiverList {
        receivers,
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}
