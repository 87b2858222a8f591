use carillon_local::simulator::{Fault, FaultKind};
use serde_json::json;

use crate::support::World;

async fn reason_of(world: &World, campaign: &str, state: &str) -> serde_json::Value {
    let path = format!("/v1/campaigns/{campaign}/deliveries?state={state}");
    let deliveries = world.api.all(&path, "/deliveries").await.unwrap();
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries[0].clone()
}

#[tokio::test]
async fn a_rejection_is_final_with_its_reason() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let reject = FaultKind::Reject {
        code: None,
        message: None,
    };
    world
        .simulator()
        .add_fault(Fault::new(reject).address(world.address(1)))
        .unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert_eq!(
        (audit.count("email", "sent"), audit.count("email", "failed")),
        (2, 1)
    );
    let failed = reason_of(&world, &campaign, "failed").await;
    assert_eq!(failed["reason"]["code"], "MessageRejected", "{failed}");
    assert_eq!(world.calls().len(), 3, "a rejection is not repeated");
}

#[tokio::test]
async fn a_throttled_message_waits_and_is_sent_once() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let throttle = FaultKind::Throttle {
        retry_after_seconds: Some(1),
        status: None,
    };
    world
        .simulator()
        .add_fault(Fault::new(throttle).address(world.address(1)).times(2))
        .unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(audit.count("email", "sent"), 3);
    let calls = world.calls();
    assert_eq!(
        (
            calls.len(),
            calls.iter().filter(|call| call.accepted).count()
        ),
        (5, 3)
    );
}

#[tokio::test]
async fn a_lost_response_leaves_it_unknown_and_is_not_retried() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..4).await;
    world
        .simulator()
        .add_fault(Fault::new(FaultKind::DropAfter).address(world.address(1)))
        .unwrap();
    world
        .simulator()
        .add_fault(Fault::new(FaultKind::DropBefore).address(world.address(2)))
        .unwrap();
    world
        .simulator()
        .add_fault(Fault::new(FaultKind::ServerError { status: 500 }).address(world.address(3)))
        .unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(
        (
            audit.count("email", "sent"),
            audit.count("email", "unknown")
        ),
        (1, 3)
    );
    assert_eq!(
        world.calls().len(),
        4,
        "three are unknown, so no call is repeated"
    );
}

#[tokio::test]
async fn a_missing_value_fails_only_that_receiver_without_a_call() {
    let world = World::new().await;
    let body = json!({
        "name": "Balance",
        "channels": ["email"],
        "content": { "email": { "subject": "Balance", "html": "<p>{{account.balance}}</p>" } },
    });
    let campaign = world
        .api
        .post("/v1/campaigns", &body)
        .await
        .unwrap()
        .text("/id")
        .to_owned();
    let receivers = json!({ "receivers": [
        { "email": world.address(1), "variables": { "account": { "balance": "10" } } },
        { "email": world.address(2) },
    ]});
    world
        .api
        .post(&format!("/v1/campaigns/{campaign}/receivers"), &receivers)
        .await
        .unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let failed = reason_of(&world, &campaign, "failed").await;
    assert_eq!(failed["reason"]["code"], "missing_value", "{failed}");
    assert_eq!(
        failed["reason"]["text"],
        "no value for the placeholder account.balance"
    );
    assert_eq!(world.calls().len(), 1);
}
