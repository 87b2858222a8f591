//! Switching a channel on or off for all receivers of a draft.

use std::time::SystemTime;

use carillon_domain::{
    access::Context,
    campaigns::Hold,
    channel::Channel,
    id::CampaignId,
    operations::job::{Job, Progress, Step},
};
use carillon_store::{Cursor, HoldOutcome, SwitchAll};
use jiff::Timestamp;

use crate::{Failed, Jobs};

impl Jobs {
    /// Switches page after page until the time is over; the cursor is that of the next page. Idempotent.
    ///
    /// The draft is held meanwhile, so that it is not published half switched.
    ///
    /// # Errors
    /// If the store fails, or the campaign is no longer a draft; repeating the step continues.
    pub(crate) async fn switch(
        &self,
        context: &Context,
        job: &Job,
        campaign: &CampaignId,
        (channel, on): (Channel, bool),
        until: SystemTime,
    ) -> Result<Step, Failed> {
        let hold = Hold::of_job(&job.id, Timestamp::now() + carillon_store::HELD_BY_JOB);
        let held = match self.store.begin_loading(context, campaign, &hold).await? {
            HoldOutcome::Done(campaign) => *campaign,
            HoldOutcome::NotFound => return Ok(Step::Done(job.progress)),
            HoldOutcome::NotDraft(_) => return Err(Failed::NotDraft),
        };
        self.store
            .end_loading_of_job(context, &held, &job.id, Some(&hold))
            .await?;
        let switch = SwitchAll {
            channel,
            on,
            at: job.started_at,
        };
        let mut progress = Progress {
            done: job.progress.done,
            total: match job.progress.total {
                Some(total) => Some(total),
                None => {
                    let counters = self.store.counters(&context.tenant, campaign).await?;
                    Some(counters.receivers())
                }
            },
        };
        let cursor = job.cursor.as_deref().and_then(|text| text.parse().ok());
        let mut cursor: Cursor = cursor.unwrap_or_default();
        loop {
            let page = self.store.switch_receivers(context, &held, switch, cursor);
            let (seen, next) = page.await?;
            progress.done += seen;
            match next {
                None => {
                    self.store.end_loading(context, campaign, &hold).await?;
                    // Receivers were added or removed since they were counted.
                    progress.total = Some(progress.done);
                    return Ok(Step::Done(progress));
                }
                Some(next) if SystemTime::now() >= until => {
                    return Ok(Step::More {
                        cursor: Some(next.to_string()),
                        progress,
                    });
                }
                Some(next) => cursor = next,
            }
        }
    }
}
