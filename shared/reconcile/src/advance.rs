//! Restarting campaigns that make no progress.

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    channel::{Channel, Priority},
    delivery::{rate_limiter::BreakerState, retry::RetryPolicy},
    transports::Transport,
};
use carillon_store::ProgressCheck;
use jiff::{SignedDuration, Timestamp};

use crate::{Failed, Reconciler};

/// A message left behind by a crash is redelivered after its queue's visibility timeout, six
/// minutes; a campaign may be quiet for that long although nothing is lost.
const MESSAGE: SignedDuration = SignedDuration::from_mins(7);
/// Maximum number of doublings of the first patience.
const MOST_DOUBLINGS: u32 = 5;

/// Actions on an active campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Whether it was complete but not yet marked so.
    pub completed: bool,
    /// Shards whose fan-out was started again.
    pub restarted_shards: u16,
    /// The new generation in which everything unsettled was enqueued again.
    pub generation: Option<u32>,
}

impl Reconciler {
    /// Moves a published campaign on: completes it, restarts unfinished fan-outs, and enqueues
    /// everything unsettled again when nothing has become final for too long.
    ///
    /// # Errors
    /// If it could not be read, written or enqueued.
    pub async fn advance(&self, campaign: &Campaign, now: Timestamp) -> Result<Moved, Failed> {
        let (tenant, id) = (&campaign.tenant, &campaign.id);
        let mut moved = Moved::default();
        if campaign.status != Status::Published {
            return Ok(moved);
        }
        let context = Context::system(tenant, now);
        if self.store.complete_if_done(&context, id).await? {
            moved.completed = true;
            return Ok(moved);
        }
        moved.generation = self.enqueue_if_stalled(campaign, now).await?;
        if moved.generation.is_none() {
            let progress = self
                .store
                .fanout_progress(tenant, id, campaign.generation)
                .await?;
            let is_done = |shard: u16| progress.get(&shard).is_some_and(|shard| shard.done);
            if !(0..campaign.shards).all(is_done) {
                moved.restarted_shards =
                    self.start_fanout(campaign, |shard| !is_done(shard)).await?;
            }
        }
        Ok(moved)
    }

    /// Starts a new generation when nothing has become final for a while and nothing explains it.
    /// The wait doubles each time, because the reason may be one that we do not see, and then every
    /// restart only fills the queues.
    async fn enqueue_if_stalled(
        &self,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Result<Option<u32>, Failed> {
        let (tenant, id) = (&campaign.tenant, &campaign.id);
        let counters = self.store.counters(tenant, id).await?;
        let finished = campaign
            .channels
            .iter()
            .map(|channel| counters.finished(*channel))
            .sum();
        let context = Context::system(tenant, now);
        let last = self.store.last_progress_check(&context, id).await?;
        let went_on = last.as_ref().and_then(|look| look.went_on);
        let seen = last.filter(|look| look.finished == finished);
        let Some(mut look) = seen else {
            let look = ProgressCheck {
                finished,
                since: now,
                went_on,
                ..ProgressCheck::default()
            };
            self.store.keep_progress_check(&context, id, &look).await?;
            return Ok(None);
        };
        let patience =
            quiet(campaign.priority).saturating_mul(1 << look.pushes.min(MOST_DOUBLINGS));
        if now.duration_since(look.since) < patience {
            return Ok(None);
        }
        look.since = now;
        if self.waits_for_an_account(campaign, now).await? {
            self.store.keep_progress_check(&context, id, &look).await?;
            return Ok(None);
        }
        look.pushes += 1;
        self.store.keep_progress_check(&context, id, &look).await?;
        // The totals may be what stands still.
        self.recount_later(&context, campaign, 0..campaign.shards)
            .await?;
        self.enqueue_again(campaign).await
    }

    /// Starts the next generation. Returns its number, unless it was started meanwhile.
    pub(crate) async fn enqueue_again(&self, campaign: &Campaign) -> Result<Option<u32>, Failed> {
        let context = Context::system(&campaign.tenant, Timestamp::now());
        let Some(campaign) = self.store.next_generation(&context, campaign).await? else {
            return Ok(None);
        };
        tracing::warn!(campaign = %campaign.id, generation = campaign.generation, "a stalled campaign is enqueued again");
        self.start_fanout(&campaign, |_| true).await?;
        Ok(Some(campaign.generation))
    }

    /// Whether an account that does not work, or whose quota is used up, explains the lack of
    /// progress.
    pub(crate) async fn waits_for_an_account(
        &self,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Result<bool, Failed> {
        let tenant = &campaign.tenant;
        let context = Context::system(tenant, now);
        let setup = self.store.setup(&context).await?;
        let ids = setup.transports.keys();
        let rate_limiters = self.store.rate_limiters(tenant, ids).await?;
        let waits = |transport: &Transport| {
            rate_limiters
                .get(&transport.id)
                .is_some_and(|rate_limiter| {
                    rate_limiter.breaker.state(now) != BreakerState::Closed
                        || rate_limiter
                            .quota_used_until(&transport.limits, now)
                            .is_some()
                })
        };
        let waits_on = |channel: &Channel| {
            let in_use = setup.in_use(*channel);
            in_use.into_iter().all(waits)
        };
        Ok(campaign.channels.iter().any(waits_on))
    }
}

/// The longest quiet time of a healthy campaign: the longest pause between two attempts, and the
/// time after which a message is redelivered.
fn quiet(priority: Priority) -> SignedDuration {
    let pause = SignedDuration::try_from(RetryPolicy::of(priority).longest_pause);
    MESSAGE + pause.unwrap_or(SignedDuration::ZERO)
}
