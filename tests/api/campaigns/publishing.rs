use carillon_domain::{channel::Channel, id::TransportId};
use carillon_store::keys;
use serde_json::{Value, json};

use crate::{
    api::answers::{assert_problem, everything, next_week, post},
    support::World,
};

/// Publishing and scheduling are rejected alike, and change nothing.
async fn assert_refused(world: &World, campaign: &str, slug: &str, channels: &[&str]) {
    let before = everything(&world.api).await;
    let at = next_week();
    for (verb, body) in [("publish", json!({})), ("schedule", at)] {
        let answer = post(world, &format!("/v1/campaigns/{campaign}/{verb}"), &body).await;
        let status = if slug == "loading" { 409 } else { 422 };
        assert_problem(&answer, status, slug, verb);
        let named: Vec<&str> = answer
            .list("/channels")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(named, channels, "{verb}");
    }
    assert_eq!(everything(&world.api).await, before);
    assert!(world.calls().is_empty());
}

async fn make(world: &World, body: Value) -> String {
    let made = world.api.post("/v1/campaigns", &body).await.unwrap();
    made.text("/id").to_owned()
}

#[tokio::test]
async fn a_campaign_without_channels_is_not_published() {
    let world = World::new().await;
    let campaign = make(&world, json!({ "name": "Spring" })).await;
    world.add_people(&campaign, 0..1).await;
    assert_refused(&world, &campaign, "no-channels", &[]).await;
}

#[tokio::test]
async fn a_campaign_without_content_for_each_channel_is_not_published() {
    let world = World::new().await;
    let campaign = make(
        &world,
        json!({ "name": "Spring", "channels": ["sms", "email"] }),
    )
    .await;
    world.add_people(&campaign, 0..1).await;
    assert_refused(&world, &campaign, "no-content", &["email", "sms"]).await;
    let sms_only = json!({ "name": "Spring", "channels": ["email", "sms"], "content": { "sms": { "text": "Hello" } } });
    let campaign = make(&world, sms_only).await;
    world.add_people(&campaign, 0..1).await;
    assert_refused(&world, &campaign, "no-content", &["email"]).await;
    // Content in one language only is not enough for everybody.
    let one_language = json!({
        "name": "Spring",
        "channels": ["sms"],
        "content": { "languages": { "el": { "sms": { "text": "Γεια" } } } },
    });
    let campaign = make(&world, one_language).await;
    world.add_people(&campaign, 0..1).await;
    assert_refused(&world, &campaign, "no-content", &["sms"]).await;
}

#[tokio::test]
async fn a_campaign_without_a_transport_for_each_channel_is_flagged_and_not_published() {
    let world = World::new().await;
    let key = keys::transport(&world.tenant, &TransportId::of_channel(Channel::Sms));
    let dynamodb = aws_sdk_dynamodb::Client::new(&world.stack.details().sdk_config());
    let text = aws_sdk_dynamodb::types::AttributeValue::S;
    dynamodb
        .delete_item()
        .table_name(&world.stack.details().outputs().catalog_table)
        .key("pk", text(key.partition))
        .key("sk", text(key.sort))
        .send()
        .await
        .unwrap();
    let campaign = world.campaign(&["email", "sms"]).await;
    world.add_people(&campaign, 0..1).await;
    let path = format!("/v1/campaigns/{campaign}");
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(
        shown.body["flags"],
        json!([{ "channel": "sms", "code": "no_transport" }])
    );
    assert_refused(&world, &campaign, "no-transport", &["sms"]).await;
}

#[tokio::test]
async fn a_campaign_without_receivers_is_not_published() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    assert_refused(&world, &campaign, "no-receivers", &[]).await;
}

#[tokio::test]
async fn a_campaign_is_not_published_while_receivers_are_loaded() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..2).await;
    let csv = format!("email\n{}\n", world.address(2)).into_bytes();
    let import = world.api.begin_import(csv.len()).await.unwrap();
    let receivers = format!("/v1/campaigns/{campaign}/receivers");
    let attached = post(&world, &receivers, &json!({ "import": import.text("/id") })).await;
    assert_eq!(attached.status, 202, "{}", attached.body);
    assert_refused(&world, &campaign, "loading", &[]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let answer = post(&world, &format!("{path}/publish"), &json!({})).await;
    assert_eq!(answer.headers["retry-after"], "5");

    world.api.upload(&import, csv).await.unwrap();
    assert_eq!(
        world.imported(import.text("/id")).await["status"],
        "completed"
    );
    let published = post(&world, &format!("{path}/publish"), &json!({})).await;
    assert_eq!(published.status, 202, "{}", published.body);
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(audit.count("email", "sent"), 3);
}

#[tokio::test]
async fn concurrent_publishes_publish_once_and_freeze_the_campaign() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let path = format!("/v1/campaigns/{campaign}/publish");
    let nothing = json!({});
    let answers = futures::future::join_all((0..6).map(|_| post(&world, &path, &nothing))).await;
    let published = answers.iter().filter(|answer| answer.status == 202).count();
    assert_eq!(published, 1);
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        assert_problem(answer, 409, "not-a-draft", "published by another");
    }
    world.completed(&campaign).await;
    let tag = world
        .api
        .get(&format!("/v1/campaigns/{campaign}"))
        .await
        .unwrap();
    let before = everything(&world.api).await;
    let headers = [("if-match", tag.entity_tag().unwrap())];
    let name = json!({ "name": "Summer" });
    let one = json!({ "receivers": [{ "email": world.address(9) }] });
    for (method, route, body) in [
        ("PATCH", "", Some(&name)),
        ("DELETE", "", None),
        ("POST", "/publish", None),
        ("POST", "/receivers", Some(&one)),
    ] {
        let path = format!("/v1/campaigns/{campaign}{route}");
        let answer = crate::api::answers::ask(&world.api, method, &path, &headers, body).await;
        assert_problem(&answer, 409, "not-a-draft", &path);
        assert_eq!(answer.text("/campaign_status"), "completed");
    }
    assert_eq!(everything(&world.api).await, before);
    assert_eq!(world.calls().len(), 3);
}
