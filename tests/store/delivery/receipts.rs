use carillon_domain::{
    access::Context,
    campaigns::Campaign,
    channel::Channel,
    delivery::{
        Delivery, State,
        receipt::{DeliveryStatus, Receipt, StatusUpdate},
        task::DeliveryTask,
    },
    id::CampaignId,
    reason::Reason,
    receivers::Receiver,
};
use carillon_store::{Claim, Claimed, DeliveryFilter, Insert, PageRequest, ReceiptOutcome};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    store::{person, published, task},
    support::World,
};

/// One delivery of a running campaign.
struct Row {
    campaign: Campaign,
    task: DeliveryTask,
}

fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

fn in_state(state: State, provider_id: Option<&str>) -> Delivery {
    Delivery {
        state,
        attempt: 1,
        begun_at: Some(now()),
        owner: Some("owner".to_owned()),
        provider_id: provider_id.map(str::to_owned),
        reason: state
            .needs_attention()
            .then(|| Reason::new("no_answer", "The answer was lost.")),
        ..Delivery::unclaimed(1, now())
    }
}

impl Row {
    /// A receiver of the campaign with this delivery.
    async fn of(world: &World, campaign: &Campaign, name: &str, delivery: Delivery) -> Self {
        let receiver: Receiver = person(&format!("{name}@example.com"), "");
        world
            .store
            .add_receivers(
                &Context::system(&campaign.tenant, now()),
                campaign,
                std::slice::from_ref(&receiver),
            )
            .await
            .unwrap();
        let task = DeliveryTask {
            address: None,
            ..task(campaign, &receiver, Channel::Email)
        };
        let insert = Claim::Insert(Insert {
            task: &task,
            delivery,
        });
        assert_eq!(world.store.claim(&[insert]).await.unwrap(), [Claimed::Won]);
        Self {
            campaign: campaign.clone(),
            task,
        }
    }

    fn receipt(&self, id: &str, seconds: i64, news: StatusUpdate) -> Receipt {
        Receipt {
            tenant: self.task.tenant.clone(),
            campaign: self.task.campaign.clone(),
            receiver: self.task.receiver.clone(),
            channel: self.task.channel,
            transport: None,
            provider_id: id.to_owned(),
            at: now() + SignedDuration::from_secs(seconds),
            news,
        }
    }

    async fn read(&self, world: &World) -> Delivery {
        let task = &self.task;
        let (shard, channel) = (task.shard, task.channel);
        let read =
            world
                .store
                .delivery(&task.tenant, &task.campaign, shard, &task.receiver, channel);
        read.await.unwrap().unwrap()
    }

    /// How many deliveries of the campaign need attention in this state.
    async fn listed(&self, world: &World, state: State) -> usize {
        let filter = DeliveryFilter {
            state: Some(state),
            ..DeliveryFilter::default()
        };
        let page = world
            .store
            .deliveries(&self.campaign, &filter, &PageRequest::first(100))
            .await;
        page.unwrap().items.len()
    }
}

async fn apply(world: &World, receipts: &[Receipt]) -> Vec<ReceiptOutcome> {
    world.store.apply_receipts(receipts, now()).await.unwrap()
}

/// All permutations.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        for mut order in permutations(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

#[tokio::test]
async fn every_order_of_receipts_gives_the_same_row() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let heard = [
        (0, StatusUpdate::Accepted),
        (2, StatusUpdate::Became(DeliveryStatus::Delivered)),
        (9, StatusUpdate::Became(DeliveryStatus::Opened)),
        (5, StatusUpdate::Became(DeliveryStatus::Opened)),
    ];
    let orders = permutations(&heard);
    let rows = futures::future::join_all(orders.iter().enumerate().map(|(number, order)| {
        let (world, campaign) = (&world, &campaign);
        async move {
            let name = format!("p{number}");
            let row = Row::of(world, campaign, &name, in_state(State::Unknown, None)).await;
            let receipts: Vec<Receipt> = order
                .iter()
                .map(|(seconds, news)| row.receipt("m-1", *seconds, news.clone()))
                .collect();
            for receipt in &receipts {
                apply(world, std::slice::from_ref(receipt)).await;
            }
            let once = row.read(world).await;
            let again = apply(world, &receipts).await;
            assert!(
                again
                    .iter()
                    .all(|heard| *heard == ReceiptOutcome::NothingNew),
                "{again:?}"
            );
            assert_eq!(row.read(world).await, once, "twice changes nothing");
            once
        }
    }))
    .await;
    let expected = Delivery {
        reason: None,
        fate: Some(DeliveryStatus::Opened),
        fate_at: Some(now() + SignedDuration::from_secs(5)),
        heard_at: Some(now()),
        ..in_state(State::Sent, Some("m-1"))
    };
    for (row, order) in rows.iter().zip(&orders) {
        assert_eq!(row, &expected, "after {order:?}");
    }
}

