use carillon_domain::{channel::Channel, delivery::State, id::CampaignId, totals::Counters};
use carillon_store::{Change, StreamPosition};
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
async fn a_record_is_counted_once_however_batches_are_cut_and_repeated() {
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
async fn two_who_count_the_same_batch_count_it_once() {
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
