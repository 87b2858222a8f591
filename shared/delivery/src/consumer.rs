//! One batch of a channel's queue, from messages to records.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    channel::PriorityQueue,
    delivery::{
        State,
        executions::{FEWEST, shared},
        rate_limiter::LATEST,
        task::DeliveryTask,
        waiting::{ChannelState, WaitsFor, course, in_use},
        whole_milliseconds,
    },
    id::{CampaignId, TenantId, TransportId},
    reason::Reason,
};
use carillon_providers::{Provider, aws::CALL};
use carillon_queue::{Batch, DeadLetterQueue, Message, QueueVariables, Visibility};
use carillon_store::{
    Error, LoadRequest, MissingVariable, Store, TaskRows, Wanted,
    environment::{optional, variable},
};
use carillon_telemetry::{Line, Outcome};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    accounts::{Accounts, Pace, pause_until},
    counts::Counts,
    decide::{AFTER_FAILURE, Decision, SOON, decide},
    plan::{Planned, Unplanned, is_in_doubt},
    route::BatchContext,
    sources::Sources,
};

/// Minimum time left to start a batch: one provider call and the writes around it.
const LEAST_TIME: Duration = Duration::from_secs(CALL.as_secs() + 5);

/// Maximum time for rendering before the rendered messages are sent; the rest of the function's timeout is enough for
/// that.
const LONGEST_PLANNING: Duration = Duration::from_secs(15);

/// Delivers the messages in one channel's queues.
pub struct Consumer<P> {
    pub(crate) store: Store,
    pub(crate) provider: P,
    visibility: Visibility,
    dead: DeadLetterQueue,
    /// Maximum time a claim is held; longer than a provider call can take.
    pub(crate) lease: SignedDuration,
    /// The executions of a queue that slow tenants share.
    shared: usize,
    pub(crate) sources: Sources,
    pub(crate) accounts: Accounts,
}

/// A batch in progress.
pub(crate) struct Work {
    batch: Batch<DeliveryTask>,
    /// Messages that stay in the queue, by receipt handle, with the time until they are looked at again.
    hidden: Vec<(String, Duration)>,
    /// Messages that leave the queue although their deliveries are open, with what these wait for.
    parked: Vec<(Message<DeliveryTask>, Wait)>,
    pub(crate) counts: Counts,
    /// How long each tenant's part has taken so far.
    paces: BTreeMap<TenantId, Pace>,
    deadline: SystemTime,
}

/// What a delivery waits for, and the other transports of its channel that accept messages, or are in use, meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wait {
    pub(crate) waits_for: WaitsFor,
    pub(crate) others: BTreeSet<TransportId>,
}

impl Work {
    /// Leaves a message in the queue for a while.
    pub(crate) fn leave(&mut self, message: &Message<DeliveryTask>, pause: Duration) {
        self.batch.fail(&message.id);
        self.hidden.push((message.receipt_handle.clone(), pause));
    }

    /// The same, because another consumer is working on it or something of ours was missing.
    pub(crate) fn defer(&mut self, message: &Message<DeliveryTask>, pause: Duration) {
        self.counts.deferred += 1;
        self.leave(message, pause);
    }

    /// Removes a message from the queue for as long as its delivery has to wait; the ledger still has it as open.
    pub(crate) fn park(&mut self, message: &Message<DeliveryTask>, wait: Wait) {
        self.counts.parked += 1;
        self.parked.push((message.clone(), wait));
    }

    /// How long a tenant's part has taken so far.
    pub(crate) fn pace(&mut self, tenant: &TenantId) -> &mut Pace {
        self.paces.entry(tenant.clone()).or_default()
    }

    /// Whether the remaining invocation time allows one provider call and the writes around it.
    pub(crate) fn has_time(&self) -> bool {
        let remaining = self
            .deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        remaining >= LEAST_TIME
    }
}

/// A message and the rows read for it.
type Looked<'a> = (&'a Message<DeliveryTask>, &'a TaskRows);

/// Default lease of a claim, unless `CLAIM_LEASE_SECONDS` is set.
const LEASE_SECONDS: i64 = 60;

