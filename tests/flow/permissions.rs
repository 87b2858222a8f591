//! Rare operations of functions that still need permissions.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{
    World,
    function::{Ended, Function, batch},
    proxy::{CallOutcome, Kill, Proxy},
};

/// Functions that read queues, each with one of its queues.
const QUEUES: [(&str, &str); 7] = [
    ("email", "email.fifo"),
    ("sms", "sms.fifo"),
    ("whatsapp", "whatsapp.fifo"),
    ("push", "push.fifo"),
    ("receipts", "receipts"),
    ("fanout", "fanout"),
    ("jobs", "jobs"),
];

fn received(event: &Value, times: u32) -> Value {
    let mut event = event.clone();
    for record in event["Records"].as_array_mut().unwrap() {
        record["attributes"]["ApproximateReceiveCount"] = json!(times.to_string());
    }
    event
}

#[tokio::test]
async fn every_function_dead_letters_unreadable_messages() {
    let world = World::new().await;
    for (name, queue) in QUEUES {
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        let mut function = Function::behind(&proxy, name, &world, &[]).await;
        let event = batch(queue, &["what nobody can read".to_owned()]);
        let answer = function
            .invoke(&received(&event, 1))
            .await
            .answer()
            .unwrap();
        assert_eq!(
            answer["batchItemFailures"][0]["itemIdentifier"], "0",
            "{name}"
        );
        let answer = function
            .invoke(&received(&event, 3))
            .await
            .answer()
            .unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{name}");
        assert_eq!(proxy.seen(".SendMessageBatch"), 1, "{name}");
    }
}

#[tokio::test]
async fn every_function_defers_messages_it_cannot_process_yet() {
    let world = World::new().await;
    let task = |channel: &str| {
        json!({
            "tenant": world.tenant,
            "campaign": "019a0000-0000-7000-8000-000000000000",
            "generation": 1,
            "shard": 0,
            "receiver": "0123456789abcdef0123456789abcdef",
            "channel": channel,
        })
    };
    let receipt = json!({
        "tenant": world.tenant,
        "campaign": "019a0000-0000-7000-8000-000000000000",
        "receiver": "0123456789abcdef0123456789abcdef",
        "channel": "email",
        "provider_id": "m-1",
        "at": "2026-11-21T09:00:00Z",
        "news": "accepted",
    });
    for (name, queue) in &QUEUES[..5] {
        let body = match *name {
            "receipts" => receipt.to_string(),
            channel => task(channel).to_string(),
        };
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        proxy.set_rule(Arc::new(|seen| {
            match seen.operation.starts_with("DynamoDB_") {
                true => CallOutcome::DropBefore,
                false => CallOutcome::Pass,
            }
        }));
        let mut function = Function::behind(&proxy, name, &world, &[]).await;
        let ended = function.invoke(&batch(queue, &[body])).await;
        let Ended::Answered(answer) = ended else {
            panic!("{name}: {ended:?}")
        };
        assert_eq!(
            answer["batchItemFailures"][0]["itemIdentifier"], "0",
            "{name}"
        );
        assert_eq!(proxy.seen(".ChangeMessageVisibilityBatch"), 1, "{name}");
    }
}
