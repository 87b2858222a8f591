//! What a dead letter means for its delivery, given what the ledger says. No I/O.

use carillon_domain::{
    campaign::{Campaign, Status},
    delivery::{DEAD_LETTER, Delivery, Reason, State},
    receiver::Reach,
    task::DeliveryTask,
};
use carillon_store::{Loaded, Store};
use jiff::Timestamp;

/// What is to be done about the delivery of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Its row is to say this, and why.
    Write(Box<Delivery>, Reason),
    /// Its row says so already, because the message was dealt with before and has come again.
    Written(Reason),
    /// Its row stays as it is: nobody waits for this message any more.
    Leave(Reason),
    /// Somebody holds the claim and may be calling the provider: look again later.
    Later,
}

/// Decides about one message that was received so many times.
pub(crate) fn decide(
    task: &DeliveryTask,
    loaded: &Loaded,
    received: u32,
    now: Timestamp,
) -> Decision {
    let leave = |code, text| Decision::Leave(Reason::new(code, text));
    let Some(campaign) = &loaded.campaign else {
        return leave("campaign_gone", "The campaign does not exist any more.");
    };
    if let Some(delivery) = &loaded.delivery
        && delivery.state.is_final()
    {
        return match &delivery.reason {
            Some(reason) if is_dead(delivery) && delivery.resends == task.resend => {
                Decision::Written(reason.clone())
            }
            _ => leave("settled", "The delivery was settled without this message."),
        };
    }
    if !is_awaited(task, campaign, loaded.delivery.as_ref()) {
        return leave(
            "handed_over_again",
            "The delivery was handed over again since, and goes on with another message.",
        );
    }
    match &loaded.delivery {
        Some(delivery) if delivery.state == State::Claimed => {
            if Store::has_lapsed(delivery, now) {
                write(delivery.clone(), State::Unknown, lapsed(received), now)
            } else {
                Decision::Later
            }
        }
        // What was not sent is canceled with its campaign, and shown so without a write.
        _ if campaign.status == Status::Canceled => {
            leave("campaign_canceled", "The campaign was canceled first.")
        }
        _ if !is_reached(task, loaded) => leave(
            "channel_off",
            "The receiver is gone, or the channel is off for them.",
        ),
        Some(delivery) => {
            let reason = retried(delivery, received);
            write(delivery.clone(), State::Failed, reason, now)
        }
        None => {
            let delivery = Delivery {
                resends: task.resend,
                ..Delivery::unclaimed(task.generation, now)
            };
            write(delivery, State::Failed, given_up(received), now)
        }
    }
}

/// Why a task that is no delivery was not done.
pub(crate) fn given_up(received: u32) -> Reason {
    let times = times(received);
    let text = format!("The message was received {times} and the queue gave it up.");
    Reason::new(DEAD_LETTER, text)
}

/// Why what a provider said of a delivery was not noted.
pub(crate) fn unheard(received: u32) -> Reason {
    let times = times(received);
    let text = format!(
        "What the provider said of this delivery was not noted. The message was received {times} and the queue gave it up."
    );
    Reason::new(DEAD_LETTER, text)
}

fn times(received: u32) -> String {
    match received {
        1 => "once".to_owned(),
        _ => format!("{received} times"),
    }
}

fn lapsed(received: u32) -> Reason {
    let times = times(received);
    let text = format!(
        "The provider may have been called; nobody recorded the answer. The message was received {times} and the queue gave it up."
    );
    Reason::new(DEAD_LETTER, text)
}

/// What the provider said last is kept, as far as a reason has room for it.
fn retried(delivery: &Delivery, received: u32) -> Reason {
    let given_up = given_up(received);
    let last = delivery.reason.as_ref();
    let Some(last) = last.filter(|reason| reason.code != DEAD_LETTER) else {
        return given_up;
    };
    let text = format!(
        "Received {}, given up by the queue. Last: {}: {}",
        times(received),
        last.code,
        last.text
    );
    Reason::new(DEAD_LETTER, text)
}

fn write(mut delivery: Delivery, state: State, reason: Reason, now: Timestamp) -> Decision {
    delivery.state = state;
    delivery.reason = Some(reason.clone());
    delivery.lease_until = None;
    delivery.retry_at = None;
    delivery.changed_at = now;
    Decision::Write(Box::new(delivery), reason)
}

fn is_dead(delivery: &Delivery) -> bool {
    let reason = delivery.reason.as_ref();
    reason.is_some_and(|reason| reason.code == DEAD_LETTER)
}

/// Whether the delivery goes on with this message and no other: it is of the newest generation, and
/// nobody has asked for the delivery to be sent again since the message was made. An older message
/// must not end what a newer one is about to deliver.
fn is_awaited(task: &DeliveryTask, campaign: &Campaign, delivery: Option<&Delivery>) -> bool {
    task.generation == campaign.generation
        && delivery.is_none_or(|delivery| {
            task.resend == delivery.resends || task.generation > delivery.generation
        })
}

fn is_reached(task: &DeliveryTask, loaded: &Loaded) -> bool {
    let receiver = loaded.receiver.as_ref();
    receiver.is_some_and(|receiver| receiver.reach(task.channel) == Reach::On)
}

#[cfg(test)]
mod tests {
    use carillon_domain::{
        channel::Channel,
        receiver::{NewReceiver, OffReason, Source},
    };
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn task() -> DeliveryTask {
        DeliveryTask {
            tenant: "demo".parse().unwrap(),
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            generation: 2,
            shard: 0,
            receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            channel: Channel::Email,
            resend: 0,
            address: None,
        }
    }

