//! Rows 17 and 19: campaigns that wait for their account, or are paused and resumed.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{check, harness::scene::Scene, run::Run};

/// The account's initial daily quota; a tenth of it is reserved for urgent campaigns.
const QUOTA: u64 = 50;
const USUAL: usize = 45;
/// Time until everybody has the message after a quota was raised.
const AFTER_THE_RAISE: SignedDuration = SignedDuration::from_mins(2);
/// The account's rate per second in row 19.
const RATE: usize = 8;

async fn limit(scene: &Scene<'_>, limits: &Value) {
    let body = Some(limits.to_string().into_bytes());
    let changed = scene
        .api
        .call(Method::PATCH, "/v1/transports/email", &[], body);
    assert_eq!(changed.await.unwrap().status, 200);
}

/// The quota is respected, waiting messages are in no queue, another tenant is not affected, and a quota raised at noon takes
/// effect at noon.
pub(crate) async fn quota(run: &mut Run<'_>) {
    let receivers = run.size.pick(150, 1_500);
    limit(&run.scene, &json!({ "per_day": QUOTA })).await;
    let campaign = run.scene.draft(&["email"], 2).await;
    run.scene.add(&campaign, 0..receivers).await;
    run.scene.publish(&campaign).await;
    for _ in 0..60 {
        run.sweep_if_due().await;
        run.drain().await;
        run.advance(SignedDuration::from_secs(10)).await;
    }
    let calls = run.scene.calls().len();
    run.found.require(calls == USUAL, || {
        format!("{calls} calls were made with a quota for {USUAL}")
    });
    let hidden: u64 = run.stage.backlog().await.values().map(|it| it.all()).sum();
    run.found.require(hidden == 0, || {
        format!("{hidden} messages wait in queues for a quota")
    });
    another_tenant(run).await;
    stands_as_waiting(run, &campaign).await;

    limit(&run.scene, &json!({ "per_day": 100_000 })).await;
    let raised = run.stage.clock.now();
    while run.scene.status(&campaign).await != "completed"
        && run.stage.clock.now().duration_since(raised) < AFTER_THE_RAISE
    {
        run.sweep_if_due().await;
        if run.step().await.is_none() {
            run.advance(SignedDuration::from_secs(5)).await;
        }
    }
    let took = run.stage.clock.now().duration_since(raised);
    let sent = run.scene.calls().len();
    run.found.require(sent == receivers, || {
        format!("{sent} of {receivers} were sent {took:#} after the quota was raised")
    });
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    run.found.note(format!(
        "all were sent {} s after the raise",
        took.as_secs()
    ));
}

async fn another_tenant(run: &mut Run<'_>) {
    let other = Scene::new(run.stage, 39).await;
    let campaign = other.draft(&["email"], 2).await;
    other.add(&campaign, 0..20).await;
    other.publish(&campaign).await;
    let began = run.stage.clock.now();
    while other.status(&campaign).await != "completed"
        && run.stage.clock.now().duration_since(began) < SignedDuration::from_mins(1)
    {
        if run.step().await.is_none() {
            run.advance(SignedDuration::from_secs(5)).await;
        }
    }
    let status = other.status(&campaign).await;
    run.found.require(status == "completed", || {
        format!("another tenant's campaign is {status} after a minute")
    });
    check::campaign(&other, &campaign, 20, &mut run.found).await;
}

async fn stands_as_waiting(run: &mut Run<'_>, campaign: &str) {
    let shown = run
        .scene
        .api
        .get(&format!("/v1/campaigns/{campaign}"))
        .await;
    let shown = shown.unwrap().body;
    let code = shown["stalled"][0]["code"].as_str().unwrap_or_default();
    run.found.require(code == "quota_used", || {
        format!("it is stalled for {}", shown["stalled"])
    });
}

/// After a resume everything continues, within the time that the rate needs.
pub(crate) async fn resume(run: &mut Run<'_>) {
    let receivers = run.size.pick(120, 600);
    limit(&run.scene, &json!({ "per_second": RATE })).await;
    let campaign = run.scene.draft(&["email"], 2).await;
    run.scene.add(&campaign, 0..receivers).await;
    run.scene.publish(&campaign).await;
    let path = format!("/v1/campaigns/{campaign}");
    for part in 1..=3 {
        while run.scene.calls().len() < receivers * part / 5 {
            if run.step().await.is_none() {
                run.advance(SignedDuration::from_secs(1)).await;
            }
        }
        run.scene
            .api
            .post(&format!("{path}/pause"), &json!({}))
            .await
            .unwrap();
        run.drain().await;
        run.scene
            .api
            .post(&format!("{path}/resume"), &json!({}))
            .await
            .unwrap();
    }
    let (left, began) = (receivers - run.scene.calls().len(), run.stage.clock.now());
    run.jump = SignedDuration::from_secs(1);
    run.open.push(campaign.clone());
    run.settle().await;
    let took = run.stage.clock.now().duration_since(began).as_secs();
    let needed = i64::try_from(left / RATE).unwrap();
    // A message hidden for the rate before the pause blocks its successor until it is visible.
    run.found.require(took <= needed * 2 + 60, || {
        format!("{left} took {took} s after the last resume, and {needed} by the rate")
    });
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    run.found.note(format!(
        "{left} took {took} s after the last resume, {needed} by the rate"
    ));
}
