use carillon_domain::{
    channel::Channel,
    delivery::{Delivery, State},
    reason::Reason,
};
use carillon_store::{
    Claim, Claimed, DeliveryFilter, Insert, PageRequest, Reclaim, Record, Recorded,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    store::{person, published, task},
    support::World,
};

fn claimed(attempt: u32) -> Delivery {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    Delivery {
        state: State::Claimed,
        attempt,
        begun_at: Some(now),
        owner: Some(Uuid::new_v4().simple().to_string()),
        lease_until: Some(now + SignedDuration::from_secs(60)),
        transport: "ses".parse().ok(),
        ..Delivery::unclaimed(1, now)
    }
}

fn sent(claim: &Delivery) -> Delivery {
    Delivery {
        state: State::Sent,
        provider_id: Some("m-1".to_owned()),
        lease_until: None,
        ..claim.clone()
    }
}

#[tokio::test]
async fn of_sixteen_concurrent_claims_one_wins() {
    let world = World::new().await;
    let campaign = published(&world).await;
    for round in 0..25 {
        let task = task(
            &campaign,
            &person(&format!("p{round}@example.com"), ""),
            Channel::Email,
        );
        let racers: Vec<Delivery> = (0..16).map(|_| claimed(1)).collect();
        let results = futures::future::join_all(racers.iter().map(|delivery| async {
            let claim = Claim::Insert(Insert {
                task: &task,
                delivery: delivery.clone(),
            });
            world.store.claim(&[claim]).await.unwrap().remove(0)
        }))
        .await;
        let winners: Vec<usize> = results
            .iter()
            .enumerate()
            .filter(|(_, result)| **result == Claimed::Won)
            .map(|(index, _)| index)
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {results:?}");
        let row = world
            .store
            .delivery(
                &task.tenant,
                &task.campaign,
                task.shard,
                &task.receiver,
                task.channel,
            )
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row, racers[winners[0]]);
    }
}

#[tokio::test]
async fn a_claim_with_a_lost_response_is_recognised_by_its_owner() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let task = task(&campaign, &person("ann@example.com", ""), Channel::Email);
    let delivery = claimed(1);
    let claim = || {
        Claim::Insert(Insert {
            task: &task,
            delivery: delivery.clone(),
        })
    };
    assert_eq!(world.store.claim(&[claim()]).await.unwrap(), [Claimed::Won]);
    assert_eq!(
        world.store.claim(&[claim()]).await.unwrap(),
        [Claimed::Won],
        "the same token"
    );
    let other = Claim::Insert(Insert {
        task: &task,
        delivery: claimed(1),
    });
    let standing = Some(Box::new(delivery.clone()));
    assert_eq!(
        world.store.claim(&[other]).await.unwrap(),
        [Claimed::Lost(standing)]
    );
}

#[tokio::test]
async fn a_record_is_fenced_by_owner_and_attempt() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let task = task(&campaign, &person("ann@example.com", ""), Channel::Email);
    let claim = claimed(1);
    world
        .store
        .claim(&[Claim::Insert(Insert {
            task: &task,
            delivery: claim.clone(),
        })])
        .await
        .unwrap();

    let stale = claimed(1);
    let record = |by: &Delivery| {
        let delivery = sent(by);
        let claim = by.clone();
        let (store, task) = (&world.store, &task);
        async move {
            store
                .record(&[Record {
                    task,
                    claim: &claim,
                    delivery,
                }])
                .await
                .unwrap()[0]
        }
    };
    assert_eq!(record(&stale).await, Recorded::Stale);
    assert_eq!(record(&claim).await, Recorded::Done);
    assert_eq!(
        record(&claim).await,
        Recorded::Done,
        "the answer may have been lost"
    );
    assert_eq!(record(&stale).await, Recorded::Stale);
    let row = world
        .store
        .delivery(
            &task.tenant,
            &task.campaign,
            task.shard,
            &task.receiver,
            task.channel,
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row, sent(&claim));
}

#[tokio::test]
async fn a_retry_is_claimed_once_and_failures_are_found_by_reason() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let receiver = person("ann@example.com", "");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
        .await
        .unwrap();
    let task = task(&campaign, &receiver, Channel::Email);
    let first = claimed(1);
    world
        .store
        .claim(&[Claim::Insert(Insert {
            task: &task,
            delivery: first.clone(),
        })])
        .await
        .unwrap();
    let retrying = Delivery {
        state: State::Retrying,
        retry_at: Some(first.changed_at),
        lease_until: None,
        reason: Some(Reason::new(
            "TooManyRequestsException",
            "Maximum sending rate exceeded.",
        )),
        ..first.clone()
    };
    world
        .store
        .record(&[Record {
            task: &task,
            claim: &first,
            delivery: retrying.clone(),
        }])
        .await
        .unwrap();

    let results = futures::future::join_all((0..8).map(|_| async {
        let retake = Reclaim {
            task: &task,
            before: &retrying,
            delivery: claimed(2),
        };
        let delivery = retake.delivery.clone();
        (
            world
                .store
                .claim(&[Claim::Reclaim(retake)])
                .await
                .unwrap()
                .remove(0),
            delivery,
        )
    }))
    .await;
    let winners: Vec<&Delivery> = results
        .iter()
        .filter(|(result, _)| *result == Claimed::Won)
        .map(|(_, delivery)| delivery)
        .collect();
    assert_eq!(winners.len(), 1);

    let failed = Delivery {
        state: State::Failed,
        lease_until: None,
        reason: Some(Reason::new("MessageRejected", "Address blacklisted.")),
        ..winners[0].clone()
    };
    world
        .store
        .record(&[Record {
            task: &task,
            claim: winners[0],
            delivery: failed,
        }])
        .await
        .unwrap();
    let list = async |state| {
        let filter = DeliveryFilter {
            state: Some(state),
            ..DeliveryFilter::default()
        };
        let page = PageRequest::first(10);
        world.store.deliveries(&campaign, &filter, &page).await
    };
    let found = list(State::Failed).await.unwrap().items;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0]
            .delivery
            .as_ref()
            .unwrap()
            .reason
            .as_ref()
            .unwrap()
            .code,
        "MessageRejected"
    );
    assert_eq!(list(State::Unknown).await.unwrap().items.len(), 0);
    assert_eq!(list(State::Pending).await.unwrap().items.len(), 0);
}
