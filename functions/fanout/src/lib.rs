//! Fans a campaign out: reads the receivers of one ledger shard, page by page, and puts one message per receiver
//! and channel into the channel's queue.
//!
//! The cursor is saved after each page. Messages repeated after a crash have the same deduplication ids, and the
//! claim stops the rest.

mod pace;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    channel::{Channel, PriorityQueue},
    delivery::{
        executions::{FEWEST, Slow, shared},
        task::{DeliveryTask, FanoutTask},
        totals::Counters,
        waiting::{ChannelState, WaitsFor, course, free, in_use},
    },
    id::{TenantId, TransportId},
    receivers::Reach,
    transports::routing::Setup,
};
use carillon_queue::{
    Batch, ChannelQueues, DeadLetterQueue, FanoutQueues, QueueVariables, SendError,
};
use carillon_store::{
    FanoutProgress, MissingVariable, ReceiverRow, Recent, Store, Wait,
    environment::{optional, variable},
};
use carillon_telemetry::{Line, Outcome, carry};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent};

use self::pace::Step;

/// A delayed task may come this much early, because delays are whole seconds.
const EARLY: SignedDuration = SignedDuration::from_millis(1_200);
/// Minimum time left to start a page.
const LEAST_TIME: Duration = Duration::from_secs(15);

/// Accounts are reread after this time.
const ACCOUNTS: Duration = Duration::from_secs(5);

/// The state of a campaign's channels.
struct Accounts {
    at: Instant,
    /// Channels with an account that accepts messages.
    free: Vec<Channel>,
    /// Whether another account of these channels accepts nothing.
    is_blocked: bool,
    /// How long a batch takes, if an account of these channels is slow.
    slow: Option<Duration>,
    /// Channels without a working account, for which single messages are enqueued as probes.
    trying: Vec<Channel>,
    /// What blocked channels wait for, and their transports that accept messages.
    waiting: Vec<(Channel, WaitsFor, BTreeSet<TransportId>)>,
}

impl Accounts {
    /// The channels that set the pace.
    fn moving(&self) -> &[Channel] {
        match self.free.is_empty() {
            true => &self.trying,
            false => &self.free,
        }
    }
}

/// The function's dependencies.
pub struct Fanout {
    store: Store,
    channels: ChannelQueues,
    again: FanoutQueues,
    dead: DeadLetterQueue,
    setups: Recent<TenantId, Arc<Setup>>,
    /// How many executions each queue of a channel has.
    executions: HashMap<Channel, usize>,
}

