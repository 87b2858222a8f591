//! Removing the receivers of a deleted campaign.

use std::time::{Duration, SystemTime};

use carillon_domain::{
    access::Context,
    delivery::task::IntakeTask,
    id::{CampaignId, TenantId},
};
use jiff::Timestamp;

use crate::{Failed, Intake};

/// Minimum time left to start a page.
const LEAST_TIME: Duration = Duration::from_secs(15);

impl Intake {
    /// Removes page after page until nothing is left. Idempotent.
    pub(crate) async fn purge(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        shards: u16,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        // A reused id or a forged task must not remove an existing campaign's receivers.
        let context = Context::system(tenant, Timestamp::now());
        if self.store.campaign(&context, campaign).await?.is_some() {
            tracing::error!(%campaign, "refusing to purge an existing campaign");
            return Ok(());
        }
        for shard in 0..shards {
            while self.store.purge_shard_page(tenant, campaign, shard).await? {
                if deadline
                    .duration_since(SystemTime::now())
                    .unwrap_or_default()
                    < LEAST_TIME
                {
                    let task = IntakeTask::Purge {
                        tenant: tenant.clone(),
                        campaign: campaign.clone(),
                        shards,
                    };
                    return Ok(self.again.send(&[task]).await?);
                }
            }
        }
        while self.store.purge_progress_page(tenant, campaign).await? {}
        tracing::debug!(%campaign, "removed the receivers of a deleted campaign");
        Ok(())
    }
}
