//! Shared by templates, wrappers and presets: creating, listing, changing, deleting and restoring.

mod kinds;

use axum::response::{IntoResponse, Response};
use carillon_domain::{access::Context, id::DocumentId};
use carillon_http::{
    failure::{Failure, Members},
    findings::Findings,
    list_body,
    page::{PageQuery, PageSizes},
    precondition::{IfMatch, entity_tag},
    problem::Problem,
};
use carillon_store::{CreateOutcome, Document, Listed, Page, UpdateOutcome, Written};
use http::{HeaderValue, StatusCode, header};
pub(crate) use kinds::{
    PresetDocument, PresetKind, TemplateAbout, TemplateDocument, WrapperDocument, channels,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::AppState;

/// Maximum length of a search text, in bytes.
const SEARCHED_BYTES: usize = 200;

/// All versions that are kept fit on one page.
const SIZES_OF_VERSIONS: PageSizes = PageSizes {
    usual: 50,
    most: 100,
};

/// Which documents to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Filter by text in the name; not case-sensitive.
    name: Option<String>,
    /// The maximum number of entries per page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next_cursor` of the previous page, with the same filter.
    cursor: Option<String>,
}

/// The fields that templates, wrappers and presets have in common.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DocumentHead)]
pub(crate) struct Head {
    /// The id.
    #[schema(format = "uuid")]
    pub(crate) id: String,
    /// The name.
    pub(crate) name: String,
    /// Increases with every change; also the ETag.
    pub(crate) version: u64,
    /// When the first version was created.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: jiff::Timestamp,
    /// When this version was saved.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: jiff::Timestamp,
    /// The id of the API key that saved this version.
    pub(crate) updated_by: String,
}

impl<T> From<&Written<T>> for Head {
    fn from(written: &Written<T>) -> Self {
        Self {
            id: written.id.to_string(),
            name: written.name.clone(),
            version: written.version,
            created_at: written.created_at,
            updated_at: written.updated_at,
            updated_by: written.updated_by.clone(),
        }
    }
}

impl<A> From<&Listed<A>> for Head {
    fn from(listed: &Listed<A>) -> Self {
        Self {
            id: listed.id.to_string(),
            name: listed.name.clone(),
            version: listed.version,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
            updated_by: listed.updated_by.clone(),
        }
    }
}

/// The caller's document with this id.
///
/// # Errors
/// If there is none, or the store fails.
pub(crate) async fn find<T: Document>(
    state: &AppState,
    context: &Context,
    id: &DocumentId,
) -> Result<Written<T>, Failure> {
    let document = state.store.document(context, id).await?;
    document.ok_or_else(Failure::not_found)
}

/// A version of the caller's document.
///
/// # Errors
/// If there is none, or the store fails.
pub(crate) async fn find_version<T: Document>(
    state: &AppState,
    context: &Context,
    id: &DocumentId,
    version: u64,
) -> Result<Written<T>, Failure> {
    // What is left of a document that was deleted is nobody's.
    find::<T>(state, context, id).await?;
    let document = state.store.document_version(context, id, version).await?;
    document.ok_or_else(Failure::not_found)
}

/// Creates a document, or finds the one that the same request created before.
///
/// # Errors
/// If the store fails.
pub(crate) async fn make<T: Document>(
    state: &AppState,
    context: &Context,
    id: DocumentId,
    name: String,
    body: T,
) -> Result<Written<T>, Failure> {
    let now = state.clock.now();
    let written = Written {
        id,
        version: 1,
        name,
        created_at: now,
        updated_at: now,
        updated_by: context.actor.to_string(),
        body,
    };
    Ok(match state.store.make_document(context, &written).await? {
        CreateOutcome::New => written,
        CreateOutcome::Existing(existing) => existing,
    })
}

/// Writes the next version of a document that was read.
///
/// # Errors
/// If it was changed or deleted meanwhile.
pub(crate) async fn rewrite<T: Document>(
    state: &AppState,
    context: &Context,
    before: Written<T>,
    name: Option<String>,
    body: T,
    show: impl FnOnce(&Written<T>) -> serde_json::Value,
) -> Result<Written<T>, Failure> {
    let written = Written {
        version: before.version + 1,
        name: name.unwrap_or(before.name),
        updated_at: state.clock.now(),
        updated_by: context.actor.to_string(),
        body,
        ..before
    };
    match state.store.rewrite_document(context, &written).await? {
        UpdateOutcome::Done => Ok(written),
        UpdateOutcome::Stale(now) => Err(stale(now.version, before.version, show(&now))),
        UpdateOutcome::NotFound => Err(Failure::not_found()),
    }
}

