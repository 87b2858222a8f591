//! What to write about one task, before and after the provider call.

use std::time::Instant;

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, OnUnknown},
    channel::{Channel, PriorityQueue},
    content::render::Rendered,
    delivery::{
        DeduplicationKey, Delivery, Outcome, State, rate_limiter::RateLimiter, retry::RetryPolicy,
        task::DeliveryTask, whole_milliseconds,
    },
    id::TransportId,
    reason::Reason,
    receivers::Receiver,
    transports::{
        Transport, Vendor,
        routing::{Failover, Tried},
    },
};
use carillon_providers::{Deduplication, Provider};
use carillon_queue::Message;
use carillon_store::TaskRows;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Consumer,
    accounts::{Account, Pace},
    decide::Decision,
    route::{BatchContext, Chosen, NoTransport, Other, Recipient},
};

/// A task to be claimed, or settled without a provider call.
pub(crate) struct Planned<'a> {
    pub(crate) message: &'a Message<DeliveryTask>,
    pub(crate) decision: Decision,
    pub(crate) before: Option<&'a Delivery>,
    pub(crate) delivery: Delivery,
    pub(crate) send: Option<Ready<'a>>,
}

/// Why a message was not planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unplanned {
    /// Something of ours is missing or did not respond.
    Later,
    /// No transport is set up for it.
    NoTransport,
}

/// Everything the provider call needs.
pub(crate) struct Ready<'a> {
    pub(crate) receiver: &'a Receiver,
    pub(crate) rendered: Rendered,
    pub(crate) transport: Transport,
    pub(crate) rate_limiter: &'a RateLimiter,
    pub(crate) queue_priority: PriorityQueue,
    /// Whether this is the one message that probes whether an account works again.
    pub(crate) is_probe: bool,
    /// Whether this is a test message, which is sent whether or not the account works.
    pub(crate) is_test: bool,
    pub(crate) rules: Rules,
}

/// How a campaign and a provider want failures handled.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) policy: RetryPolicy,
    pub(crate) on_unknown: OnUnknown,
    /// The account to call.
    pub(crate) account: String,
    /// How it avoids accepting a message twice.
    pub(crate) deduplication: Option<Deduplication>,
    /// Whether the earlier attempts used a key that the account still knows.
    pub(crate) knows_attempts: bool,
    /// How far to fail over to other transports.
    pub(crate) failover: Option<Failover>,
    /// The transports that may be tried after this one.
    pub(crate) others: Vec<Other>,
}

impl Ready<'_> {
    /// The account to call.
    pub(crate) fn account(&self, message: &Message<DeliveryTask>) -> Account {
        (message.task.tenant.clone(), self.transport.id.clone())
    }
}

impl Rules {
    pub(crate) fn of(
        campaign: &Campaign,
        chosen: &Chosen,
        deduplication: Option<Deduplication>,
    ) -> Self {
        let mut policy = RetryPolicy::of(campaign.priority);
        if campaign.via.is_some() {
            // A test message's sender wants the result now.
            policy.attempts = 1;
        }
        Self {
            policy,
            on_unknown: campaign.on_unknown,
            account: chosen.transport.account(),
            deduplication,
            knows_attempts: false,
            failover: campaign.failover,
            others: chosen.others.clone(),
        }
    }

    /// Whether another transport may get a message that this one certainly did not accept.
    fn may_fail_over(&self, delivery: &Delivery, now: Timestamp) -> bool {
        let allows = |other: &Other| {
            let failover = self.failover.as_ref();
            failover.is_some_and(|failover| delivery.may_fail_over(failover, other.price, now))
        };
        self.others.iter().any(allows) && !self.policy.is_used_up(delivery, now)
    }

