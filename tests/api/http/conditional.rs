//! Polling: a GET with `If-None-Match`.

use carillon_local::demo::client::Answer;
use reqwest::Method;
use serde_json::Value;

use crate::support::{World, eventually};

async fn poll(world: &World, path: &str, tag: &str) -> Answer {
    let have = [("if-none-match", tag)];
    world
        .api
        .call(Method::GET, path, &have, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn whoever_polls_a_campaign_gets_304_until_it_or_its_totals_change() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let before = world.api.get(&path).await.unwrap();
    assert_eq!(before.headers["cache-control"], "private, no-cache");
    assert_eq!(before.headers["vary"], "authorization");
    let tag = before.entity_tag().unwrap();
    for _ in 0..2 {
        let unchanged = poll(&world, &path, tag).await;
        assert_eq!(unchanged.status, 304);
        assert_eq!(unchanged.body, Value::Null);
        assert_eq!(unchanged.entity_tag(), Some(tag));
        assert_eq!(unchanged.headers["cache-control"], "private, no-cache");
    }

    // People are counted without a change of the version.
    world.add_people(&campaign, 0..2).await;
    let counted = eventually("the totals have the people", async || {
        let answer = poll(&world, &path, tag).await;
        let is_counted = answer.number("/totals/receivers") == 2;
        (answer.status == 200 && is_counted).then_some(answer)
    })
    .await;
    assert_eq!(counted.number("/version"), before.number("/version"));
    let new = counted.entity_tag().unwrap();
    assert_ne!(new, tag);
    assert_eq!(poll(&world, &path, new).await.status, 304);

    // The tag of a GET is also what a change is based on.
    let change = br#"{"name":"Summer"}"#.to_vec();
    let based = [("if-match", new)];
    let changed = world
        .api
        .call(Method::PATCH, &path, &based, Some(change))
        .await;
    assert_eq!(changed.unwrap().status, 200);
    assert_eq!(poll(&world, &path, new).await.status, 200);
}

#[tokio::test]
async fn every_list_has_a_tag() {
    let world = World::new().await;
    for path in [
        "/v1/campaigns",
        "/v1/transports",
        "/v1/templates?limit=5",
        "/v1/jobs",
        "/openapi.json",
        "/docs",
    ] {
        let first = world.api.get(path).await.unwrap();
        assert_eq!(first.status, 200, "{path}");
        let tag = first
            .entity_tag()
            .unwrap_or_else(|| panic!("{path} has no tag"));
        assert_eq!(poll(&world, path, tag).await.status, 304, "{path}");
    }
    // A problem has none.
    let missing = poll(&world, "/v1/imports/x", "*").await;
    assert_eq!((missing.status.as_u16(), missing.entity_tag()), (404, None));
}
