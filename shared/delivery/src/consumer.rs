//! One batch of a channel's queue, from messages to records.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    channel::Channel,
    delivery::{GIVE_UP_AFTER, Outcome, Reason, State},
    render::Rendered,
    task::DeliveryTask,
};
use carillon_providers::{Outgoing, Provider, Reference, aws::CALL};
use carillon_queue::{Batch, Message, Visibility};
use carillon_store::{
    Claim, Claimed, Error, Insert, MissingVariable, Record, Recorded, Retake, Store,
    environment::{optional, variable},
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    decide::{Decision, decide},
    plan::{Planned, Ready, settled, whole_milliseconds},
    sources::Sources,
};

/// What a consumer can be told.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The channel whose queues it reads.
    pub channel: Channel,
    /// How long a claim is held at most; longer than a provider call can take.
    pub lease: SignedDuration,
}

/// A batch is not begun with less time than this left: one provider call, and the writes around it.
const LEAST_TIME: Duration = Duration::from_secs(CALL.as_secs() + 5);
/// A message is looked at again after this time when something of ours was missing.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Delivers what the queues of one channel hold.
pub struct Consumer<P> {
    pub(crate) store: Store,
    provider: P,
    visibility: Visibility,
    pub(crate) settings: Settings,
    pub(crate) sources: Sources,
}

/// A batch under way.
struct Work {
    batch: Batch<DeliveryTask>,
    /// Messages that stay in the queue, by receipt handle, and when to look at them again.
    hidden: Vec<(String, Duration)>,
    counts: Counts,
    deadline: SystemTime,
}

impl Work {
    /// Leaves a message in the queue for a time.
    fn leave(&mut self, message: &Message<DeliveryTask>, pause: Duration) {
        self.batch.fail(&message.id);
        self.hidden.push((message.receipt_handle.clone(), pause));
    }

    /// The same, because somebody else is at it or something of ours was missing.
    fn defer(&mut self, message: &Message<DeliveryTask>, pause: Duration) {
        self.counts.deferred += 1;
        self.leave(message, pause);
    }

    /// Whether the rest of the invocation is long enough for one provider call and the writes around it.
    fn has_time(&self) -> bool {
        let remaining = self
            .deadline
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        remaining >= LEAST_TIME
    }
}

/// Counts for the one log line of a batch.
#[derive(Default)]
struct Counts {
    sent: usize,
    failed: usize,
    retrying: usize,
    unknown: usize,
    dropped: usize,
    deferred: usize,
}

/// A claim is held this long unless `CLAIM_LEASE_SECONDS` says otherwise.
const LEASE_SECONDS: i64 = 60;

impl<P: Provider> Consumer<P> {
    /// A consumer of one channel, set up by the environment: the tables, and the URLs of the
    /// channel's two queues in the variables of these names.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(
        config: &SdkConfig,
        provider: P,
        channel: Channel,
        queues: [&'static str; 2],
    ) -> Result<Self, MissingVariable> {
        let queue_urls = queues.into_iter().map(variable).collect::<Result<_, _>>()?;
        let lease = optional("CLAIM_LEASE_SECONDS").unwrap_or(LEASE_SECONDS);
        let settings = Settings {
            channel,
            lease: SignedDuration::from_secs(lease),
        };
        let visibility = Visibility::new(aws_sdk_sqs::Client::new(config), queue_urls);
        Ok(Self::new(
            Store::from_environment(config)?,
            provider,
            visibility,
            settings,
        ))
    }

    /// A consumer of one channel.
    pub fn new(store: Store, provider: P, visibility: Visibility, settings: Settings) -> Self {
        Self {
            store,
            provider,
            visibility,
            settings,
            sources: Sources::default(),
        }
    }

