//! Publishing scheduled campaigns that are due.

use carillon_domain::{
    access::{Actor, Context},
    campaigns::schedule::Schedule,
    id::{CampaignId, TenantId},
    reason::Reason,
};
use carillon_store::Released;
use jiff::{SignedDuration, Timestamp};

use crate::{Failed, Reconciler};

/// Outcome of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// Published, by this call or an earlier one.
    OnItsWay,
    /// It stays scheduled; the campaign holds the reason.
    Held(Reason),
    /// The schedule was canceled or replaced, or the campaign is gone.
    Outdated,
}

/// Minimum lateness that counts as late: EventBridge may start a schedule up to a minute after its
/// time, and the sweep picks up those that did not fire a little later.
const USUAL: SignedDuration = SignedDuration::from_mins(8);

impl Reconciler {
    /// Publishes a campaign whose schedule has this version. A campaign that is later than its
    /// tenant allows is held: a message that was right this morning may be wrong tonight, so an
    /// operator decides.
    ///
    /// # Errors
    /// If it could not be read, written or enqueued.
    pub async fn release(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        version: u64,
        now: Timestamp,
    ) -> Result<Release, Failed> {
        let context = Context::new(tenant.clone(), Actor::Schedule, now);
        let Some(campaign) = self.store.campaign(&context, id).await? else {
            return Ok(Release::Outdated);
        };
        let is_meant = |schedule: &&Schedule| schedule.version == version;
        let Some(schedule) = campaign.schedule.as_ref().filter(is_meant) else {
            tracing::debug!(campaign = %id, version, "the schedule is outdated");
            return Ok(Release::Outdated);
        };
        if campaign.status == carillon_domain::campaigns::Status::Scheduled {
            if let Some(reason) = self.lateness(tenant, schedule, now).await? {
                return self
                    .hold(tenant, id, campaign.stalled.as_ref(), reason)
                    .await;
            }
            let setup = self.store.setup(&context).await?;
            let missing: Vec<String> = campaign
                .channels
                .iter()
                .filter(|channel| !setup.serves(**channel))
                .map(ToString::to_string)
                .collect();
            if !missing.is_empty() {
                let reason = Reason::new(
                    "no_transport",
                    format!("No transport is set up for {}.", missing.join(", ")),
                );
                return self
                    .hold(tenant, id, campaign.stalled.as_ref(), reason)
                    .await;
            }
        }
        match self.store.release(&context, id, version).await? {
            Released::Published(campaign) => {
                self.start_fanout(&campaign, |_| true).await?;
                tracing::debug!(campaign = %id, "released");
                Ok(Release::OnItsWay)
            }
            Released::Outdated => {
                tracing::debug!(campaign = %id, version, "the schedule is outdated");
                Ok(Release::Outdated)
            }
        }
    }

    async fn lateness(
        &self,
        tenant: &TenantId,
        schedule: &Schedule,
        now: Timestamp,
    ) -> Result<Option<Reason>, Failed> {
        let late = now.duration_since(schedule.at);
        if late <= USUAL {
            return Ok(None);
        }
        let allowed = self
            .store
            .tenant(tenant)
            .await?
            .map_or(USUAL, |tenant| tenant.maximum_lateness());
        Ok((late > allowed).then(|| {
            Reason::new(
                "missed_schedule",
                format!(
                    "It was due at {} and could not be released within {} minutes. Publish it or cancel the schedule.",
                    schedule.at,
                    allowed.max(USUAL).as_mins(),
                ),
            )
        }))
    }

    async fn hold(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        known: Option<&Reason>,
        reason: Reason,
    ) -> Result<Release, Failed> {
        let context = Context::new(tenant.clone(), Actor::Schedule, Timestamp::now());
        if known != Some(&reason) {
            tracing::warn!(campaign = %id, code = reason.code, "a campaign is held");
            self.store.set_stalled(&context, id, &reason).await?;
        }
        Ok(Release::Held(reason))
    }
}