impl<P: Provider> Consumer<P> {
    /// A consumer of its provider's channel, configured from the environment: the tables, and the URLs of the channel's
    /// queues and its dead-letter queue.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig, provider: P) -> Result<Self, MissingVariable> {
        let variables = QueueVariables::of(P::CHANNEL);
        let queue_urls = PriorityQueue::ALL
            .into_iter()
            .map(|queue_priority| variable(variables.queue(queue_priority)))
            .collect::<Result<_, _>>()?;
        let lease = optional("CLAIM_LEASE_SECONDS").unwrap_or(LEASE_SECONDS);
        let sqs = carillon_queue::Sqs::new(config);
        Ok(Self {
            store: Store::from_environment(config)?,
            provider,
            visibility: Visibility::new(sqs.clone(), queue_urls),
            dead: DeadLetterQueue::new(sqs, variable(variables.dead)?),
            lease: SignedDuration::from_secs(lease),
            shared: shared(optional(variables.concurrency).unwrap_or(FEWEST)),
            sources: Sources::default(),
            accounts: Accounts::default(),
        })
    }

    /// Processes a batch and emits its log line. Messages in the response stay in their queue.
    pub async fn consume(
        &self,
        event: SqsEvent,
        deadline: SystemTime,
        mut line: Line,
    ) -> SqsBatchResponse {
        let mut counts = Counts::default();
        let mut batch: Batch<DeliveryTask> = Batch::read(event, |undecodable| {
            counts.undecodable += 1;
            tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is not a delivery task");
        });
        line.set("queue", batch.queue.as_str());
        line.follow(batch.traces());
        let messages = std::mem::take(&mut batch.messages);
        counts.messages = messages.len() + counts.undecodable;
        let mut work = Work {
            batch,
            hidden: Vec::new(),
            parked: Vec::new(),
            counts,
            paces: BTreeMap::new(),
            deadline: carillon_queue::deadline(deadline),
        };
        // Boxed, because the compiler cannot lay out SDK calls nested this deep.
        let result = Box::pin(self.deliver(&messages, &mut work)).await;
        if let Err(error) = &result {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "could not finish a batch"
            );
            work.hidden.clear();
            work.parked.clear();
            for message in &messages {
                work.leave(message, AFTER_FAILURE);
            }
        }
        self.put_away(&mut work).await;
        let Work {
            mut batch, counts, ..
        } = work;
        self.dead.take_undecodable(&mut batch).await;
        counts.write(P::CHANNEL, &mut line);
        line.end(match result {
            Ok(()) => Outcome::of_batch(counts.messages, counts.undecodable),
            Err(_) => Outcome::Failed,
        });
        batch.response()
    }

    async fn deliver(
        &self,
        messages: &[Message<DeliveryTask>],
        work: &mut Work,
    ) -> Result<(), Error> {
        let first = newest(messages);
        work.counts.dropped += messages.len() - first.len();
        if first.is_empty() {
            return Ok(());
        }
        let looked_at = Instant::now();
        let mut ground = self.ground(&first).await?;
        let asked = first.iter().map(|message| asked_first(message));
        let (loaded, rate_limiters) = self
            .store
            .load_with_rate_limiters(asked, &ground.accounts(P::CHANNEL))
            .await?;
        ground.rate_limiters = rate_limiters;
        self.look_at_limits_again(&mut ground, &first).await?;
        let now = Timestamp::now();
        let both: Vec<Looked<'_>> = first.into_iter().zip(&loaded).collect();
        // Slow tenants come last, so that nobody waits for them.
        let (slow, quick): (Vec<_>, Vec<_>) = both
            .into_iter()
            .partition(|(message, _)| ground.slow(&message.task.tenant, now).is_some());
        self.deliver_those(quick, &ground, looked_at, work).await?;
        if slow.is_empty() {
            return Ok(());
        }
        // Deferred messages are put away before the slow tenants' are sent.
        self.put_away(work).await;
        self.deliver_slow_ones(slow, &ground, looked_at, now, work)
            .await
    }

    /// Defers or parks the messages that have to wait.
    async fn put_away(&self, work: &mut Work) {
        self.note_parked(work).await;
        let hidden = std::mem::take(&mut work.hidden);
        self.visibility.hide(&work.batch.queue, &hidden).await;
    }

    /// Delivers messages of slow tenants, as far as they have executions left.
    async fn deliver_slow_ones(
        &self,
        slow: Vec<Looked<'_>>,
        ground: &BatchContext,
        looked_at: Instant,
        now: Timestamp,
        work: &mut Work,
    ) -> Result<(), Error> {
        let mut by_tenant: BTreeMap<&TenantId, Vec<Looked<'_>>> = BTreeMap::new();
        for looked in slow {
            let of_tenant = by_tenant.entry(&looked.0.task.tenant).or_default();
            of_tenant.push(looked);
        }
        for (tenant, messages) in by_tenant {
            let took = ground.slow(tenant, now).unwrap_or_default();
            let held = match self.hold_execution(tenant, took, work).await {
                Ok(held) => held,
                Err(pause) => {
                    for (message, _) in messages {
                        work.defer(message, pause);
                    }
                    continue;
                }
            };
            let result = self.deliver_those(messages, ground, looked_at, work).await;
            self.give_execution_back(tenant, held, work).await;
            result?;
        }
        Ok(())
    }

    /// Takes one of the executions that slow tenants share and returns until when it is held, or says when to look
    /// again.
    async fn hold_execution(
        &self,
        tenant: &TenantId,
        took: Duration,
        work: &Work,
    ) -> Result<Timestamp, Duration> {
        let now = Timestamp::now();
        let until = Timestamp::try_from(work.deadline).unwrap_or(now + self.lease);
        let until = whole_milliseconds(until);
        let taken = self
            .store
            .change_slow_executions(&work.batch.queue, |executions| {
                executions.take(tenant, until, took, self.shared, now)
            })
            .await;
        match taken {
            Ok(Ok(())) => Ok(until),
            Ok(Err(at)) => {
                let turn = at.duration_since(now).unsigned_abs();
                Err(pause_until(turn, LATEST.unsigned_abs()))
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, %tenant, "could not take an execution for a slow tenant");
                Err(AFTER_FAILURE.mul_f64(0.5 + fastrand::f64()))
            }
        }
    }

    async fn give_execution_back(&self, tenant: &TenantId, until: Timestamp, work: &Work) {
        let given = self
            .store
            .change_slow_executions(&work.batch.queue, |executions| {
                executions.give_back(tenant, until);
            })
            .await;
        if let Err(error) = given {
            tracing::warn!(error = &error as &dyn std::error::Error, %tenant, "could not release an execution; it will lapse");
        }
    }

    /// Delivers loaded messages.
    async fn deliver_those(
        &self,
        looked: Vec<Looked<'_>>,
        ground: &BatchContext,
        looked_at: Instant,
        work: &mut Work,
    ) -> Result<(), Error> {
        let now = whole_milliseconds(Timestamp::now());
        let owner = Uuid::new_v4().simple().to_string();
        let mut planned = Vec::new();
        let mut now_set_up = BTreeMap::new();
        let began = Instant::now();
        for (message, loaded) in looked {
            // Send what has been rendered so far first.
            if began.elapsed() > LONGEST_PLANNING {
                work.defer(message, SOON);
                continue;
            }
            let decision = if message.task.channel == P::CHANNEL {
                decide(&message.task, loaded, now)
            } else {
                Decision::Drop("the task is for another channel")
            };
            match decision {
                Decision::Drop(why) => {
                    tracing::debug!(why, "dropped");
                    work.counts.dropped += 1;
                }
                Decision::Defer(pause) => work.defer(message, pause),
                Decision::GiveUp => {
                    let end = (State::Failed, given_up(loaded));
                    planned.push(Planned::end(message, decision, loaded, now, end));
                }
                Decision::Skip(source) => {
                    let end = (State::Skipped, source.reason());
                    planned.push(Planned::end(message, decision, loaded, now, end));
                }
                Decision::Attempt(_) | Decision::OutcomeUnknown(_) => {
                    let pace = work.pace(&message.task.tenant);
                    let attempt = self
                        .plan_attempt(message, decision, loaded, ground, &owner, pace, now)
                        .await;
                    match attempt {
                        Ok(plan) => planned.push(*plan),
                        Err(Unplanned::Later) => work.defer(message, AFTER_FAILURE),
                        // If the campaign is canceled, the message is what makes the delivery unknown.
                        Err(Unplanned::NoTransport) if is_in_doubt(loaded.delivery.as_ref()) => {
                            work.defer(message, AFTER_FAILURE);
                        }
                        Err(Unplanned::NoTransport) => {
                            let tenant = &message.task.tenant;
                            let setup = match now_set_up.get(tenant) {
                                Some(setup) => Arc::clone(setup),
                                None => self.sources.setup_now(&self.store, tenant).await?,
                            };
                            now_set_up.insert(tenant.clone(), Arc::clone(&setup));
                            // One may have been switched on since they were read.
                            if ground.setups.get(tenant) != Some(&setup) {
                                work.defer(message, SOON);
                                continue;
                            }
                            let wait = Wait {
                                waits_for: WaitsFor::Transport(P::CHANNEL),
                                others: in_use(&setup, P::CHANNEL),
                            };
                            work.park(message, wait);
                        }
                    }
                }
            }
        }
        let admitted = self.admit(planned, ground, work, now).await;
        let result = self.claim_and_send(admitted, looked_at, work).await;
        let paces = std::mem::take(&mut work.paces);
        self.note_slow_ones(ground, paces, now).await;
        result
    }
}