    /// The key of the earlier attempts, while the account still knows it.
    fn known_key<'a>(
        &self,
        delivery: &'a Delivery,
        now: Timestamp,
    ) -> Option<&'a DeduplicationKey> {
        let remembers_for = self.deduplication?.remembers_for;
        let key = delivery.deduplication.as_ref();
        // A resend is meant to be a new message.
        key.filter(|_| delivery.begun_at.is_some())
            .filter(|key| key.is_known_to(&self.account, remembers_for, now))
    }

    /// The key for the next attempt.
    fn key(&self, delivery: &Delivery, now: Timestamp) -> Option<DeduplicationKey> {
        self.deduplication?;
        let known = self.known_key(delivery, now).cloned();
        Some(known.unwrap_or_else(|| DeduplicationKey {
            account: self.account.clone(),
            since: now,
            number: None,
        }))
    }

    /// Whether a call may be repeated although the previous one's outcome is unknown.
    pub(crate) fn may_repeat(&self, delivery: &Delivery, now: Timestamp) -> bool {
        let is_deduplicated = self.known_key(delivery, now).is_some();
        (is_deduplicated || self.on_unknown == OnUnknown::Resend)
            && !self.policy.is_used_up(delivery, now)
    }
}

impl<'a> Planned<'a> {
    /// Ends a delivery that has a row, without a provider call.
    pub(crate) fn end(
        message: &'a Message<DeliveryTask>,
        decision: Decision,
        loaded: &'a TaskRows,
        now: Timestamp,
        (state, reason): (State, Reason),
    ) -> Self {
        let before = loaded.delivery.as_ref();
        let mut delivery = before
            .cloned()
            .unwrap_or_else(|| Delivery::unclaimed(message.task.generation, now));
        if !end_doubt(&mut delivery) {
            delivery.state = state;
            delivery.reason = Some(reason);
        }
        delivery.lease_until = None;
        delivery.retry_at = None;
        delivery.changed_at = now;
        Self {
            message,
            decision,
            before,
            delivery,
            send: None,
        }
    }
}

/// Whether the receiver may have got the message, as far as the row tells.
pub(crate) fn is_in_doubt(before: Option<&Delivery>) -> bool {
    before.is_some_and(|before| before.in_doubt || before.state == State::Claimed)
}

