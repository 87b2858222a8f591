//! What a sandbox keeps between batches: templates that were read, transports and routes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use carillon_domain::{
    campaign::Campaign,
    id::{CampaignId, TenantId},
    render::{Renderer, TemplateError},
    routing::Setup,
};
use carillon_store::{Error, Recent, Store};

/// Campaigns whose templates are kept; consecutive batches are mostly about the same few.
const RENDERERS: usize = 8;

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

#[derive(Default)]
pub(crate) struct Sources {
    renderers: Mutex<BTreeMap<ContentKey, Arc<Renderer>>>,
    setups: Recent<TenantId, Arc<Setup>>,
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
            .composed_content(campaign)
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

    /// The transports and routes of a tenant.
    pub(crate) async fn setup(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Arc<Setup>, Error> {
        let read = async || store.setup(tenant).await.map(Arc::new);
        self.setups.get_or_read(tenant.clone(), read).await
    }
}
