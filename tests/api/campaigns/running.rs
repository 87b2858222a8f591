use std::time::Duration;

use carillon_local::{
    demo::client::Answer,
    simulator::{Fault, FaultKind},
};
use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_problem, everything, next_week, post},
    support::{World, counts, eventually},
};

#[track_caller]
fn assert_adds_up(answer: &Answer, total: usize) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let counts = &answer.body["counts"];
    let sum = counts::sum(counts);
    assert_eq!(counts["total"].as_u64(), Some(sum), "{counts}");
    assert_eq!(sum, u64::try_from(total).unwrap(), "{counts}");
}

/// A running campaign on a slow account with this rate per second.
async fn on_its_way(world: &World, people: usize, per_second: u32) -> String {
    let limits = json!({ "per_second": per_second });
    let transport = "/v1/transports/email";
    let limited = ask(&world.api, "PATCH", transport, &[], Some(&limits)).await;
    assert_eq!(limited.status, 200, "{}", limited.body);
    let campaign = world.campaign(&["email", "sms"]).await;
    world.add_people(&campaign, 0..people).await;
    let slow = FaultKind::Slow {
        milliseconds: 1_500,
    };
    world
        .simulator()
        .add_fault(Fault::new(slow).address_suffix(&world.domain))
        .unwrap();
    world.publish(&campaign).await;
    eventually("some of it is sent", async || {
        (world.calls().len() >= 12).then_some(())
    })
    .await;
    format!("/v1/campaigns/{campaign}")
}

/// Checks that no more calls are made, for longer than a message waits for the rate limit.
async fn assert_still(world: &World, why: &str) {
    let calls = world.calls().len();
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(world.calls().len(), calls, "{why}");
}