    /// Deals with a batch. Messages in the answer stay in their queue.
    pub async fn consume(&self, event: SqsEvent, deadline: SystemTime) -> SqsBatchResponse {
        let mut batch: Batch<DeliveryTask> = Batch::read(event, |undecodable| {
            tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is no delivery task");
        });
        let messages = std::mem::take(&mut batch.messages);
        let mut work = Work {
            batch,
            hidden: Vec::new(),
            counts: Counts::default(),
            deadline: carillon_queue::deadline(deadline),
        };
        if let Err(error) = self.deliver(&messages, &mut work).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a batch could not be finished"
            );
            work.hidden.clear();
            for message in &messages {
                work.leave(message, AFTER_FAILURE);
            }
        }
        let Work {
            batch,
            hidden,
            counts,
            ..
        } = work;
        self.visibility.hide(&batch.queue, &hidden).await;
        tracing::info!(
            queue = batch.queue,
            messages = messages.len(),
            sent = counts.sent,
            failed = counts.failed,
            retrying = counts.retrying,
            unknown = counts.unknown,
            dropped = counts.dropped,
            deferred = counts.deferred,
            "batch"
        );
        batch.response()
    }

    async fn deliver(
        &self,
        messages: &[Message<DeliveryTask>],
        work: &mut Work,
    ) -> Result<(), Error> {
        // A second message about the same delivery adds nothing: the first one stays until it is settled.
        let mut seen = HashSet::new();
        let first: Vec<&Message<DeliveryTask>> = messages
            .iter()
            .filter(|message| {
                let task = &message.task;
                seen.insert((&task.tenant, &task.campaign, &task.receiver, task.channel))
            })
            .collect();
        work.counts.dropped += messages.len() - first.len();
        let tasks: Vec<&DeliveryTask> = first.iter().map(|message| &message.task).collect();
        let loaded = if tasks.is_empty() {
            Vec::new()
        } else {
            self.store.load_tasks(&tasks).await?
        };

        let now = whole_milliseconds(Timestamp::now());
        let owner = Uuid::new_v4().simple().to_string();
        let mut planned = Vec::new();
        for (message, loaded) in first.into_iter().zip(&loaded) {
            let decision = if message.task.channel == self.settings.channel {
                decide(&message.task, loaded, now)
            } else {
                Decision::Drop("the task is for another channel")
            };
            match decision {
                Decision::Drop(why) => {
                    tracing::debug!(why, "dropped");
                    work.counts.dropped += 1;
                }
                Decision::Defer(pause) => {
                    work.defer(message, pause.unsigned_abs());
                }
                Decision::MarkUnknown => planned.push(Planned::end(message, loaded, now, |before| {
                    let reason = Reason::new(
                        "not_recorded",
                        "The provider may have been called; whoever did it never recorded the answer.",
                    );
                    (State::Unknown, before.reason.clone().unwrap_or(reason))
                })),
                Decision::GiveUp => planned.push(Planned::end(message, loaded, now, |before| {
                    let reason = Reason::new(
                            "given_up",
                            format!("No attempt succeeded within {} hours.", GIVE_UP_AFTER.as_hours()),
                        );
                    (State::Failed, before.reason.clone().unwrap_or(reason))
                })),
                Decision::Attempt(attempt) => match self.plan_attempt(message, loaded, attempt, &owner, now).await {
                    Some(plan) => planned.push(plan),
                    None => {
                        work.defer(message, AFTER_FAILURE);
                    }
                },
            }
        }
        self.claim_and_send(planned, work).await
    }

    async fn claim_and_send(
        &self,
        planned: Vec<Planned<'_>>,
        work: &mut Work,
    ) -> Result<(), Error> {
        let claims: Vec<Claim<'_>> = planned
            .iter()
            .map(|plan| {
                let (task, delivery) = (&plan.message.task, plan.delivery.clone());
                match plan.before {
                    None => Claim::Insert(Insert { task, delivery }),
                    Some(before) => Claim::Retake(Retake {
                        task,
                        before,
                        delivery,
                    }),
                }
            })
            .collect();
        if claims.is_empty() {
            return Ok(());
        }
        // Looked at here and not at the beginning, because reading and rendering take time too.
        if !work.has_time() {
            tracing::warn!("too little time is left to claim a batch");
            for plan in &planned {
                work.defer(plan.message, AFTER_FAILURE);
            }
            return Ok(());
        }
        let results = self.store.claim(&claims).await?;
        let mut won = Vec::new();
        for (plan, claimed) in planned.iter().zip(results) {
            match (claimed, &plan.send) {
                (Claimed::Won, Some(ready)) => won.push((plan, ready)),
                (Claimed::Won, None) if plan.delivery.state == State::Unknown => {
                    work.counts.unknown += 1;
                }
                (Claimed::Won, None) => work.counts.failed += 1,
                // Whoever won has the message too, or it is settled; the next look tells.
                (Claimed::Lost, _) => {
                    work.defer(plan.message, AFTER_FAILURE);
                }
            }
        }
        let outcomes = join_all(won.iter().map(|(plan, ready)| self.call(plan, ready))).await;

        let now = whole_milliseconds(Timestamp::now());
        let records: Vec<Record<'_>> = won
            .iter()
            .zip(&outcomes)
            .map(|((plan, _), outcome)| Record {
                task: &plan.message.task,
                claim: &plan.delivery,
                delivery: settled(&plan.delivery, outcome, now),
            })
            .collect();
        if records.is_empty() {
            return Ok(());
        }
        let recorded = self.store.record(&records).await?;
        for (record, ((plan, _), recorded)) in records.iter().zip(won.iter().zip(recorded)) {
            match recorded {
                Recorded::Done => {}
                Recorded::Stale => {
                    tracing::error!(
                        attempt = plan.delivery.attempt,
                        "a claim lapsed while its provider call was under way"
                    );
                    continue;
                }
                Recorded::Failed => {
                    tracing::error!(
                        attempt = plan.delivery.attempt,
                        "what came of a provider call could not be recorded"
                    );
                    work.defer(plan.message, AFTER_FAILURE);
                    continue;
                }
            }
            match record.delivery.state {
                State::Sent => work.counts.sent += 1,
                State::Unknown => work.counts.unknown += 1,
                State::Retrying => {
                    work.counts.retrying += 1;
                    let pause = record
                        .delivery
                        .retry_at
                        .map_or(AFTER_FAILURE, |at| at.duration_since(now).unsigned_abs());
                    work.leave(plan.message, pause);
                }
                _ => work.counts.failed += 1,
            }
        }
        Ok(())
    }

    /// The one provider call between claim and record.
    async fn call(&self, plan: &Planned<'_>, ready: &Ready<'_>) -> Outcome {
        let task = &plan.message.task;
        let reference = Reference {
            tenant: &task.tenant,
            campaign: &task.campaign,
            receiver: &task.receiver,
        };
        let no_address = || {
            Outcome::Rejected(Reason::new(
                "no_address",
                "The receiver has no address for this channel.",
            ))
        };
        let message = match &ready.rendered {
            Rendered::Email {
                subject,
                html,
                text,
            } => {
                let Some(to) = &ready.receiver.email else {
                    return no_address();
                };
                let names = [&ready.receiver.first_name, &ready.receiver.last_name];
                let name: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
                let to_name = (!name.is_empty()).then(|| name.join(" "));
                Outgoing::Email {
                    to,
                    to_name,
                    subject,
                    html,
                    text,
                }
            }
            Rendered::Sms { text } => {
                let Some(to) = &ready.receiver.mobile else {
                    return no_address();
                };
                Outgoing::Sms { to, text }
            }
        };
        self.provider
            .send(&ready.transport, &message, reference)
            .await
    }
}
