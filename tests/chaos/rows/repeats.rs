//! Row 1: every message and every stream record is delivered 2 to 5 times, and all of them once more after SQS's
//! deduplication window.

use jiff::SignedDuration;

use crate::{harness::feed::Habits, run::Run};

/// SQS's deduplication window is five minutes.
const WINDOW: SignedDuration = SignedDuration::from_mins(6);

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(60, 1_000);
    run.feed.habits = Habits {
        deliveries: 2..=5,
        pauses: &[0, 30, 400],
        records: 50,
        keeps_copies: true,
        ..Habits::default()
    };
    let campaign = run
        .scene
        .draft(&["email", "sms"], run.size.pick(4, 16))
        .await;
    run.load(&campaign, 0..receivers).await;
    run.send(&campaign).await;
    run.advance(WINDOW).await;
    run.feed.habits.keeps_copies = false;
    let copies = run.feed.send_copies().await;
    run.settle().await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    run.found.note(format!(
        "{copies} messages were delivered again after {} minutes",
        WINDOW.as_mins()
    ));
}
