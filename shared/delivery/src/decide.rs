//! What to do about one task, given what the ledger says. No I/O.

use carillon_domain::{
    campaign::Status,
    delivery::{Delivery, State},
    receiver::Reach,
    task::DeliveryTask,
};
use carillon_store::{Loaded, Store};
use jiff::{SignedDuration, Timestamp};

/// What to do about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing is left to do; the message can go.
    Drop(&'static str),
    /// Somebody else is at it, or its time has not come; look again then.
    Defer(SignedDuration),
    /// Claim it, as this attempt.
    Attempt(u32),
    /// Whoever held the claim never recorded what came of it.
    MarkUnknown,
    /// It was tried for long enough.
    GiveUp,
}

/// After a lease lapsed, clocks may still differ by this much.
const AFTER_LEASE: SignedDuration = SignedDuration::from_secs(6);

pub(crate) fn decide(task: &DeliveryTask, loaded: &Loaded, now: Timestamp) -> Decision {
    let Some(campaign) = &loaded.campaign else {
        return Decision::Drop("the campaign is gone");
    };
    let Some(receiver) = &loaded.receiver else {
        return Decision::Drop("the receiver is gone");
    };
    if let Some(delivery) = &loaded.delivery {
        return decide_begun(delivery, campaign.status, now);
    }
    match campaign.status {
        Status::Draft | Status::Scheduled | Status::Completed => {
            return Decision::Drop("the campaign is not being sent");
        }
        Status::Published => {}
    }
    if campaign.generation != task.generation {
        return Decision::Drop("the task is of another generation");
    }
    if receiver.reach(task.channel) != Reach::On {
        return Decision::Drop("the channel is off for the receiver");
    }
    Decision::Attempt(1)
}

fn decide_begun(delivery: &Delivery, status: Status, now: Timestamp) -> Decision {
    match delivery.state {
        State::Claimed if Store::has_lapsed(delivery, now) => Decision::MarkUnknown,
        State::Claimed => {
            let until = delivery.lease_until.unwrap_or(now);
            Decision::Defer(until.duration_since(now) + AFTER_LEASE)
        }
        State::Retrying => {
            let due = delivery.retry_at.unwrap_or(now);
            if status != Status::Published {
                Decision::Drop("the campaign is not being sent")
            } else if due > now {
                Decision::Defer(due.duration_since(now))
            } else if delivery.is_given_up(now) {
                Decision::GiveUp
            } else {
                Decision::Attempt(delivery.attempt + 1)
            }
        }
        _ => Decision::Drop("the delivery is settled"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use carillon_domain::{
        campaign::Campaign,
        channel::{Channel, Priority},
        receiver::{NewReceiver, OffReason, Source},
    };

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn task() -> DeliveryTask {
        DeliveryTask {
            tenant: "demo".parse().unwrap(),
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            generation: 1,
            shard: 0,
            receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            channel: Channel::Email,
        }
    }

    fn loaded(status: Status, delivery: Option<Delivery>) -> Loaded {
        let task = task();
        let campaign = Campaign {
            tenant: task.tenant,
            id: task.campaign,
            name: "Spring".to_owned(),
            status,
            channels: BTreeSet::from([Channel::Email]),
            priority: Priority::Normal,
            default_region: None,
            version: 3,
            content_version: 1,
            generation: 1,
            shards: 16,
            created_by: "key".to_owned(),
            created_at: now(),
            updated_at: now(),
            published_at: Some(now()),
            completed_at: None,
            schedule: None,
            holds: BTreeSet::new(),
            imports: BTreeSet::new(),
            stalled: None,
        };
        let receiver = NewReceiver {
            email: Some("ann@example.com".to_owned()),
            ..NewReceiver::default()
        };
        Loaded {
            campaign: Some(campaign),
            receiver: receiver.parse(None, Source::Hand).ok(),
            delivery,
        }
    }

    fn delivery(state: State, attempt: u32, seconds: i64) -> Delivery {
        let moment = now() + SignedDuration::from_secs(seconds);
        Delivery {
            state,
            generation: 1,
            attempt,
            begun_at: Some(now()),
            owner: Some("o".to_owned()),
            lease_until: Some(moment),
            retry_at: Some(moment),
            provider_id: None,
            transport: None,
            digest: None,
            reason: None,
            changed_at: now(),
        }
    }

    #[test]
    fn a_pending_delivery_of_a_published_campaign_is_attempted() {
        assert_eq!(
            decide(&task(), &loaded(Status::Published, None), now()),
            Decision::Attempt(1)
        );
        for status in [Status::Draft, Status::Scheduled, Status::Completed] {
            assert!(
                matches!(
                    decide(&task(), &loaded(status, None), now()),
                    Decision::Drop(_)
                ),
                "{status}"
            );
        }
    }

    #[test]
    fn what_is_settled_is_left_alone() {
        for state in [
            State::Sent,
            State::Failed,
            State::Skipped,
            State::Unknown,
            State::Canceled,
        ] {
            let loaded = loaded(Status::Published, Some(delivery(state, 1, -100)));
            assert!(
                matches!(decide(&task(), &loaded, now()), Decision::Drop(_)),
                "{state}"
            );
        }
    }

    #[test]
    fn a_claim_is_waited_for_and_then_becomes_unknown() {
        let at = |seconds| {
            decide(
                &task(),
                &loaded(
                    Status::Published,
                    Some(delivery(State::Claimed, 1, seconds)),
                ),
                now(),
            )
        };
        assert_eq!(at(30), Decision::Defer(SignedDuration::from_secs(36)));
        assert_eq!(
            at(-3),
            Decision::Defer(SignedDuration::from_secs(3)),
            "within the tolerance for clocks"
        );
        assert_eq!(at(-6), Decision::MarkUnknown);
    }

    #[test]
    fn a_retry_waits_for_its_time_and_ends() {
        let at = |begun_hours_ago, seconds| {
            let mut retrying = delivery(State::Retrying, 30, seconds);
            retrying.begun_at = Some(now() - SignedDuration::from_hours(begun_hours_ago));
            decide(&task(), &loaded(Status::Published, Some(retrying)), now())
        };
        assert_eq!(at(1, 20), Decision::Defer(SignedDuration::from_secs(20)));
        assert_eq!(
            at(23, 0),
            Decision::Attempt(31),
            "however many attempts there were"
        );
        assert_eq!(at(25, 0), Decision::GiveUp);
    }

    #[test]
    fn another_generation_and_a_channel_that_is_off_are_dropped() {
        let mut old = task();
        old.generation = 0;
        assert!(matches!(
            decide(&old, &loaded(Status::Published, None), now()),
            Decision::Drop(_)
        ));
        let mut off = loaded(Status::Published, None);
        if let Some(receiver) = &mut off.receiver {
            receiver.off.insert(Channel::Email, OffReason::SwitchedOff);
        }
        assert!(matches!(decide(&task(), &off, now()), Decision::Drop(_)));
    }
}
