use carillon_domain::{
    delivery::{DEAD_LETTER, task::FanoutTask},
    id::DeadLetterId,
    operations::task::Task,
    reason::Reason,
};
use carillon_store::{DeadLetter, DeadLetterStatus};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answers::{assert_fault, post};
use crate::support::World;

const REDRIVE: &str = "/v1/dead-letters/redrive";

/// Dead letters of campaigns that do not exist, so that a redrive closes them.
async fn keep(world: &World, number: usize) -> Vec<DeadLetterId> {
    let mut ids = Vec::new();
    for _ in 0..number {
        let id: DeadLetterId = Uuid::new_v4().to_string().parse().unwrap();
        let letter = DeadLetter {
            id: id.clone(),
            queue: "carillon-fanout-dead".to_owned(),
            task: Task::Fanout(FanoutTask {
                tenant: world.tenant.clone(),
                campaign: Uuid::now_v7().to_string().parse().unwrap(),
                generation: 1,
                shard: 0,
            }),
            reason: Reason::new(DEAD_LETTER, "The message was received 21 times."),
            received: 21,
            status: DeadLetterStatus::Waiting,
            recorded_at: Timestamp::now(),
            settled_at: None,
        };
        world.store.keep_dead_letter(&letter).await.unwrap();
        ids.push(id);
    }
    ids
}

async fn all(world: &World) -> Vec<Value> {
    let letters = world.api.all("/v1/dead-letters?limit=7", "/dead_letters");
    letters.await.unwrap()
}

async fn redriven(world: &World, body: Value) -> Value {
    world.api.post(REDRIVE, &body).await.unwrap().body
}

#[tokio::test]
async fn dead_letters_that_cannot_be_redriven_are_named() {
    let world = World::new().await;
    let id = keep(&world, 1).await.remove(0);
    let many = vec![id.to_string(); 101];
    for (body, field, code) in [
        (json!({}), "ids", "ambiguous"),
        (json!({ "all": false }), "ids", "ambiguous"),
        (json!({ "all": true, "ids": [id] }), "ids", "ambiguous"),
        (json!({ "ids": [] }), "ids", "out_of_range"),
        (json!({ "ids": many }), "ids", "out_of_range"),
        (
            json!({ "ids": [id, "a b"] }),
            "ids[1]",
            "unknown_dead_letter",
        ),
        (
            json!({ "ids": ["nobodys", id] }),
            "ids[0]",
            "unknown_dead_letter",
        ),
        (json!({ "ids": [7] }), "ids[0]", "wrong_type"),
        (json!({ "all": "yes" }), "all", "wrong_type"),
        (json!({ "every": true }), "every", "unknown_field"),
    ] {
        let answer = post(&world, REDRIVE, &body).await;
        assert_fault(&answer, field, code, &body.to_string());
    }
    assert_eq!(all(&world).await[0]["status"], "waiting");
}

#[tokio::test]
async fn a_redrive_handles_a_hundred_at_a_time_and_reports_whether_more_wait() {
    let world = World::new().await;
    let ids = keep(&world, 104).await;
    let answer = redriven(&world, json!({ "ids": &ids[..3] })).await;
    assert_eq!(answer, json!({ "redriven": 0, "closed": 3, "more": true }));
    let answer = redriven(&world, json!({ "all": true })).await;
    assert_eq!(
        answer,
        json!({ "redriven": 0, "closed": 100, "more": true })
    );
    let answer = redriven(&world, json!({ "all": true })).await;
    assert_eq!(answer, json!({ "redriven": 0, "closed": 1, "more": false }));
    let before = all(&world).await;
    assert_eq!(before.len(), 104);
    assert!(before.iter().all(|letter| letter["status"] == "closed"));
    for body in [json!({ "all": true }), json!({ "ids": &ids[..100] })] {
        let answer = redriven(&world, body).await;
        assert_eq!(answer, json!({ "redriven": 0, "closed": 0, "more": false }));
    }
    assert_eq!(all(&world).await, before);
}

#[tokio::test]
async fn another_tenants_dead_letters_are_neither_visible_nor_redriven() {
    let (owner, stranger) = (World::new().await, World::new().await);
    let ids = keep(&owner, 2).await;
    let before = all(&owner).await;
    assert_eq!(all(&stranger).await, [] as [Value; 0]);
    let answer = redriven(&stranger, json!({ "all": true })).await;
    assert_eq!(answer, json!({ "redriven": 0, "closed": 0, "more": false }));
    let answer = post(&stranger, REDRIVE, &json!({ "ids": ids })).await;
    assert_fault(&answer, "ids[0]", "unknown_dead_letter", "another tenant's");
    assert_eq!(all(&owner).await, before);
}
