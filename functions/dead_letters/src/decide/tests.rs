use carillon_domain::{
    channel::Channel,
    receivers::{NewReceiver, OffReason, Source},
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

fn loaded(status: &str, delivery: Option<Delivery>) -> TaskRows {
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
    TaskRows {
        campaign: Some(serde_json::from_value(campaign).unwrap()),
        receiver: receiver.parse(None, Source::Manual).ok(),
        delivery,
        ..TaskRows::default()
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

fn decided(task: &DeliveryTask, loaded: &TaskRows) -> Decision {
    decide(task, loaded, 1_001, now())
}

/// The written state and the text of its reason.
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
fn a_pending_delivery_fails_even_while_the_campaign_is_paused() {
    for status in ["published", "paused"] {
        let decision = decided(&task(), &loaded(status, None));
        let text = "The message was received 1001 times and moved to the dead-letter queue.";
        assert_eq!(written(&decision), (State::Failed, text), "{status}");
    }
}

#[test]
fn a_retried_delivery_fails_with_the_providers_last_reason() {
    let retrying = loaded("published", Some(delivery(State::Retrying)));
    let text = "Received 1001 times, then moved to the dead-letter queue. Last: Throttling: Maximum sending rate exceeded.";
    assert_eq!(written(&decided(&task(), &retrying)), (State::Failed, text));
}

#[test]
fn a_held_claim_is_waited_for_and_then_becomes_unknown() {
    let at = |seconds| {
        let claimed = Delivery {
            lease_until: Some(now() + SignedDuration::from_secs(seconds)),
            ..delivery(State::Claimed)
        };
        decided(&task(), &loaded("canceled", Some(claimed)))
    };
    assert_eq!(at(30), Decision::Later);
    assert_eq!(at(-3), Decision::Later, "within the tolerance for clocks");
    let (state, text) = (State::Unknown, "The provider may have been called,");
    let decision = at(-6);
    let written = written(&decision);
    assert_eq!(written.0, state);
    assert!(written.1.starts_with(text), "{}", written.1);
}

#[test]
fn a_possibly_sent_delivery_is_unknown_even_if_canceled() {
    for status in ["published", "canceled"] {
        let retrying = Delivery {
            in_doubt: true,
            ..delivery(State::Retrying)
        };
        let decision = decided(&task(), &loaded(status, Some(retrying)));
        assert_eq!(written(&decision).0, State::Unknown, "{status}");
        assert!(matches!(decision, Decision::Write(row, _) if !row.in_doubt));
    }
}

#[test]
fn settled_rows_stay_and_a_repeated_message_recognizes_its_own() {
    for state in [State::Sent, State::Failed, State::Unknown, State::Skipped] {
        let settled = loaded("completed", Some(delivery(state)));
        assert_eq!(left(&decided(&task(), &settled)), "settled", "{state}");
    }
    let Decision::Write(failed, reason) = decided(&task(), &loaded("published", None)) else {
        panic!("it is not written");
    };
    let again = loaded("published", Some((*failed).clone()));
    assert_eq!(decided(&task(), &again), Decision::Written(reason));
    // It was resent meanwhile, and that message became a dead letter, too.
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
fn an_older_message_does_not_end_a_delivery_with_a_newer_one() {
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
    // The fan-out of this generation came after the request.
    assert_eq!(written(&resent(1)).0, State::Failed);
}

#[test]
fn a_delivery_that_is_no_longer_to_be_sent_is_left_alone() {
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
    let nothing = TaskRows::default();
    assert_eq!(left(&decided(&task(), &nothing)), "campaign_gone");
}
