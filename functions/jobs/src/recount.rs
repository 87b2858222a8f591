//! Recounting the shards of a campaign.

use std::time::{Duration, Instant, SystemTime};

use carillon_domain::{
    access::Context,
    campaigns::Status,
    id::CampaignId,
    operations::job::{Progress, Step},
};
use carillon_store::TotalsCheck;
use jiff::{SignedDuration, Timestamp};

use crate::{Failed, Jobs};

/// Invocation time reserved for the work after a recount.
const MARGIN: Duration = Duration::from_secs(5);

/// Delay before totals that miss a record are recounted while rows change.
const DOUBT: SignedDuration = SignedDuration::from_mins(2);

impl Jobs {
    /// Recounts one shard and corrects its totals; the cursor is the next shard. Idempotent.
    ///
    /// # Errors
    /// If it failed, or the shard's rows are changing; the message is redelivered.
    pub(crate) async fn recount(
        &self,
        context: &Context,
        campaign: &CampaignId,
        (first, end): (u16, u16),
        cursor: Option<&str>,
        deadline: SystemTime,
    ) -> Result<Step, Failed> {
        let next = cursor.and_then(|cursor| cursor.parse().ok());
        let shard: u16 = next.unwrap_or(first);
        let progress = |shard: u16| Progress {
            done: shard.saturating_sub(first).into(),
            total: Some(end.saturating_sub(first).into()),
        };
        let Some(found) = self.store.campaign(context, campaign).await? else {
            return Ok(Step::Done(progress(shard)));
        };
        if shard >= end || matches!(found.status, Status::Draft | Status::Scheduled) {
            return Ok(Step::Done(progress(shard)));
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
            None => return Err(Failed::NoTime),
            // The sweep requests it again if an active campaign stalls.
            Some((_, TotalsCheck::Moving(_))) if found.status == Status::Published => {}
            Some((_, TotalsCheck::Moving(_))) => return Err(Failed::StillMoving),
            Some((_, TotalsCheck::Doubtful(_))) => {
                self.store
                    .watch_totals(&context.tenant, campaign, shard, now + DOUBT)
                    .await?;
            }
            Some((_, TotalsCheck::Equal)) => {}
            Some((_, TotalsCheck::Mended(differences))) => {
                tracing::warn!(%campaign, shard, differences = differences.len(), "corrected totals");
                let context = context.at(now);
                self.store.complete_if_done(&context, campaign).await?;
            }
        }
        let next = shard + 1;
        Ok(if next < end {
            Step::More {
                cursor: Some(next.to_string()),
                progress: progress(next),
            }
        } else {
            Step::Done(progress(end))
        })
    }
}
