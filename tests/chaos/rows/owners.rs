//! Rows 10 and 11: competing owners of a delivery.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use jiff::SignedDuration;

use crate::{
    check,
    harness::{clock::Face, feed::Batch, scene::Scene},
    run::Run,
    support::{
        function::{Ended, again},
        proxy::{CallOutcome, Side, outcome::Gate},
    },
};

/// A campaign with all its messages in the queue of the function `email`, which is paused.
async fn fanned_out(run: &mut Run<'_>, receivers: usize) -> String {
    run.feed.habits.starved = &["email"];
    // Nothing becomes final here, so everything has to fit into the fan-out's window: 1,000 per shard.
    let campaign = run.scene.draft(&["email"], run.size.pick(4, 16)).await;
    run.scene.add(&campaign, 0..receivers).await;
    run.scene.publish(&campaign).await;
    run.drain().await;
    campaign
}

/// Resumes normal operation and compares.
async fn conclude(run: &mut Run<'_>, campaign: &str, receivers: usize) {
    run.feed.habits.starved = &[];
    run.open.push(campaign.to_owned());
    run.settle().await;
    run.check(campaign, receivers).await;
}

/// Row 10: sixteen processes receive the same messages at the same time.
pub(crate) async fn race(run: &mut Run<'_>) {
    let receivers = run.size.pick(60, 1_000);
    let campaign = fanned_out(run, receivers).await;
    let mut workers = Vec::new();
    for number in 0..16 {
        let label = format!("email {number}");
        workers.push(run.functions.worker("email", &label, &run.stage.face).await);
    }
    let mut races = 0;
    while let Some(batch) = run.feed.take("email").await {
        races += batch.len();
        let ended = join_all(workers.iter_mut().map(|worker| worker.invoke(&batch.event))).await;
        let answers: Vec<_> = ended.into_iter().filter_map(Ended::answer).collect();
        run.found.require(answers.len() == workers.len(), || {
            "a worker did not answer".to_owned()
        });
        run.feed.finish(&batch, &answers).await;
    }
    run.found.aws_calls += workers
        .iter()
        .map(|worker| worker.proxy.count(|seen| seen.side == Side::Aws))
        .sum::<usize>();
    conclude(run, &campaign, receivers).await;
    run.found.require_all_sent();
    let calls = run.scene.calls().len();
    run.found
        .require(races >= receivers && calls == receivers, || {
            format!("{races} races of 16 workers for {receivers} deliveries ended in {calls} calls")
        });
    run.found.note(format!("{races} races of 16 workers"));
}

/// The lease of a claim and the clock tolerance, both as in `shared/`.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// The outcome of held calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Made during the lease, and accepted.
    InTime,
    /// Made after the lease, and accepted nevertheless.
    TakenLate,
    /// Made after the lease, and rejected.
    RefusedLate,
}

/// Row 11: two processes whose clocks are five seconds apart; one is still sending when its lease ends.
pub(crate) async fn clocks(run: &mut Run<'_>) {
    let receivers = run.size.pick(80, 800);
    let campaign = fanned_out(run, receivers).await;
    let apart = i64::try_from(TOLERANCE.as_millis()).unwrap();
    let faces = [run.stage.clock.face(0), run.stage.clock.face(apart)];
    let turns = [
        Turn::InTime,
        Turn::TakenLate,
        Turn::RefusedLate,
        Turn::InTime,
    ];
    let (mut taken, mut refused) = (0, 0);
    for round in 0.. {
        let Some(batch) = run.feed.take("email").await else {
            break;
        };
        // Either may be the slow one.
        let (slow, turn) = (round / turns.len() % 2, turns[round % turns.len()]);
        match turn {
            Turn::InTime => {}
            Turn::TakenLate => taken += batch.len(),
            Turn::RefusedLate => refused += batch.len(),
        }
        Held { slow, turn, batch }
            .send(run, &campaign, &faces)
            .await;
        // Each of these takes a minute of the functions' time, and shard iterators expire.
        run.feed.refresh().await;
    }
    run.functions.no_faults();
    conclude(run, &campaign, receivers).await;
    run.found.require_none_repeated_or_lost();
    let (unknown, failed) = (run.found.unknown, run.found.failed);
    // A late owner may still record that the provider accepted a message, but not a retry or a failure.
    run.found.require((refused..=refused + taken).contains(&unknown), || {
        format!("{refused} calls were refused and {taken} taken after their lease; {unknown} deliveries are unknown")
    });
    run.found
        .require(failed == 0, || format!("{failed} stale records were taken"));
    let calls = run.scene.calls().len();
    run.found.require(calls == receivers, || {
        format!("{receivers} deliveries took {calls} calls")
    });
    run.found.require(taken > 0 && refused > 0, || {
        "no lease ended while sending".to_owned()
    });
    run.found.note(format!(
        "{} leases expired while their owner was sending",
        taken + refused
    ));
}

/// A batch whose provider calls are held.
struct Held {
    slow: usize,
    turn: Turn,
    batch: Batch,
}

impl Held {
    /// Delivers the batch to one process, and again to the other while the first is sending.
    async fn send(self, run: &mut Run<'_>, campaign: &str, faces: &[Arc<Face>; 2]) {
        let gate = Gate::closed();
        let held = Arc::clone(&gate);
        run.functions.rule(move |label, seen| match seen.side {
            Side::Provider if label == "slow" => CallOutcome::Hold(Arc::clone(&held)),
            _ => CallOutcome::Pass,
        });
        let slow = &faces[self.slow];
        let other = &faces[1 - self.slow];
        let mut slow = run.functions.worker("email", "slow", slow).await;
        let mut other = run.functions.worker("email", "other", other).await;
        let (count, stage, scene) = (self.batch.len(), run.stage, &run.scene);
        let before = count_of(scene, campaign, "unknown").await;
        let meanwhile = async {
            while gate.arrived() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let second = SignedDuration::from_secs(1);
            stage.clock.advance(match self.turn {
                Turn::InTime => LEASE - second,
                Turn::TakenLate | Turn::RefusedLate => LEASE + TOLERANCE + TOLERANCE + second,
            });
            let ended = other.invoke(&again(&self.batch.event)).await;
            let unknown = count_of(scene, campaign, "unknown").await - before;
            let refuse = (self.turn == Turn::RefusedLate).then(|| scene.reject_all());
            gate.open();
            (ended, unknown, refuse)
        };
        let (slow, (other, unknown, refuse)) =
            tokio::join!(slow.invoke(&self.batch.event), meanwhile);
        if let Some(refuse) = refuse {
            stage.simulator().remove_fault(refuse);
        }
        let answers: Vec<_> = [slow, other]
            .into_iter()
            .filter_map(Ended::answer)
            .collect();
        let expected = if self.turn == Turn::InTime { 0 } else { count };
        run.found
            .require(answers.len() == 2 && unknown == expected, || {
                format!(
                    "while a batch of {count} was held ({:?}), {unknown} became unknown",
                    self.turn
                )
            });
        run.feed.finish(&self.batch, &answers).await;
    }
}

async fn count_of(scene: &Scene<'_>, campaign: &str, state: &str) -> usize {
    let deliveries = check::deliveries(scene, campaign).await;
    deliveries
        .iter()
        .filter(|delivery| delivery.state == state)
        .count()
}