#[tokio::test]
async fn a_paused_campaign_sends_nothing_until_it_is_resumed() {
    const PEOPLE: usize = 80;
    let world = World::new().await;
    let path = on_its_way(&world, PEOPLE, 8).await;
    let pause = format!("{path}/pause");
    let key = [("idempotency-key", "pause-once")];
    let paused = ask(&world.api, "POST", &pause, &key, None).await;
    let calls = world.calls().len();
    assert_adds_up(&paused, 2 * PEOPLE);
    assert_eq!(paused.text("/status"), "paused");
    let of = |answer: &Answer, name: &str| answer.number(&format!("/counts/{name}"));
    assert!(of(&paused, "stopped") > 0, "{}", paused.body["counts"]);
    assert_eq!(
        of(&paused, "skipped"),
        u64::try_from(PEOPLE).unwrap(),
        "nobody has a phone"
    );
    let begun = of(&paused, "sent") + of(&paused, "in_flight");
    assert_eq!(
        u64::try_from(calls).unwrap(),
        begun,
        "{}",
        paused.body["counts"]
    );
    assert_still(&world, "paused").await;
    assert_eq!(world.calls().len(), calls, "no call after the response");

    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(shown.text("/stalled/0/code"), "paused", "{}", shown.body);
    assert_eq!(shown.text("/stopped_by"), paused.text("/stopped_by"));
    let again = ask(&world.api, "POST", &pause, &key, None).await;
    assert_eq!(
        (&again.body, &again.headers["idempotency-replayed"]),
        (&paused.body, &"true".parse().unwrap())
    );
    let again = post(&world, &pause, &json!({})).await;
    assert_adds_up(&again, 2 * PEOPLE);
    assert_eq!(again.body["version"], paused.body["version"]);
    assert_eq!(again.body["stopped_at"], paused.body["stopped_at"]);
    assert_eq!(of(&again, "in_flight"), 0, "all were answered by now");

    let resume = format!("{path}/resume");
    let resumed = post(&world, &resume, &json!({})).await;
    assert_eq!(
        (resumed.status.as_u16(), resumed.text("/status")),
        (202, "published")
    );
    assert_eq!(resumed.body.get("stopped_at"), None);
    assert_eq!(resumed.body["stalled"], json!([]));
    assert!(
        !resumed.text("/estimated_end").is_empty(),
        "{}",
        resumed.body
    );
    let twice = post(&world, &resume, &json!({})).await;
    assert_eq!(
        (twice.status.as_u16(), &twice.body["version"]),
        (202, &resumed.body["version"])
    );
    let campaign = resumed.text("/id");
    let completed = world.completed(campaign).await;
    assert_eq!(completed.get("estimated_end"), None);
    let audit = world.settled_audit(campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(world.calls().len(), PEOPLE);
}

#[tokio::test]
async fn a_canceled_campaign_never_sends_the_rest() {
    const PEOPLE: usize = 80;
    let world = World::new().await;
    let path = on_its_way(&world, PEOPLE, 8).await;
    let canceled = post(&world, &format!("{path}/cancel"), &json!({})).await;
    let calls = world.calls().len();
    assert_adds_up(&canceled, 2 * PEOPLE);
    assert_eq!(canceled.text("/status"), "canceled");
    assert!(canceled.number("/counts/stopped") > 0);
    assert_still(&world, "canceled").await;
    assert_eq!(world.calls().len(), calls, "no call after the response");

    let again = post(&world, &format!("{path}/cancel"), &json!({})).await;
    assert_adds_up(&again, 2 * PEOPLE);
    assert_eq!(again.body["version"], canceled.body["version"]);
    let stopped = again.number("/counts/stopped");
    assert_eq!(again.number("/totals/channels/email/canceled"), stopped);
    assert_eq!(again.number("/totals/channels/email/pending"), 0);
    let filter = format!("{path}/deliveries?state=canceled&limit=200");
    let listed = world.api.all(&filter, "/deliveries").await.unwrap();
    assert_eq!(u64::try_from(listed.len()).unwrap(), stopped);

    let failed = json!({ "state": "failed" });
    for (route, body) in [
        ("pause", None),
        ("resume", None),
        ("deliveries/resend", Some(&failed)),
    ] {
        let route = format!("{path}/{route}");
        let answer = ask(&world.api, "POST", &route, &[], body).await;
        assert_problem(&answer, 409, "not-running", &route);
        assert_eq!(answer.text("/campaign_status"), "canceled", "{route}");
    }
    assert_eq!(world.calls().len(), calls);
    assert_eq!(
        world.api.get(&path).await.unwrap().text("/status"),
        "canceled"
    );
}

#[tokio::test]
async fn only_running_campaigns_can_be_stopped() {
    let world = World::new().await;
    let unknown = json!({ "state": "unknown" });
    let refused = async |path: &str, status: &str, hint: &str| {
        let before = everything(&world.api).await;
        for route in [
            "pause",
            "resume",
            "cancel",
            "deliveries/resend",
            "deliveries/assume-sent",
        ] {
            let body = route.starts_with("deliveries").then_some(&unknown);
            if status == "completed" && body.is_some() {
                continue;
            }
            let route = format!("{path}/{route}");
            let answer = ask(&world.api, "POST", &route, &[], body).await;
            assert_problem(&answer, 409, "not-running", &route);
            assert_eq!(answer.text("/campaign_status"), status, "{route}");
            assert!(answer.text("/detail").contains(hint), "{}", answer.body);
        }
        assert_eq!(everything(&world.api).await, before);
    };
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    let path = format!("/v1/campaigns/{campaign}");
    refused(&path, "draft", "delete it").await;
    let scheduled = post(&world, &format!("{path}/schedule"), &next_week()).await;
    assert_eq!(scheduled.text("/status"), "scheduled", "{}", scheduled.body);
    refused(&path, "scheduled", "unschedule").await;
    post(&world, &format!("{path}/unschedule"), &json!({})).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    refused(&path, "completed", "completed").await;
}

#[tokio::test]
async fn a_stop_from_a_stale_version_changes_nothing() {
    let world = World::new().await;
    let path = on_its_way(&world, 40, 2).await;
    let shown = world.api.get(&path).await.unwrap();
    let version = shown.number("/version");
    let stale = format!("\"{}\"", version - 1);
    for route in ["pause", "cancel", "resume"] {
        let route = format!("{path}/{route}");
        let answer = ask(&world.api, "POST", &route, &[("if-match", &stale)], None).await;
        assert_problem(&answer, 412, "stale-version", &route);
        assert_eq!(answer.number("/current_version"), version);
    }
    let now = world.api.get(&path).await.unwrap();
    assert_eq!(
        (now.text("/status"), now.number("/version")),
        ("published", version)
    );
    let tag = [("if-match", shown.entity_tag().unwrap())];
    let canceled = ask(&world.api, "POST", &format!("{path}/cancel"), &tag, None).await;
    assert_adds_up(&canceled, 80);
    assert_eq!(canceled.number("/version"), version + 1);
    assert_eq!(
        canceled.entity_tag().map(Value::from),
        Some(json!(format!("\"{}\"", version + 1)))
    );
}
