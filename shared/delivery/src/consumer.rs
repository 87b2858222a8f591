//! One batch of a channel's queue, from messages to records.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{channel::Lane, delivery::{State, rate_limiter::LATEST, task::DeliveryTask, waiting::{Course, WaitsFor, course, in_use}}, id::{CampaignId, TenantId, TransportId}, reason::Reason};
use carillon_providers::{Provider, aws::CALL};
use carillon_queue::{
    Batch, DeadLetterQueue, Message, Visibility, dead_queue_variable, queue_variable,
};
use carillon_store::{
    Asked, Error, Loaded, MissingVariable, Store, Wanted,
    environment::{optional, variable},
};
use carillon_telemetry::{Line, Outcome};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    accounts::{Accounts, Pace, pause_until},
    counts::Counts,
    decide::{AFTER_FAILURE, Decision, SOON, decide},
    plan::{Planned, Unplanned, is_in_doubt, whole_milliseconds},
    route::Ground,
    sources::Sources,
};

/// A batch is not begun with less time than this left: one provider call, and the writes around it.
const LEAST_TIME: Duration = Duration::from_secs(CALL.as_secs() + 5);

/// Messages are rendered for so long at most before those that are ready are sent: what is left of the function's time limit is
/// enough for that.
const LONGEST_PLANNING: Duration = Duration::from_secs(15);

/// Delivers what the queues of one channel hold.
pub struct Consumer<P> {
    pub(crate) store: Store,
    pub(crate) provider: P,
    visibility: Visibility,
    dead: DeadLetterQueue,
    /// How long a claim is held at most; longer than a provider call can take.
    pub(crate) lease: SignedDuration,
    pub(crate) sources: Sources,
    pub(crate) accounts: Accounts,
}

/// A batch under way.
pub(crate) struct Work {
    batch: Batch<DeliveryTask>,
    /// Messages that stay in the queue, by receipt handle, and when to look at them again.
    hidden: Vec<(String, Duration)>,
    /// Messages that leave the queue although their deliveries are open, and what these wait for.
    parked: Vec<(Message<DeliveryTask>, Wait)>,
    pub(crate) counts: Counts,
    /// How long each tenant's part took so far.
    paces: BTreeMap<TenantId, Pace>,
    deadline: SystemTime,
}

/// What a delivery waits for, and the transports of its channel that take messages, or are in use, meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wait {
    pub(crate) waits_for: WaitsFor,
    pub(crate) others: BTreeSet<TransportId>,
}

impl Work {
    /// Leaves a message in the queue for a time.
    pub(crate) fn leave(&mut self, message: &Message<DeliveryTask>, pause: Duration) {
        self.batch.fail(&message.id);
        self.hidden.push((message.receipt_handle.clone(), pause));
    }

    /// The same, because somebody else is at it or something of ours was missing.
    pub(crate) fn defer(&mut self, message: &Message<DeliveryTask>, pause: Duration) {
        self.counts.deferred += 1;
        self.leave(message, pause);
    }

    /// Lets a message leave the queue for as long as its delivery has to wait; the ledger says that it is open.
    pub(crate) fn park(&mut self, message: &Message<DeliveryTask>, wait: Wait) {
        self.counts.parked += 1;
        self.parked.push((message.clone(), wait));
    }

    /// How long a tenant's part took so far.
    pub(crate) fn pace(&mut self, tenant: &TenantId) -> &mut Pace {
        self.paces.entry(tenant.clone()).or_default()
    }

    /// Whether the rest of the invocation is long enough for one provider call and the writes around it.
    pub(crate) fn has_time(&self) -> bool {
        let remaining = self
            .deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        remaining >= LEAST_TIME
    }
}

/// A message, and what was read for it.
type Looked<'a> = (&'a Message<DeliveryTask>, &'a Loaded);

/// A claim is held this long unless `CLAIM_LEASE_SECONDS` says otherwise.
const LEASE_SECONDS: i64 = 60;

