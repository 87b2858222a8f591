//! Row 18: the stream is split, so that the records of one ledger partition come from two shards.

use crate::run::Run;

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(150, 3_000);
    run.feed.habits.stream_shards = 2;
    run.feed.habits.deliveries = 1..=3;
    run.feed.habits.records = 40;
    let campaign = run.scene.draft(&["email", "sms"], 1).await;
    run.scene.add(&campaign, 0..receivers).await;
    run.send(&campaign).await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    // A shard that is far behind is detected, and its records are recounted.
    run.found.may_mend = true;
}
