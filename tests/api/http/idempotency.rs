use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_problem, everything, next_week, people},
    support::World,
};

#[tokio::test]
async fn repeating_a_request_with_its_key_returns_the_first_response() {
    let world = World::new().await;
    let key = [("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324")];
    let body = json!({ "name": "Spring" });
    let first = ask(&world.api, "POST", "/v1/campaigns", &key, Some(&body)).await;
    assert_eq!(first.status, 201, "{}", first.body);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    // Changes to the campaign in the meantime make no difference.
    let path = format!("/v1/campaigns/{}", first.text("/id"));
    let tag = [("if-match", first.entity_tag().unwrap())];
    ask(
        &world.api,
        "PATCH",
        &path,
        &tag,
        Some(&json!({ "name": "Summer" })),
    )
    .await;
    for _ in 0..2 {
        let again = ask(&world.api, "POST", "/v1/campaigns", &key, Some(&body)).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        for name in ["etag", "location", "content-type"] {
            assert_eq!(again.headers[name], first.headers[name], "{name}");
        }
    }
    let all = everything(&world.api).await;
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
    assert_eq!(all[0]["campaign"]["name"], "Summer");
}

#[tokio::test]
async fn a_key_cannot_be_reused_for_another_request() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let key = [("idempotency-key", "once")];
    let first = json!({ "name": "Spring" });
    ask(&world.api, "POST", "/v1/campaigns", &key, Some(&first)).await;
    let before = everything(&world.api).await;
    for body in [
        json!({ "name": "Summer" }),
        json!({ "name": "Spring", "channels": [] }),
        json!({}),
    ] {
        let answer = ask(&world.api, "POST", "/v1/campaigns", &key, Some(&body)).await;
        assert_problem(&answer, 409, "idempotency-key-reused", &body.to_string());
    }
    assert_eq!(everything(&world.api).await, before);
    // The key is independent on another route and for another tenant.
    let duplicate = format!("/v1/campaigns/{campaign}/duplicate");
    let other_route = ask(&world.api, "POST", &duplicate, &key, None).await;
    assert_eq!(other_route.status, 201, "{}", other_route.body);
    let stranger = World::new().await;
    let other_tenant = ask(&stranger.api, "POST", "/v1/campaigns", &key, Some(&first)).await;
    assert_eq!(other_tenant.status, 201);
    assert!(!other_tenant.headers.contains_key("idempotency-replayed"));
    let nobodys = ask(&stranger.api, "POST", &duplicate, &key, None).await;
    assert_problem(&nobodys, 404, "not-found", "another tenant's campaign");
}

#[tokio::test]
async fn of_eight_concurrent_requests_one_creates_a_campaign() {
    let world = World::new().await;
    let key = [("idempotency-key", "eight")];
    let body = json!({ "name": "Spring" });
    let requests = (0..8).map(|_| ask(&world.api, "POST", "/v1/campaigns", &key, Some(&body)));
    let answers = futures::future::join_all(requests).await;
    let ids: BTreeSet<&str> = answers
        .iter()
        .inspect(|answer| assert_eq!(answer.status, 201, "{}", answer.body))
        .map(|answer| answer.text("/id"))
        .collect();
    assert_eq!(ids.len(), 1);
    let first = answers
        .iter()
        .filter(|answer| !answer.headers.contains_key("idempotency-replayed"))
        .count();
    assert_eq!(first, 1);
    assert_eq!(everything(&world.api).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rejection_is_repeated_too_and_keys_are_validated() {
    let world = World::new().await;
    let key = [("idempotency-key", "refused")];
    let body = json!({ "name": "" });
    let first = ask(&world.api, "POST", "/v1/campaigns", &key, Some(&body)).await;
    assert_problem(&first, 422, "invalid-field", "no name");
    let again = ask(&world.api, "POST", "/v1/campaigns", &key, Some(&body)).await;
    assert_problem(&again, 422, "invalid-field", "no name, again");
    assert_eq!(again.body, first.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    for bad in ["two words", &"x".repeat(256)] {
        let body = json!({ "name": "Spring" });
        let answer = ask(
            &world.api,
            "POST",
            "/v1/campaigns",
            &[("idempotency-key", bad)],
            Some(&body),
        )
        .await;
        assert_problem(&answer, 422, "invalid-header", bad);
        assert_eq!(answer.text("/field"), "Idempotency-Key");
    }
    assert_eq!(everything(&world.api).await, json!([]));
}

#[tokio::test]
async fn every_post_is_idempotent_with_a_key() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let receivers = json!({ "receivers": [{ "email": world.address(1) }] });
    let at = next_week();
    let (nothing, file) = (Value::Null, json!({ "bytes": 7 }));
    for (route, body, status) in [
        (format!("{path}/receivers"), &receivers, 200),
        (format!("{path}/duplicate"), &nothing, 201),
        ("/v1/imports".to_owned(), &file, 201),
        (format!("{path}/schedule"), &at, 200),
        (format!("{path}/unschedule"), &nothing, 200),
        (format!("{path}/publish"), &nothing, 202),
    ] {
        let key = format!("repeat-{route}");
        let headers = [("idempotency-key", key.as_str())];
        let body = (!body.is_null()).then_some(body);
        let first = ask(&world.api, "POST", &route, &headers, body).await;
        let again = ask(&world.api, "POST", &route, &headers, body).await;
        assert_eq!(first.status.as_u16(), status, "{route}: {}", first.body);
        assert_eq!(
            (again.status, &again.body),
            (first.status, &first.body),
            "{route}"
        );
        assert_eq!(again.headers["idempotency-replayed"], "true", "{route}");
    }
    world.completed(&campaign).await;
    assert_eq!(people(&world.api, &path).await.len(), 1);
    assert_eq!(world.calls().len(), 1);
    assert_eq!(everything(&world.api).await.as_array().unwrap().len(), 2);
}
