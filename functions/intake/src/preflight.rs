//! Continues preflight runs.

use std::time::{Duration, SystemTime};

use carillon_domain::{
    access::Context,
    delivery::task::IntakeTask,
    id::{CampaignId, TenantId},
};
use carillon_preflight::{Progress, advance};
use jiff::Timestamp;

use crate::{Failed, Intake};

/// Invocation time reserved for the work after a page.
const MARGIN: Duration = Duration::from_secs(20);

impl Intake {
    /// Continues a run until all receivers are checked, or leaves the rest to the next message.
    ///
    /// # Errors
    /// If it failed; the message is redelivered.
    pub(crate) async fn look(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        run: &str,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        let context = Context::system(tenant, Timestamp::now());
        let Some(preflight) = self.store.preflight(&context, campaign).await? else {
            return Ok(());
        };
        let Some(found) = self.store.campaign(&context, campaign).await? else {
            return Ok(());
        };
        if preflight.run != run || preflight.finished_at.is_some() {
            return Ok(());
        }
        let progress = advance(&self.store, &found, preflight, deadline - MARGIN).await?;
        match progress {
            Progress::Seen(preflight) if preflight.finished_at.is_none() => {
                let task = IntakeTask::Preflight {
                    tenant: tenant.clone(),
                    campaign: campaign.clone(),
                    run: run.to_owned(),
                };
                Ok(self.again.send(&[task]).await?)
            }
            Progress::Seen(_) | Progress::Overtaken => Ok(()),
        }
    }
}