#[tokio::test]
async fn a_receipt_settles_an_unknown_delivery() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let unknown = || in_state(State::Unknown, None);
    let taken = Row::of(&world, &campaign, "taken", unknown()).await;
    let refused = Row::of(&world, &campaign, "refused", unknown()).await;
    assert_eq!(taken.listed(&world, State::Unknown).await, 2);

    let bad_content = StatusUpdate::Refused(Reason::new("Reject", "Bad content"));
    let receipts = [
        refused.receipt("m-2", 1, bad_content.clone()),
        taken.receipt("m-1", 1, StatusUpdate::Became(DeliveryStatus::Delivered)),
    ];
    assert_eq!(apply(&world, &receipts).await, [ReceiptOutcome::Applied; 2]);
    let (sent, failed) = (taken.read(&world).await, refused.read(&world).await);
    assert_eq!((sent.state, sent.reason), (State::Sent, None));
    assert_eq!(failed.state, State::Failed);
    assert_eq!(taken.listed(&world, State::Unknown).await, 0);
    assert_eq!(taken.listed(&world, State::Failed).await, 1);

    let afterwards = [taken.receipt("m-1", 2, bad_content)];
    assert_eq!(apply(&world, &afterwards).await, [ReceiptOutcome::Applied]);
    let refused_afterwards = taken.read(&world).await;
    assert_eq!(
        (refused_afterwards.state, refused_afterwards.fate),
        (State::Failed, None)
    );
    let late = [taken.receipt("m-1", 1, StatusUpdate::Became(DeliveryStatus::Delivered))];
    assert_eq!(apply(&world, &late).await, [ReceiptOutcome::NothingNew]);
    assert_eq!(taken.listed(&world, State::Failed).await, 2);
}

#[tokio::test]
async fn foreign_and_early_receipts_change_nothing() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let delivered = || StatusUpdate::Became(DeliveryStatus::Delivered);
    let claimed = Row::of(&world, &campaign, "claimed", in_state(State::Claimed, None)).await;
    let resent = Row::of(
        &world,
        &campaign,
        "resent",
        in_state(State::Sent, Some("m-2")),
    )
    .await;
    let mut unclaimed = claimed.receipt("m-1", 1, delivered());
    unclaimed.receiver = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let mut elsewhere = claimed.receipt("m-1", 1, delivered());
    elsewhere.campaign = CampaignId::new(Uuid::now_v7());
    let receipts = [
        claimed.receipt("m-1", 1, delivered()),
        resent.receipt("m-1", 1, delivered()),
        unclaimed,
        elsewhere,
    ];
    assert_eq!(
        apply(&world, &receipts).await,
        [
            ReceiptOutcome::TooEarly,
            ReceiptOutcome::NotOurs,
            ReceiptOutcome::NotOurs,
            ReceiptOutcome::NotOurs
        ]
    );
    assert_eq!(claimed.read(&world).await, in_state(State::Claimed, None));
    assert_eq!(
        resent.read(&world).await,
        in_state(State::Sent, Some("m-2"))
    );
}

#[tokio::test]
async fn concurrent_receipts_end_with_the_highest() {
    let world = World::new().await;
    let campaign = published(&world).await;
    for round in 0..10 {
        let name = format!("p{round}");
        let row = Row::of(&world, &campaign, &name, in_state(State::Unknown, None)).await;
        futures::future::join_all(DeliveryStatus::ALL.into_iter().map(|fate| {
            let receipt = [row.receipt("m-1", 1, StatusUpdate::Became(fate))];
            let world = &world;
            async move { while apply(world, &receipt).await == [ReceiptOutcome::TooEarly] {} }
        }))
        .await;
        let settled = row.read(&world).await;
        assert_eq!(
            (settled.state, settled.fate),
            (State::Sent, Some(DeliveryStatus::Complained)),
            "round {round}"
        );
    }
}