impl<P: Provider> Consumer<P> {
    /// Prepares an attempt: everything that can fail without the provider fails here, before the claim.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step of a batch, which has them all"
    )]
    pub(crate) async fn plan_attempt<'a>(
        &self,
        message: &'a Message<DeliveryTask>,
        decision: Decision,
        loaded: &'a TaskRows,
        ground: &'a BatchContext,
        owner: &str,
        pace: &mut Pace,
        now: Timestamp,
    ) -> Result<Box<Planned<'a>>, Unplanned> {
        let (Some(campaign), Some(receiver)) = (&loaded.campaign, &loaded.receiver) else {
            return Err(Unplanned::Later);
        };
        let renderer = match self.sources.renderer(&self.store, campaign).await {
            Ok(renderer) => renderer,
            Err(error) => {
                tracing::error!(campaign = %campaign.id, error = &error as &dyn std::error::Error, "cannot deliver");
                return Err(Unplanned::Later);
            }
        };
        let began = Instant::now();
        let rendered = renderer.render(P::CHANNEL, receiver);
        pace.rendering += began.elapsed();
        let before = loaded.delivery.as_ref();
        let in_doubt = is_in_doubt(before);
        let mut delivery = before
            .cloned()
            .unwrap_or_else(|| Delivery::unclaimed(message.task.generation, now));
        let to = Recipient {
            receiver,
            rendered: rendered.as_ref().ok(),
            window: loaded.window.as_ref(),
        };
        let chosen = match &campaign.via {
            Some(via) => self
                .tested(campaign, receiver, via)
                .await
                .ok_or(Unplanned::Later)?,
            None => self.choose(campaign, to, &delivery, in_doubt, ground, now),
        };
        let end = |state, reason| {
            let end = if in_doubt {
                (State::Unknown, not_recorded())
            } else {
                (state, reason)
            };
            let plan = Planned::end(message, decision.clone(), loaded, now, end);
            Ok(Box::new(plan))
        };
        let chosen = match chosen {
            Ok(chosen) => chosen,
            Err(NoTransport::SetUp) => {
                tracing::warn!(campaign = %campaign.id, channel = %P::CHANNEL, "no transport is set up");
                return Err(Unplanned::NoTransport);
            }
            Err(NoTransport::Same) => return end(State::Unknown, not_recorded()),
            Err(NoTransport::NotGranted) => {
                let text = "The transport sends as an identity that the platform's operator has not granted.";
                return end(State::Failed, Reason::new("identity_not_granted", text));
            }
            Err(NoTransport::Route) => {
                let text = "No route matches this address, and there is no default route.";
                return end(State::Failed, Reason::new("no_route", text));
            }
            Err(NoTransport::Left) => {
                let none_left = || Reason::new("no_route_left", "No transport is left to try.");
                let last = delivery.reason.clone();
                return end(State::Failed, last.unwrap_or_else(none_left));
            }
        };
        let transport = &chosen.transport;
        if let Some(reason) = beyond_ascii(P::CHANNEL, receiver, transport.vendor) {
            return end(State::Failed, reason);
        }
        self.provider.prepare(&campaign.tenant, transport).await;
        let deduplication = self.provider.deduplication(transport);
        let mut rules = Rules::of(campaign, &chosen, deduplication);
        rules.knows_attempts = before.is_some_and(|before| rules.known_key(before, now).is_some());
        let may_attempt = !in_doubt || before.is_some_and(|before| rules.may_repeat(before, now));
        let attempt = match &decision {
            Decision::Attempt(attempt) | Decision::OutcomeUnknown(Some(attempt)) if may_attempt => {
                *attempt
            }
            _ => {
                let end = (State::Unknown, not_recorded());
                let plan = Planned::end(message, decision, loaded, now, end);
                return Ok(Box::new(plan));
            }
        };
        delivery.deduplication = rules.key(&delivery, now);
        delivery.in_doubt = in_doubt;
        delivery.changed_at = now;
        delivery.retry_at = None;
        delivery.generation = message.task.generation;
        let is_open = loaded
            .window
            .as_ref()
            .is_some_and(|window| window.is_open(&transport.id, now));
        let rendered = rendered.and_then(|rendered| rendered.within_window(is_open));
        let send = match rendered {
            Ok(rendered) => {
                delivery.state = State::Claimed;
                delivery.attempt = attempt;
                delivery.begun_at = delivery.begun_at.or(Some(now));
                delivery.owner = Some(owner.to_owned());
                delivery.lease_until = Some(now + self.lease);
                delivery.digest = Some(rendered.digest());
                delivery.transport = Some(transport.id.clone());
                delivery.vendor = Some(transport.vendor);
                delivery.cost = chosen.price;
                delivery.reason = None;
                Some(Ready {
                    receiver,
                    rendered,
                    rate_limiter: ground
                        .rate_limiter(&(campaign.tenant.clone(), transport.id.clone())),
                    transport: chosen.transport,
                    queue_priority: PriorityQueue::of(campaign.priority, 0),
                    is_probe: false,
                    is_test: campaign.via.is_some(),
                    rules,
                })
            }
            Err(error) => {
                if !end_doubt(&mut delivery) {
                    delivery.state = State::Failed;
                    delivery.reason = Some(Reason::new(error.code(), error.to_string()));
                }
                delivery.lease_until = None;
                None
            }
        };
        Ok(Box::new(Planned {
            message,
            decision,
            before,
            delivery,
            send,
        }))
    }
}

impl<P: Provider> Consumer<P> {
    /// The transport of a test message (consistent read): whoever tests one has often just changed it. `None` if it
    /// could not be read.
    async fn tested(
        &self,
        campaign: &Campaign,
        receiver: &Receiver,
        via: &TransportId,
    ) -> Option<Result<Chosen, NoTransport>> {
        let context = Context::system(&campaign.tenant, Timestamp::now());
        let setup = self.store.setup_now(&context).await;
        let setup = setup
            .inspect_err(|error| {
                tracing::error!(campaign = %campaign.id, error = error as &dyn std::error::Error, "could not read a transport to test");
            })
            .ok()?;
        let transport = setup.transports.get(via);
        let transport = transport.filter(|transport| transport.channel() == P::CHANNEL);
        let address = receiver.address(P::CHANNEL);
        let (Some(transport), Some(address)) = (transport, address) else {
            return Some(Err(NoTransport::Left));
        };
        let identities = &setup.identities;
        let is_granted =
            identities.allow(transport) && identities.allow_address(transport.vendor, &address);
        let chosen = Chosen {
            transport: transport.clone(),
            price: None,
            others: Vec::new(),
        };
        Some(is_granted.then_some(chosen).ok_or(NoTransport::NotGranted))
    }
}

