//! What the queues gave up on is recorded by the deployed function, and its work is handed over again.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName;
use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    delivery::{DEAD_LETTER, Delivery, State},
    task::{DeliveryTask, FanoutTask},
};
use carillon_local::client::Answer;
use carillon_store::{Claim, Claimed, Insert, UnreadableDeadLetter};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::boundaries::{boundaries, kill_and_repeat};
use crate::{
    store::{person, published},
    support::{World, eventually, function::batch, proxy::Kill},
};

fn sqs(world: &World) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&world.stack.details().sdk_config())
}

/// Puts a message where a queue's redrive policy would have put it.
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

/// A campaign with one person, which nobody has fanned out, and the task that would deliver to them.
async fn one_person(world: &World, number: usize) -> (Campaign, DeliveryTask) {
    let campaign = published(world).await;
    let receiver = person(&world.address(number), "");
    world
        .store
        .add_receivers(&campaign, std::slice::from_ref(&receiver), Timestamp::now())
        .await
        .unwrap();
    let id = receiver.id(&campaign.id).unwrap();
    let task = DeliveryTask {
        tenant: campaign.tenant.clone(),
        campaign: campaign.id.clone(),
        generation: campaign.generation,
        shard: id.shard(campaign.shards),
        receiver: id,
        channel: Channel::Email,
        resend: 0,
        address: receiver.address_hash(&world.tenant, Channel::Email),
    };
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

/// Waits until so many dead letters are recorded.
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
async fn a_delivery_whose_message_died_is_recorded_and_redriven_once() {
    let world = World::new().await;
    let (_, task) = one_person(&world, 1).await;
    let queue = &world.stack.details().outputs().email_dead_queue_url;
    bury(&world, queue, &written(&task)).await;

    let failed = in_state(&world, &task, State::Failed).await;
    let reason = failed.reason.unwrap();
    assert_eq!(reason.code, DEAD_LETTER);
    assert_eq!(
        reason.text,
        "The message was received once and the queue gave it up."
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

    // Again, by all and by its id: nothing changes.
    assert_redriven(&world, 0, 0).await;
    let answer = redrive(&world, json!({ "ids": [letter["id"]] })).await;
    assert_eq!(
        answer.body,
        json!({ "redriven": 0, "closed": 0, "more": false })
    );
    assert_eq!(letters(&world).await[0]["status"], "redriven");
    assert_eq!(row(&world, &task).await, Some(sent.clone()));

    // Another message about it dies later: it finds the delivery settled.
    bury(&world, queue, &written(&task)).await;
    let closed = recorded(&world, 2).await;
    let mut reasons: Vec<&Value> = closed
        .iter()
        .map(|letter| &letter["reason"]["code"])
        .collect();
    reasons.sort_by_key(|code| code.to_string());
    assert_eq!(reasons, ["dead_letter", "settled"]);
    assert_redriven(&world, 0, 0).await;
    assert_eq!(row(&world, &task).await, Some(sent));
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn what_may_have_been_sent_is_unknown_and_no_redrive_sends_it() {
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

async fn unreadable(world: &World, bytes: u64) -> Vec<UnreadableDeadLetter> {
    let page = world.store.unreadable_dead_letters(None, 500).await;
    let (mut letters, _) = page.unwrap();
    letters.retain(|letter| letter.bytes == bytes);
    letters
}

#[tokio::test]
async fn poison_is_recorded_without_what_it_holds_and_the_rest_is_unharmed() {
    const PEOPLE: usize = 60;
    let world = World::new().await;
    let campaign = world.campaign_of_priority(&["email"], "high").await;
    world.add_people(&campaign, 0..PEOPLE).await;
    world.publish(&campaign).await;
    let outputs = world.stack.details().outputs();
    let queues = [
        &outputs.fanout_dead_queue_url,
        &outputs.intake_dead_queue_url,
        &outputs.email_dead_queue_url,
        &outputs.sms_dead_queue_url,
    ];
    // The length tells them from those of other tests.
    let poison = format!("{{\"to\":\"{}\"", world.address(0).repeat(20));
    let bytes = u64::try_from(poison.len()).unwrap();
    for queue in queues {
        bury(&world, queue, &poison).await;
    }
    let found = eventually("the poison is recorded", async || {
        let found = unreadable(&world, bytes).await;
        (found.len() == queues.len()).then_some(found)
    })
    .await;
    for letter in &found {
        assert_eq!(letter.reason.code, "no_json");
        assert!(!format!("{letter:?}").contains(&world.domain), "{letter:?}");
        assert_eq!(letter.digest.len(), 64);
    }
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(world.calls().len(), PEOPLE);
    assert!(letters(&world).await.is_empty());
}

#[tokio::test]
async fn a_fan_out_that_died_is_redriven_and_one_of_another_generation_is_closed() {
    let world = World::new().await;
    let (campaign, task) = one_person(&world, 1).await;
    let shard = |generation| FanoutTask {
        tenant: task.tenant.clone(),
        campaign: campaign.id.clone(),
        generation,
        shard: task.shard,
    };
    let queue = &world.stack.details().outputs().fanout_dead_queue_url;
    for generation in [1, 7] {
        bury(&world, queue, &written(&shard(generation))).await;
    }
    recorded(&world, 2).await;
    assert_redriven(&world, 1, 1).await;
    in_state(&world, &task, State::Sent).await;
    assert_redriven(&world, 0, 0).await;
}

#[tokio::test]
async fn a_notice_of_an_upload_that_died_is_redriven() {
    let world = World::new().await;
    let created = world.api.post("/v1/imports", &json!({})).await.unwrap();
    let import = created.text("/id");
    let key = format!("imports/{}/{import}.csv", world.tenant);
    let notice = json!({ "Records": [{ "s3": { "object": { "key": key, "size": 7 } } }] });
    let queue = &world.stack.details().outputs().intake_dead_queue_url;
    bury(&world, queue, &notice.to_string()).await;
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(
        (&letter["kind"], &letter["import"]),
        (&json!("intake"), &json!(import))
    );
    assert_redriven(&world, 1, 0).await;
    eventually("the upload is noticed", async || {
        let shown = world
            .api
            .get(&format!("/v1/imports/{import}"))
            .await
            .unwrap();
        (shown.text("/status") == "uploaded" && shown.number("/bytes") == 7).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_redrive_policy_brings_a_message_here_with_how_often_it_was_received() {
    let world = World::new().await;
    let (_, task) = one_person(&world, 1).await;
    let sqs = sqs(&world);
    let dead = &world.stack.details().outputs().email_dead_queue_url;
    let arn = QueueAttributeName::QueueArn;
    let attributes = sqs.get_queue_attributes().queue_url(dead);
    let attributes = attributes
        .attribute_names(arn.clone())
        .send()
        .await
        .unwrap();
    let policy = json!({
        "deadLetterTargetArn": attributes.attributes.unwrap()[&arn],
        "maxReceiveCount": 2,
    });
    let queue = sqs
        .create_queue()
        .queue_name(format!("{}.fifo", world.tenant))
        .set_attributes(Some(HashMap::from([
            (QueueAttributeName::FifoQueue, "true".to_owned()),
            (QueueAttributeName::VisibilityTimeout, "0".to_owned()),
            (QueueAttributeName::RedrivePolicy, policy.to_string()),
        ])))
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    bury(&world, &queue, &written(&task)).await;
    eventually("it is received too often", async || {
        let received = sqs.receive_message().queue_url(&queue).send().await;
        received.unwrap().messages().is_empty().then_some(())
    })
    .await;
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(letter["received"], 3, "twice, and once as a dead letter");
    assert_eq!(letter["status"], "waiting");
    in_state(&world, &task, State::Failed).await;
}

#[tokio::test]
async fn a_recording_that_is_killed_anywhere_is_made_once() {
    let world = World::new().await;
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let (_, task) = one_person(&world, kills).await;
            let mut event = batch("email-dead.fifo", &[written(&task)]);
            let id = Uuid::new_v4().to_string();
            event["Records"][0]["messageId"] = json!(id);
            let struck = kill_and_repeat(&world, "dead_letters", &event, kill.clone()).await;
            let failed = row(&world, &task).await.unwrap();
            assert_eq!(failed.state, State::Failed, "{kill:?}");
            let found = letters(&world).await;
            let own: Vec<&Value> = found
                .iter()
                .filter(|letter| letter["id"] == json!(id))
                .collect();
            assert_eq!(own.len(), 1, "{kill:?}");
            assert_eq!(own[0]["status"], "waiting", "{kill:?}");
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 6, "only {kills} boundaries");
}

/// The event with which API Gateway asks for all dead letters to be redriven.
fn redrive_event(world: &World) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/api/redrive-dead-letters.json")).unwrap();
    event["headers"]["authorization"] = json!(format!("Bearer {}", world.key));
    event
}

#[tokio::test]
async fn a_redrive_that_is_killed_anywhere_sends_once() {
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let world = World::new().await;
            let (_, task) = one_person(&world, 1).await;
            let queue = &world.stack.details().outputs().email_dead_queue_url;
            bury(&world, queue, &written(&task)).await;
            recorded(&world, 1).await;
            let event = redrive_event(&world);
            let struck = kill_and_repeat(&world, "api", &event, kill.clone()).await;
            let sent = in_state(&world, &task, State::Sent).await;
            assert_eq!((sent.attempt, sent.resends), (1, 1), "{kill:?}");
            assert_eq!(letters(&world).await[0]["status"], "redriven", "{kill:?}");
            assert_redriven(&world, 0, 0).await;
            assert_eq!(world.calls().len(), 1, "{kill:?}");
            if !struck || kill == Kill::AfterCall(40) {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 12, "only {kills} boundaries");
}
