//! Listing campaigns.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, campaigns::Status};
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    findings::Findings,
    list_body,
    names::{self, CampaignStatus},
    page::PageSizes,
    query::Query,
};
use carillon_store::CampaignFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    campaigns::{campaign::CampaignSummary, stalled::Accounts},
    state::AppState,
};

/// The sizes of pages of campaigns.
const SIZES: PageSizes = PageSizes {
    usual: 20,
    most: 100,
};

/// Which campaigns to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CampaignQuery {
    /// Filter by status, for example `draft`.
    #[param(value_type = Option<CampaignStatus>)]
    status: Option<String>,
    /// Filter by text in the name; case-sensitive.
    name: Option<String>,
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the previous page, with the same filter.
    cursor: Option<String>,
}

list_body! {
    /// A page of campaigns.
    pub(crate) struct CampaignList {
        /// The campaigns, newest first.
        campaigns: Vec<CampaignSummary>,
    }
}

/// List campaigns
///
/// Newest first, all or filtered. 1 to 100 per page, default 20. With a filter, a page may have fewer entries than the
/// limit even if more follow.
#[utoipa::path(
    get,
    path = "/v1/campaigns",
    operation_id = "list_campaigns",
    tag = "campaigns",
    params(CampaignQuery),
    responses((status = OK, description = "A page of campaigns.", body = CampaignList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    Query(query): Query<CampaignQuery>,
) -> Result<Json<CampaignList>, Failure> {
    let mut findings = Findings::default();
    let status = query.status.and_then(|name| {
        findings.keep::<Status, _>("status", "unknown_status", names::read(&name))
    });
    let filter = CampaignFilter {
        status,
        name: query.name.filter(|name| !name.is_empty()),
    };
    if filter.name.as_ref().is_some_and(|name| name.len() > 200) {
        findings.add("name", "too_long", "at most 200 bytes");
    }
    let page = SIZES.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    findings.finish()?;
    let page = state.store.campaigns(&context, &filter, &page).await?;
    let accounts = Accounts::read(&state, &context).await?;
    let now = state.clock.now();
    let page = page.map(|campaign| {
        let stalled = accounts.stalled(&campaign, |_| true, now);
        CampaignSummary::new(campaign, stalled, now)
    });
    Ok(Json(page.into()))
}
