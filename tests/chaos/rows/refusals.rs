//! Rows 6 and 15: AWS processes only part of a batch, or throttles.

use crate::{
    harness::feed::Feed,
    run::Run,
    support::proxy::{CallOutcome, Side},
};

/// Row 6: a third of the entries of every batch fails.
pub(crate) async fn partial(run: &mut Run<'_>) {
    let receivers = run.size.pick(50, 800);
    let seed = run.seed;
    run.functions.rule(move |_, seen| CallOutcome::FailEntries {
        share: 0.3,
        dice: seen.dice(seed),
    });
    let campaign = run
        .scene
        .draft(&["email", "sms"], run.size.pick(4, 16))
        .await;
    run.load(&campaign, 0..receivers).await;
    run.send(&campaign).await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
}

/// Row 15: a fifth of all calls are throttled.
pub(crate) async fn throttled(run: &mut Run<'_>) {
    let receivers = run.size.pick(80, 2_000);
    let seed = run.seed;
    let shards = run.size.pick(4, 16);
    let mut calls = Vec::new();
    let mut before = 0;
    for round in 0..2 {
        // Both rounds use the same random choices, apart from the effects of the faults.
        run.feed = Feed::new(run.stage, seed).await;
        run.feed.habits.records_wait = true;
        if round == 1 {
            run.functions.throttle(0.2, seed);
        }
        let campaign = run.scene.draft(&["email", "sms"], shards).await;
        run.load(&campaign, round * receivers..(round + 1) * receivers)
            .await;
        run.send(&campaign).await;
        run.check(&campaign, receivers).await;
        let all = run.functions.calls(Side::Aws);
        calls.push(all - before);
        before = all;
    }
    run.found.require_all_sent();
    let (calm, throttled) = (calls[0], calls[1]);
    run.found.require(throttled * 10 <= calm * 14, || {
        format!("{throttled} calls, and without throttling {calm}")
    });
    run.found.note(format!(
        "{calm} calls to AWS without throttling and {throttled} with it"
    ));
}
