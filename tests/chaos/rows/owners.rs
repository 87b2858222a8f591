//! Rows 10 and 11: who may send, when several want to.

use futures::future::join_all;
use jiff::SignedDuration;

use crate::{
    feed::Batch,
    run::Run,
    support::{
        function::Ended,
        proxy::{Fate, Side, fate::Gate},
    },
};

/// A campaign whose messages are all in the queue of the function `email`, which gets none of them.
async fn fanned_out(run: &mut Run<'_>, receivers: usize) -> String {
    run.feed.habits.starved = &["email"];
    let campaign = run.scene.draft(&["email"], 4).await;
    run.scene.add(&campaign, 0..receivers).await;
    run.scene.publish(&campaign).await;
    run.drain().await;
    campaign
}

/// Lets everything go its usual way, and compares.
async fn conclude(run: &mut Run<'_>, campaign: &str, receivers: usize) {
    run.feed.habits.starved = &[];
    run.open.push(campaign.to_owned());
    run.settle().await;
    run.check(campaign, receivers).await;
}

/// Row 10: sixteen processes get the same messages at the same time.
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
            format!("{races} races of 16 for {receivers} deliveries ended in {calls} calls")
        });
    run.found.note(format!("{races} races of 16"));
}

/// The lease of a claim, and how much clocks may differ, both as in `shared/`.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// Row 11: two processes whose clocks are five seconds apart; one is still sending when its lease ends.
pub(crate) async fn clocks(run: &mut Run<'_>) {
    let receivers = run.size.pick(80, 800);
    let campaign = fanned_out(run, receivers).await;
    let apart = i64::try_from(TOLERANCE.as_millis()).unwrap();
    let faces = [run.stage.clock.face(0), run.stage.clock.face(apart)];
    let mut expected = 0;
    for round in 0.. {
        let Some(batch) = run.feed.take("email").await else {
            break;
        };
        // Either may be the one that is slow, and its lease may have ended for both or for the faster clock only.
        let (slow, ends) = (round % 2, round % 4 < 2);
        let held = Held { slow, ends, batch };
        expected += held.send(run, &faces).await;
    }
    run.functions.no_faults();
    conclude(run, &campaign, receivers).await;
    run.found.require_none_repeated_or_lost();
    let (unknown, calls) = (run.found.unknown, run.scene.calls().len());
    run.found.require(unknown == expected && calls == receivers, || {
        format!("{expected} leases ended while sending, {unknown} deliveries are unknown, and there were {calls} calls")
    });
    run.found.require(expected > 0 && expected < receivers, || {
        format!("{expected} leases ended")
    });
    run.found.note(format!(
        "{expected} leases ended while their owner was sending"
    ));
}

/// A batch whose calls to the provider are held back.
struct Held {
    slow: usize,
    ends: bool,
    batch: Batch,
}

impl Held {
    /// Gives the batch to one process, and to the other while the first is sending. Returns how many leases ended.
    async fn send(
        self,
        run: &mut Run<'_>,
        faces: &[std::sync::Arc<crate::clock::Face>; 2],
    ) -> usize {
        let gate = Gate::closed();
        let held = std::sync::Arc::clone(&gate);
        run.functions.rule(move |label, seen| match seen.side {
            Side::Provider if label == "slow" => Fate::Hold(std::sync::Arc::clone(&held)),
            _ => Fate::Pass,
        });
        let mut slow = run
            .functions
            .worker("email", "slow", &faces[self.slow])
            .await;
        let mut other = run
            .functions
            .worker("email", "other", &faces[1 - self.slow])
            .await;
        let (count, clock) = (self.batch.len(), &run.stage.clock);
        let meanwhile = async {
            while gate.arrived() < count {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let second = SignedDuration::from_secs(1);
            clock.advance(match self.ends {
                true => LEASE + TOLERANCE + TOLERANCE + second,
                false => LEASE - second,
            });
            let ended = other.invoke(&self.batch.event).await;
            gate.open();
            ended
        };
        let (slow, other) = tokio::join!(slow.invoke(&self.batch.event), meanwhile);
        let answers: Vec<_> = [slow, other]
            .into_iter()
            .filter_map(Ended::answer)
            .collect();
        run.found
            .require(answers.len() == 2, || "a process did not answer".to_owned());
        if let Some(answer) = answers.get(1) {
            let left = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
            let expected = if self.ends { 0 } else { count };
            run.found.require(left == expected, || {
                format!("the other process left {left} of {count} messages, and not {expected}")
            });
        }
        run.feed.finish(&self.batch, &answers).await;
        if self.ends { count } else { 0 }
    }
}
