//! Listing receivers.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, receivers::search::Search};
use carillon_http::{
    authentication::Allowed, failure::Failure, findings::Findings, list_body, page::PageSizes,
    query::Query,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::receiver::ReceiverBody;
use crate::{found::find, path::CampaignPath, state::AppState};

/// Which receivers to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReceiverQuery {
    /// Words, each of which begins a first name, a last name, an email address, or a phone number (with its country
    /// code). Capital letters make no difference.
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, example = "ann")]
    search: Option<String>,
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the previous page, with the same search.
    cursor: Option<String>,
}

list_body! {
    /// A page of receivers.
    pub(crate) struct ReceiverList {
        /// The receivers, in no particular order. A page of a search may have few entries, or none, even if more follow.
        receivers: Vec<ReceiverBody>,
    }
}

/// List receivers
///
/// 1 to 200 per page, default 50. A search reads the receivers of the campaign one after the other, up to 10,000 for each
/// page, so that a page may have fewer entries than requested. `totals` of the campaign has the number of receivers.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/receivers",
    operation_id = "list_receivers",
    tag = "receivers",
    params(CampaignPath, ReceiverQuery),
    responses((status = OK, description = "A page of receivers.", body = ReceiverList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    path: CampaignPath,
    Query(query): Query<ReceiverQuery>,
) -> Result<Json<ReceiverList>, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let mut findings = Findings::default();
    let search = query
        .search
        .as_deref()
        .and_then(|text| findings.keep::<Search, _>("search", "invalid_search", text.parse()));
    let page = PageSizes::DEFAULT.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    findings.finish()?;
    let page = match search {
        Some(search) => {
            state
                .store
                .find_receivers(&campaign, &search, &page)
                .await?
        }
        None => state.store.receivers(&campaign, &page).await?,
    };
    let page = page.map(|row| ReceiverBody::new(&campaign, row.id.into(), row.receiver));
    Ok(Json(page.into()))
}
