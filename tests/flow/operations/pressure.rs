//! Load: many campaigns in one execution environment, and a long work list on a slow table.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::{Duration, Instant},
};

use carillon_domain::id::CampaignId;
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    flow::delivery::kills,
    store::{person, published},
    support::{
        World, eventually,
        function::{Ended, Function, Setup},
        policies,
        proxy::{CallOutcome, Kill, Proxy},
    },
};

const CAMPAIGNS: usize = 10;
const ROUNDS: usize = 3;

#[tokio::test]
async fn ten_campaigns_at_once_have_their_content_read_once_each() {
    let world = World::new().await;
    let mut events: Vec<Vec<Value>> = vec![Vec::new(); ROUNDS];
    for _ in 0..CAMPAIGNS {
        let campaign = published(&world).await;
        for (round, events) in events.iter_mut().enumerate() {
            let receiver = person(&world.address(round), "");
            let people = std::slice::from_ref(&receiver);
            world
                .store
                .add_receivers(&world.context, &campaign, people)
                .await
                .unwrap();
            events.push(kills::event(&campaign, &receiver));
        }
    }
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let mut email = Function::behind(&proxy, "email", &world, &[]).await;
    // Each campaign in turn, repeatedly.
    for event in events.iter().flatten() {
        assert!(matches!(email.invoke(event).await, Ended::Answered(_)));
    }
    assert_eq!(world.calls().len(), CAMPAIGNS * ROUNDS);
    assert_eq!(
        proxy.seen(".GetItem"),
        CAMPAIGNS + 1,
        "each content is read once, and the tenant's identities"
    );
}

/// More than a sweep could process sequentially.
const ROWS: usize = 5_000;

#[tokio::test]
async fn a_sweep_over_five_thousand_rows_ends_in_time_on_a_slow_table() {
    let world = World::alone("sweep").await;
    // The time in a campaign's row is rounded up to a minute.
    let due = Timestamp::now() - SignedDuration::from_mins(3);
    let rows = (0..ROWS).map(|_| async {
        let nobody = CampaignId::new(Uuid::now_v7());
        world
            .store
            .watch_campaign(&world.tenant, &nobody, due)
            .await
            .unwrap();
    });
    stream::iter(rows)
        .buffer_unordered(16)
        .collect::<Vec<()>>()
        .await;
    let left = async || {
        world
            .store
            .due(Timestamp::now(), 10_000)
            .await
            .unwrap()
            .len()
    };
    assert!(left().await > 1_000);

    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    proxy.set_rule(Arc::new(|_| CallOutcome::Delay(Duration::from_millis(60))));
    proxy.set_guard(policies::guard("release"));
    let details = world.stack.details();
    let mut environment = details.environment(None);
    for (name, value) in &mut environment {
        if *name == "AWS_ENDPOINT_URL" {
            proxy.url().clone_into(value);
        }
    }
    let setup = Setup {
        // As in the template.
        time_limit: Duration::from_secs(60),
        ahead: Arc::new(AtomicI64::new(0)),
        ..Setup::default()
    };
    let mut release = Function::start_with("release", &environment, setup).await;
    let mut sweeps = 0;
    eventually("everything was processed", async || {
        let began = Instant::now();
        let ended = release.invoke(&json!({ "kind": "sweep" })).await;
        assert!(matches!(ended, Ended::Answered(_)), "{ended:?}");
        assert!(
            began.elapsed() < Duration::from_secs(55),
            "{:?}",
            began.elapsed()
        );
        sweeps += 1;
        (left().await == 0).then_some(())
    })
    .await;
    assert!(sweeps <= 3, "{sweeps}");
}
