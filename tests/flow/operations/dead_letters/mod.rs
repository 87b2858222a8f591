//! The deployed function records dead letters, and redriving enqueues their work again.

mod kills;
mod kinds;

use carillon_domain::{
    campaigns::Campaign,
    channel::Channel,
    delivery::{DEAD_LETTER, Delivery, State, task::DeliveryTask},
};
use carillon_local::demo::client::Answer;
use carillon_store::{Claim, Claimed, Insert};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    store::{person, published, task},
    support::{World, eventually},
};

fn sqs(world: &World) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&world.stack.details().sdk_config())
}

/// Sends a message to a dead-letter queue, as a redrive policy would.
async fn bury(world: &World, queue_url: &str, body: &str) {
    let mut message = sqs(world)
        .send_message()
        .queue_url(queue_url)
        .message_body(body);
    if queue_url.ends_with(".fifo") {
        message = message
            .message_group_id(Uuid::new_v4())
            .message_deduplication_id(Uuid::new_v4());
    }
    message.send().await.unwrap();
}

/// A campaign with one receiver that was not fanned out, and its delivery task.
async fn one_person(world: &World, number: usize) -> (Campaign, DeliveryTask) {
    let campaign = published(world).await;
    let receiver = person(&world.address(number), "");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
        .await
        .unwrap();
    let task = task(&campaign, &receiver, Channel::Email);
    (campaign, task)
}

fn written<T: serde::Serialize>(task: &T) -> String {
    serde_json::to_string(task).unwrap()
}

async fn row(world: &World, task: &DeliveryTask) -> Option<Delivery> {
    let DeliveryTask {
        tenant,
        campaign,
        shard,
        receiver,
        channel,
        ..
    } = task;
    let row = world
        .store
        .delivery(tenant, campaign, *shard, receiver, *channel);
    row.await.unwrap()
}

async fn letters(world: &World) -> Vec<Value> {
    world
        .api
        .all("/v1/dead-letters", "/dead_letters")
        .await
        .unwrap()
}

/// Waits until this many dead letters are recorded.
async fn recorded(world: &World, number: usize) -> Vec<Value> {
    eventually("the dead letters are recorded", async || {
        let letters = letters(world).await;
        (letters.len() == number).then_some(letters)
    })
    .await
}

async fn redrive(world: &World, body: Value) -> Answer {
    world
        .api
        .post("/v1/dead-letters/redrive", &body)
        .await
        .unwrap()
}

async fn assert_redriven(world: &World, redriven: u64, closed: u64) {
    let answer = redrive(world, json!({ "all": true })).await;
    let expected = json!({ "redriven": redriven, "closed": closed, "more": false });
    assert_eq!(answer.body, expected);
}

async fn in_state(world: &World, task: &DeliveryTask, state: State) -> Delivery {
    eventually("the delivery is in its state", async || {
        row(world, task).await.filter(|row| row.state == state)
    })
    .await
}

#[tokio::test]
async fn a_dead_delivery_is_recorded_and_redriven_once() {
    let world = World::new().await;
    let (_, task) = one_person(&world, 1).await;
    let queue = &world.stack.details().outputs().email_dead_queue_url;
    bury(&world, queue, &written(&task)).await;

    let failed = in_state(&world, &task, State::Failed).await;
    let reason = failed.reason.unwrap();
    assert_eq!(reason.code, DEAD_LETTER);
    assert_eq!(
        reason.text,
        "The message was received once and moved to the dead-letter queue."
    );
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(
        (&letter["status"], &letter["kind"], &letter["queue"]),
        (
            &json!("waiting"),
            &json!("delivery"),
            &json!("carillon-email-dead.fifo")
        )
    );
    assert_eq!(letter["reason"]["code"], DEAD_LETTER);
    assert_eq!(letter["receiver"], json!(task.receiver));
    assert!(world.calls().is_empty());

    assert_redriven(&world, 1, 0).await;
    let sent = in_state(&world, &task, State::Sent).await;
    assert_eq!((sent.attempt, sent.resends), (1, 1));

    // Redriving again, all or by id, changes nothing.
    assert_redriven(&world, 0, 0).await;
    let answer = redrive(&world, json!({ "ids": [letter["id"]] })).await;
    assert_eq!(
        answer.body,
        json!({ "redriven": 0, "closed": 0, "more": false })
    );
    assert_eq!(letters(&world).await[0]["status"], "redriven");
    assert_eq!(row(&world, &task).await, Some(sent.clone()));

    // Another message for it dies later: the delivery is already settled.
    bury(&world, queue, &written(&task)).await;
    let closed = recorded(&world, 2).await;
    let mut reasons: Vec<&Value> = closed
        .iter()
        .map(|letter| &letter["reason"]["code"])
        .collect();
    reasons.sort_by_key(ToString::to_string);
    assert_eq!(reasons, ["dead_letter", "settled"]);
    assert_redriven(&world, 0, 0).await;
    assert_eq!(row(&world, &task).await, Some(sent));
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn a_possibly_sent_delivery_is_unknown_and_never_redriven() {
    let world = World::new().await;
    let (_, task) = one_person(&world, 1).await;
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let claim = Delivery {
        state: State::Claimed,
        attempt: 1,
        owner: Some("gone".to_owned()),
        lease_until: Some(now - SignedDuration::from_secs(60)),
        ..Delivery::unclaimed(1, now)
    };
    let insert = Claim::Insert(Insert {
        task: &task,
        delivery: claim,
    });
    assert_eq!(world.store.claim(&[insert]).await.unwrap(), [Claimed::Won]);
    let queue = &world.stack.details().outputs().email_dead_queue_url;
    bury(&world, queue, &written(&task)).await;

    let unknown = in_state(&world, &task, State::Unknown).await;
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(letter["status"], "closed");
    assert_eq!(
        letter["reason"]["text"],
        json!(unknown.reason.as_ref().unwrap().text)
    );
    assert_redriven(&world, 0, 0).await;
    redrive(&world, json!({ "ids": [letter["id"]] })).await;
    assert_eq!(row(&world, &task).await, Some(unknown));
    assert!(world.calls().is_empty());
}
