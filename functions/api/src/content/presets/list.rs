//! Listing presets.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure, list_body, query::Query};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::PresetKindName;
use crate::{
    content::documents::{self, Head, PresetDocument, SearchQuery},
    state::AppState,
};

/// A preset without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PresetSummary {
    #[serde(flatten)]
    head: Head,
    /// The purpose of the campaigns.
    kind: PresetKindName,
}

list_body! {
    /// A page of presets.
    pub(super) struct PresetList {
        /// The presets, newest first. A page may have fewer entries than the limit even if more follow.
        presets: Vec<PresetSummary>,
    }
}

/// List presets
///
/// Newest first, all or filtered by text in the name. 1 to 200 per page, default 50.
#[utoipa::path(
    get,
    path = "/v1/presets",
    operation_id = "list_presets",
    tag = "presets",
    params(SearchQuery),
    responses((status = OK, description = "A page of presets.", body = PresetList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadTemplates>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<PresetList>, Failure> {
    let page = documents::list::<PresetDocument>(&state, &context, &query).await?;
    let page = page.map(|listed| PresetSummary {
        head: Head::from(&listed),
        kind: listed.about.into(),
    });
    Ok(Json(page.into()))
}
