//! Recounting a shard of a campaign.

use std::time::{Duration, Instant, SystemTime};

use carillon_domain::{
    access::Context,
    campaigns::Status,
    id::{CampaignId, TenantId},
};
use carillon_store::TotalsCheck;
use jiff::{SignedDuration, Timestamp};

use crate::{Failed, Intake};

/// Invocation time reserved for the work after a recount.
const MARGIN: Duration = Duration::from_secs(5);

/// Delay before totals that miss a record are recounted while rows change.
const DOUBT: SignedDuration = SignedDuration::from_mins(2);

impl Intake {
    /// Recounts a shard and corrects its totals. Idempotent.
    ///
    /// # Errors
    /// If it failed, or the shard's rows are changing; the message is redelivered.
    pub(crate) async fn recount(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        shard: u16,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        let context = Context::system(tenant, Timestamp::now());
        let Some(found) = self.store.campaign(&context, campaign).await? else {
            return Ok(());
        };
        if matches!(found.status, Status::Draft | Status::Scheduled) {
            return Ok(());
        }
        let now = Timestamp::now();
        let left = deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default()
            .saturating_sub(MARGIN);
        let recount = self
            .store
            .recount(&found, shard, Instant::now() + left, now)
            .await?;
        match recount {
            None => Err(Failed::NoTime),
            // The sweep requests it again if an active campaign stalls.
            Some((_, TotalsCheck::Moving(_))) if found.status == Status::Published => Ok(()),
            Some((_, TotalsCheck::Moving(_))) => Err(Failed::StillMoving),
            Some((_, TotalsCheck::Doubtful(_))) => {
                let soon = now + DOUBT;
                self.store
                    .watch_totals(tenant, campaign, shard, soon)
                    .await?;
                Ok(())
            }
            Some((_, TotalsCheck::Equal)) => Ok(()),
            Some((_, TotalsCheck::Mended(differences))) => {
                tracing::warn!(%campaign, shard, differences = differences.len(), "corrected totals");
                self.store.complete_if_done(&context, campaign).await?;
                Ok(())
            }
        }
    }
}
