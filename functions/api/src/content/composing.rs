//! A campaign's content as sent.

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    content::{Content, WrapperChoice},
    id::TenantId,
};
use carillon_http::{failure::Failure, findings::Findings};
use carillon_store::Tenant;

use crate::{content::documents::WrapperDocument, state::AppState};

/// Composes content with its wrapper and sender, and with the tenant's language, region and time zone where it names
/// none.
///
/// # Errors
/// If the content cannot be sent, or the store fails.
pub(crate) async fn composed(
    state: &AppState,
    context: &Context,
    tenant: &TenantId,
    content: &Content,
) -> Result<Content, Failure> {
    let row = state
        .store
        .tenant(tenant)
        .await?
        .ok_or_else(Failure::not_found)?;
    let content = &row.complete(content);
    let wrapper = wrapper(state, context, &row, content).await?;
    let wrapper = wrapper.map(|document| document.wrapper);
    carillon_compose::compose(content, wrapper.as_ref(), &row.sender()).map_err(|problems| {
        let mut findings = Findings::default();
        findings.add_content(problems);
        findings.into()
    })
}

/// A campaign's content as written; empty if it has none.
///
/// # Errors
/// If the store fails.
pub(crate) async fn as_written(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
) -> Result<Content, Failure> {
    let written = state.store.content(context, &campaign.id).await?;
    Ok(written.map(|(_, content)| content).unwrap_or_default())
}

/// A campaign's content as receivers get it, as it was stored when the campaign was published or scheduled; `None` for
/// a draft.
async fn as_stored(state: &AppState, campaign: &Campaign) -> Result<Option<Content>, Failure> {
    if campaign.status == Status::Draft {
        return Ok(None);
    }
    let stored = state.store.composed_content(campaign).await?;
    Ok(Some(stored.map(|(_, content)| content).unwrap_or_default()))
}

/// A campaign's content as receivers get it: as published or scheduled, or for a draft as it would be now.
///
/// # Errors
/// If a draft's content cannot be sent, or the store fails.
pub(crate) async fn as_sent(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
) -> Result<Content, Failure> {
    if let Some(stored) = as_stored(state, campaign).await? {
        return Ok(stored);
    }
    let written = as_written(state, context, campaign).await?;
    composed(state, context, &campaign.tenant, &written).await
}

/// A campaign's content as written and as receivers get it, or why a draft's cannot be sent.
///
/// # Errors
/// If the store fails.
pub(crate) async fn as_written_and_sent(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
) -> Result<(Content, Result<Content, Failure>), Failure> {
    let written = as_written(state, context, campaign).await?;
    let sent = match as_stored(state, campaign).await? {
        Some(stored) => Ok(stored),
        None => composed(state, context, &campaign.tenant, &written).await,
    };
    Ok((written, sent))
}

/// The wrapper of the content, if any.
async fn wrapper(
    state: &AppState,
    context: &Context,
    tenant: &Tenant,
    content: &Content,
) -> Result<Option<WrapperDocument>, Failure> {
    let id = match &content.wrapper {
        WrapperChoice::None => return Ok(None),
        WrapperChoice::Default => match &tenant.default_wrapper {
            Some(id) => id,
            None => return Ok(None),
        },
        WrapperChoice::Id(id) => id,
    };
    match state.store.document::<WrapperDocument>(context, id).await? {
        Some(written) => Ok(Some(written.body)),
        // A deleted default counts as none.
        None if content.wrapper == WrapperChoice::Default => Ok(None),
        None => Err(Failure::field(
            "content.wrapper",
            "unknown_wrapper",
            "no wrapper with this id exists",
        )),
    }
}
