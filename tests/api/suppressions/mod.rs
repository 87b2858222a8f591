use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use carillon_domain::delivery::STILL_ALLOWED_FOR;
use serde_json::{Value, json};

use super::answers::{ask, assert_fault, post};
use crate::support::World;

const ADD: &str = "/v1/suppressions";
const CHECK: &str = "/v1/suppressions/check";
const REMOVE: &str = "/v1/suppressions/remove";

fn on_email(address: &str) -> Value {
    json!({ "channel": "email", "address": address })
}

async fn found(world: &World, address: &str) -> Value {
    let answer = post(world, CHECK, &on_email(address)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["suppression"].clone()
}

#[tokio::test]
async fn a_suppressed_domain_is_normalised_and_keeps_the_given_time() {
    let world = World::new().await;
    let body = json!({ "channel": "email", "address": "ann@bücher.example", "source": "unsubscribed", "at": "2024-05-01T08:30:00Z" });
    let added = post(&world, ADD, &body).await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert_eq!(
        (added.text("/address"), added.text("/at")),
        ("ann@xn--bcher-kva.example", "2024-05-01T08:30:00Z")
    );
    for same in ["ann@xn--bcher-kva.example", "Ann@BÜCHER.example"] {
        assert_eq!(found(&world, same).await, added.body, "{same}");
    }
    let future =
        json!({ "channel": "email", "address": "bo@example.com", "at": "2999-01-01T00:00:00Z" });
    assert_fault(
        &post(&world, ADD, &future).await,
        "at",
        "in_the_future",
        "later",
    );
}

#[tokio::test]
async fn suppressing_finding_and_removing_an_address_are_idempotent() {
    let world = World::new().await;
    assert_eq!(found(&world, "ann@example.com").await, Value::Null);
    let body =
        json!({ "channel": "email", "address": " Ann@Example.COM ", "source": "unsubscribed" });
    let began = Instant::now();
    let added = post(&world, ADD, &body).await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert!(
        began.elapsed() > STILL_ALLOWED_FOR,
        "it waits for calls in flight"
    );
    assert_eq!(
        (
            added.text("/channel"),
            added.text("/address"),
            added.text("/source")
        ),
        ("email", "ann@example.com", "unsubscribed")
    );
    let again = post(&world, ADD, &on_email("ann@example.com")).await;
    assert_eq!(
        (again.status.as_u16(), &again.body),
        (200, &added.body),
        "the first time and source stay"
    );
    assert_eq!(found(&world, "ANN@example.com").await, added.body);
    let by_phone = json!({ "channel": "sms", "address": "+442079460000" });
    let other = post(&world, CHECK, &by_phone).await;
    assert_eq!(other.body, json!({ "suppression": null }));

    for removed in [true, false] {
        let answer = post(&world, REMOVE, &on_email("Ann@example.com")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, json!({ "removed": removed }));
        assert_eq!(found(&world, "ann@example.com").await, Value::Null);
    }
    let again = post(&world, ADD, &on_email("ann@example.com")).await;
    assert_eq!(again.text("/source"), "operator", "the default");
}

#[tokio::test]
async fn a_repeated_request_with_a_key_suppresses_once() {
    let world = World::new().await;
    let key = [("idempotency-key", "unsubscribe-once")];
    let body = on_email("ann@example.com");
    let first = ask(&world.api, "POST", ADD, &key, Some(&body)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    // Repeating the request later does not undo a decision made in between.
    post(&world, REMOVE, &body).await;
    let again = ask(&world.api, "POST", ADD, &key, Some(&body)).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.body, first.body);
    assert_eq!(found(&world, "ann@example.com").await, Value::Null);
}

#[tokio::test]
async fn invalid_suppressions_are_named_and_nothing_is_written() {
    let world = World::new().await;
    for path in [ADD, CHECK, REMOVE] {
        for (body, field, code) in [
            (json!({}), "channel", "missing"),
            (json!({ "channel": "email" }), "address", "missing"),
            (
                json!({ "channel": "fax", "address": "1" }),
                "channel",
                "unknown_channel",
            ),
            (on_email("ann"), "address", "invalid_email"),
            (on_email(""), "address", "invalid_email"),
            (on_email("+442079460000"), "address", "invalid_email"),
            (
                json!({ "channel": "sms", "address": "020 7946 0000" }),
                "address",
                "phone_without_region",
            ),
            (
                json!({ "channel": "sms", "address": 44 }),
                "address",
                "wrong_type",
            ),
            (
                json!({ "channel": null, "address": "1" }),
                "channel",
                "wrong_type",
            ),
            (
                json!({ "channel": "email", "address": "ann@example.com", "at": "now" }),
                "at",
                if path == ADD {
                    "invalid_time"
                } else {
                    "unknown_field"
                },
            ),
        ] {
            let answer = post(&world, path, &body).await;
            assert_fault(&answer, field, code, &format!("{path} {body}"));
        }
    }
    let disliked = json!({ "channel": "email", "address": "ann", "source": "dislike" });
    let answer = post(&world, ADD, &disliked).await;
    assert_fault(&answer, "source", "unknown_source", "both faults are named");
    assert_fault(&answer, "address", "invalid_email", "both faults are named");
    let listed = world.api.all(ADD, "/suppressions").await.unwrap();
    assert_eq!(listed, Vec::<Value>::new());
}

#[tokio::test]
async fn suppressions_are_listed_once_each() {
    let world = World::new().await;
    let bodies: Vec<Value> =
        (0..9)
            .map(|number| on_email(&world.address(number)))
            .chain((0..3).map(
                |number| json!({ "channel": "sms", "address": format!("+44207946000{number}") }),
            ))
            .collect();
    futures::future::join_all(bodies.iter().map(|body| post(&world, ADD, body))).await;
    let addresses = async |query: &str| -> Vec<String> {
        let path = format!("{ADD}?{query}");
        let listed = world.api.all(&path, "/suppressions").await.unwrap();
        let address = |entry: &Value| entry["address"].as_str().unwrap().to_owned();
        listed.iter().map(address).collect()
    };
    for limit in [1, 5, 12, 200] {
        for (filter, number) in [("", 12), ("&channel=email", 9), ("&channel=sms", 3)] {
            let query = format!("limit={limit}{filter}");
            let listed = addresses(&query).await;
            let each: BTreeSet<&String> = listed.iter().collect();
            assert_eq!((listed.len(), each.len()), (number, number), "{query}");
        }
    }
    let fax = ask(&world.api, "GET", "/v1/suppressions?channel=fax", &[], None).await;
    assert_fault(&fax, "channel", "unknown_channel", "fax");
}

#[tokio::test]
async fn suppressions_belong_to_one_tenant() {
    let (owner, stranger) = (World::new().await, World::new().await);
    let address = stranger.address(1);
    let added = post(&owner, ADD, &on_email(&address)).await;
    assert_eq!(found(&stranger, &address).await, Value::Null);
    let listed = stranger.api.all(ADD, "/suppressions").await.unwrap();
    assert_eq!(listed, Vec::<Value>::new());
    let removed = post(&stranger, REMOVE, &on_email(&address)).await;
    assert_eq!(removed.body, json!({ "removed": false }));
    assert_eq!(found(&owner, &address).await, added.body);
    // A cursor into the owner's list is a position in the other tenant's own list, or invalid.
    let page = owner.api.get("/v1/suppressions?limit=1").await.unwrap();
    if let Some(cursor) = page.body["next_cursor"].as_str() {
        let path = format!("{ADD}?cursor={cursor}");
        let answer = ask(&stranger.api, "GET", &path, &[], None).await;
        assert_eq!(answer.list("/suppressions"), [] as [Value; 0]);
    }
    // The other tenant may send to the owner's suppressed addresses.
    let campaign = stranger.campaign(&["email"]).await;
    stranger.add_people(&campaign, 1..2).await;
    stranger.publish(&campaign).await;
    stranger.completed(&campaign).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(stranger.calls().len(), 1);
}

#[tokio::test]
async fn importing_a_list_again_changes_nothing() {
    let world = World::new().await;
    let first = json!({ "channel": "email", "address": "ann@example.com", "source": "complained" });
    assert_eq!(post(&world, ADD, &first).await.status, 200);
    let list = json!({
        "channel": "email",
        "addresses": ["ann@example.com", "nobody", "zoe@example.com", " Zoe@example.com"],
        "source": "unsubscribed",
    });
    let path = "/v1/suppressions/import";
    for added in [1, 0] {
        let answer = post(&world, path, &list).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            (answer.number("/added"), answer.number("/known")),
            (added, 3 - added)
        );
        assert_eq!(answer.body["refused"][0]["index"], 1);
        assert_eq!(answer.body["refused"][0]["code"], "invalid_email");
    }
    assert_eq!(
        found(&world, "zoe@example.com").await["source"],
        "unsubscribed"
    );
    assert_eq!(
        found(&world, "ann@example.com").await["source"],
        "complained"
    );
    let nothing = json!({ "channel": "email", "addresses": [] });
    let answer = post(&world, path, &nothing).await;
    assert_fault(&answer, "addresses", "out_of_range", "nothing");
}
