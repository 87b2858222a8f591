//! Reconciling a whole campaign on demand.

use std::time::Instant;

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    delivery::{Delivery, task::DeliveryTask},
    id::{CampaignId, TenantId},
};
use carillon_store::{Difference, TotalsCheck};
use jiff::Timestamp;

use crate::{Failed, Moved, Reconciler, Release};

/// Findings and actions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Outcome of the release, if it was due.
    pub release: Option<Release>,
    /// Actions to move it on.
    pub moved: Moved,
    /// Whether it has been published, so that there is something to count.
    pub was_counted: bool,
    /// Shards that were recounted; the others are recounted in the background.
    pub recounted_shards: u16,
    /// Totals that differed.
    pub totals: Vec<ShardTotals>,
    /// Claims that lapsed long ago and were never settled.
    pub lapsed: usize,
    /// Attempts that are long overdue.
    pub overdue: usize,
    /// Whether it waits for an account that does not work or whose quota is used up.
    pub waits_for_an_account: bool,
}

/// A shard's totals that differed from a recount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardTotals {
    /// The shard.
    pub shard: u16,
    /// Whether they were corrected; otherwise rows are changing, and the stream may not have
    /// delivered the changes yet.
    pub mended: bool,
    /// The differences.
    pub differences: Vec<Difference>,
}

impl Reconciler {
    /// Checks everything about a campaign and corrects what it finds. Shards that cannot be counted
    /// before `deadline` are left out; see [`Found::recounted_shards`].
    ///
    /// # Errors
    /// If it could not be read, written or enqueued.
    pub async fn examine(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        deadline: Instant,
        now: Timestamp,
    ) -> Result<Option<Found>, Failed> {
        let context = Context::system(tenant, now);
        let Some(mut campaign) = self.store.campaign(&context, id).await? else {
            return Ok(None);
        };
        let mut found = Found::default();
        if let (Status::Scheduled, Some(schedule)) = (campaign.status, &campaign.schedule) {
            if schedule.at <= now {
                found.release = Some(self.release(tenant, id, schedule.version, now).await?);
            }
            return Ok(Some(found));
        }
        if campaign.status == Status::Draft {
            return Ok(Some(found));
        }
        found.was_counted = true;
        let lapsed = self.recount(&campaign, deadline, now, &mut found).await?;
        if found.recounted_shards < campaign.shards {
            self.recount_later(&context, &campaign, found.recounted_shards..campaign.shards)
                .await?;
        }
        let reopened =
            campaign.status == Status::Completed && self.store.reopen_if_open(&context, id).await?;
        if reopened && let Some(again) = self.store.campaign(&context, id).await? {
            campaign = again;
        }
        if campaign.status != Status::Published {
            // Nothing enqueues these again, so nothing else will settle them.
            self.store.abandon_claims(&lapsed, now).await?;
            return Ok(Some(found));
        }
        found.waits_for_an_account = self.waits_for_an_account(&campaign, now).await?;
        found.moved = self.advance(&campaign, now).await?;
        let nothing_moved = found.moved == Moved::default() && !found.waits_for_an_account;
        if nothing_moved && found.lapsed + found.overdue > 0 {
            found.moved.generation = self.enqueue_again(&campaign).await?;
        }
        Ok(Some(found))
    }

    /// Recounts shard after shard. Returns the lapsed claims.
    async fn recount(
        &self,
        campaign: &Campaign,
        deadline: Instant,
        now: Timestamp,
        found: &mut Found,
    ) -> Result<Vec<(DeliveryTask, Delivery)>, Failed> {
        let mut lapsed = Vec::new();
        for shard in 0..campaign.shards {
            let Some((recount, check)) = self.store.recount(campaign, shard, deadline, now).await?
            else {
                break;
            };
            found.recounted_shards += 1;
            found.lapsed += recount.lapsed.len();
            found.overdue += recount.overdue;
            lapsed.extend(recount.lapsed);
            let (mended, differences) = match check {
                TotalsCheck::Equal => continue,
                TotalsCheck::Mended(differences) => (true, differences),
                TotalsCheck::Moving(differences) | TotalsCheck::Doubtful(differences) => {
                    (false, differences)
                }
            };
            if mended {
                tracing::warn!(campaign = %campaign.id, shard, differences = differences.len(), "corrected totals");
            }
            found.totals.push(ShardTotals {
                shard,
                mended,
                differences,
            });
        }
        Ok(lapsed)
    }
}
