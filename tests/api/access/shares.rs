//! Request limits per tenant.

use std::time::{Duration, Instant};

use carillon_domain::access::Context;
use futures::future::join_all;
use http::Method;
use serde_json::json;

use crate::{api::answers::assert_problem, support::World};

#[tokio::test]
async fn a_tenant_over_its_rate_is_throttled_and_others_are_not() {
    let (noisy, quiet) = (World::new().await, World::new().await);
    let begun = Instant::now();
    let mut refused = None;
    // Even a slow machine: 50 a second is more than it answers sequentially.
    while refused.is_none() && begun.elapsed() < Duration::from_secs(60) {
        let asked = (0..80).map(|_| noisy.api.ask(Method::GET, "/v1/tenant", &[], None));
        let mut answers = join_all(asked).await.into_iter().map(Result::unwrap);
        refused = answers.find(|answer| answer.status == 429);
        let answer = quiet.api.ask(Method::GET, "/v1/tenant", &[], None).await;
        assert_eq!(answer.unwrap().status, 200);
    }
    let refused = refused.expect("80 at once are too many");
    assert_problem(&refused, 429, "too-many-requests", "too often");
    assert_eq!(refused.headers["retry-after"], "1");
    noisy.api.get("/v1/tenant").await.unwrap();
}

#[tokio::test]
async fn slow_requests_occupy_only_a_few_execution_environments() {
    let world = World::new().await;
    let now = jiff::Timestamp::now();
    let until = now + jiff::SignedDuration::from_secs(20);
    for place in 0..8 {
        let taken = world
            .store
            .take_slot(&Context::system(&world.tenant, now), place, until)
            .await;
        assert!(taken.unwrap(), "{place}");
        let again = world
            .store
            .take_slot(&Context::system(&world.tenant, now), place, until)
            .await;
        assert!(!again.unwrap(), "{place} is taken");
    }

    // Suppressing and pausing work without waiting.
    let begun = Instant::now();
    let body = json!({ "channel": "email", "address": world.address(1) });
    let suppressed = world.api.post("/v1/suppressions", &body).await.unwrap();
    assert_eq!(suppressed.status, 202);
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    world.publish(&campaign).await;
    let path = format!("/v1/campaigns/{campaign}/cancel");
    let canceled = world.api.post(&path, &json!({})).await.unwrap();
    if canceled.status != 202 {
        assert_eq!(
            canceled.text("/campaign/status"),
            "completed",
            "{}",
            canceled.body
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(15));

    // A test message has no result without waiting.
    let to = json!({ "to": world.address(1) }).to_string().into_bytes();
    let path = "/v1/transports/email/test";
    let tested = world
        .api
        .ask(Method::POST, path, &[], Some(to.clone()))
        .await
        .unwrap();
    assert_problem(&tested, 429, "too-many-requests", "no place");

    world
        .store
        .release_slot(&world.context, 3, until)
        .await
        .unwrap();
    let tested = world
        .api
        .ask(Method::POST, path, &[], Some(to.clone()))
        .await
        .unwrap();
    assert_eq!(tested.status, 200, "{}", tested.body);
    // The slot was released; an unreleased one expires.
    let tested = world
        .api
        .ask(Method::POST, path, &[], Some(to))
        .await
        .unwrap();
    assert_eq!(tested.status, 200, "{}", tested.body);
    let later = world.context.at(until + jiff::SignedDuration::from_secs(1));
    let taken = world.store.take_slot(&later, 0, until);
    assert!(taken.await.unwrap());
}
