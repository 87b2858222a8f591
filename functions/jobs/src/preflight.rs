//! Continues preflight runs.

use std::time::SystemTime;

use carillon_domain::{
    access::Context,
    id::CampaignId,
    operations::job::{Progress, Step},
};
use carillon_preflight::{Progress as Run, advance};

use crate::{Failed, Jobs};

impl Jobs {
    /// Checks receivers until the time is over.
    ///
    /// # Errors
    /// If the store fails or the content cannot be used; repeating the step continues.
    pub(crate) async fn preflight(
        &self,
        context: &Context,
        campaign: &CampaignId,
        run: &str,
        until: SystemTime,
    ) -> Result<Step, Failed> {
        let ended = Ok(Step::Done(Progress::default()));
        let Some(preflight) = self.store.preflight(context, campaign).await? else {
            return ended;
        };
        let Some(found) = self.store.campaign(context, campaign).await? else {
            return ended;
        };
        if preflight.run != run || preflight.finished_at.is_some() {
            return ended;
        }
        let seen = match advance(&self.store, &found, preflight, until).await? {
            Run::Seen(seen) => seen,
            Run::Overtaken => return ended,
        };
        let progress = Progress {
            done: seen.view.receivers,
            total: None,
        };
        Ok(match seen.finished_at {
            None => Step::More {
                cursor: None,
                progress,
            },
            Some(_) => Step::Done(progress),
        })
    }
}
