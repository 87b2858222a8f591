//! Dead letters other than deliveries (poison messages, fan-outs, notifications), and a real redrive policy.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName;
use carillon_domain::{
    delivery::{State, task::FanoutTask},
    id::CampaignId,
    operations::job::{JobStatus, JobTask, Work},
};
use carillon_store::{PageRequest, UnreadableDeadLetter};
use serde_json::json;
use uuid::Uuid;

use super::{assert_redriven, bury, in_state, letters, one_person, recorded, sqs, written};
use crate::support::{
    World, eventually,
    function::{Function, batch},
    proxy::{Kill, Proxy},
};

async fn unreadable(world: &World, bytes: u64) -> Vec<UnreadableDeadLetter> {
    let page = PageRequest::first(500);
    let page = world.store.unreadable_dead_letters(&page).await;
    let mut letters = page.unwrap().items;
    letters.retain(|letter| letter.bytes == bytes);
    letters
}

#[tokio::test]
async fn a_poison_message_is_recorded_without_its_body_and_the_rest_is_unharmed() {
    const PEOPLE: usize = 60;
    let world = World::new().await;
    let campaign = world.campaign_of_priority(&["email"], "high").await;
    world.add_people(&campaign, 0..PEOPLE).await;
    world.publish(&campaign).await;
    let outputs = world.stack.details().outputs();
    let queues = [
        &outputs.fanout_dead_queue_url,
        &outputs.jobs_dead_queue_url,
        &outputs.email_dead_queue_url,
        &outputs.sms_dead_queue_url,
        &outputs.whatsapp_dead_queue_url,
        &outputs.push_dead_queue_url,
        &outputs.receipts_dead_queue_url,
    ];
    // Identified by length, to distinguish them from those of other tests.
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
async fn an_unreadable_message_is_dead_lettered_after_three_receives_and_recorded_once() {
    let world = World::new().await;
    // Identified by length, to distinguish it from those of other tests.
    let poison = world.address(1).repeat(30);
    let bytes = u64::try_from(poison.len()).unwrap();
    let mut event = batch("email.fifo", std::slice::from_ref(&poison));
    let id = Uuid::new_v4().to_string();
    event["Records"][0]["messageId"] = json!(id);
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let mut email = Function::behind(&proxy, "email", &world, &[]).await;
    let mut left = async |received: u32| {
        let count = json!(received.to_string());
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = count;
        let answer = email.invoke(&event).await.answer().unwrap();
        answer["batchItemFailures"].as_array().unwrap().len()
    };
    // The third receive is repeated, as if the function had ended before deleting the message.
    let counts = [left(1).await, left(2).await, left(3).await, left(4).await];
    assert_eq!(counts, [1, 1, 0, 0]);
    let letters = eventually("it is recorded", async || {
        Some(unreadable(&world, bytes).await).filter(|letters| !letters.is_empty())
    })
    .await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id.as_str(), id);
    assert_eq!(letters[0].queue, "carillon-email-dead.fifo");
    // The copy was consumed too, and changed nothing.
    eventually("the dead-letter queue is empty", async || {
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let hidden = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let outputs = world.stack.details().outputs();
        let queue = sqs(&world).get_queue_attributes();
        let queue = queue.queue_url(&outputs.email_dead_queue_url);
        let queue = queue.attribute_names(count).attribute_names(hidden);
        let attributes = queue.send().await.unwrap().attributes.unwrap();
        attributes.values().all(|value| value == "0").then_some(())
    })
    .await;
    assert_eq!(unreadable(&world, bytes).await, letters);
}

#[tokio::test]
async fn a_dead_fan_out_is_redriven_and_one_of_another_generation_is_closed() {
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
async fn a_dead_upload_notification_is_redriven() {
    let world = World::new().await;
    let created = world.api.begin_import(7).await.unwrap();
    let import = created.text("/id");
    let key = format!("imports/{}/{import}.csv", world.tenant);
    let notice = json!({ "Records": [{ "s3": { "object": { "key": key, "size": 7 } } }] });
    let queue = &world.stack.details().outputs().jobs_dead_queue_url;
    bury(&world, queue, &notice.to_string()).await;
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(
        (&letter["kind"], &letter["import"]),
        (&json!("upload"), &json!(import))
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
async fn a_job_whose_message_is_dead_has_failed_and_is_finished_by_redriving() {
    let world = World::new().await;
    let purge = Work::Purge {
        campaign: CampaignId::new(Uuid::now_v7()),
        shards: 2,
    };
    let message = world.job(purge).await;
    let task: JobTask = serde_json::from_str(&message).unwrap();
    let status = async || {
        let job = world.store.job(&world.context, &task.job).await;
        job.unwrap().unwrap().status
    };
    let queue = &world.stack.details().outputs().jobs_dead_queue_url;
    bury(&world, queue, &message).await;
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(letter["kind"], "job");
    assert_eq!(status().await, JobStatus::Failed);
    assert_redriven(&world, 1, 0).await;
    eventually("the job is done", async || {
        (status().await == JobStatus::Done).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_dead_receipt_is_recorded_without_addresses_and_not_redriven() {
    let world = World::new().await;
    let (_, task) = one_person(&world, 1).await;
    let tags = json!({
        "tenant": [task.tenant], "campaign": [task.campaign], "receiver": [task.receiver],
    });
    let mail = json!({ "destination": [world.address(1)], "tags": tags });
    let event = json!({ "source": "aws.ses", "detail": { "eventType": "Bounce", "mail": mail } });
    let queue = &world.stack.details().outputs().receipts_dead_queue_url;
    bury(&world, queue, &event.to_string()).await;
    let letter = recorded(&world, 1).await.remove(0);
    assert_eq!(
        (&letter["kind"], &letter["status"], &letter["receiver"]),
        (&json!("receipt"), &json!("closed"), &json!(task.receiver))
    );
    assert!(!letter.to_string().contains(&world.domain), "{letter}");
    assert_redriven(&world, 0, 0).await;
}

#[tokio::test]
async fn a_redrive_policy_delivers_a_message_with_its_receive_count() {
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
