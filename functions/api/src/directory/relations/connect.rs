//! Connecting two entities.

use axum::{Json, extract::State};
use carillon_domain::{access::permission::require, directory::Relation};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
};
use carillon_store::Related;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::relation::RelationBody;
use crate::{path::RelationPath, state::AppState};

/// What is known of the connection.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectEntities {
    /// Of a contact: whether in management.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    in_management: Option<bool>,
    /// Of a traveller: the first instant of the stay.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = DateTime, required = false)]
    starts: Option<String>,
    /// Of a traveller: the first instant after the stay.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = DateTime, required = false)]
    ends: Option<String>,
}

/// Connect two entities
///
/// Both must exist. Repeating it replaces what is known of the connection.
#[utoipa::path(
    put,
    path = "/v1/directory/{kind}/{entity}/relations/{relation}/{to_kind}/{to}",
    operation_id = "connect_entities",
    tag = "directory",
    params(RelationPath),
    request_body = ConnectEntities,
    responses((status = OK, description = "The relation.", body = RelationBody)),
)]
pub(crate) async fn connect(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDirectory>,
    path: RelationPath,
    body::Json(body): body::Json<ConnectEntities>,
) -> Result<Json<RelationBody>, Failure> {
    let mut findings = Findings::default();
    let mut read = |field: &str, text: Option<String>| {
        let time = text?.parse::<Timestamp>();
        let time = time.map_err(|_| "a time, as in 2026-11-30T09:00:00Z");
        findings.keep(field, "invalid_time", time)
    };
    let (starts, ends) = (read("starts", body.starts), read("ends", body.ends));
    let relation = Relation {
        in_management: body.in_management.unwrap_or(false),
        starts,
        ends,
        ..path.relation()
    };
    findings.finish()?;
    if let Err(error) = relation.check() {
        let mut findings = Findings::default();
        findings.add("relation", error.code(), error.to_string());
        return Err(findings.into());
    }
    match state.store.relate(&context, &relation).await? {
        Related::Done => Ok(Json(relation.into())),
        Related::NoFrom => Err(Failure::not_found()),
        Related::NoTo => {
            let mut findings = Findings::default();
            let detail = format!("the directory has no such {}", relation.to_kind);
            findings.add("to", "not_found", detail);
            Err(findings.into())
        }
    }
}