/// The newest of several messages about one delivery: the others add nothing. A message of an older generation may come
/// first, because it was hidden when the campaign was enqueued again.
fn newest(messages: &[Message<DeliveryTask>]) -> Vec<&Message<DeliveryTask>> {
    let mut newest: Vec<&Message<DeliveryTask>> = Vec::new();
    let mut places = HashMap::new();
    for message in messages {
        let task = &message.task;
        let delivery = (&task.tenant, &task.campaign, &task.receiver, task.channel);
        let age = |message: &Message<DeliveryTask>| (message.task.generation, message.task.resend);
        match places.entry(delivery) {
            Entry::Vacant(place) => {
                place.insert(newest.len());
                newest.push(message);
            }
            Entry::Occupied(place) => {
                let known = &mut newest[*place.get()];
                if age(message) > age(known) {
                    *known = message;
                }
            }
        }
    }
    newest
}

impl<P: Provider> Consumer<P> {
    /// Rereads the transports of tenants none of whose accounts accepts anything: a quota may have been raised or a
    /// transport added since they were read, and nobody here looks again at a message that is told to wait now.
    async fn look_at_limits_again(
        &self,
        ground: &mut BatchContext,
        messages: &[&Message<DeliveryTask>],
    ) -> Result<(), Error> {
        let now = Timestamp::now();
        // Limits are the same for all but urgent campaigns, and are looser for urgent ones.
        let waits = |ground: &BatchContext, tenant: &TenantId| {
            let rate_limiter =
                |id: &TransportId| ground.rate_limiters.get(&(tenant.clone(), id.clone()));
            ground.setups.get(tenant).is_some_and(|setup| {
                let course = course(setup, P::CHANNEL, rate_limiter, PriorityQueue::Usual, now);
                matches!(course, ChannelState::Waits(_))
            })
        };
        let tenants: BTreeSet<&TenantId> = messages.iter().map(|it| &it.task.tenant).collect();
        for tenant in tenants {
            if waits(ground, tenant) {
                let setup = self.sources.setup_now(&self.store, tenant).await?;
                ground.setups.insert(tenant.clone(), setup);
            }
        }
        Ok(())
    }

