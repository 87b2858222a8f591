//! Rows 4 and 12: receipts, repeated and in any order.

use std::collections::BTreeMap;

use carillon_local::simulator::{Call, EventKind};

use crate::run::Run;

/// The receipts of one message, and the resulting status.
const STORIES: [(&[EventKind], &str); 5] = [
    (&[EventKind::Sent, EventKind::Delivered], "delivered"),
    (
        &[
            EventKind::Sent,
            EventKind::Delayed,
            EventKind::Delivered,
            EventKind::Opened,
        ],
        "opened",
    ),
    (
        &[EventKind::Delivered, EventKind::Opened, EventKind::Clicked],
        "clicked",
    ),
    (
        &[EventKind::Sent, EventKind::Delivered, EventKind::Bounced],
        "bounced",
    ),
    (
        &[
            EventKind::Delivered,
            EventKind::Opened,
            EventKind::Clicked,
            EventKind::Complained,
        ],
        "complained",
    ),
];

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(40, 400);
    let campaign = run.scene.draft(&["email"], 2).await;
    run.scene.add(&campaign, 0..receivers).await;
    run.send(&campaign).await;
    run.stage
        .simulator()
        .send_events_to(carillon_local::simulator::EventBus::at(
            run.stage.stack.details().endpoint(),
        ));
    let calls: Vec<Call> = run.scene.calls();
    let mut dice = fastrand::Rng::with_seed(run.seed);
    let mut expected = BTreeMap::new();
    let mut events: Vec<(u64, EventKind)> = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        let (story, fate) = STORIES[place % STORIES.len()];
        expected.insert(call.recipients[0].clone(), fate);
        for kind in story {
            for _ in 0..dice.usize(1..=3) {
                events.push((call.id, *kind));
            }
        }
    }
    let count = events.len();
    for round in 0..2 {
        dice.shuffle(&mut events);
        for (call, kind) in &events {
            run.stage.simulator().emit(*call, &[*kind]).await.unwrap();
        }
        run.settle().await;
        let wrong = wrong_fates(run, &campaign, &expected).await;
        run.found.require(wrong.is_empty(), || {
            format!("round {round}: {} of {receivers}: {wrong:?}", wrong.len())
        });
    }
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    run.found.note(format!(
        "{count} receipts, twice, in a different order each time"
    ));
}

async fn wrong_fates(
    run: &Run<'_>,
    campaign: &str,
    expected: &BTreeMap<String, &str>,
) -> Vec<String> {
    let path = format!("/v1/campaigns/{campaign}/deliveries?limit=200");
    let deliveries = run.scene.api.all(&path, "/deliveries").await.unwrap();
    deliveries
        .iter()
        .filter_map(|delivery| {
            let address = delivery["address"].as_str().unwrap();
            let (fate, wanted) = (delivery["fate"].as_str(), expected.get(address).copied());
            (fate != wanted || delivery["state"] != "sent")
                .then(|| format!("{address}: {fate:?} and not {wanted:?}"))
        })
        .collect()
}
