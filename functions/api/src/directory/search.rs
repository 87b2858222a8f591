//! Searching the directory.

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    address::{EmailAddress, PhoneNumber},
    directory::{Entity, ExternalId, Kind, words::Search},
};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entity::KindName;
use crate::state::AppState;

/// Results of one search.
const RESULTS: usize = 20;

/// What to search for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchDirectory {
    /// Words in any order, at most 100 characters. Each has to begin a word of a name, an email address, an external id or a phone
    /// number of at least five digits, international or national.
    #[schema(examples("müller ann"))]
    text: String,
    /// Only this kind.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = KindName, required = false)]
    kind: Option<String>,
}

/// What a search found.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchResults {
    /// The first 20 that were found.
    results: Vec<SearchResult>,
    /// Whether there may be more; another word finds fewer.
    has_more: bool,
}

/// Somebody or something that was found.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchResult {
    /// The id.
    id: String,
    /// What it is.
    kind: KindName,
    /// The name by which people know it.
    name: String,
    /// Which field was found: `name`, `email`, `mobile` or `external_id`.
    matched: &'static str,
    /// What tells it apart from others of the same name: addresses, external id, status.
    line: String,
}

impl SearchResult {
    fn new(search: &Search, entity: &Entity) -> Self {
        let fields = &entity.fields;
        let name = fields.display_name();
        let details = [
            fields.email.as_ref().map(EmailAddress::expose),
            fields.mobile.as_ref().map(PhoneNumber::expose),
            fields.external_id.as_ref().map(ExternalId::as_str),
            fields.status.as_deref(),
        ];
        let details: Vec<&str> = details
            .into_iter()
            .flatten()
            .filter(|detail| *detail != name)
            .collect();
        Self {
            id: entity.id.to_string(),
            kind: entity.kind.into(),
            matched: search.matched(fields),
            line: details.join(" · "),
            name,
        }
    }
}

/// Search the directory
///
/// Capital letters and accents make no difference, and neither do ß and ss, ё and е, or the Greek tonos. If the tenant's language is
/// German, `müller` also finds Mueller. This is a POST, because a name or an address in a URL would appear in logs. It changes
/// nothing.
#[utoipa::path(
    post,
    path = "/v1/search",
    operation_id = "search_directory",
    tag = "directory",
    request_body = SearchDirectory,
    responses((status = OK, description = "What was found.", body = SearchResults)),
)]
pub(crate) async fn search(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadDirectory>,
    body::Json(body): body::Json<SearchDirectory>,
) -> Result<Json<SearchResults>, Failure> {
    let tenant = state.store.tenant(&context.tenant).await?;
    let language = tenant.and_then(|tenant| tenant.default_language);
    let mut findings = Findings::default();
    let kind = body
        .kind
        .and_then(|text| findings.keep::<Kind, _>("kind", "unknown_kind", text.parse()));
    let search = Search::parse(&body.text, language.as_ref())
        .map_err(|error| findings.add("text", error.code(), error.to_string()));
    let Some(search) = search.ok().filter(|_| findings.is_empty()) else {
        return Err(findings.into());
    };
    let found = state
        .store
        .search_directory(&context, &search, kind, RESULTS)
        .await?;
    let results = found.entities.iter();
    Ok(Json(SearchResults {
        results: results.map(|it| SearchResult::new(&search, it)).collect(),
        has_more: found.has_more,
    }))
}
