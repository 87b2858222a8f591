//! Campaigns that wait for an account.

use std::collections::BTreeMap;

use carillon_domain::{
    campaign::Status,
    channel::Lane,
    governor::Governor,
    id::{TenantId, TransportId},
    routing::Setup,
    waiting::is_over,
};
use carillon_store::Waiting;
use jiff::Timestamp;

use crate::{Failed, Reconciler};

/// The accounts of tenants, read once in a sweep.
#[derive(Debug, Default)]
pub struct Accounts {
    of: BTreeMap<TenantId, (Setup, BTreeMap<TransportId, Governor>)>,
}

/// What became of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// It is over, and the campaign was handed over again.
    HandedOver,
    /// It goes on; it was noted for the next sweep.
    GoesOn,
    /// The campaign does not wait any more.
    Outdated,
}

impl Reconciler {
    /// Hands a campaign over again if what it waits for has come.
    ///
    /// # Errors
    /// If it could not be read, written or handed over.
    pub async fn look_at_wait(
        &self,
        waiting: &Waiting,
        accounts: &mut Accounts,
        now: Timestamp,
    ) -> Result<Waited, Failed> {
        let (tenant, id) = (&waiting.tenant, &waiting.campaign);
        let Some(mut campaign) = self.store.campaign(tenant, id).await? else {
            return Ok(Waited::Outdated);
        };
        if campaign.generation != waiting.generation {
            return Ok(Waited::Outdated);
        }
        // Somebody may have asked for a delivery of a completed campaign to be sent again.
        if campaign.status == Status::Completed
            && self.store.reopen_if_open(tenant, id, now).await?
            && let Some(again) = self.store.campaign(tenant, id).await?
        {
            campaign = again;
        }
        if campaign.status != Status::Published {
            return Ok(Waited::Outdated);
        }
        if !accounts.of.contains_key(tenant) {
            let setup = self.store.setup(tenant).await?;
            let governors = self
                .store
                .governors(tenant, setup.transports.keys())
                .await?;
            accounts.of.insert(tenant.clone(), (setup, governors));
        }
        let is_over = accounts.of.get(tenant).is_some_and(|(setup, governors)| {
            let governor = |id: &TransportId| governors.get(id);
            let lane = Lane::of(campaign.priority, 0);
            is_over(
                &waiting.waits_for,
                &waiting.others,
                setup,
                governor,
                lane,
                now,
            )
        });
        if !is_over {
            self.store.wait_on(waiting, now).await?;
            return Ok(Waited::GoesOn);
        }
        match self.store.next_generation(&campaign).await? {
            Some(campaign) => {
                tracing::info!(campaign = %id, generation = campaign.generation, waits_for = %waiting.waits_for, "a campaign goes on");
                self.start_fanout(&campaign, |_| true).await?;
                Ok(Waited::HandedOver)
            }
            None => Ok(Waited::Outdated),
        }
    }
}
