//! Listing presets.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::PresetKindName;
use crate::{
    authentication::Caller,
    documents::{self, Head, PresetDocument, SearchQuery},
    failure::Failure,
    query::Query,
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

/// A page of presets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PresetList {
    /// The presets, newest first. A page may have fewer entries than the limit although more follow.
    presets: Vec<PresetSummary>,
    /// The cursor of the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List presets
///
/// Newest first, all or filtered by text in the name. 1 to 200 on a page, default 50.
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
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<PresetList>, Failure> {
    let (presets, next_cursor) = documents::list::<PresetDocument>(&state, &caller, &query).await?;
    let presets = presets.iter().map(|listed| PresetSummary {
        head: Head::from(listed),
        kind: listed.about.into(),
    });
    Ok(Json(PresetList {
        presets: presets.collect(),
        next_cursor,
    }))
}
