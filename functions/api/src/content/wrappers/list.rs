//! Listing wrappers.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, failure::Failure, list_body, query::Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    content::documents::{self, Head, SearchQuery, WrapperDocument},
    state::AppState,
};

/// A wrapper without its HTML.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WrapperSummary {
    #[serde(flatten)]
    head: Head,
    /// Whether this wrapper is used for emails that do not specify one.
    default: bool,
}

list_body! {
    /// A page of wrappers.
    pub(super) struct WrapperList {
        /// The wrappers, newest first. A page may have fewer entries than the limit even if more follow.
        wrappers: Vec<WrapperSummary>,
    }
}

/// List wrappers
///
/// Newest first, all or filtered by text in the name. 1 to 200 per page, default 50.
#[utoipa::path(
    get,
    path = "/v1/wrappers",
    operation_id = "list_wrappers",
    tag = "wrappers",
    params(SearchQuery),
    responses((status = OK, description = "A page of wrappers.", body = WrapperList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadWrappers>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<WrapperList>, Failure> {
    let page = documents::list::<WrapperDocument>(&state, &context, &query).await?;
    let tenant = state.store.tenant(&context.tenant).await?;
    let default = tenant.and_then(|tenant| tenant.default_wrapper);
    let page = page.map(|listed| WrapperSummary {
        default: default.as_ref() == Some(&listed.id),
        head: Head::from(&listed),
    });
    Ok(Json(page.into()))
}