/// Writes an earlier version of a document that was read as its next version.
///
/// # Errors
/// If its version is not the one that the caller knows, the earlier version is not kept, or the document was changed or
/// deleted meanwhile.
pub(crate) async fn restore<T: Document>(
    state: &AppState,
    context: &Context,
    before: Written<T>,
    version: u64,
    if_match: IfMatch,
    show: impl Fn(&Written<T>) -> serde_json::Value,
) -> Result<Written<T>, Failure> {
    require_version(if_match, &before, &show)?;
    let old = find_version::<T>(state, context, &before.id, version).await?;
    rewrite(state, context, before, Some(old.name), old.body, show).await
}

/// Requires the version that the caller knows.
///
/// # Errors
/// If the version differs, with the current document.
pub(crate) fn require_version<T>(
    if_match: IfMatch,
    now: &Written<T>,
    show: impl FnOnce(&Written<T>) -> serde_json::Value,
) -> Result<(), Failure> {
    let given = if_match.required()?;
    if given == now.version {
        Ok(())
    } else {
        Err(stale(now.version, given, show(now)))
    }
}

/// The document was changed: returns both versions and the current document.
pub(crate) fn stale(current: u64, given: u64, shown: serde_json::Value) -> Failure {
    let members = Members {
        current_version: Some(current),
        given_version: Some(given),
        current: Some(shown),
        ..Members::default()
    };
    let detail =
        format!("the current version is {current}; the change is based on version {given}");
    Failure::new(Problem::StaleVersion, detail).with(members)
}

/// Deletes a document.
///
/// # Errors
/// If there is none, or its version differs from the given one.
pub(crate) async fn delete<T: Document>(
    state: &AppState,
    context: &Context,
    id: &DocumentId,
    IfMatch(version): IfMatch,
    show: impl FnOnce(&Written<T>) -> serde_json::Value,
) -> Result<StatusCode, Failure> {
    match state.store.delete_document(context, id, version).await? {
        UpdateOutcome::Done => Ok(StatusCode::NO_CONTENT),
        UpdateOutcome::NotFound => Err(Failure::not_found()),
        UpdateOutcome::Stale(now) => {
            Err(stale(now.version, version.unwrap_or_default(), show(&now)))
        }
    }
}

/// A page of the caller's documents of a kind.
///
/// # Errors
/// If the query is invalid, or the store fails.
pub(crate) async fn list<T: Document>(
    state: &AppState,
    context: &Context,
    query: &SearchQuery,
) -> Result<Page<Listed<T::About>>, Failure> {
    let mut findings = Findings::default();
    let page = PageSizes::DEFAULT.read(
        &mut findings,
        query.limit.as_deref(),
        query.cursor.as_deref(),
    );
    let name = query
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    if name.is_some_and(|name| name.len() > SEARCHED_BYTES) {
        findings.add(
            "name",
            "too_long",
            format!("at most {SEARCHED_BYTES} bytes"),
        );
    }
    findings.finish()?;
    Ok(state.store.documents::<T>(context, name, &page).await?)
}

/// A page of the versions of a document, newest first.
///
/// # Errors
/// If the query is invalid, there is no such document, or the store fails.
pub(crate) async fn versions<T: Document>(
    state: &AppState,
    context: &Context,
    id: &DocumentId,
    query: &PageQuery,
) -> Result<VersionList, Failure> {
    let page = query.read(SIZES_OF_VERSIONS)?;
    find::<T>(state, context, id).await?;
    let page = state
        .store
        .document_versions::<T>(context, id, &page)
        .await?;
    Ok(page.map(|listed| Head::from(&listed)).into())
}

list_body! {
    /// A page of versions.
    pub(crate) struct VersionList {
        /// The stored versions, newest first.
        versions: Vec<Head>,
    }
}

/// A response with its entity tag, and with its location if it is new.
pub(crate) fn answer(
    status: StatusCode,
    place: &str,
    version: u64,
    body: impl Serialize,
) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    let headers = response.headers_mut();
    if let Some(tag) = entity_tag(version) {
        headers.insert(header::ETAG, tag);
    }
    let location = HeaderValue::from_str(place);
    if let Some(location) = location.ok().filter(|_| status == StatusCode::CREATED) {
        headers.insert(header::LOCATION, location);
    }
    response
}

/// A document in JSON, to show its current state.
pub(crate) fn shown(body: impl Serialize) -> serde_json::Value {
    serde_json::to_value(body).unwrap_or_default()
}
