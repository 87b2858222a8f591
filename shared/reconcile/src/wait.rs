//! Campaigns that wait for an account.

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    campaigns::Status,
    channel::PriorityQueue,
    delivery::{rate_limiter::RateLimiter, waiting::is_over},
    id::{TenantId, TransportId},
    transports::routing::Setup,
};
use carillon_store::{ProgressCheck, Resumption, Waiting};
use jiff::{SignedDuration, Timestamp};

use crate::{Failed, Reconciler};

/// A campaign whose wait ended once already resumes after this time at the earliest, then after twice that, and so on:
/// an account that only seems to have recovered cannot be told from one that has, and each time a campaign is enqueued
/// again it is read from the start.
const APART: SignedDuration = SignedDuration::from_mins(1);
/// Maximum number of doublings.
const MOST_DOUBLINGS: u32 = 4;
/// Waits further apart than this are unrelated.
const UNRELATED: SignedDuration = SignedDuration::from_hours(1);

/// Whether a campaign that resumed before may resume again.
fn may_go_on(before: Option<Resumption>, now: Timestamp) -> bool {
    before.is_none_or(|before| {
        let doublings = before.times.saturating_sub(1).min(MOST_DOUBLINGS);
        now.duration_since(before.at) >= APART.saturating_mul(1 << doublings)
    })
}

/// The state to keep when it resumes.
fn next(before: Option<Resumption>, now: Timestamp) -> Resumption {
    let related = before.filter(|before| now.duration_since(before.at) < UNRELATED);
    Resumption {
        at: now,
        times: related.map_or(1, |before| before.times.saturating_add(1)),
    }
}

/// The accounts of tenants, read once per sweep.
#[derive(Debug, Default)]
pub struct Accounts {
    of: BTreeMap<TenantId, (Setup, BTreeMap<TransportId, RateLimiter>)>,
}

/// Outcome of checking a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// Over; the campaign was enqueued again.
    Enqueued,
    /// Still waiting; recorded for the next sweep.
    GoesOn,
    /// The campaign no longer waits.
    Outdated,
}

impl Reconciler {
    /// Enqueues a campaign again if its wait is over.
    ///
    /// # Errors
    /// If it could not be read, written or enqueued.
    pub async fn check_wait(
        &self,
        waiting: &Waiting,
        accounts: &mut Accounts,
        now: Timestamp,
    ) -> Result<Waited, Failed> {
        let (tenant, id) = (&waiting.tenant, &waiting.campaign);
        let context = Context::system(tenant, now);
        let Some(mut campaign) = self.store.campaign(&context, id).await? else {
            return Ok(Waited::Outdated);
        };
        if campaign.generation != waiting.generation {
            return Ok(Waited::Outdated);
        }
        // A resend may have been requested for a completed campaign.
        if campaign.status == Status::Completed
            && self.store.reopen_if_open(&context, id).await?
            && let Some(again) = self.store.campaign(&context, id).await?
        {
            campaign = again;
        }
        if campaign.status != Status::Published {
            return Ok(Waited::Outdated);
        }
        if !accounts.of.contains_key(tenant) {
            let setup = self.store.setup(&context).await?;
            let rate_limiters = self
                .store
                .rate_limiters(tenant, setup.transports.keys())
                .await?;
            accounts.of.insert(tenant.clone(), (setup, rate_limiters));
        }
        let is_over = accounts
            .of
            .get(tenant)
            .is_some_and(|(setup, rate_limiters)| {
                let rate_limiter = |id: &TransportId| rate_limiters.get(id);
                let queue_priority = PriorityQueue::of(campaign.priority, 0);
                is_over(
                    &waiting.waits_for,
                    &waiting.others,
                    setup,
                    rate_limiter,
                    queue_priority,
                    now,
                )
            });
        if !is_over {
            self.store.wait_on(waiting, now).await?;
            return Ok(Waited::GoesOn);
        }
        let look = self
            .store
            .last_progress_check(&context, id)
            .await?
            .unwrap_or_default();
        if !may_go_on(look.went_on, now) {
            self.store.wait_on(waiting, now).await?;
            return Ok(Waited::GoesOn);
        }
        match self.store.next_generation(&context, &campaign).await? {
            Some(campaign) => {
                let look = ProgressCheck {
                    went_on: Some(next(look.went_on, now)),
                    ..look
                };
                self.store.keep_progress_check(&context, id, &look).await?;
                tracing::info!(campaign = %id, generation = campaign.generation, waits_for = %waiting.waits_for, "a campaign resumes");
                self.start_fanout(&campaign, |_| true).await?;
                Ok(Waited::Enqueued)
            }
            None => Ok(Waited::Outdated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_resumes_at_once_and_then_ever_less_often() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let after = |minutes| now + SignedDuration::from_mins(minutes);
        assert!(may_go_on(None, now));
        let first = next(None, now);
        assert!(!may_go_on(Some(first), now));
        assert!(may_go_on(Some(first), after(1)));
        let fourth = Resumption { times: 4, ..first };
        assert!(!may_go_on(Some(fourth), after(7)));
        assert!(may_go_on(Some(fourth), after(8)));
        let many = Resumption {
            times: 400,
            ..first
        };
        assert!(may_go_on(Some(many), after(16)));
        assert_eq!(next(Some(many), after(59)).times, 401);
        assert_eq!(next(Some(many), after(60)).times, 1);
    }
}
