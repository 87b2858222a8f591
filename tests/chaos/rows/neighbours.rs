//! Row 14: a small campaign beside a large one of another tenant.

use crate::{
    harness::scene::Scene,
    run::{Run, Size},
};

/// Longer than this row takes.
const MOST_ROUNDS: usize = 200;
const SMALL: usize = 100;

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(2_500, 100_000);
    // A file is faster than adding many receivers manually.
    let large = run.scene.draft(&["email"], 16).await;
    run.load(&large, 0..receivers).await;

    let small = Scene::new(run.stage, 39).await;
    let alone = send(run, &small, 0).await;
    run.scene.publish(&large).await;
    while run.scene.calls().len() < 100 {
        round(run).await;
    }
    let under_way = run.scene.calls().len();
    let beside = send(run, &small, SMALL).await;
    let open = receivers - run.scene.calls().len();
    run.found.require(open > 0, || {
        "the large campaign was through before the small one".to_owned()
    });
    run.found.require(2 * beside <= 3 * alone, || {
        format!("alone the small campaign took {alone} rounds, beside the large one {beside}")
    });
    run.found.note(format!(
        "{SMALL} receivers: {alone} rounds alone, {beside} alongside a campaign to {receivers}, {under_way} of whom had already been sent the message"
    ));
    run.found
        .known
        .extend((0..2 * SMALL).map(|number| small.address(number)));
    run.open.push(large.clone());
    if run.size == Size::Large {
        // The rest proves nothing more, and would take most of the run.
        run.scene.cancel(&large).await;
    }
    run.settle().await;
    run.check(&large, receivers).await;
    match run.size {
        Size::Quick => run.found.require_all_sent(),
        Size::Large => run.found.require_none_repeated_or_lost(),
    }
}

/// Lambda's invocations, as concurrent as the template allows.
async fn round(run: &mut Run<'_>) {
    run.feed.round(&mut run.functions).await;
}

/// Publishes a small campaign, and counts the rounds until it is completed.
async fn send(run: &mut Run<'_>, scene: &Scene<'_>, first: usize) -> usize {
    let campaign = scene.draft(&["email"], 4).await;
    scene.add(&campaign, first..first + SMALL).await;
    round(run).await;
    scene.publish(&campaign).await;
    for rounds in 1..=MOST_ROUNDS {
        round(run).await;
        if scene.status(&campaign).await == "completed" {
            return rounds;
        }
    }
    run.found
        .problem("the small campaign did not come to its end");
    MOST_ROUNDS
}
