use carillon_domain::{
    channel::{Channel, PriorityQueue},
    delivery::rate_limiter::{BreakerState, RateLimiter},
    id::TransportId,
    reason::Reason,
    transports::Limits,
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::support::World;

#[tokio::test]
async fn concurrent_environments_are_granted_no_more_than_the_limits() {
    let world = World::new().await;
    let email = TransportId::of_channel(Channel::Email);
    let limits = Limits {
        per_second: 50.try_into().ok(),
        per_day: 1_000.try_into().ok(),
    };
    let now = Timestamp::now();
    // None of them has read the row, so all but the first start with a stale view.
    let unread = RateLimiter::default();
    let leases = join_all((0..12).map(|_| {
        world
            .store
            .change_rate_limiter(&world.tenant, &email, &unread, |rate_limiter| {
                rate_limiter
                    .lease(&limits, 10, PriorityQueue::Urgent, now)
                    .calls
            })
    }))
    .await;
    let granted: u32 = leases.into_iter().flatten().sum();
    assert!((10..=50).contains(&granted), "{granted}");
    let rate_limiter = world
        .store
        .rate_limiter(&world.tenant, &email)
        .await
        .unwrap();
    assert_eq!(
        rate_limiter.day_calls,
        u64::from(granted),
        "each call counted"
    );
}

#[tokio::test]
async fn one_of_many_environments_probes_a_failing_account() {
    let world = World::new().await;
    let (tenant, transport) = (&world.tenant, TransportId::of_channel(Channel::Sms));
    let now = Timestamp::now();
    let reason = Reason::new("Throttling", "slow down");
    let before = now - SignedDuration::from_mins(1);
    world
        .store
        .change_rate_limiter(
            tenant,
            &transport,
            &RateLimiter::default(),
            |rate_limiter| {
                rate_limiter.breaker.trip(None, &reason, before);
            },
        )
        .await
        .unwrap();
    let known = world.store.rate_limiter(tenant, &transport).await.unwrap();
    assert_eq!(known.breaker.state(now), BreakerState::HalfOpen);
    let taken = join_all((0..8).map(|_| {
        world
            .store
            .change_rate_limiter(tenant, &transport, &known, |rate_limiter| {
                rate_limiter.breaker.take_probe(now)
            })
    }))
    .await;
    let winners = taken.into_iter().filter(|taken| matches!(taken, Ok(true)));
    assert_eq!(winners.count(), 1);
}