    /// Records which campaigns wait before their messages leave the queue. Messages that cannot be recorded stay.
    async fn note_parked(&self, work: &mut Work) {
        let now = Timestamp::now();
        let mut noted: BTreeMap<(CampaignId, u32, Wait), bool> = BTreeMap::new();
        for (message, wait) in std::mem::take(&mut work.parked) {
            let task = &message.task;
            let key = (task.campaign.clone(), task.generation, wait);
            let is_noted = match noted.get(&key) {
                Some(is_noted) => *is_noted,
                None => {
                    let wait = Wanted {
                        tenant: &task.tenant,
                        campaign: &task.campaign,
                        generation: task.generation,
                        waits_for: &key.2.waits_for,
                        others: &key.2.others,
                    };
                    let is_noted = self.store.note_waiting(&wait, now).await.inspect_err(|error| {
                        tracing::warn!(error = error as &dyn std::error::Error, campaign = %task.campaign, "could not record that a campaign waits");
                    });
                    noted.insert(key, is_noted.is_ok());
                    is_noted.is_ok()
                }
            };
            if !is_noted {
                work.leave(&message, AFTER_FAILURE);
            }
        }
    }

    /// The context of a batch, except the rate limiters.
    async fn ground(&self, messages: &[&Message<DeliveryTask>]) -> Result<BatchContext, Error> {
        let mut ground = BatchContext::default();
        for message in messages {
            let tenant = &message.task.tenant;
            if !ground.setups.contains_key(tenant) {
                let setup = self.sources.setup(&self.store, tenant).await?;
                ground.setups.insert(tenant.clone(), setup);
            }
        }
        Ok(ground)
    }
}

/// A first-generation message on its first receive is nearly always for an unclaimed delivery. Its row is not read: the
/// claim inserts it and reports an existing one ([decision
/// 17](../../../docs/decisions/0017-a-first-claim-reads-no-row.md)).
fn asked_first(message: &Message<DeliveryTask>) -> LoadRequest<'_> {
    let task = &message.task;
    LoadRequest {
        task,
        is_first: message.received == 1 && task.generation == 1 && task.resend == 0,
    }
}

/// Why attempts have ended: the provider's last reason, if it gave one.
fn given_up(loaded: &TaskRows) -> Reason {
    let last = loaded.delivery.as_ref();
    let said = last.and_then(|delivery| delivery.reason.clone());
    said.unwrap_or_else(|| {
        Reason::new(
            "given_up",
            "No attempt succeeded within the time and number that the priority allows.",
        )
    })
}
