//! Rows 4 and 5: the response to a call is lost after the call was made.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use carillon_local::simulator::{EventBus, EventKind};

use crate::{
    run::Run,
    support::proxy::{CallOutcome, Side},
};

/// Row 4: the provider accepted the message, and the response was lost.
pub(crate) async fn provider(run: &mut Run<'_>) {
    let receivers = run.size.pick(60, 1_000);
    let (seed, lost) = (run.seed, Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&lost);
    run.functions.rule(move |_, seen| {
        if seen.side == Side::Provider && seen.dice(seed).f64() < 0.2 {
            count.fetch_add(1, Ordering::SeqCst);
            return CallOutcome::DropAfter;
        }
        CallOutcome::Pass
    });
    let campaign = run
        .scene
        .draft(&["email", "sms"], run.size.pick(2, 16))
        .await;
    run.scene.add(&campaign, 0..receivers).await;
    run.send(&campaign).await;
    run.check(&campaign, receivers).await;
    run.found.require_none_repeated_or_lost();
    let (lost, unknown) = (lost.load(Ordering::SeqCst), run.found.unknown);
    run.found.require(unknown == lost, || {
        format!("{lost} answers were lost, and {unknown} deliveries are unknown")
    });
    let calls = run.scene.calls().len();
    run.found.require(calls == 2 * receivers, || {
        format!("{} deliveries took {calls} calls", 2 * receivers)
    });
    // Only SES publishes events by itself.
    if run.stage.email.is_none() {
        receipts_settle_mails(run, &campaign).await;
    }
}

/// Makes SES publish a send event for every email, and checks whether that settles the unknown deliveries.
async fn receipts_settle_mails(run: &mut Run<'_>, campaign: &str) {
    let simulator = run.stage.simulator();
    simulator.send_events_to(EventBus::at(run.stage.stack.details().endpoint()));
    for call in run.scene.calls() {
        if call.recipients[0].contains('@') {
            simulator.emit(call.id, &[EventKind::Sent]).await.unwrap();
        }
    }
    simulator.send_events_to(EventBus::default());
    run.settle().await;
    let path = format!("/v1/campaigns/{campaign}/deliveries?state=unknown&limit=200");
    let left = run.scene.api.all(&path, "/deliveries").await.unwrap();
    let mails = left.iter().filter(|it| it["channel"] == "email").count();
    run.found.require(mails == 0, || {
        format!("{mails} mails are unknown after SES told of them")
    });
    let settled = run.found.unknown - left.len();
    run.found.note(format!(
        "a receipt settled {settled} of {} unknown deliveries; SNS reports nothing about text messages",
        run.found.unknown
    ));
}

/// Operations that change a row or a queue.
const WRITES: [&str; 7] = [
    ".BatchExecuteStatement",
    ".BatchWriteItem",
    ".PutItem",
    ".UpdateItem",
    ".DeleteItem",
    ".TransactWriteItems",
    ".SendMessageBatch",
];

/// Row 5: a write succeeded, and its response was lost.
pub(crate) async fn writes(run: &mut Run<'_>) {
    let receivers = run.size.pick(60, 400);
    let (seed, lost) = (run.seed, Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&lost);
    run.functions.rule(move |_, seen| {
        let is_write = WRITES.iter().any(|write| seen.is(write));
        // Only every other call may lose its response, so that its retry does not.
        if is_write && seen.turn % 2 == 1 && seen.dice(seed).f64() < 0.6 {
            count.fetch_add(1, Ordering::SeqCst);
            return CallOutcome::DropAfter;
        }
        CallOutcome::Pass
    });
    let campaign = run
        .scene
        .draft(&["email", "sms"], run.size.pick(2, 16))
        .await;
    run.load(&campaign, 0..receivers).await;
    let event = run.scene.schedule(&campaign).await;
    run.functions.invoke("release", &event).await;
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    let lost = lost.load(Ordering::SeqCst);
    run.found
        .require(lost > 0, || "no answer was lost".to_owned());
    run.found
        .note(format!("{lost} responses to writes were lost"));
}
