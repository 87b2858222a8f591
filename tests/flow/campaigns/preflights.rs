//! Preflights: whom a campaign would reach, what it would cost, and what is wrong with it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    flow::content::ask,
    support::{World, eventually},
};

async fn preflight(world: &World, campaign: &str) -> Value {
    let path = format!("/v1/campaigns/{campaign}/preflight");
    eventually("the preflight covers everybody", async || {
        let seen = world.api.get(&path).await.unwrap().body;
        (seen["status"] == "finished").then_some(seen)
    })
    .await
}

fn codes(seen: &Value, severity: &str) -> BTreeSet<String> {
    let findings = seen["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["severity"] == severity);
    findings
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_preflight_shows_reach_and_cost() {
    let world = World::new().await;
    let prices = json!({ "prices": { "currency": "EUR", "tariffs": [
        { "channel": "sms", "prefix": "44", "least": "0.03", "most": "0.04" },
        { "channel": "email", "least": "0.0001" },
    ]}});
    ask(&world, Method::PATCH, "/v1/tenant", "\"1\"", &prices).await;
    let body = json!({
        "name": "Spring",
        "channels": ["email", "sms"],
        "content": {
            "email": { "subject": "ACT NOW {{member.first_name}}", "html": "<p>{{account.balance}} {{member.frist_name}} https://bit.ly/3x</p>" },
            "sms": { "text": "Hello {{member.first_name}} {{default account.note \"\"}}" },
            "languages": { "el": { "sms": { "text": "Γεια" } } },
        },
    });
    let campaign = world
        .api
        .post("/v1/campaigns", &body)
        .await
        .unwrap()
        .text("/id")
        .to_owned();
    let seen = preflight(&world, &campaign).await;
    assert_eq!(
        codes(&seen, "blocking"),
        ["no_receivers".to_owned()].into(),
        "{seen}"
    );
    let long = "x".repeat(160);
    let people = json!({ "receivers": [
        { "email": world.address(0), "mobile": "+447414319801", "first_name": "A", "variables": { "account": { "balance": 1 }, "member": { "frist_name": "x" } } },
        { "email": world.address(1), "mobile": "+447414319802", "first_name": "B", "variables": { "account": { "note": long } } },
        { "email": world.address(2), "first_name": "C", "language": "el" },
        { "mobile": "+447414319803", "language": "el" },
        { "mobile": "+306912345678", "first_name": "D", "email": world.address(3) },
        { "mobile": "+447414319804" },
    ]});
    let receivers = format!("/v1/campaigns/{campaign}/receivers");
    world.api.post(&receivers, &people).await.unwrap();
    let suppression = json!({ "channel": "email", "addresses": [world.address(3)] });
    world
        .api
        .post("/v1/suppressions/import", &suppression)
        .await
        .unwrap();
    let seen = preflight(&world, &campaign).await;
    let [email, sms] = seen["channels"].as_array().unwrap().as_slice() else {
        panic!("{seen}");
    };
    assert_eq!(seen["receivers"], 6);
    assert_eq!(
        (&email["channel"], &email["receivers"]),
        (&json!("email"), &json!(1)),
        "{seen}"
    );
    assert_eq!(
        email["excluded"],
        json!({ "no_address": 2, "suppressed": 1 }),
        "{seen}"
    );
    assert_eq!(email["missing"]["account.balance"]["count"], 2, "{seen}");
    // Other missing values are found too.
    assert_eq!(email["missing"]["member.frist_name"]["count"], 2, "{seen}");
    assert_eq!(
        email["missing"]["account.balance"]["examples"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(sms["receivers"], 4, "{seen}");
    assert_eq!(sms["languages"], json!({ "default": 3, "el": 1 }), "{seen}");
    assert_eq!(
        (&sms["segments"], &sms["total_segments"], &sms["unicode"]),
        (&json!({ "1": 3, "2": 1 }), &json!(5), &json!(1)),
        "{seen}"
    );
    assert_eq!(sms["missing"]["member.first_name"]["count"], 1, "{seen}");
    // Four segments to the United Kingdom; Greece has no price.
    assert_eq!(
        sms["cost"],
        json!({ "currency": "EUR", "least": "0.12", "most": "0.16", "unpriced": 1 }),
        "{seen}"
    );
    assert_eq!(seen["cost"]["least"], "0.1201", "{seen}");
    let warnings = [
        "link_shortener",
        "missing_unsubscribe",
        "missing_value",
        "spammy_subject",
        "unknown_placeholder",
        "unpriced",
    ];
    assert_eq!(
        codes(&seen, "warning"),
        warnings.map(str::to_owned).into(),
        "{seen}"
    );
    assert_eq!(
        (codes(&seen, "blocking").len(), &seen["can_be_published"]),
        (0, &json!(true)),
        "{seen}"
    );
    let unknown = seen["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "unknown_placeholder")
        .unwrap();
    assert!(
        unknown["detail"]
            .as_str()
            .unwrap()
            .contains("member.first_name"),
        "{unknown}"
    );

    // Warnings block publishing unless accepted.
    let publish = format!("/v1/campaigns/{campaign}/publish");
    let body = json!({ "accept_warnings": false }).to_string().into_bytes();
    let refused = world
        .api
        .call(Method::POST, &publish, &[], Some(body))
        .await
        .unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.text("/code")),
        (409, "warnings"),
        "{}",
        refused.body
    );
    assert_eq!(
        refused.list("/findings").len(),
        seen["findings"].as_array().unwrap().len()
    );
    let body = json!({ "accept_warnings": true }).to_string().into_bytes();
    let accepted = world
        .api
        .call(Method::POST, &publish, &[], Some(body))
        .await
        .unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let totals = world.completed(&campaign).await;
    let sent = |channel: &str| totals["totals"]["channels"][channel]["sent"].as_u64();
    assert_eq!((sent("email"), sent("sms")), (Some(1), Some(4)), "{totals}");
}

#[tokio::test]
async fn a_campaign_that_reaches_nobody_or_cannot_be_rendered_is_not_published() {
    let world = World::new().await;
    let campaign = world.campaign(&["sms"]).await;
    let receivers = format!("/v1/campaigns/{campaign}/receivers");
    let person = json!({ "receivers": [{ "email": world.address(0) }] });
    world.api.post(&receivers, &person).await.unwrap();
    let seen = preflight(&world, &campaign).await;
    assert_eq!(
        codes(&seen, "blocking"),
        ["nobody_reached".to_owned()].into(),
        "{seen}"
    );
    let publish = format!("/v1/campaigns/{campaign}/publish");
    let refused = world
        .api
        .call(Method::POST, &publish, &[], None)
        .await
        .unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.text("/code")),
        (409, "blocking"),
        "{}",
        refused.body
    );
    // A receiver added later is included.
    let person = json!({ "receivers": [{ "mobile": "+447414319809" }] });
    world.api.post(&receivers, &person).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;

    let gone = world.campaign(&["email"]).await;
    world.add_people(&gone, 0..1).await;
    let change = json!({ "content": {
        "email": { "subject": "Hi", "html": "<p>Hi</p>" },
        "wrapper": "019a0000-0000-7000-8000-000000000000",
    }});
    ask(
        &world,
        Method::PATCH,
        &format!("/v1/campaigns/{gone}"),
        "\"1\"",
        &change,
    )
    .await;
    let seen = preflight(&world, &gone).await;
    assert_eq!(
        codes(&seen, "blocking"),
        ["invalid_content".to_owned()].into(),
        "{seen}"
    );
    let publish = format!("/v1/campaigns/{gone}/publish");
    let refused = world
        .api
        .call(Method::POST, &publish, &[], None)
        .await
        .unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.text("/field")),
        (422, "content.wrapper"),
        "{}",
        refused.body
    );
}

/// More than one request can process, so that a job continues.
#[tokio::test]
async fn a_preflight_of_many_receivers_continues_by_itself() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3_000).await;
    let path = format!("/v1/campaigns/{campaign}/preflight");
    let first = world.api.get(&path).await.unwrap().body;
    let seen = preflight(&world, &campaign).await;
    assert_eq!(
        (&seen["receivers"], &seen["channels"][0]["receivers"]),
        (&json!(3_000), &json!(3_000)),
        "{seen}"
    );
    // It is shown again without another run.
    let again = world.api.get(&path).await.unwrap().body;
    assert_eq!(
        (&again["started_at"], &first["started_at"]),
        (&seen["started_at"], &seen["started_at"])
    );
    // A new receiver is included too.
    world.add_people(&campaign, 3_000..3_001).await;
    eventually("the preflight covers the new receiver", async || {
        let seen = world.api.get(&path).await.unwrap().body;
        (seen["receivers"] == 3_001 && seen["status"] == "finished").then_some(())
    })
    .await;
    let fresh = world
        .api
        .get(&format!("{path}?fresh=true"))
        .await
        .unwrap()
        .body;
    assert_ne!(fresh["started_at"], seen["started_at"]);
}
