//! Listing the relations of an entity.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, directory::RelationKind};
use carillon_http::{
    authentication::Allowed, failure::Failure, findings::Findings, list_body, names,
    page::PageSizes, query::Query,
};
use carillon_store::Direction;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::relation::{RelationBody, RelationName};
use crate::{path::EntityPath, state::AppState};

/// From which end relations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DirectionName {
    /// They start from the entity.
    Outgoing,
    /// They lead to the entity.
    Incoming,
}

/// Which relations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RelationQuery {
    /// Those that start from the entity, or those that lead to it. Default `outgoing`.
    #[param(value_type = Option<DirectionName>, inline)]
    direction: Option<String>,
    /// Filter by kind of relation.
    #[param(value_type = Option<RelationName>)]
    relation: Option<String>,
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the previous page, with the same filters.
    cursor: Option<String>,
}

list_body! {
    /// A page of relations.
    pub(super) struct RelationList {
        /// The relations.
        relations: Vec<RelationBody>,
    }
}

/// List the relations of an entity
///
/// 1 to 200 per page, default 50.
#[utoipa::path(
    get,
    path = "/v1/directory/{kind}/{entity}/relations",
    operation_id = "list_relations",
    tag = "directory",
    params(EntityPath, RelationQuery),
    responses((status = OK, description = "A page of relations.", body = RelationList)),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadDirectory>,
    path: EntityPath,
    Query(query): Query<RelationQuery>,
) -> Result<Json<RelationList>, Failure> {
    let kind = path.kind.0;
    let mut findings = Findings::default();
    let direction = query.direction.and_then(|text| {
        let read = names::read::<DirectionName>(&text);
        findings.keep("direction", "unknown_direction", read)
    });
    let relation = query.relation.and_then(|text| {
        findings.keep::<RelationKind, _>("relation", "unknown_relation", text.parse())
    });
    let page = PageSizes::DEFAULT.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    findings.finish()?;
    let direction = match direction {
        Some(DirectionName::Incoming) => Direction::Incoming,
        Some(DirectionName::Outgoing) | None => Direction::Outgoing,
    };
    let entity = state.store.entity(&context, kind, &path.entity).await?;
    entity.ok_or_else(Failure::not_found)?;
    let page = state
        .store
        .relations(&context, (kind, &path.entity), direction, relation, &page)
        .await?;
    Ok(Json(page.map(RelationBody::from).into()))
}