/// Why a shard did not advance; its message stays in the queue.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("could not read or save the fan-out of a shard")]
    Store(#[from] carillon_store::Error),
    #[error("could not enqueue deliveries")]
    Queue(#[from] SendError),
}

impl Fanout {
    /// The fan-out configured from the environment.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let client = carillon_queue::Sqs::new(config);
        let channels = ChannelQueues::new(&client, variable)?;
        let again = FanoutQueues::new(&client, variable)?;
        Ok(Self {
            store: Store::from_environment(config)?,
            channels,
            again,
            dead: DeadLetterQueue::new(client, variable("FANOUT_DEAD_QUEUE_URL")?),
            setups: Recent::default(),
            executions: Channel::ALL
                .into_iter()
                .map(|channel| {
                    (
                        channel,
                        optional(QueueVariables::of(channel).concurrency).unwrap_or(FEWEST),
                    )
                })
                .collect(),
        })
    }

    /// The executions that slow tenants share, in the channel that has the fewest.
    fn shared(&self, channels: &[Channel]) -> usize {
        let executions = channels
            .iter()
            .filter_map(|channel| self.executions.get(channel));
        shared(executions.min().copied().unwrap_or(FEWEST))
    }

    async fn advance(
        &self,
        task: &FanoutTask,
        deadline: SystemTime,
        line: &mut Line,
    ) -> Result<(), Failed> {
        let (tenant, id, generation, shard) =
            (&task.tenant, &task.campaign, task.generation, task.shard);
        let (campaign, mut progress) = self
            .store
            .campaign_and_progress(tenant, id, generation, shard)
            .await?;
        let Some(campaign) = campaign else {
            return Ok(());
        };
        if campaign.status != Status::Published || campaign.generation != task.generation {
            tracing::debug!(campaign = %campaign.id, status = %campaign.status, "nothing to fan out");
            return Ok(());
        }
        let goes_on_later = |progress: &FanoutProgress| {
            let wait = progress.wait.as_ref();
            wait.is_some_and(|wait| wait.until > Timestamp::now() + EARLY)
        };
        if goes_on_later(&progress) {
            return Ok(());
        }
        // They tell how fast the tenant's accounts are.
        let context = Context::system(tenant, Timestamp::now());
        let read = async || self.store.setup(&context).await.map(Arc::new);
        let mut setup = self.setups.get_or_read(tenant.clone(), read).await?;
        let queue_priority = PriorityQueue::of(campaign.priority, 0);
        let mut accounts = self.accounts(&campaign, &setup, queue_priority).await?;
        if !accounts.waiting.is_empty() {
            // A quota may have been raised, or another account added, since they were read.
            setup = read().await?;
            self.setups.keep(tenant.clone(), Arc::clone(&setup));
            accounts = self.accounts(&campaign, &setup, queue_priority).await?;
        }
        let none_counted = Counters::default();
        while !progress.done {
            if accounts.at.elapsed() > ACCOUNTS {
                accounts = self.accounts(&campaign, &setup, queue_priority).await?;
            }
            if deadline
                .duration_since(SystemTime::now())
                .unwrap_or_default()
                < LEAST_TIME
            {
                self.again
                    .send(campaign.priority, std::slice::from_ref(task))
                    .await?;
                return Ok(());
            }
            let counters = self.store.counters_by_shard(tenant, id).await?;
            // A channel that waits for its account must not delay the others.
            let moving = accounts.moving();
            if moving.is_empty() {
                self.park(task, &accounts).await?;
                return Ok(());
            }
            let of_shard = counters.get(&shard).unwrap_or(&none_counted);
            let finished = pace::finished(of_shard, moving.iter());
            let open = pace::open(&progress, of_shard, moving.iter());
            let only_tries = accounts.free.is_empty();
            let slow = accounts.slow.map(|took| (took, self.shared(moving)));
            let window = pace::window(&setup, moving.iter(), slow, campaign.shards);
            let (channels, now) = (moving.len(), Timestamp::now());
            let step = match only_tries {
                true => Step::Page(pace::PAGE_OF_TRIES),
                false => pace::step(
                    &progress,
                    open,
                    finished,
                    window,
                    channels,
                    accounts.is_blocked,
                    now,
                ),
            };
            let page = match step {
                Step::Page(page) => page,
                Step::Wait(pause) => {
                    return self.wait(&campaign, task, &progress, finished, pause).await;
                }
            };
            let (rows, next) = self
                .store
                .addresses_of_shard(&campaign, shard, progress.after.as_deref(), page)
                .await?;
            let receivers = counters.values().map(Counters::receivers).sum();
            let queue_priority = self
                .store
                .queue_priority(&campaign, receivers, rows.len(), Timestamp::now())
                .await?;
            if !accounts.waiting.is_empty() {
                self.park(task, &accounts).await?;
            }
            let (handed_over, sent) = self
                .hand_over(&campaign, task, queue_priority, &accounts, &rows)
                .await?;
            let mut after = FanoutProgress {
                pages: progress.pages + 1,
                done: next.is_none(),
                after: next.or(progress.after.take()),
                tasks: progress.tasks.clone(),
                wait: None,
            };
            for (channel, count) in handed_over {
                line.count("handed_over", count);
                *after.tasks.entry(channel).or_default() += count;
            }
            let saved = self
                .store
                .save_shard_progress(tenant, id, generation, shard, &after)
                .await?;
            // Whoever saved this page before us has also enqueued it; continue from there.
            progress = if saved {
                after
            } else {
                self.store
                    .shard_progress(tenant, id, generation, shard)
                    .await?
            };
            // One is enough. The rest of the page comes in the next generation, when the wait is over.
            if only_tries && sent > 0 && !progress.done {
                return self
                    .wait(&campaign, task, &progress, finished, pace::FIRST_WAIT)
                    .await;
            }
        }
        line.note("shards_done", 1);
        self.store.complete_if_done(&context, id).await?;
        Ok(())
    }

    /// The current state of a campaign's channels.
    async fn accounts(
        &self,
        campaign: &Campaign,
        setup: &Setup,
        queue_priority: PriorityQueue,
    ) -> Result<Accounts, Failed> {
        let tenant = &campaign.tenant;
        let ids: BTreeSet<TransportId> = campaign
            .channels
            .iter()
            .flat_map(|channel| in_use(setup, *channel))
            .collect();
        let rate_limiters = self.store.rate_limiters(tenant, &ids).await?;
        let mut accounts = Accounts {
            at: Instant::now(),
            free: Vec::new(),
            is_blocked: false,
            slow: rate_limiters
                .values()
                .filter_map(|rate_limiter| Slow::at(rate_limiter.slow, Timestamp::now()))
                .max(),
            trying: Vec::new(),
            waiting: Vec::new(),
        };
        let now = Timestamp::now();
        for channel in &campaign.channels {
            let waits_for = match course(
                setup,
                *channel,
                |id| rate_limiters.get(id),
                queue_priority,
                now,
            ) {
                ChannelState::Free => {
                    accounts.free.push(*channel);
                    let free = free(
                        setup,
                        *channel,
                        |id| rate_limiters.get(id),
                        queue_priority,
                        now,
                    );
                    accounts.is_blocked |= free != in_use(setup, *channel);
                    continue;
                }
                ChannelState::Tries(account) => {
                    accounts.trying.push(*channel);
                    WaitsFor::Account(account)
                }
                ChannelState::Waits(waits_for) => waits_for,
            };
            let others = free(
                setup,
                *channel,
                |id| rate_limiters.get(id),
                queue_priority,
                now,
            );
            accounts.waiting.push((*channel, waits_for, others));
        }
        Ok(accounts)
    }

    /// Records what a campaign waits for; the sweep enqueues it again when the wait is over.
    async fn park(&self, task: &FanoutTask, accounts: &Accounts) -> Result<(), Failed> {
        for (channel, waits_for, others) in &accounts.waiting {
            let wait = carillon_store::Wanted {
                tenant: &task.tenant,
                campaign: &task.campaign,
                generation: task.generation,
                waits_for,
                others,
            };
            tracing::debug!(campaign = %task.campaign, %channel, %waits_for, "a channel waits");
            self.store.note_waiting(&wait, Timestamp::now()).await?;
        }
        Ok(())
    }

    /// Leaves the rest of a shard to a delayed task.
    ///
    /// The task is sent first: a crash in between leaves one task too many, which finds that the shard waits, or
    /// continues a little early.
    async fn wait(
        &self,
        campaign: &Campaign,
        task: &FanoutTask,
        progress: &FanoutProgress,
        finished: u64,
        pause: Duration,
    ) -> Result<(), Failed> {
        let since = Timestamp::now();
        self.again
            .send_after(campaign.priority, std::slice::from_ref(task), pause)
            .await?;
        let wait = Wait {
            since,
            until: since + pause,
            finished,
        };
        self.store
            .note_shard_wait(
                &task.tenant,
                &task.campaign,
                task.generation,
                task.shard,
                progress,
                wait,
            )
            .await?;
        Ok(())
    }

    /// Returns how many deliveries of each channel count as enqueued, and how many messages were sent.
    async fn hand_over(
        &self,
        campaign: &Campaign,
        task: &FanoutTask,
        queue_priority: PriorityQueue,
        accounts: &Accounts,
        rows: &[ReceiverRow],
    ) -> Result<(BTreeMap<Channel, u64>, usize), Failed> {
        // In a later generation most may be settled. They still count, because the campaign is complete when as
        // many deliveries are final as were counted here.
        let settled = if task.generation > 1 {
            self.store.settled(campaign, task.shard, rows).await?
        } else {
            HashSet::new()
        };
        let mut handed_over = BTreeMap::new();
        let mut sent = 0;
        for channel in &campaign.channels {
            let reached: Vec<&ReceiverRow> = rows
                .iter()
                .filter(|row| row.receiver.reach(*channel) == Reach::On)
                .collect();
            handed_over.insert(*channel, u64::try_from(reached.len()).unwrap_or_default());
            // Waiting deliveries count as enqueued, because the campaign is not complete without them.
            let most = match () {
                () if accounts.free.contains(channel) => usize::MAX,
                () if accounts.trying.contains(channel) => 1,
                () => continue,
            };
            let tasks: Vec<DeliveryTask> = reached
                .iter()
                .filter(|row| !settled.contains(&(row.id.clone(), *channel)))
                .take(most)
                .map(|row| DeliveryTask {
                    tenant: task.tenant.clone(),
                    campaign: task.campaign.clone(),
                    generation: task.generation,
                    shard: task.shard,
                    receiver: row.id.clone(),
                    channel: *channel,
                    resend: 0,
                    address: row.receiver.address_hash(&task.tenant, *channel),
                })
                .collect();
            self.channels.send(*channel, queue_priority, &tasks).await?;
            sent += tasks.len();
        }
        Ok((handed_over, sent))
    }
}

/// Processes one batch of fan-out tasks.
///
/// # Errors
/// None: failures are reported in the response, message by message.
pub async fn handle(
    fanout: &Fanout,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let mut line = Line::begin("fanout", &event.context);
    let deadline = carillon_queue::deadline(event.context.deadline());
    let records = event.payload.records.len();
    let mut batch: Batch<FanoutTask> = Batch::read(event.payload, |undecodable| {
        tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is not a fan-out task");
    });
    line.follow(batch.traces());
    for message in std::mem::take(&mut batch.messages) {
        let task = &message.task;
        line.set("campaign", task.campaign.as_str());
        line.set("shard", task.shard);
        let trace = message.trace.unwrap_or_else(|| line.trace());
        let advanced = carry(trace, fanout.advance(task, deadline, &mut line));
        if let Err(error) = advanced.await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not advance a shard"
            );
            batch.fail(&message.id);
        }
    }
    line.end(Outcome::of_batch(records, batch.failures()));
    fanout.dead.take_undecodable(&mut batch).await;
    Ok(batch.response())
}