/// Why a mail is not sent through a vendor that does not support non-ASCII local parts: it would refuse it, or deliver
/// it to another mailbox. A relay is asked.
fn beyond_ascii(channel: Channel, receiver: &Receiver, vendor: Vendor) -> Option<Reason> {
    let email = receiver
        .email
        .as_ref()
        .filter(|_| channel == Channel::Email)?;
    let is_refused = email.needs_smtputf8() && !vendor.takes_smtputf8_addresses();
    is_refused.then(|| {
        let text = "The address has non-ASCII characters before its @, which the transport does not support (SMTPUTF8).";
        Reason::new("no_smtputf8", text)
    })
}

/// The row after a provider call.
pub(crate) fn settled(
    claim: &Delivery,
    outcome: &Outcome,
    rules: &Rules,
    now: Timestamp,
) -> Delivery {
    let mut delivery = claim.clone();
    delivery.lease_until = None;
    delivery.changed_at = now;
    delivery.in_doubt = false;
    let in_doubt = claim.in_doubt || matches!(outcome, Outcome::Unknown(_));
    let (reason, asked) = match outcome {
        Outcome::Accepted { provider_id } => {
            delivery.state = State::Sent;
            delivery.provider_id = Some(provider_id.clone());
            return delivery;
        }
        Outcome::Rejected(reason) | Outcome::Unreachable { reason, .. } => {
            // An account that had accepted it at an earlier attempt would have said so again.
            let is_certain = !in_doubt || rules.knows_attempts;
            let may_be_taken_elsewhere = matches!(outcome, Outcome::Rejected(_));
            if is_certain && may_be_taken_elsewhere && rules.may_fail_over(claim, now) {
                fail_over(&mut delivery, reason, now);
                return delivery;
            }
            delivery.state = if is_certain {
                State::Failed
            } else {
                State::Unknown
            };
            delivery.reason = Some(reason.clone());
            return delivery;
        }
        Outcome::Throttled { after, reason } => (reason, *after),
        Outcome::Transient(reason) | Outcome::Unknown(reason) => (reason, None),
    };
    let may_try_again = if in_doubt {
        rules.may_repeat(claim, now)
    } else {
        !rules.policy.is_used_up(claim, now)
    };
    delivery.reason = Some(reason.clone());
    if may_try_again {
        delivery.in_doubt = in_doubt;
        let pause = rules.policy.pause(claim.attempt, asked, fastrand::f64());
        delivery.state = State::Retrying;
        delivery.retry_at = Some(whole_milliseconds(
            now + SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX),
        ));
    } else {
        delivery.state = if in_doubt {
            State::Unknown
        } else {
            State::Failed
        };
    }
    delivery
}

/// Lets another transport have a message that was certainly not accepted.
fn fail_over(delivery: &mut Delivery, reason: &Reason, now: Timestamp) {
    delivery.state = State::Retrying;
    delivery.retry_at = Some(now);
    delivery.reason = Some(reason.clone());
    delivery
        .tried
        .extend(delivery.transport.clone().map(|transport| Tried {
            transport,
            code: reason.code.clone(),
            cost: None,
        }));
    delivery.cost = None;
}

/// Ends a delivery with an earlier attempt of unknown outcome: it becomes unknown, whatever forbids another attempt.
/// Returns whether it was such a delivery.
fn end_doubt(delivery: &mut Delivery) -> bool {
    let in_doubt = std::mem::take(&mut delivery.in_doubt);
    if in_doubt {
        delivery.state = State::Unknown;
        delivery.reason.get_or_insert_with(not_recorded);
    }
    in_doubt
}

fn not_recorded() -> Reason {
    Reason::new(
        "not_recorded",
        "The provider may have been called, but the outcome was never recorded.",
    )
}

/// Reverts a claim before its provider call, because the send has been forbidden.
pub(crate) fn put_back(claim: &Delivery, now: Timestamp) -> Delivery {
    let mut delivery = claim.clone();
    delivery.state = State::Retrying;
    delivery.lease_until = None;
    delivery.retry_at = Some(now);
    delivery.changed_at = now;
    delivery
}

#[cfg(test)]
mod tests;
