use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_fault},
    support::World,
};

fn ids(items: &[Value], pointer: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn campaigns_are_listed_once_each_newest_first() {
    let world = World::new().await;
    let mut made = Vec::new();
    for number in 0..7 {
        let body = json!({ "name": format!("Campaign {number}") });
        made.push(
            world
                .api
                .post("/v1/campaigns", &body)
                .await
                .unwrap()
                .text("/id")
                .to_owned(),
        );
    }
    made.reverse();
    for limit in [1, 2, 3, 7, 100] {
        let path = format!("/v1/campaigns?limit={limit}");
        let first = world.api.get(&path).await.unwrap();
        assert_eq!(first.list("/campaigns").len(), limit.min(7));
        let listed = world.api.all(&path, "/campaigns").await.unwrap();
        assert_eq!(ids(&listed, "/id"), made, "pages of {limit}");
    }
    // New campaigns do not shift the remaining pages.
    let first = world.api.get("/v1/campaigns?limit=3").await.unwrap();
    world
        .api
        .post("/v1/campaigns", &json!({ "name": "Newer" }))
        .await
        .unwrap();
    let next = format!(
        "/v1/campaigns?limit=100&cursor={}",
        first.text("/next_cursor")
    );
    let rest = world.api.get(&next).await.unwrap();
    assert_eq!(ids(rest.list("/campaigns"), "/id"), made[3..]);
    assert_eq!(rest.body["next_cursor"], Value::Null);
}

#[tokio::test]
async fn receivers_and_deliveries_are_listed_once_each() {
    let world = World::new().await;
    let campaign = world.campaign(&["email", "sms"]).await;
    world.add_people(&campaign, 0..60).await;
    let path = format!("/v1/campaigns/{campaign}");
    for limit in [1, 7, 50, 200] {
        let receivers = format!("{path}/receivers?limit={limit}");
        let listed = world.api.all(&receivers, "/receivers").await.unwrap();
        let emails: BTreeSet<String> = ids(&listed, "/email").into_iter().collect();
        assert_eq!((listed.len(), emails.len()), (60, 60), "pages of {limit}");
        let deliveries = format!("{path}/deliveries?limit={limit}");
        let listed = world.api.all(&deliveries, "/deliveries").await.unwrap();
        let each: BTreeSet<String> = listed
            .iter()
            .map(|delivery| format!("{} {}", delivery["receiver"]["id"], delivery["channel"]))
            .collect();
        assert_eq!((listed.len(), each.len()), (120, 120), "pages of {limit}");
    }
}

#[tokio::test]
async fn an_invalid_page_request_is_rejected() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let import = world.api.begin_import(1).await.unwrap();
    let lists = [
        ("/v1/campaigns".to_owned(), 100),
        (format!("/v1/campaigns/{campaign}/receivers"), 200),
        (format!("/v1/campaigns/{campaign}/deliveries"), 200),
        (format!("/v1/imports/{}", import.text("/id")), 200),
        ("/v1/dead-letters".to_owned(), 200),
        ("/v1/suppressions".to_owned(), 200),
    ];
    for (path, most) in lists {
        let above = format!("limit={}", most + 1);
        for (query, field, code) in [
            ("limit=0", "limit", "out_of_range"),
            ("limit=-1", "limit", "out_of_range"),
            ("limit=ten", "limit", "out_of_range"),
            ("limit=", "limit", "out_of_range"),
            ("limit=5&limit=6", "limit", "duplicate_field"),
            (above.as_str(), "limit", "out_of_range"),
            ("cursor=what", "cursor", "invalid_cursor"),
            ("cursor=00", "cursor", "invalid_cursor"),
            ("offset=10", "offset", "unknown_field"),
        ] {
            let path = format!("{path}?{query}");
            let answer = ask(&world.api, "GET", &path, &[], None).await;
            assert_fault(&answer, field, code, &path);
        }
        let largest = format!("{path}?limit={most}");
        assert_eq!(
            ask(&world.api, "GET", &largest, &[], None).await.status,
            200,
            "{largest}"
        );
    }
    for (query, field, code) in [
        ("state=lost", "state", "unknown_state"),
        ("channel=fax", "channel", "unknown_channel"),
        ("receiver=x", "receiver", "unknown_field"),
    ] {
        let path = format!("/v1/campaigns/{campaign}/deliveries?{query}");
        let answer = ask(&world.api, "GET", &path, &[], None).await;
        assert_fault(&answer, field, code, &path);
    }
}

#[tokio::test]
async fn a_cursor_from_another_tenant_reveals_nothing() {
    let (owner, stranger) = (World::new().await, World::new().await);
    let mut campaign = String::new();
    for _ in 0..2 {
        campaign = owner.campaign(&["email"]).await;
    }
    owner.add_people(&campaign, 0..20).await;
    let own = stranger.campaign(&["email"]).await;
    stranger.add_people(&own, 0..20).await;
    let path = format!("/v1/campaigns/{campaign}/receivers?limit=5");
    let cursors = ["/v1/campaigns?limit=1".to_owned(), path];
    for path in cursors {
        let page = owner.api.get(&path).await.unwrap();
        let cursor = page.text("/next_cursor");
        assert!(!cursor.is_empty());
        for list in [
            "/v1/campaigns".to_owned(),
            format!("/v1/campaigns/{own}/receivers"),
            format!("/v1/campaigns/{own}/deliveries"),
        ] {
            let answer = ask(
                &stranger.api,
                "GET",
                &format!("{list}?cursor={cursor}"),
                &[],
                None,
            )
            .await;
            // It is a position in the other tenant's own list, or invalid.
            assert!(
                matches!(answer.status.as_u16(), 200 | 422),
                "{}",
                answer.body
            );
            assert!(
                !answer.body.to_string().contains(&owner.domain),
                "{}",
                answer.body
            );
            assert!(
                !answer.body.to_string().contains(&campaign),
                "{}",
                answer.body
            );
        }
    }
}
