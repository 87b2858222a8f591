//! What is to be written about one task, before and after the provider call.

use std::sync::Arc;

use carillon_domain::{
    campaign::{Campaign, OnUnknown},
    channel::Lane,
    delivery::{Delivery, Outcome, Reason, State},
    governor::Governor,
    receiver::Receiver,
    render::Rendered,
    retry::RetryPolicy,
    task::DeliveryTask,
    transport::Transport,
};
use carillon_providers::Provider;
use carillon_queue::Message;
use carillon_store::Loaded;
use jiff::{SignedDuration, Timestamp};

use crate::{Consumer, decide::Decision, sources::Missing};

/// A task that is to be claimed, or settled without a provider call.
pub(crate) struct Planned<'a> {
    pub(crate) message: &'a Message<DeliveryTask>,
    pub(crate) decision: Decision,
    pub(crate) before: Option<&'a Delivery>,
    pub(crate) delivery: Delivery,
    pub(crate) send: Option<Ready<'a>>,
}

/// Everything that the provider call needs.
pub(crate) struct Ready<'a> {
    pub(crate) receiver: &'a Receiver,
    pub(crate) rendered: Rendered,
    pub(crate) transport: Transport,
    pub(crate) governor: &'a Governor,
    pub(crate) lane: Lane,
    /// Whether this is the one message that tries whether an account works again.
    pub(crate) is_probe: bool,
    pub(crate) rules: Rules,
}

/// How a campaign and a provider want failures treated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) policy: RetryPolicy,
    pub(crate) on_unknown: OnUnknown,
    /// For how long the provider takes the same key only once.
    pub(crate) deduplicates_for: Option<SignedDuration>,
}

impl Rules {
    pub(crate) fn of(campaign: &Campaign, deduplicates_for: Option<SignedDuration>) -> Self {
        Self {
            policy: RetryPolicy::of(campaign.priority),
            on_unknown: campaign.on_unknown,
            deduplicates_for,
        }
    }

    /// Whether a call may be made again although nobody knows how the one before ended.
    pub(crate) fn may_repeat(&self, delivery: &Delivery, now: Timestamp) -> bool {
        let is_deduplicated = self.deduplicates_for.is_some_and(|life| {
            delivery
                .begun_at
                .is_some_and(|begun| now.duration_since(begun) < life)
        });
        (is_deduplicated || self.on_unknown == OnUnknown::Resend)
            && !self.policy.is_used_up(delivery, now)
    }
}

impl<'a> Planned<'a> {
    /// Ends a delivery that has a row, without a provider call.
    pub(crate) fn end(
        message: &'a Message<DeliveryTask>,
        decision: Decision,
        loaded: &'a Loaded,
        now: Timestamp,
        (state, reason): (State, Reason),
    ) -> Self {
        let before = loaded.delivery.as_ref();
        let mut delivery = before
            .cloned()
            .unwrap_or_else(|| Delivery::unclaimed(message.task.generation, now));
        delivery.state = state;
        delivery.reason = Some(reason);
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

impl<P: Provider> Consumer<P> {
    /// Prepares an attempt: everything that can fail without the provider fails here, before the claim.
    pub(crate) async fn plan_attempt<'a>(
        &self,
        message: &'a Message<DeliveryTask>,
        decision: Decision,
        loaded: &'a Loaded,
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
        let rules = Rules::of(campaign, self.provider.deduplicates_for(&transport));
        let before = loaded.delivery.as_ref();
        let attempt = match (&decision, before) {
            (Decision::Attempt(attempt), _) => *attempt,
            (Decision::Lapsed(Some(attempt)), Some(before)) if rules.may_repeat(before, now) => {
                *attempt
            }
            _ => {
                let reason = Reason::new(
                    "not_recorded",
                    "The provider may have been called; whoever did it never recorded the answer.",
                );
                let end = (State::Unknown, reason);
                return Some(Planned::end(message, decision, loaded, now, end));
            }
        };
        let mut delivery = before
            .cloned()
            .unwrap_or_else(|| Delivery::unclaimed(message.task.generation, now));
        delivery.changed_at = now;
        delivery.retry_at = None;
        delivery.generation = message.task.generation;
        let send = match Arc::clone(&renderer).render(channel, receiver) {
            Ok(rendered) => {
                delivery.state = State::Claimed;
                delivery.attempt = attempt;
                delivery.begun_at = delivery.begun_at.or(Some(now));
                delivery.owner = Some(owner.to_owned());
                delivery.lease_until = Some(now + self.settings.lease);
                delivery.digest = Some(rendered.digest());
                delivery.transport = Some(transport.vendor().to_owned());
                delivery.reason = None;
                Some(Ready {
                    receiver,
                    rendered,
                    transport,
                    governor: &loaded.governor,
                    lane: Lane::of(campaign.priority, 0),
                    is_probe: false,
                    rules,
                })
            }
            Err(error) => {
                delivery.state = State::Failed;
                delivery.lease_until = None;
                delivery.reason = Some(Reason::new(error.code(), error.to_string()));
                None
            }
        };
        Some(Planned {
            message,
            decision,
            before,
            delivery,
            send,
        })
    }
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
    let (reason, asked, otherwise) = match outcome {
        Outcome::Accepted { provider_id } => {
            delivery.state = State::Sent;
            delivery.provider_id = Some(provider_id.clone());
            return delivery;
        }
        Outcome::Rejected(reason) => {
            delivery.state = State::Failed;
            delivery.reason = Some(reason.clone());
            return delivery;
        }
        Outcome::Throttled { after, reason } => (reason, *after, State::Failed),
        Outcome::Transient(reason) => (reason, None, State::Failed),
        Outcome::Unknown(reason) => (reason, None, State::Unknown),
    };
    let may_try_again = match outcome {
        Outcome::Unknown(_) => rules.may_repeat(claim, now),
        _ => !rules.policy.is_used_up(claim, now),
    };
    delivery.reason = Some(reason.clone());
    if may_try_again {
        let pause = rules.policy.pause(claim.attempt, asked, fastrand::f64());
        delivery.state = State::Retrying;
        delivery.retry_at = Some(whole_milliseconds(
            now + SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX),
        ));
    } else {
        delivery.state = otherwise;
    }
    delivery
}