impl<P: Provider> Consumer<P> {
    /// A consumer of its provider's channel, set up by the environment: the tables, and the URLs of the
    /// channel's queues and of its dead-letter queue.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig, provider: P) -> Result<Self, MissingVariable> {
        let queue_urls = Lane::ALL
            .into_iter()
            .map(|lane| variable(queue_variable(P::CHANNEL, lane)))
            .collect::<Result<_, _>>()?;
        let lease = optional("CLAIM_LEASE_SECONDS").unwrap_or(LEASE_SECONDS);
        let sqs = carillon_queue::Sqs::new(config);
        Ok(Self {
            store: Store::from_environment(config)?,
            provider,
            visibility: Visibility::new(sqs.clone(), queue_urls),
            dead: DeadLetterQueue::new(sqs, variable(dead_queue_variable(P::CHANNEL))?),
            lease: SignedDuration::from_secs(lease),
            sources: Sources::default(),
            accounts: Accounts::default(),
        })
    }

    /// Deals with a batch, and ends its line. Messages in the answer stay in their queue.
    pub async fn consume(
        &self,
        event: SqsEvent,
        deadline: SystemTime,
        mut line: Line,
    ) -> SqsBatchResponse {
        let mut counts = Counts::default();
        let mut batch: Batch<DeliveryTask> = Batch::read(event, |undecodable| {
            counts.undecodable += 1;
            tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is no delivery task");
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
        // Boxed, because the compiler cannot lay out calls of the SDK that are nested this deep.
        let result = Box::pin(self.deliver(&messages, &mut work)).await;
        if let Err(error) = &result {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "a batch could not be finished"
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
        let (loaded, governors) = self
            .store
            .load_with_governors(asked, &ground.accounts(P::CHANNEL))
            .await?;
        ground.governors = governors;
        self.look_at_limits_again(&mut ground, &first).await?;
        let now = Timestamp::now();
        let both: Vec<Looked<'_>> = first.into_iter().zip(&loaded).collect();
        // Whoever is slow comes afterwards, so that nobody waits for them.
        let (slow, quick): (Vec<_>, Vec<_>) = both
            .into_iter()
            .partition(|(message, _)| ground.slow(&message.task.tenant, now).is_some());
        self.deliver_those(quick, &ground, looked_at, work).await?;
        if slow.is_empty() {
            return Ok(());
        }
        // What waits does not wait for the slow ones first.
        self.put_away(work).await;
        self.deliver_slow_ones(slow, &ground, looked_at, now, work)
            .await
    }

    /// Lets those messages wait that have to.
    async fn put_away(&self, work: &mut Work) {
        self.note_parked(work).await;
        let hidden = std::mem::take(&mut work.hidden);
        self.visibility.hide(&work.batch.queue, &hidden).await;
    }

    /// Delivers what is for tenants who are slow, as far as they have executions left.
    async fn deliver_slow_ones(
        &self,
        slow: Vec<Looked<'_>>,
        ground: &Ground,
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

    /// Takes one of the executions that slow tenants share, or says when to look again. Gives until when it is held.
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
                executions.take(tenant, until, took, now)
            })
            .await;
        match taken {
            Ok(Ok(())) => Ok(until),
            Ok(Err(at)) => {
                let turn = at.duration_since(now).unsigned_abs();
                Err(pause_until(turn, LATEST.unsigned_abs()))
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, %tenant, "nobody knows whether a slow tenant has an execution left");
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
            tracing::warn!(error = &error as &dyn std::error::Error, %tenant, "an execution was not given back; it lapses");
        }
    }

    /// Delivers what was looked at.
    async fn deliver_those(
        &self,
        looked: Vec<Looked<'_>>,
        ground: &Ground,
        looked_at: Instant,
        work: &mut Work,
    ) -> Result<(), Error> {
        let now = whole_milliseconds(Timestamp::now());
        let owner = Uuid::new_v4().simple().to_string();
        let mut planned = Vec::new();
        let mut now_set_up = BTreeMap::new();
        let began = Instant::now();
        for (message, loaded) in looked {
            // What was rendered is sent first.
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
                Decision::Attempt(_) | Decision::Lapsed(_) => {
                    let pace = work.pace(&message.task.tenant);
                    let attempt = self
                        .plan_attempt(message, decision, loaded, ground, &owner, pace, now)
                        .await;
                    match attempt {
                        Ok(plan) => planned.push(*plan),
                        Err(Unplanned::Later) => work.defer(message, AFTER_FAILURE),
                        // Should the campaign be canceled, the message is what says that nobody knows.
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
                            // Somebody may have switched one on since they were read.
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

/// Of several messages about one delivery the newest: the others add nothing. One of an older generation may stand before
/// it, because it was hidden when the campaign was handed over again.
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
    /// Reads the transports anew of tenants none of whose accounts takes anything: somebody may have raised a quota, or set
    /// another one up, since they were read, and whatever is told to wait now is looked at by nobody here again.
    async fn look_at_limits_again(
        &self,
        ground: &mut Ground,
        messages: &[&Message<DeliveryTask>],
    ) -> Result<(), Error> {
        let now = Timestamp::now();
        // All but urgent campaigns have the same limits, and urgent ones are let through by more.
        let waits = |ground: &Ground, tenant: &TenantId| {
            let governor = |id: &TransportId| ground.governors.get(&(tenant.clone(), id.clone()));
            ground.setups.get(tenant).is_some_and(|setup| {
                let course = course(setup, P::CHANNEL, governor, Lane::Usual, now);
                matches!(course, Course::Waits(_))
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

    /// Notes which campaigns wait before their messages leave the queue. Those of which it cannot be noted stay.
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
                        tracing::warn!(error = error as &dyn std::error::Error, campaign = %task.campaign, "it was not noted that a campaign waits");
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

    /// What a batch stands on, but for the governors.
    async fn ground(&self, messages: &[&Message<DeliveryTask>]) -> Result<Ground, Error> {
        let mut ground = Ground::default();
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

/// A message of a campaign's first generation that comes for the first time is nearly always about a delivery that nobody
/// has claimed. Its row is not read: the claim inserts it, and says if there is one ([decision
/// 17](../../../docs/decisions/0017-a-first-claim-reads-no-row.md)).
fn asked_first(message: &Message<DeliveryTask>) -> Asked<'_> {
    let task = &message.task;
    Asked {
        task,
        is_first: message.received == 1 && task.generation == 1 && task.resend == 0,
    }
}

/// Why nobody tries any more: what the provider said last, if it said something.
fn given_up(loaded: &Loaded) -> Reason {
    let last = loaded.delivery.as_ref();
    let said = last.and_then(|delivery| delivery.reason.clone());
    said.unwrap_or_else(|| {
        Reason::new(
            "given_up",
            "No attempt succeeded within the time and number that the priority allows.",
        )
    })
}
