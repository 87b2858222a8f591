//! What is to be written about one task, before and after the provider call.

use std::sync::Arc;

use carillon_domain::{
    delivery::{Delivery, Outcome, Reason, State, pause_before_retry},
    receiver::Receiver,
    render::Rendered,
    task::DeliveryTask,
    transport::Transport,
};
use carillon_providers::Provider;
use carillon_queue::Message;
use carillon_store::Loaded;
use jiff::{SignedDuration, Timestamp};

use crate::{Consumer, sources::Missing};

/// A task that is to be claimed, or settled without a provider call.
pub(crate) struct Planned<'a> {
    pub(crate) message: &'a Message<DeliveryTask>,
    pub(crate) before: Option<&'a Delivery>,
    pub(crate) delivery: Delivery,
    pub(crate) send: Option<Ready<'a>>,
}

/// Everything that the provider call needs.
pub(crate) struct Ready<'a> {
    pub(crate) receiver: &'a Receiver,
    pub(crate) rendered: Rendered,
    pub(crate) transport: Transport,
}

impl<'a> Planned<'a> {
    /// Ends a delivery that has a row, without a provider call.
    pub(crate) fn end(
        message: &'a Message<DeliveryTask>,
        loaded: &'a Loaded,
        now: Timestamp,
        end: impl FnOnce(&Delivery) -> (State, Reason),
    ) -> Self {
        let before = loaded.delivery.as_ref();
        let mut delivery = before
            .cloned()
            .unwrap_or_else(|| unclaimed(&message.task, now));
        let (state, reason) = end(&delivery);
        delivery.state = state;
        delivery.reason = Some(reason);
        delivery.lease_until = None;
        delivery.retry_at = None;
        delivery.changed_at = now;
        Self {
            message,
            before,
            delivery,
            send: None,
        }
    }
}

impl<P: Provider> Consumer<P> {
    /// Prepares an attempt: everything that can fail without the provider fails here, before the claim.
    pub(crate) async fn plan_attempt<'a>(
        &self,
        message: &'a Message<DeliveryTask>,
        loaded: &'a Loaded,
        attempt: u32,
        owner: &str,
        now: Timestamp,
    ) -> Option<Planned<'a>> {
        let (campaign, receiver) = (loaded.campaign.as_ref()?, loaded.receiver.as_ref()?);
        let channel = self.settings.channel;
        let sources = async {
            let renderer = self.sources.renderer(&self.store, campaign).await?;
            let transport = self
                .sources
                .transport(&self.store, &campaign.tenant, channel)
                .await?;
            Ok::<_, Missing>((renderer, transport))
        };
        let (renderer, transport) = match sources.await {
            Ok((renderer, Some(transport))) => (renderer, transport),
            Ok((_, None)) => {
                tracing::warn!(campaign = %campaign.id, %channel, "no transport is set up");
                return None;
            }
            Err(error) => {
                tracing::error!(campaign = %campaign.id, error = &error as &dyn std::error::Error, "cannot deliver");
                return None;
            }
        };
        let before = loaded.delivery.as_ref();
        let mut delivery = before
            .cloned()
            .unwrap_or_else(|| unclaimed(&message.task, now));
        delivery.changed_at = now;
        delivery.retry_at = None;
        delivery.generation = message.task.generation;
        match Arc::clone(&renderer).render(channel, receiver) {
            Ok(rendered) => {
                delivery.state = State::Claimed;
                delivery.attempt = attempt;
                delivery.begun_at = delivery.begun_at.or(Some(now));
                delivery.owner = Some(owner.to_owned());
                delivery.lease_until = Some(now + self.settings.lease);
                delivery.digest = Some(rendered.digest());
                delivery.transport = Some(transport.vendor().to_owned());
                delivery.reason = None;
                Some(Planned {
                    message,
                    before,
                    delivery,
                    send: Some(Ready {
                        receiver,
                        rendered,
                        transport,
                    }),
                })
            }
            Err(error) => {
                delivery.state = State::Failed;
                delivery.reason = Some(Reason::new(error.code(), error.to_string()));
                Some(Planned {
                    message,
                    before,
                    delivery,
                    send: None,
                })
            }
        }
    }
}

/// A row for a delivery that nobody has claimed.
fn unclaimed(task: &DeliveryTask, now: Timestamp) -> Delivery {
    Delivery {
        state: State::Pending,
        generation: task.generation,
        attempt: 0,
        begun_at: None,
        owner: None,
        lease_until: None,
        retry_at: None,
        provider_id: None,
        transport: None,
        digest: None,
        reason: None,
        changed_at: now,
    }
}

/// The row after a provider call.
pub(crate) fn settled(claim: &Delivery, outcome: &Outcome, now: Timestamp) -> Delivery {
    let mut delivery = claim.clone();
    delivery.lease_until = None;
    delivery.changed_at = now;
    match outcome {
        Outcome::Accepted { provider_id } => {
            delivery.state = State::Sent;
            delivery.provider_id = Some(provider_id.clone());
        }
        Outcome::Rejected(reason) => {
            delivery.state = State::Failed;
            delivery.reason = Some(reason.clone());
        }
        Outcome::Unknown(reason) => {
            delivery.state = State::Unknown;
            delivery.reason = Some(reason.clone());
        }
        Outcome::Retry { reason, .. } if claim.is_given_up(now) => {
            delivery.state = State::Failed;
            delivery.reason = Some(reason.clone());
        }
        Outcome::Retry { after, reason } => {
            let pause = pause_before_retry(claim.attempt, *after, fastrand::f64());
            delivery.state = State::Retrying;
            delivery.retry_at = Some(whole_milliseconds(
                now + SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX),
            ));
            delivery.reason = Some(reason.clone());
        }
    }
    delivery
}

/// Milliseconds are enough, and keep rows small.
pub(crate) fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