    fn loaded(status: &str, delivery: Option<Delivery>) -> Loaded {
        let task = task();
        let campaign = json!({
            "tenant": task.tenant, "id": task.campaign, "name": "Spring", "status": status,
            "channels": ["email"], "priority": "normal", "version": 3, "content_version": 1,
            "generation": 2, "shards": 16, "created_by": "key", "created_at": now(), "updated_at": now(),
        });
        let receiver = NewReceiver {
            email: Some("ann@example.com".to_owned()),
            ..NewReceiver::default()
        };
        Loaded {
            campaign: Some(serde_json::from_value(campaign).unwrap()),
            receiver: receiver.parse(None, Source::Hand).ok(),
            delivery,
            ..Loaded::default()
        }
    }

    fn delivery(state: State) -> Delivery {
        Delivery {
            state,
            attempt: 3,
            owner: Some("o".to_owned()),
            reason: Some(Reason::new("Throttling", "Maximum sending rate exceeded.")),
            ..Delivery::unclaimed(2, now())
        }
    }

    fn decided(task: &DeliveryTask, loaded: &Loaded) -> Decision {
        decide(task, loaded, 1_001, now())
    }

    /// The state that is written, and the text of its reason.
    fn written(decision: &Decision) -> (State, &str) {
        match decision {
            Decision::Write(delivery, reason) => {
                assert_eq!(delivery.reason.as_ref(), Some(reason));
                assert_eq!(reason.code, DEAD_LETTER);
                (delivery.state, reason.text.as_str())
            }
            other => panic!("{other:?}"),
        }
    }

    fn left(decision: &Decision) -> &str {
        match decision {
            Decision::Leave(reason) => &reason.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_pending_fails_whether_or_not_the_campaign_is_paused() {
        for status in ["published", "paused"] {
            let decision = decided(&task(), &loaded(status, None));
            let text = "The message was received 1001 times and the queue gave it up.";
            assert_eq!(written(&decision), (State::Failed, text), "{status}");
        }
    }

    #[test]
    fn what_is_retried_fails_and_says_what_the_provider_said() {
        let retrying = loaded("published", Some(delivery(State::Retrying)));
        let text = "Received 1001 times, given up by the queue. Last: Throttling: Maximum sending rate exceeded.";
        assert_eq!(written(&decided(&task(), &retrying)), (State::Failed, text));
    }

    #[test]
    fn a_claim_is_waited_for_and_then_becomes_unknown() {
        let at = |seconds| {
            let claimed = Delivery {
                lease_until: Some(now() + SignedDuration::from_secs(seconds)),
                ..delivery(State::Claimed)
            };
            decided(&task(), &loaded("canceled", Some(claimed)))
        };
        assert_eq!(at(30), Decision::Later);
        assert_eq!(at(-3), Decision::Later, "within the tolerance for clocks");
        let (state, text) = (State::Unknown, "The provider may have been called;");
        let decision = at(-6);
        let written = written(&decision);
        assert_eq!(written.0, state);
        assert!(written.1.starts_with(text), "{}", written.1);
    }

    #[test]
    fn what_is_settled_stays_and_what_this_message_settled_is_known_again() {
        for state in [State::Sent, State::Failed, State::Unknown, State::Skipped] {
            let settled = loaded("completed", Some(delivery(state)));
            assert_eq!(left(&decided(&task(), &settled)), "settled", "{state}");
        }
        let Decision::Write(failed, reason) = decided(&task(), &loaded("published", None)) else {
            panic!("it is not written");
        };
        let again = loaded("published", Some((*failed).clone()));
        assert_eq!(decided(&task(), &again), Decision::Written(reason));
        // It was sent again meanwhile, and that message died, too.
        let resent = loaded(
            "published",
            Some(Delivery {
                resends: 1,
                ..*failed
            }),
        );
        assert_eq!(left(&decided(&task(), &resent)), "settled");
    }

    #[test]
    fn an_older_message_does_not_end_what_a_newer_one_delivers() {
        let mut old = task();
        old.generation = 1;
        for row in [None, Some(delivery(State::Retrying))] {
            let loaded = loaded("published", row);
            assert_eq!(left(&decided(&old, &loaded)), "handed_over_again");
        }
        let resent = |generation| {
            let row = Delivery {
                resends: 1,
                generation,
                ..delivery(State::Retrying)
            };
            decided(&task(), &loaded("published", Some(row)))
        };
        assert_eq!(left(&resent(2)), "handed_over_again");
        // The fan-out of this generation came after it was asked for.
        assert_eq!(written(&resent(1)).0, State::Failed);
    }

    #[test]
    fn what_is_not_to_be_sent_any_more_stays_as_it_is() {
        for row in [None, Some(delivery(State::Retrying))] {
            let canceled = loaded("canceled", row.clone());
            assert_eq!(left(&decided(&task(), &canceled)), "campaign_canceled");
            let mut off = loaded("published", row.clone());
            if let Some(receiver) = &mut off.receiver {
                receiver.off.insert(Channel::Email, OffReason::SwitchedOff);
            }
            assert_eq!(left(&decided(&task(), &off)), "channel_off");
            let mut nobody = loaded("published", row);
            nobody.receiver = None;
            assert_eq!(left(&decided(&task(), &nobody)), "channel_off");
        }
        let nothing = Loaded::default();
        assert_eq!(left(&decided(&task(), &nothing)), "campaign_gone");
    }
}
