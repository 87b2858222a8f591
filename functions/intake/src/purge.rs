//! Removing the receivers of a deleted campaign.

use std::time::{Duration, SystemTime};

use carillon_domain::{
    id::{CampaignId, TenantId},
    task::IntakeTask,
};

use crate::{Failed, Intake};

/// A page is not begun with less time than this left.
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
        // An id that is in use again, or a task that somebody made up, must not remove a living campaign.
        if self.store.campaign(tenant, campaign).await?.is_some() {
            tracing::error!(%campaign, "a campaign that exists is not purged");
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
        tracing::debug!(%campaign, "the receivers of a deleted campaign were removed");
        Ok(())
    }
}
