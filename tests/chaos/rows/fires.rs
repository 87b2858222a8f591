//! Row 7: the scheduler fires three times, and the fan-out is killed on each page.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use jiff::SignedDuration;

use crate::{
    run::Run,
    support::{function::Ended, proxy::CallOutcome},
};

/// Time until the messages of a killed function are visible again.
const HIDDEN: SignedDuration = SignedDuration::from_secs(361);

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(600, 5_000);
    // On each page once while enqueuing, once before its cursor is saved, and once after.
    let (seed, killed) = (run.seed, Arc::new(Mutex::new(BTreeSet::new())));
    let marks = Arc::clone(&killed);
    run.functions.rule(move |function, seen| {
        if function != "fanout" {
            return CallOutcome::Pass;
        }
        let mut marks = marks.lock().unwrap();
        let page = marks.len() / 3;
        let (mark, fate) = match marks.len() % 3 {
            0 if seen.is(".SendMessageBatch") && seen.dice(seed).f64() < 0.2 => {
                ("messages", CallOutcome::KillAfter)
            }
            1 if seen.is(".PutItem") => ("place", CallOutcome::KillBefore),
            2 if seen.is(".PutItem") => ("place saved", CallOutcome::KillAfter),
            _ => return CallOutcome::Pass,
        };
        marks.insert((page, mark));
        fate
    });
    run.jump = HIDDEN;
    let campaign = run.scene.draft(&["email"], 1).await;
    run.load(&campaign, 0..receivers).await;
    let event = run.scene.schedule(&campaign).await;
    for _ in 0..3 {
        let ended = run.functions.invoke("release", &event).await;
        run.found.require(matches!(ended, Ended::Answered(_)), || {
            format!("release: {ended:?}")
        });
    }
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    let kills = killed.lock().unwrap().len();
    run.found.require(kills >= 6, || {
        format!("the fan-out was killed {kills} times only")
    });
}
