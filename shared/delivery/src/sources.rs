//! What an execution environment caches between batches: templates, transports and routes.

use std::sync::{Arc, Mutex, PoisonError};

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    content::render::{Renderer, TemplateError},
    id::{CampaignId, TenantId},
    transports::routing::Setup,
};
use carillon_store::{Error, Recent, Store};
use jiff::Timestamp;
use quick_cache::{Weighter, unsync::Cache};

/// Bytes of content whose templates are cached. A campaign has up to 400 KB of it and mostly only a few, so this covers
/// at least twenty campaigns at once, and hundreds of typical ones. Compiled templates take a few times the memory of
/// their text; a function has 256 MB.
const KEPT_BYTES: u64 = 8 * 1024 * 1024;
/// Expected number of campaigns in the cache; it grows and shrinks as needed.
const EXPECTED: usize = 64;

/// Why something that a delivery needs is missing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    /// The read failed.
    #[error("could not read what a delivery needs")]
    Store(#[source] Error),
    /// The content's row is missing, or older than the campaign's.
    #[error("the campaign's content is missing")]
    Content,
    /// The content is invalid although the API accepted it.
    #[error("the campaign's templates are invalid")]
    Template(#[source] TemplateError),
}

type ContentKey = (TenantId, CampaignId, u64);

/// Templates with the length of their text.
#[derive(Clone)]
struct Kept {
    renderer: Arc<Renderer>,
    bytes: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<ContentKey, Kept> for Bytes {
    fn weight(&self, _: &ContentKey, kept: &Kept) -> u64 {
        kept.bytes.max(1)
    }
}

pub(crate) struct Sources {
    renderers: Mutex<Cache<ContentKey, Kept, Bytes>>,
    setups: Recent<TenantId, Arc<Setup>>,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            renderers: Mutex::new(Cache::with_weighter(EXPECTED, KEPT_BYTES, Bytes)),
            setups: Recent::default(),
        }
    }
}

impl Sources {
    /// The templates of a campaign. Published content never changes, so cached templates stay valid.
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
        let kept = {
            let renderers = self
                .renderers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            renderers.get(&key).cloned()
        };
        if let Some(kept) = kept {
            return Ok(kept.renderer);
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
        let kept = Kept {
            renderer: Arc::clone(&renderer),
            bytes: serde_json::to_vec(&content).map_or(KEPT_BYTES, |text| {
                u64::try_from(text.len()).unwrap_or(KEPT_BYTES)
            }),
        };
        let mut renderers = self
            .renderers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        renderers.insert(key, kept);
        Ok(renderer)
    }

    /// The transports and routes of a tenant (consistent read).
    pub(crate) async fn setup_now(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Arc<Setup>, Error> {
        let context = Context::system(tenant, Timestamp::now());
        let setup = store.setup(&context).await.map(Arc::new)?;
        self.setups.keep(tenant.clone(), Arc::clone(&setup));
        Ok(setup)
    }

    /// The transports and routes of a tenant.
    pub(crate) async fn setup(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Arc<Setup>, Error> {
        let read = async || {
            let context = Context::system(tenant, Timestamp::now());
            store.setup(&context).await.map(Arc::new)
        };
        self.setups.get_or_read(tenant.clone(), read).await
    }
}
