//! Claim, make the one provider call, and record.

use std::time::{Duration, Instant};

use carillon_domain::{
    access::Context,
    content::render::{RenderError, Rendered, addressee},
    delivery::{Outcome, STILL_ALLOWED_FOR, State, whole_milliseconds},
    reason::Reason,
    suppressions::Suppression,
};
use carillon_providers::{
    Outgoing, Provider, Reference,
    email::Email,
    push::Push,
    sms::Sms,
    whatsapp::{Body, WhatsApp},
};
use carillon_store::{
    Claim, Claimed, Error, Insert, Named, NamedDelivery, Reclaim, Record, Recorded,
};
use futures::future::join_all;
use jiff::Timestamp;

use crate::{
    Consumer,
    consumer::Work,
    decide::{AFTER_FAILURE, SOON, after_lost_claim, decide, still_allowed},
    plan::{Planned, Ready, put_back, settled},
};

/// Maximum time between checking whether a send is still allowed and making the claim; the rest of [`STILL_ALLOWED_FOR`] is for
/// the claim itself.
const CLAIM_WITHIN: Duration = Duration::from_secs(1);

impl<P: Provider> Consumer<P> {
    /// Claims, calls the provider and records. `looked_at` is when the check whether sends are allowed started.
    pub(crate) async fn claim_and_send(
        &self,
        mut planned: Vec<Planned<'_>>,
        mut looked_at: Instant,
        work: &mut Work,
    ) -> Result<(), Error> {
        if planned.is_empty() {
            return Ok(());
        }
        // Checked here and not at the start, because reading and rendering take time too.
        if !work.has_time() {
            tracing::warn!("too little time left to claim a batch");
            for plan in &planned {
                work.defer(plan.message, AFTER_FAILURE);
                self.give_back_probe(plan).await;
            }
            return Ok(());
        }
        planned = self.give_numbers(planned, work).await;
        if P::ECHOES_CLIENT_REF {
            self.note_names(&planned).await;
        }
        if looked_at.elapsed() > CLAIM_WITHIN {
            looked_at = Instant::now();
            planned = self.look_again(planned, work).await?;
        }
        let claims: Vec<Claim<'_>> = planned.iter().map(claim_of).collect();
        let results = self.store.claim(&claims).await?;
        let claimed_at = Timestamp::now();
        let mut won = Vec::new();
        for (plan, claimed) in planned.iter().zip(results) {
            match (claimed, &plan.send) {
                (Claimed::Won, Some(ready)) => won.push((plan, ready)),
                (Claimed::Won, None) => {
                    let claims = work.counts.of(None);
                    match plan.delivery.state {
                        State::Unknown => claims.unknown += 1,
                        State::Skipped => claims.skipped += 1,
                        _ => claims.failed += 1,
                    }
                }
                (Claimed::Lost(still_allowed), _) => {
                    match after_lost_claim(still_allowed.as_deref(), claimed_at) {
                        None => work.counts.dropped += 1,
                        Some(pause) => work.defer(plan.message, pause),
                    }
                    self.give_back_probe(plan).await;
                }
            }
        }
        while looked_at.elapsed() > STILL_ALLOWED_FOR && !won.is_empty() {
            looked_at = Instant::now();
            won = self.still_standing(won, work).await?;
        }
        for (_, ready) in &won {
            work.counts
                .of(Some(ready.transport.vendor.as_str()))
                .claimed += 1;
        }
        let outcomes = join_all(won.iter().map(|(plan, ready)| self.timed_call(plan, ready))).await;
        for ((plan, _), (_, took)) in won.iter().zip(&outcomes) {
            let pace = work.pace(&plan.message.task.tenant);
            pace.call = pace.call.max(*took);
        }

        if P::ECHOES_CLIENT_REF {
            self.note_ids(&won, &outcomes).await;
        }
        let now = whole_milliseconds(Timestamp::now());
        let records: Vec<Record<'_>> = won
            .iter()
            .zip(&outcomes)
            .map(|((plan, ready), (outcome, _))| Record {
                task: &plan.message.task,
                claim: &plan.delivery,
                delivery: settled(&plan.delivery, outcome, &ready.rules, now),
            })
            .collect();
        if records.is_empty() {
            return Ok(());
        }
        let recorded = self.store.record(&records).await?;
        for (record, ((plan, _), recorded)) in records.iter().zip(won.iter().zip(&recorded)) {
            self.conclude(plan, record, *recorded, now, work);
        }
        self.settle_stale(&records, &recorded, now).await;
        for ((plan, ready), (outcome, _)) in won.iter().zip(&outcomes) {
            self.suppress_unreachable(plan, ready, outcome, now).await;
        }
        for ((_, ready), (_, took)) in won.iter().zip(&outcomes) {
            let vendor = ready.transport.vendor.as_str();
            work.counts.of(Some(vendor)).latency.push(*took);
        }
        let ended: Vec<(&Planned<'_>, &Outcome)> = won
            .iter()
            .zip(&outcomes)
            .map(|((plan, _), (outcome, _))| (*plan, outcome))
            .collect();
        self.judge(&ended, work, now).await;
        Ok(())
    }

    /// Stores the names of messages whose vendor calls back by name. If that fails, they are sent anyway, but their
    /// receipts are lost.
    async fn note_names(&self, planned: &[Planned<'_>]) {
        let named = planned.iter().filter_map(|plan| {
            let ready = plan.send.as_ref()?;
            let task = &plan.message.task;
            let name = self
                .provider
                .echoed_name(&ready.transport, &reference_of(plan))?;
            Some(Named {
                tenant: task.tenant.clone(),
                name,
                delivery: NamedDelivery {
                    campaign: task.campaign.clone(),
                    receiver: task.receiver.clone(),
                },
            })
        });
        self.note(&named.collect::<Vec<_>>()).await;
    }

    /// Stores the ids of accepted messages whose account reports some receipts by id alone. Done before recording, so
    /// that whoever sees a message as sent can rely on it.
    async fn note_ids(&self, won: &[(&Planned<'_>, &Ready<'_>)], outcomes: &[(Outcome, Duration)]) {
        let named = won
            .iter()
            .zip(outcomes)
            .filter_map(|((plan, ready), (outcome, _))| {
                let Outcome::Accepted { provider_id } = outcome else {
                    return None;
                };
                let task = &plan.message.task;
                self.provider
                    .reports_by_provider_id(&ready.transport)
                    .then(|| Named {
                        tenant: task.tenant.clone(),
                        name: provider_id.clone(),
                        delivery: NamedDelivery {
                            campaign: task.campaign.clone(),
                            receiver: task.receiver.clone(),
                        },
                    })
            });
        self.note(&named.collect::<Vec<_>>()).await;
    }

    async fn note(&self, named: &[Named]) {
        if named.is_empty() {
            return;
        }
        if let Err(error) = self.store.note_names(named, Timestamp::now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not store the names of messages; their receipts will be lost"
            );
        }
    }

    /// Suppresses an address that the provider rejects for good.
    async fn suppress_unreachable(
        &self,
        plan: &Planned<'_>,
        ready: &Ready<'_>,
        outcome: &Outcome,
        now: Timestamp,
    ) {
        let Outcome::Unreachable { source, .. } = outcome else {
            return;
        };
        let Some(address) = ready.receiver.address(P::CHANNEL) else {
            return;
        };
        let suppression = Suppression {
            address,
            source: *source,
            at: now,
        };
        let tenant = &plan.message.task.tenant;
        let context = Context::system(tenant, now);
        if let Err(error) = self.store.suppress(&context, &suppression).await {
            // The next send there will report it again.
            tracing::warn!(error = &error as &dyn std::error::Error, %tenant, "could not suppress an unreachable address");
        }
    }

    /// Handles a message after its record.
    fn conclude(
        &self,
        plan: &Planned<'_>,
        record: &Record<'_>,
        recorded: Recorded,
        now: Timestamp,
        work: &mut Work,
    ) {
        match recorded {
            Recorded::Done => {}
            Recorded::Stale => {
                tracing::error!(
                    attempt = plan.delivery.attempt,
                    "a claim lapsed during its provider call"
                );
                return;
            }
            Recorded::Failed => {
                tracing::error!(
                    attempt = plan.delivery.attempt,
                    "could not record the outcome of a provider call"
                );
                work.defer(plan.message, AFTER_FAILURE);
                return;
            }
        }
        let vendor = plan
            .send
            .as_ref()
            .map(|ready| ready.transport.vendor.as_str());
        let claims = work.counts.of(vendor);
        match record.delivery.state {
            State::Sent => claims.sent += 1,
            State::Unknown => claims.unknown += 1,
            State::Retrying => {
                claims.retried += 1;
                let pause = record
                    .delivery
                    .retry_at
                    .map_or(AFTER_FAILURE, |at| at.duration_since(now).unsigned_abs());
                work.leave(plan.message, pause);
            }
            _ => claims.failed += 1,
        }
    }

    /// Checks again whether each send is allowed, because the first check was too long ago.
    async fn look_again<'a>(
        &self,
        planned: Vec<Planned<'a>>,
        work: &mut Work,
    ) -> Result<Vec<Planned<'a>>, Error> {
        let tasks = planned.iter().map(|plan| &plan.message.task);
        let loaded = self.store.load_tasks(tasks).await?;
        let now = whole_milliseconds(Timestamp::now());
        let mut same = Vec::new();
        for (plan, loaded) in planned.into_iter().zip(&loaded) {
            if decide(&plan.message.task, loaded, now) == plan.decision {
                same.push(plan);
            } else {
                work.defer(plan.message, SOON);
                self.give_back_probe(&plan).await;
            }
        }
        Ok(same)
    }

    /// Reverts claims whose sends have been forbidden since the check.
    async fn still_standing<'a, 'b>(
        &self,
        won: Vec<(&'b Planned<'a>, &'b Ready<'a>)>,
        work: &mut Work,
    ) -> Result<Vec<(&'b Planned<'a>, &'b Ready<'a>)>, Error> {
        let tasks = won.iter().map(|(plan, _)| &plan.message.task);
        let loaded = self.store.load_tasks(tasks).await?;
        let now = whole_milliseconds(Timestamp::now());
        let mut standing_still = Vec::new();
        let mut forbidden = Vec::new();
        for ((plan, ready), loaded) in won.into_iter().zip(&loaded) {
            match still_allowed(&plan.message.task, loaded) {
                Ok(()) => standing_still.push((plan, ready)),
                Err(why) => {
                    tracing::debug!(why, "reverting a claim");
                    forbidden.push(plan);
                }
            }
        }
        let records: Vec<Record<'_>> = forbidden
            .iter()
            .map(|plan| Record {
                task: &plan.message.task,
                claim: &plan.delivery,
                delivery: put_back(&plan.delivery, now),
            })
            .collect();
        self.store.record(&records).await?;
        for plan in forbidden {
            work.defer(plan.message, SOON);
            self.give_back_probe(plan).await;
        }
        Ok(standing_still)
    }

    async fn timed_call(&self, plan: &Planned<'_>, ready: &Ready<'_>) -> (Outcome, Duration) {
        let began = Instant::now();
        let outcome = self.call(plan, ready).await;
        (outcome, began.elapsed())
    }

    /// The one provider call between claim and record.
    async fn call(&self, plan: &Planned<'_>, ready: &Ready<'_>) -> Outcome {
        let reference = reference_of(plan);
        let no_address = || {
            Outcome::Rejected(Reason::new(
                "no_address",
                "The receiver has no address for this channel.",
            ))
        };
        let full_name;
        let message = match &ready.rendered {
            Rendered::Email {
                subject,
                html,
                text,
                reply_to,
            } => {
                let Some(to) = &ready.receiver.email else {
                    return no_address();
                };
                full_name = addressee(ready.receiver);
                Outgoing::Email(Email {
                    to,
                    to_name: full_name.as_deref(),
                    subject,
                    html,
                    text,
                    unsubscribe_url: None,
                    reply_to: reply_to.as_ref(),
                    reference,
                })
            }
            Rendered::Sms { text } => {
                let Some(to) = &ready.receiver.mobile else {
                    return no_address();
                };
                Outgoing::Sms(Sms {
                    to,
                    text,
                    reference,
                })
            }
            Rendered::WhatsApp { text, template } => {
                let Some(to) = &ready.receiver.mobile else {
                    return no_address();
                };
                let body = match (template, text) {
                    (Some(template), _) => Body::Template(template),
                    (None, Some(text)) => Body::Text(text),
                    (None, None) => {
                        let error = RenderError::OutsideWindow;
                        return Outcome::Rejected(Reason::new(error.code(), error.to_string()));
                    }
                };
                Outgoing::WhatsApp(WhatsApp {
                    to,
                    body,
                    reference,
                })
            }
            Rendered::Push {
                title,
                body,
                icon,
                url,
            } => {
                let Some(to) = &ready.receiver.push else {
                    return no_address();
                };
                Outgoing::Push(Push {
                    to,
                    title,
                    body,
                    icon: icon.as_deref(),
                    url: url.as_deref(),
                    reference,
                })
            }
        };
        self.provider.send(&ready.transport, &message).await
    }
}

/// Identifies a delivery to its provider.
fn reference_of<'a>(plan: &'a Planned<'_>) -> Reference<'a> {
    let task = &plan.message.task;
    let key = plan.delivery.deduplication.as_ref();
    Reference {
        tenant: &task.tenant,
        campaign: &task.campaign,
        receiver: &task.receiver,
        channel: task.channel,
        resend: plan.delivery.resends,
        number: key.and_then(|key| key.number),
    }
}

fn claim_of<'a>(plan: &'a Planned<'_>) -> Claim<'a> {
    let (task, delivery) = (&plan.message.task, plan.delivery.clone());
    match plan.before {
        None => Claim::Insert(Insert { task, delivery }),
        Some(before) => Claim::Reclaim(Reclaim {
            task,
            before,
            delivery,
        }),
    }
}
