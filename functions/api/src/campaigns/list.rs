//! Listing the campaigns.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{campaign::CampaignSummary, stalled::Accounts};
use crate::{
    authentication::Caller,
    failure::Failure,
    findings::Findings,
    query::{Page, PageQuery, Query},
    state::AppState,
};

/// A page of campaigns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignList {
    /// The campaigns, newest first.
    campaigns: Vec<CampaignSummary>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// List campaigns
///
/// Newest first, 1 to 100 on a page (20 unless it is said).
#[utoipa::path(
    get,
    path = "/v1/campaigns",
    operation_id = "list_campaigns",
    tag = "campaigns",
    params(PageQuery),
    responses((status = OK, description = "A page of campaigns.", body = CampaignList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<CampaignList>, Failure> {
    let mut findings = Findings::default();
    let page = Page::read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
        20,
        100,
    );
    findings.finish()?;
    let (campaigns, next) = state
        .store
        .campaigns(&caller.tenant, page.after.as_ref(), page.limit.into())
        .await
        .map_err(|error| page.failure(error))?;
    let accounts = Accounts::read(&state, &caller.tenant).await?;
    let now = state.clock.now();
    let campaigns = campaigns
        .into_iter()
        .map(|campaign| {
            let stalled = accounts.stalled(&campaign, |_| true, now);
            CampaignSummary::new(campaign, stalled, now)
        })
        .collect();
    Ok(Json(CampaignList {
        campaigns,
        next_cursor: next.map(|cursor| cursor.to_string()),
    }))
}
