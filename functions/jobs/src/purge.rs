//! Removing the receivers of a deleted campaign.

use std::time::SystemTime;

use carillon_domain::{
    access::Context,
    id::CampaignId,
    operations::job::{Progress, Step},
};

use crate::{Failed, Jobs};

impl Jobs {
    /// Removes page after page until nothing is left or the time is over. Idempotent.
    ///
    /// # Errors
    /// If the store fails; repeating the step continues.
    pub(crate) async fn purge(
        &self,
        context: &Context,
        campaign: &CampaignId,
        shards: u16,
        until: SystemTime,
    ) -> Result<Step, Failed> {
        let progress = |shard: u16| Progress {
            done: shard.into(),
            total: Some(shards.into()),
        };
        // A reused id or a forged task must not remove an existing campaign's receivers.
        if self.store.campaign(context, campaign).await?.is_some() {
            tracing::error!(%campaign, "refusing to purge an existing campaign");
            return Ok(Step::Done(Progress::default()));
        }
        let tenant = &context.tenant;
        for shard in 0..shards {
            while self.store.purge_shard_page(tenant, campaign, shard).await? {
                if SystemTime::now() >= until {
                    return Ok(Step::More {
                        cursor: None,
                        progress: progress(shard),
                    });
                }
            }
        }
        while self.store.purge_progress_page(tenant, campaign).await? {}
        tracing::debug!(%campaign, "removed the receivers of a deleted campaign");
        Ok(Step::Done(progress(shards)))
    }
}
