//! Listing entities.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, directory::ExternalId, id::EntityId};
use carillon_http::{
    authentication::Allowed, failure::Failure, findings::Findings, list_body, page::PageSizes,
    query::Query,
};
use carillon_store::Page;
use serde::Deserialize;
use utoipa::IntoParams;

use super::entity::EntityBody;
use crate::{path::KindPath, state::AppState};

/// Which entities to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EntityQuery {
    /// Only the one with this external id.
    external_id: Option<String>,
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

list_body! {
    /// A page of entities.
    pub(super) struct EntityList {
        /// The entities, in no particular order.
        entities: Vec<EntityBody>,
    }
}

/// List a kind of the directory
///
/// 1 to 200 per page, default 50, in no particular order. To find somebody, search.
#[utoipa::path(
    get,
    path = "/v1/directory/{kind}",
    operation_id = "list_entities",
    tag = "directory",
    params(KindPath, EntityQuery),
    responses((status = OK, description = "A page of entities.", body = EntityList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadDirectory>,
    path: KindPath,
    Query(query): Query<EntityQuery>,
) -> Result<Json<EntityList>, Failure> {
    let kind = path.kind.0;
    let mut findings = Findings::default();
    let external = query.external_id.and_then(|text| {
        findings.keep::<ExternalId, _>("external_id", "invalid_external_id", text.parse())
    });
    let page = PageSizes::DEFAULT.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    findings.finish()?;
    let schema = state.store.schema(&context, kind).await?;
    let page = match external {
        None => state.store.entity_page(&context, kind, &page).await?,
        Some(external) => {
            let id = EntityId::of_external(external.as_str(), kind);
            let found = state.store.entity(&context, kind, &id).await?;
            Page {
                items: found.into_iter().collect(),
                next: None,
            }
        }
    };
    Ok(Json(
        page.map(|entity| EntityBody::new(&schema, &entity)).into(),
    ))
}
