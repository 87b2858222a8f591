use std::time::{Duration, Instant};

use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    channel::Channel,
    delivery::{Delivery, State, task::DeliveryTask, totals::Counters},
};
use carillon_store::{Change, Claim, Claimed, Difference, Insert, StreamPosition, TotalsCheck};
use jiff::{SignedDuration, Timestamp};

use crate::{
    store::{person, published},
    support::{World, eventually},
};

const SHARD: u16 = 0;

/// A change without a row, as if the stream had repeated a record.
fn invented(campaign: &Campaign, at: Timestamp, position: &str) -> Change {
    let mut counters = Counters::default();
    counters.count_delivery(Channel::Email, State::Sent, 5);
    Change {
        tenant: campaign.tenant.clone(),
        campaign: campaign.id.clone(),
        shard: SHARD,
        position: StreamPosition::new(position),
        at,
        counters,
    }
}

async fn sent(world: &World, campaign: &Campaign) -> u64 {
    let counters = world.store.counters(&world.tenant, &campaign.id).await;
    counters.unwrap().deliveries(Channel::Email, State::Sent)
}

/// A published campaign whose first shard has one delivery, claimed this long ago.
async fn with_a_claim(world: &World, minutes_ago: i64) -> (Campaign, DeliveryTask, Delivery) {
    let campaign = published(world).await;
    let receiver = (0..)
        .map(|number| person(&world.address(number), ""))
        .find(|person| person.id(&campaign.id).unwrap().shard(campaign.shards) == SHARD)
        .unwrap();
    let claimed_at = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap()
        - SignedDuration::from_mins(minutes_ago);
    world
        .store
        .add_receivers(
            &Context::system(&campaign.tenant, claimed_at),
            &campaign,
            std::slice::from_ref(&receiver),
        )
        .await
        .unwrap();
    let id = receiver.id(&campaign.id).unwrap();
    let task = DeliveryTask {
        tenant: campaign.tenant.clone(),
        campaign: campaign.id.clone(),
        generation: 1,
        shard: SHARD,
        receiver: id,
        channel: Channel::Email,
        resend: 0,
        address: None,
    };
    let claim = Delivery {
        state: State::Claimed,
        attempt: 1,
        owner: Some("somebody".to_owned()),
        lease_until: Some(claimed_at + SignedDuration::from_mins(1)),
        ..Delivery::unclaimed(1, claimed_at)
    };
    let insert = Insert {
        task: &task,
        delivery: claim.clone(),
    };
    let claimed = world.store.claim(&[Claim::Insert(insert)]).await.unwrap();
    assert_eq!(claimed, [Claimed::Won]);
    eventually("the tally has counted both rows", async || {
        let counters = world.store.counters(&world.tenant, &campaign.id).await;
        let counters = counters.unwrap();
        let claimed = counters.deliveries(Channel::Email, State::Claimed);
        (counters.receivers() == 1 && claimed == 1).then_some(())
    })
    .await;
    (campaign, task, claim)
}

#[tokio::test]
async fn wrong_totals_are_corrected_once_and_late_records_are_ignored() {
    let world = World::new().await;
    let (campaign, _, _) = with_a_claim(&world, 30).await;
    let published_at = campaign.published_at.unwrap_or(campaign.created_at);
    let recount = async |now| {
        let deadline = Instant::now() + Duration::from_secs(20);
        let counted = world.store.recount(&campaign, SHARD, deadline, now).await;
        counted.unwrap().unwrap().1
    };
    let later = published_at + SignedDuration::from_mins(5);
    assert_eq!(recount(later).await, TotalsCheck::Equal);

    let wrong = invented(&campaign, Timestamp::now(), &"8".repeat(30));
    world.store.count(&[wrong]).await.unwrap();
    assert_eq!(sent(&world, &campaign).await, 5);
    let difference = Difference {
        counter: "email.sent".to_owned(),
        counted: 5,
        recounted: 0,
    };
    let soon = published_at + SignedDuration::from_secs(20);
    assert_eq!(
        recount(soon).await,
        TotalsCheck::Moving(vec![difference.clone()]),
        "rows are too new to tell an error from a lagging stream"
    );
    assert_eq!(recount(later).await, TotalsCheck::Mended(vec![difference]));
    assert_eq!(sent(&world, &campaign).await, 0);
    assert_eq!(recount(later).await, TotalsCheck::Equal);

    let late = invented(&campaign, published_at, &format!("{}1", "9".repeat(29)));
    world.store.count(&[late]).await.unwrap();
    assert_eq!(sent(&world, &campaign).await, 0, "it is in the recount");
    let new = invented(&campaign, later, &format!("{}2", "9".repeat(29)));
    world.store.count(&[new]).await.unwrap();
    assert_eq!(sent(&world, &campaign).await, 5);
}

#[tokio::test]
async fn an_abandoned_claim_becomes_unknown_once() {
    let world = World::new().await;
    let (campaign, task, claim) = with_a_claim(&world, 30).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let now = Timestamp::now();
    let counted = world.store.recount(&campaign, SHARD, deadline, now).await;
    let (recount, _) = counted.unwrap().unwrap();
    assert_eq!(recount.lapsed, [(task.clone(), claim)]);
    let settled = async || world.store.abandon_claims(&recount.lapsed, now).await;
    assert_eq!(settled().await.unwrap(), 1);
    assert_eq!(settled().await.unwrap(), 0);
    let row = world
        .store
        .delivery(
            &task.tenant,
            &task.campaign,
            SHARD,
            &task.receiver,
            task.channel,
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.state, State::Unknown);
}

#[tokio::test]
async fn a_recount_without_time_left_reports_it() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let counted = world
        .store
        .recount(&campaign, SHARD, Instant::now(), Timestamp::now())
        .await;
    assert_eq!(counted.unwrap(), None);
}
