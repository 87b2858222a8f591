use carillon_domain::{
    channel::Channel,
    delivery::{State, totals::Counters},
    id::CampaignId,
};
use carillon_store::{Change, Due, StreamPosition};
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::World;

fn change(world: &World, campaign: &CampaignId, shard: u16, position: usize) -> Change {
    let mut counters = Counters::default();
    counters.count_delivery(Channel::Email, State::Sent, 1);
    Change {
        tenant: world.tenant.clone(),
        campaign: campaign.clone(),
        shard,
        position: StreamPosition::new(&format!("{position}00000000000000000000")),
        at: Timestamp::now(),
        counters,
    }
}

async fn sent(world: &World, campaign: &CampaignId) -> u64 {
    world
        .store
        .counters(&world.tenant, campaign)
        .await
        .unwrap()
        .deliveries(Channel::Email, State::Sent)
}

#[tokio::test]
async fn a_record_is_counted_once_however_batches_are_split_and_repeated() {
    let world = World::new().await;
    let campaign = CampaignId::new(Uuid::now_v7());
    let all: Vec<Change> = (1..=60)
        .map(|position| {
            change(
                &world,
                &campaign,
                u16::try_from(position % 3).unwrap(),
                position,
            )
        })
        .collect();
    for (from, to) in [(0, 20), (0, 20), (10, 40), (0, 60), (30, 60)] {
        world.store.count(&all[from..to]).await.unwrap();
    }
    assert_eq!(sent(&world, &campaign).await, 60);
}

#[tokio::test]
async fn concurrent_counts_of_a_batch_count_it_once() {
    let world = World::new().await;
    let campaign = CampaignId::new(Uuid::now_v7());
    let all: Vec<Change> = (1..=40)
        .map(|position| change(&world, &campaign, 0, position))
        .collect();
    for chunk in all.chunks(10) {
        let calls = (0..4).map(|_| world.store.count(chunk));
        futures::future::try_join_all(calls).await.unwrap();
    }
    assert_eq!(sent(&world, &campaign).await, 40);
}

/// Records of one ledger partition may be in two shards of the stream, one of them far behind the other.
#[tokio::test]
async fn records_of_two_shards_are_counted_in_any_order() {
    let world = World::new().await;
    let campaign = CampaignId::new(Uuid::now_v7());
    let all: Vec<Change> = (1..=400)
        .map(|position| change(&world, &campaign, 0, position))
        .collect();
    let of = |rest: usize| -> Vec<Change> {
        let own = all
            .iter()
            .enumerate()
            .filter(|(place, _)| place % 2 == rest);
        own.map(|(_, change)| change.clone()).collect()
    };
    let (ahead, behind) = (of(0), of(1));
    let mut late = behind.chunks(20);
    for (place, chunk) in ahead.chunks(20).enumerate() {
        world.store.count(chunk).await.unwrap();
        if place > 0 {
            let chunk = late.next().unwrap();
            world.store.count(chunk).await.unwrap();
            // Either may repeat.
            world.store.count(chunk).await.unwrap();
        }
        world.store.count(chunk).await.unwrap();
    }
    world.store.count(late.next().unwrap()).await.unwrap();
    assert_eq!(sent(&world, &campaign).await, 400);
}

/// A record too old to be distinguished from a repetition is ignored, and the sweep recounts the shard.
#[tokio::test]
async fn a_record_beyond_the_window_invalidates_the_totals() {
    let world = World::new().await;
    let campaign = CampaignId::new(Uuid::now_v7());
    let all: Vec<Change> = (2..=1_500)
        .map(|position| change(&world, &campaign, 3, position))
        .collect();
    for chunk in all.chunks(300) {
        world.store.count(chunk).await.unwrap();
    }
    let counted = sent(&world, &campaign).await;
    let late = change(&world, &campaign, 3, 1);
    world.store.count(&[late]).await.unwrap();
    assert_eq!(sent(&world, &campaign).await, counted);
    let later = Timestamp::now() + jiff::SignedDuration::from_mins(2);
    let due = world.store.due(later, 1_000).await.unwrap();
    let is_meant =
        |due: &Due| matches!(due, Due::Totals { campaign: of, shard: 3, .. } if *of == campaign);
    let row = due
        .into_iter()
        .find(is_meant)
        .expect("the shard is due for a recount");
    let Due::Totals { row, .. } = row else {
        unreachable!()
    };
    world.store.forget_due(&row).await.unwrap();
}
