//! Listing receivers.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    failure::Failure,
    list_body,
    page::{PageQuery, PageSizes},
    query::Query,
};

use super::receiver::ReceiverBody;
use crate::{found::find, path::CampaignPath, state::AppState};

list_body! {
    /// A page of receivers.
    pub(crate) struct ReceiverList {
        /// The receivers, in no particular order.
        receivers: Vec<ReceiverBody>,
    }
}

/// List receivers
///
/// 1 to 200 per page, default 50.
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
    let page = query.read(PageSizes::DEFAULT)?;
    let page = state.store.receivers(&campaign, &page).await?;
    let page = page.map(|row| ReceiverBody::new(&campaign, row.id.into(), row.receiver));
    Ok(Json(page.into()))
}
