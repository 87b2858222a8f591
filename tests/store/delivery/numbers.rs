use std::collections::BTreeSet;

use carillon_domain::{
    channel::Channel,
    delivery::number::{least_count, number_of},
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::support::World;

#[tokio::test]
async fn numbers_are_never_given_out_twice() {
    let world = World::new().await;
    let now = Timestamp::now();
    let take = |count| {
        world
            .store
            .take_numbers(&world.tenant, Channel::Sms, count, now)
    };
    // All at the same moment, so that the counter runs ahead of the clock.
    let taken = join_all((1..=16).map(take)).await;
    let mut all = BTreeSet::new();
    for (count, numbers) in (1_usize..=16).zip(taken) {
        let numbers = numbers.unwrap();
        assert_eq!(numbers.len(), count);
        all.extend(numbers);
    }
    assert_eq!(all.len(), 16 * 17 / 2);
    assert!(all.contains(&number_of(least_count(now))));

    let other = world
        .store
        .take_numbers(&world.tenant, Channel::Email, 1, now);
    assert_eq!(other.await.unwrap(), [number_of(least_count(now))]);
}

#[tokio::test]
async fn a_counter_catches_up_with_the_clock_and_never_goes_back() {
    let world = World::new().await;
    let now = Timestamp::now();
    let take = |count, at| {
        world
            .store
            .take_numbers(&world.tenant, Channel::Sms, count, at)
    };
    let earlier = now - SignedDuration::from_secs(10);
    let first = number_of(least_count(now));
    assert_eq!(
        take(1, earlier).await.unwrap(),
        [number_of(least_count(earlier))]
    );
    assert_eq!(take(2, now).await.unwrap(), [first, first + 1]);
    // Another execution environment's clock is behind.
    assert_eq!(take(1, earlier).await.unwrap(), [first + 2]);
}