/// A claim that is put back before its provider call, because a send is forbidden meanwhile.
pub(crate) fn put_back(claim: &Delivery, now: Timestamp) -> Delivery {
    let mut delivery = claim.clone();
    delivery.state = State::Retrying;
    delivery.lease_until = None;
    delivery.retry_at = Some(now);
    delivery.changed_at = now;
    delivery
}

/// Milliseconds are enough, and keep rows small.
pub(crate) fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use carillon_domain::channel::Priority;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn claim(attempt: u32) -> Delivery {
        Delivery {
            state: State::Claimed,
            attempt,
            begun_at: Some(now()),
            ..Delivery::unclaimed(1, now())
        }
    }

    fn state(outcome: &Outcome, attempt: u32, rules: &Rules, minutes: i64) -> State {
        let later = now() + SignedDuration::from_mins(minutes);
        settled(&claim(attempt), outcome, rules, later).state
    }

    #[test]
    fn each_class_of_failure_ends_in_its_own_state() {
        let hold = Rules {
            policy: RetryPolicy::of(Priority::Normal),
            on_unknown: OnUnknown::Hold,
            deduplicates_for: None,
        };
        let resend = Rules {
            on_unknown: OnUnknown::Resend,
            ..hold
        };
        let deduplicates = Rules {
            deduplicates_for: Some(SignedDuration::from_hours(12)),
            ..hold
        };
        let reason = || Reason::new("code", "text");
        let throttled = Outcome::Throttled {
            after: None,
            reason: reason(),
        };
        let transient = Outcome::Transient(reason());
        let unknown = Outcome::Unknown(reason());
        let rejected = Outcome::Rejected(reason());
        assert_eq!(state(&rejected, 1, &resend, 1), State::Failed);
        assert_eq!(state(&throttled, 1, &hold, 1), State::Retrying);
        assert_eq!(state(&transient, 49, &hold, 1), State::Retrying);
        assert_eq!(state(&transient, 50, &hold, 1), State::Failed);
        assert_eq!(state(&throttled, 1, &hold, 25 * 60), State::Failed);
        assert_eq!(state(&unknown, 1, &hold, 1), State::Unknown);
        assert_eq!(state(&unknown, 1, &resend, 1), State::Retrying);
        assert_eq!(state(&unknown, 50, &resend, 1), State::Unknown);
        assert_eq!(state(&unknown, 1, &deduplicates, 1), State::Retrying);
        assert_eq!(
            state(&unknown, 1, &deduplicates, 13 * 60),
            State::Unknown,
            "the provider has forgotten the key"
        );
    }

    #[test]
    fn a_provider_that_names_a_pause_is_given_it() {
        let rules = Rules {
            policy: RetryPolicy::of(Priority::Normal),
            on_unknown: OnUnknown::Hold,
            deduplicates_for: None,
        };
        let throttled = Outcome::Throttled {
            after: Some(std::time::Duration::from_secs(90)),
            reason: Reason::new("code", "text"),
        };
        assert_eq!(
            settled(&claim(1), &throttled, &rules, now()).retry_at,
            Some(now() + SignedDuration::from_secs(90))
        );
    }
}
