//! Checks a campaign before it is published: every receiver, page by page, saving the findings between pages, so that a million
//! receivers take as little memory as a hundred. The API runs it for a moment, and the function `jobs` continues it.

use std::time::{Duration, SystemTime};

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, preflight::Means},
    channel::Channel,
    channel_address::ChannelAddress,
    content::render::{Renderer, TemplateError},
    transports::routing::Setup,
};
use carillon_store::{Error as StoreError, PageRequest, Preflight, Store};
use jiff::Timestamp;

/// Receivers per page.
const PAGE: u16 = 500;
/// How often the findings are saved.
const SAVED_EVERY: Duration = Duration::from_secs(5);

/// Why a preflight run stopped.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// DynamoDB did not answer.
    #[error("could not read or write a preflight run")]
    Store(#[from] StoreError),
    /// The content cannot be used, although it was composed.
    #[error("the campaign's templates cannot be read")]
    Template(#[from] TemplateError),
}

/// The progress of a preflight run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It has checked all receivers, or as many as time allowed.
    Seen(Box<Preflight>),
    /// A newer run has started, or another worker is continuing this one.
    Overtaken,
}

/// Continues a preflight run until all receivers are checked or the time is over; at least one page.
///
/// # Errors
/// If the store does not answer, or the content cannot be used.
pub async fn advance(
    store: &Store,
    campaign: &Campaign,
    mut preflight: Preflight,
    end: SystemTime,
) -> Result<Progress, LookError> {
    let Campaign { tenant, id, .. } = campaign;
    let context = Context::system(tenant, Timestamp::now());
    let content = store.preflight_content(&context, id).await?;
    let renderer = Renderer::new(&campaign.name, &content.unwrap_or_default())?;
    let prices = store.tenant(tenant).await?.and_then(|tenant| tenant.prices);
    let setup = store.setup(&context).await?;
    let mut means = Means::new(&renderer, prices.as_ref());
    while preflight.finished_at.is_none() {
        let save_at = (SystemTime::now() + SAVED_EVERY).min(end);
        loop {
            page(store, campaign, &setup, &mut means, &mut preflight).await?;
            if preflight.finished_at.is_some() || SystemTime::now() >= save_at {
                break;
            }
        }
        preflight.steps += 1;
        preflight.updated_at = Timestamp::now();
        if !store.advance_preflight(&context, id, &preflight).await? {
            return Ok(Progress::Overtaken);
        }
        if SystemTime::now() >= end {
            break;
        }
    }
    Ok(Progress::Seen(Box::new(preflight)))
}

/// Checks one page of receivers.
async fn page(
    store: &Store,
    campaign: &Campaign,
    setup: &Setup,
    means: &mut Means<'_>,
    preflight: &mut Preflight,
) -> Result<(), StoreError> {
    let page = PageRequest {
        after: preflight.place(),
        limit: PAGE,
    };
    let page = store.receivers(campaign, &page).await?;
    let (rows, next) = (page.items, page.next);
    let mut asked: Vec<(usize, Channel)> = Vec::new();
    let mut addresses: Vec<ChannelAddress> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        for channel in &campaign.channels {
            if row.receiver.reach(*channel).skip_reason().is_none()
                && let Some(address) = row.receiver.address(*channel)
            {
                asked.push((place, *channel));
                addresses.push(address);
            }
        }
    }
    let context = Context::system(&campaign.tenant, Timestamp::now());
    let suppressed = store.are_suppressed(&context, &addresses).await?;
    let suppressed: Vec<(usize, Channel)> = asked
        .into_iter()
        .zip(suppressed)
        .filter_map(|(asked, is_suppressed)| is_suppressed.then_some(asked))
        .collect();
    for (place, row) in rows.iter().enumerate() {
        let excluded = |channel| {
            if suppressed.binary_search(&(place, channel)).is_ok() {
                return Some("suppressed");
            }
            let address = row.receiver.address(channel)?;
            setup.refuses(&address)
        };
        let person = (&row.id, &row.receiver);
        preflight.view.look(campaign, means, person, excluded);
    }
    preflight.cursor = next.as_ref().map(ToString::to_string);
    if next.is_none() {
        preflight.finished_at = Some(Timestamp::now());
    }
    Ok(())
}
