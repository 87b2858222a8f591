//! Goes on with a look at a campaign before it is published.

use std::time::{Duration, SystemTime};

use carillon_domain::{delivery::task::IntakeTask, id::{CampaignId, TenantId}};
use carillon_preflight::{Progress, advance};

use crate::{Failed, Intake};

/// What is left of an invocation for whatever follows a page.
const MARGIN: Duration = Duration::from_secs(20);

impl Intake {
    /// Goes on with a look until it has seen everybody, or hands the rest to the next message.
    ///
    /// # Errors
    /// If it could not be done; the message comes again.
    pub(crate) async fn look(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        run: &str,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        let Some(preflight) = self.store.preflight(tenant, campaign).await? else {
            return Ok(());
        };
        let Some(found) = self.store.campaign(tenant, campaign).await? else {
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
