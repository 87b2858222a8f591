use carillon_domain::{
    campaigns::{Campaign, Status},
    channel::{LARGE, Priority, PriorityQueue},
};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::{store::with_status, support::World};

#[tokio::test]
async fn a_tenants_share_of_the_normal_queue_is_independent_of_its_campaigns() {
    let (world, other) = (World::new().await, World::new().await);
    let now: Timestamp = "2026-11-30T09:00:00Z".parse().unwrap();
    let campaign = |world| with_status(world, Status::Published);
    let campaigns: Vec<Campaign> = (0..10).map(|_| campaign(&world)).collect();
    let hand_over = |campaign, now| world.store.queue_priority(campaign, 1, 100, now);

    let queue_priorities =
        join_all(campaigns.iter().map(|campaign| hand_over(campaign, now))).await;
    let usual = queue_priorities
        .iter()
        .filter(|queue_priority| *queue_priority.as_ref().unwrap() == PriorityQueue::Usual)
        .count();
    assert_eq!(usual, usize::try_from(LARGE / 100).unwrap());

    let elsewhere = other
        .store
        .queue_priority(&campaign(&other), 1, 100, now)
        .await;
    assert_eq!(elsewhere.unwrap(), PriorityQueue::Usual);
    let later = now + SignedDuration::from_mins(1);
    assert_eq!(
        hand_over(&campaigns[0], later).await.unwrap(),
        PriorityQueue::Usual
    );
}

#[tokio::test]
async fn urgent_and_bulk_campaigns_are_not_counted() {
    let world = World::new().await;
    let now = Timestamp::now();
    let campaign = with_status(&world, Status::Published);
    let urgent = Campaign {
        priority: Priority::High,
        ..campaign.clone()
    };
    let (store, many) = (&world.store, usize::MAX);
    let queue_priority = store.queue_priority(&urgent, 1, many, now).await;
    assert_eq!(queue_priority.unwrap(), PriorityQueue::Urgent);
    let queue_priority = store.queue_priority(&campaign, LARGE + 1, many, now).await;
    assert_eq!(queue_priority.unwrap(), PriorityQueue::Bulk);
    let queue_priority = store.queue_priority(&campaign, LARGE, 1, now).await;
    assert_eq!(queue_priority.unwrap(), PriorityQueue::Usual);
}
