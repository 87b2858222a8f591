use std::collections::BTreeSet;

use carillon_domain::{
    campaigns::OnUnknown,
    channel::{Channel, Priority},
    receivers::{NewReceiver, OffReason, Source},
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
        resend: 0,
        address: None,
    }
}

fn loaded(status: Status, delivery: Option<Delivery>) -> TaskRows {
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
        on_unknown: OnUnknown::Hold,
        failover: None,
        via: None,
        test_of: None,
        composed: None,
        stopped: None,
        schedule_changes: Vec::new(),
        stalled: None,
    };
    let receiver = NewReceiver {
        email: Some("ann@example.com".to_owned()),
        ..NewReceiver::default()
    };
    TaskRows {
        campaign: Some(campaign),
        receiver: receiver.parse(None, Source::Manual).ok(),
        delivery,
        suppressed: None,
        window: None,
    }
}

fn delivery(state: State, attempt: u32, seconds: i64) -> Delivery {
    let moment = now() + SignedDuration::from_secs(seconds);
    Delivery {
        state,
        attempt,
        begun_at: Some(now()),
        owner: Some("o".to_owned()),
        lease_until: Some(moment),
        retry_at: Some(moment),
        ..Delivery::unclaimed(1, now())
    }
}

#[test]
fn a_pending_delivery_of_a_published_campaign_is_attempted() {
    assert_eq!(
        decide(&task(), &loaded(Status::Published, None), now()),
        Decision::Attempt(1)
    );
    for status in [
        Status::Draft,
        Status::Scheduled,
        Status::Paused,
        Status::Completed,
        Status::Canceled,
    ] {
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
fn settled_deliveries_are_left_alone() {
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
fn a_held_claim_is_waited_for_and_then_becomes_unknown() {
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
    assert_eq!(at(30), Decision::Defer(Duration::from_secs(36)));
    assert_eq!(
        at(-3),
        Decision::Defer(Duration::from_secs(3)),
        "within the tolerance for clocks"
    );
    assert_eq!(at(-6), Decision::OutcomeUnknown(Some(2)));
}

#[test]
fn a_retry_waits_until_due_and_eventually_ends() {
    let at = |begun_hours_ago, seconds| {
        let mut retrying = delivery(State::Retrying, 30, seconds);
        retrying.begun_at = Some(now() - SignedDuration::from_hours(begun_hours_ago));
        decide(&task(), &loaded(Status::Published, Some(retrying)), now())
    };
    assert_eq!(at(1, 20), Decision::Defer(Duration::from_secs(20)));
    assert_eq!(at(23, 0), Decision::Attempt(31),);
    assert_eq!(at(25, 0), Decision::GiveUp);
}

#[test]
fn a_stopped_campaign_drops_retries_but_not_later_resends() {
    let retrying = || Some(delivery(State::Retrying, 1, -1));
    for status in [Status::Paused, Status::Canceled] {
        let decision = decide(&task(), &loaded(status, retrying()), now());
        assert!(matches!(decision, Decision::Drop(_)), "{status}");
    }
    assert_eq!(
        decide(&task(), &loaded(Status::Completed, retrying()), now()),
        Decision::Attempt(2)
    );
}

#[test]
fn a_possibly_sent_delivery_is_unknown_not_canceled() {
    let retrying = || {
        Some(Delivery {
            in_doubt: true,
            ..delivery(State::Retrying, 1, -1)
        })
    };
    let decided = |status| decide(&task(), &loaded(status, retrying()), now());
    assert_eq!(decided(Status::Canceled), Decision::OutcomeUnknown(None));
    assert!(matches!(decided(Status::Paused), Decision::Drop(_)));
    assert_eq!(decided(Status::Published), Decision::Attempt(2));
}

#[test]
fn a_suppressed_address_is_skipped() {
    let source = SuppressionSource::Unsubscribed;
    let decided = |status, delivery| {
        let mut loaded = loaded(status, delivery);
        loaded.suppressed = Some(source);
        assert!(still_allowed(&task(), &loaded).is_err(), "{status}");
        decide(&task(), &loaded, now())
    };
    let (retrying, claimed) = (State::Retrying, State::Claimed);
    assert_eq!(decided(Status::Published, None), Decision::Skip(source));
    for seconds in [60, -1] {
        let before = delivery(retrying, 60, seconds);
        let decision = decided(Status::Published, Some(before));
        assert_eq!(decision, Decision::Skip(source), "{seconds}");
    }
    let asked_for_again = Some(delivery(retrying, 1, -1));
    assert_eq!(
        decided(Status::Completed, asked_for_again),
        Decision::Skip(source)
    );
    // The previous call's outcome is unknown, and there is no further attempt.
    let lapsed = Some(delivery(claimed, 1, -100));
    assert_eq!(
        decided(Status::Published, lapsed),
        Decision::OutcomeUnknown(None)
    );
    let held = Some(delivery(claimed, 1, 30));
    assert!(matches!(
        decided(Status::Published, held),
        Decision::Defer(_)
    ));
    for (status, before) in [
        (Status::Published, Some(delivery(State::Sent, 1, -1))),
        (Status::Paused, Some(delivery(retrying, 1, -1))),
        (Status::Paused, None),
        (Status::Canceled, None),
    ] {
        let decision = decided(status, before);
        assert!(matches!(decision, Decision::Drop(_)), "{status}");
    }
}

#[test]
fn a_lapsed_claim_is_not_repeated_while_the_campaign_is_paused() {
    for status in [Status::Paused, Status::Canceled] {
        let lapsed = Some(delivery(State::Claimed, 1, -100));
        let decision = decide(&task(), &loaded(status, lapsed), now());
        assert_eq!(decision, Decision::OutcomeUnknown(None), "{status}");
    }
}

#[test]
fn other_generations_and_switched_off_channels_are_dropped() {
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

#[test]
fn a_lost_claim_is_revisited_only_while_something_is_left_to_do() {
    let pause = |state| after_lost_claim(Some(&delivery(state, 1, 60)), now());
    for settled in [State::Sent, State::Failed, State::Unknown, State::Skipped] {
        assert_eq!(pause(settled), None, "{settled:?}");
    }
    assert_eq!(pause(State::Claimed), Some(Duration::from_secs(66)));
    assert_eq!(pause(State::Retrying), Some(SOON));
    let lapsed = delivery(State::Claimed, 1, -3_600);
    assert_eq!(after_lost_claim(Some(&lapsed), now()), Some(SOON));
    assert_eq!(after_lost_claim(None, now()), Some(AFTER_FAILURE));
}
