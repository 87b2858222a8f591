//! Limits of provider accounts: rate and circuit breaker.

use std::time::{Duration, Instant};

use carillon_domain::{channel::Channel, delivery::rate_limiter::BreakerState, id::TransportId};
use carillon_local::simulator::{Fault, FaultKind};
use jiff::Timestamp;

use crate::support::{World, eventually};

async fn limit(world: &World, per_second: u32) {
    let store = &world.store;
    let transport = store
        .transport(&world.context, &TransportId::of_channel(Channel::Email))
        .await;
    let mut transport = transport.unwrap().unwrap();
    transport.limits.per_second = per_second.try_into().ok();
    store
        .put_transport(&world.context, &transport)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rate_is_respected_and_waiting_for_it_costs_no_attempt() {
    const RATE: u32 = 4;
    const PEOPLE: usize = 40;
    let world = World::new().await;
    limit(&world, RATE).await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..PEOPLE).await;
    let began = Instant::now();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let took = began.elapsed();
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(world.calls().len(), PEOPLE);
    // The initial burst is not subject to the rate.
    let least =
        Duration::from_secs_f64(f64::from(u32::try_from(PEOPLE).unwrap() - RATE) / f64::from(RATE));
    assert!(took >= least, "{took:?} for {PEOPLE} at {RATE} a second");
    let deliveries = world
        .api
        .all(
            &format!("/v1/campaigns/{campaign}/deliveries"),
            "/deliveries",
        )
        .await
        .unwrap();
    assert!(
        deliveries.iter().all(|delivery| delivery["attempt"] == 1),
        "{deliveries:?}"
    );
}

#[tokio::test]
async fn a_failing_account_is_left_alone_and_probed_with_one_message() {
    const PEOPLE: usize = 30;
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..PEOPLE).await;
    let unavailable = world
        .simulator()
        .add_fault(Fault::new(FaultKind::ServerError { status: 503 }).address_suffix(&world.domain))
        .unwrap();
    world.publish(&campaign).await;
    let breaker = async || {
        let rate_limiter = world
            .store
            .rate_limiter(&world.tenant, &TransportId::of_channel(Channel::Email))
            .await;
        rate_limiter.unwrap().breaker
    };
    eventually("the breaker opens", async || {
        let state = breaker().await.state(Timestamp::now());
        matches!(state, BreakerState::Open { .. }).then_some(())
    })
    .await;
    // Calls in flight when it opened have ended; no new ones follow.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let calls = world.calls().len();
    assert!(calls <= PEOPLE, "{calls}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.calls().len(), calls, "the account is left alone");

    world.simulator().remove_fault(unavailable.id);
    world.completed(&campaign).await;
    assert_eq!(
        breaker().await.state(Timestamp::now()),
        BreakerState::Closed
    );
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(audit.count("email", "sent"), u64::try_from(PEOPLE).unwrap());
}
