//! What a sandbox keeps between batches: templates that were read, and transports.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    id::{CampaignId, TenantId},
    render::{Renderer, TemplateError},
    transport::Transport,
};
use carillon_store::{Error, Store};

/// Campaigns whose templates are kept; consecutive batches are mostly about the same few.
const RENDERERS: usize = 8;
/// A changed transport is seen after this time.
const TRANSPORT_LIFETIME: Duration = Duration::from_secs(60);

/// Why something that a delivery needs is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    /// DynamoDB did not answer.
    #[error("could not read what a delivery needs")]
    Store(#[source] Error),
    /// The content's row is gone, or older than the campaign says.
    #[error("the campaign's content is not there")]
    Content,
    /// The content cannot be used, although the API let it in.
    #[error("the campaign's templates cannot be read")]
    Template(#[source] TemplateError),
}

type ContentKey = (TenantId, CampaignId, u64);
/// A transport, or that there is none, and when it was read.
type ReadTransport = (Instant, Option<Transport>);

#[derive(Default)]
pub(crate) struct Sources {
    renderers: Mutex<BTreeMap<ContentKey, Arc<Renderer>>>,
    transports: Mutex<HashMap<(TenantId, Channel), ReadTransport>>,
}

impl Sources {
    /// The templates of a campaign. Published content never changes, so what is kept stays right.
    pub(crate) async fn renderer(
        &self,
        store: &Store,
        campaign: &Campaign,
    ) -> Result<Arc<Renderer>, Missing> {
        let key = (
            campaign.tenant.clone(),
            campaign.id.clone(),
            campaign.content_version,
        );
        if let Some(renderer) = self
            .renderers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Ok(Arc::clone(renderer));
        }
        let (version, content) = store
            .content(&campaign.tenant, &campaign.id)
            .await
            .map_err(Missing::Store)?
            .ok_or(Missing::Content)?;
        if version != campaign.content_version {
            return Err(Missing::Content);
        }
        let renderer =
            Arc::new(Renderer::new(&campaign.name, &content).map_err(Missing::Template)?);
        let mut renderers = self
            .renderers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if renderers.len() >= RENDERERS {
            renderers.pop_first();
        }
        renderers.insert(key, Arc::clone(&renderer));
        Ok(renderer)
    }

    /// The transport of a channel, if one is set.
    pub(crate) async fn transport(
        &self,
        store: &Store,
        tenant: &TenantId,
        channel: Channel,
    ) -> Result<Option<Transport>, Missing> {
        let key = (tenant.clone(), channel);
        if let Some((read_at, transport)) = self
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            && read_at.elapsed() < TRANSPORT_LIFETIME
        {
            return Ok(transport.clone());
        }
        let transport = store
            .transport(tenant, channel)
            .await
            .map_err(Missing::Store)?;
        let mut transports = self
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        transports.insert(key, (Instant::now(), transport.clone()));
        Ok(transport)
    }
}
