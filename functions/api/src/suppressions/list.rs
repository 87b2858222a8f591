//! Listing suppressions.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, channel::Channel};
use carillon_http::{
    authentication::Allowed, failure::Failure, findings::Findings, list_body, names::ChannelName,
    page::PageSizes, query::Query,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::suppression::SuppressionBody;
use crate::state::AppState;

/// Which suppressions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SuppressionQuery {
    /// Filter by channel.
    #[param(value_type = Option<ChannelName>)]
    channel: Option<String>,
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the previous page, with the same filter.
    cursor: Option<String>,
}

list_body! {
    /// A page of suppressions.
    pub(super) struct SuppressionList {
        /// The suppressions, in no particular order.
        suppressions: Vec<SuppressionBody>,
    }
}

/// List suppressions
///
/// All, or those of one channel. 1 to 200 per page, default 50.
#[utoipa::path(
    get,
    path = "/v1/suppressions",
    operation_id = "list_suppressions",
    tag = "suppressions",
    params(SuppressionQuery),
    responses((status = OK, description = "A page of suppressions.", body = SuppressionList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadSuppressions>,
    Query(query): Query<SuppressionQuery>,
) -> Result<Json<SuppressionList>, Failure> {
    let mut findings = Findings::default();
    let channel = query
        .channel
        .and_then(|name| findings.keep::<Channel, _>("channel", "unknown_channel", name.parse()));
    let page = PageSizes::DEFAULT.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    findings.finish()?;
    let page = state.store.suppressions(&context, channel, &page).await?;
    Ok(Json(page.map(SuppressionBody::from).into()))
}
