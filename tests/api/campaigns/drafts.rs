use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{campaigns::Campaign, delivery::totals::Totals, id::CampaignId};
use carillon_store::keys;
use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_problem, people, post, tagged_version},
    support::{World, eventually},
};

#[tokio::test]
async fn a_copy_is_a_separate_draft_without_receivers() {
    let world = World::new().await;
    let body = json!({
        "name": "Spring",
        "channels": ["email", "sms"],
        "priority": "high",
        "default_region": "GR",
        "content": {
            "email": { "subject": "Hello", "html": "<p>Hello</p>", "text": "Hello" },
            "sms": { "text": "Hello" },
            "languages": { "el": { "sms": { "text": "Γεια" } } },
        },
    });
    let original = world.api.post("/v1/campaigns", &body).await.unwrap();
    let path = format!("/v1/campaigns/{}", original.text("/id"));
    world.add_people(original.text("/id"), 0..2).await;
    let copy = post(&world, &format!("{path}/duplicate"), &json!({})).await;
    assert_eq!(copy.status, 201, "{}", copy.body);
    assert_ne!(copy.text("/id"), original.text("/id"));
    assert_eq!(copy.text("/name"), "Spring (copy)");
    for field in [
        "channels",
        "priority",
        "default_region",
        "content",
        "version",
    ] {
        assert_eq!(copy.body[field], original.body[field], "{field}");
    }
    let copied = copy.headers["location"].to_str().unwrap();
    assert_eq!(people(&world.api, copied).await, Vec::<Value>::new());
    // A change to one does not affect the other.
    let tag = [("if-match", "\"1\"")];
    ask(
        &world.api,
        "PATCH",
        copied,
        &tag,
        Some(&json!({ "content": {} })),
    )
    .await;
    assert_eq!(
        world.api.get(&path).await.unwrap().body["content"],
        body["content"]
    );
    assert_eq!(
        world.api.get(copied).await.unwrap().body["content"],
        json!({})
    );

    // A sent campaign can be copied, and the copy is a draft.
    world.publish(original.text("/id")).await;
    let copy = post(&world, &format!("{path}/duplicate"), &json!({})).await;
    assert_eq!((copy.status.as_u16(), copy.text("/status")), (201, "draft"));
    assert_eq!(copy.body.get("published_at"), None);
}

#[tokio::test]
async fn a_patch_changes_only_the_named_fields() {
    let world = World::new().await;
    let campaign = world.campaign(&["email", "sms"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let mut expected = world.api.get(&path).await.unwrap().body;
    let steps = [
        (json!({ "name": "Summer" }), "name", json!("Summer")),
        (
            json!({ "channels": ["sms", "sms"] }),
            "channels",
            json!(["sms"]),
        ),
        (json!({ "priority": "urgent" }), "priority", json!("urgent")),
        (
            json!({ "content": { "sms": { "text": "Hi" } } }),
            "content",
            json!({ "sms": { "text": "Hi" } }),
        ),
        (json!({}), "name", json!("Summer")),
    ];
    for (change, field, value) in steps {
        let tag = format!("\"{}\"", expected["version"]);
        let changed = ask(
            &world.api,
            "PATCH",
            &path,
            &[("if-match", &tag)],
            Some(&change),
        )
        .await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        expected[field] = value;
        for moved in ["version", "updated_at", "totals"] {
            expected[moved] = changed.body[moved].clone();
        }
        assert_eq!(changed.body, expected, "{change}");
        let shown = world.api.get(&path).await.unwrap();
        assert_eq!(shown.body, expected, "{change}");
        assert_eq!(tagged_version(&shown), tagged_version(&changed));
    }
}

/// All rows of a campaign in the ledger.
async fn ledger_rows(world: &World, campaign: &Campaign) -> usize {
    let details = world.stack.details();
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let mut rows = 0;
    for shard in 0..campaign.shards {
        let partition = keys::ledger_partition(&campaign.tenant, &campaign.id, shard);
        let page = dynamodb
            .query()
            .table_name(&details.outputs().ledger_table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .send()
            .await
            .unwrap();
        rows += page.items().len();
    }
    rows
}

async fn counted(world: &World, campaign: &CampaignId) -> u64 {
    let counters = world.store.counters(&world.tenant, campaign).await.unwrap();
    Totals::from_counters(&counters, [], carillon_domain::campaigns::Status::Draft).receivers
}

#[tokio::test]
async fn deleting_a_draft_deletes_its_receivers() {
    let world = World::new().await;
    let campaign = world.campaign(&["email", "sms"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let receivers: Vec<Value> = (0..60)
        .map(|number| json!({ "email": world.address(number), "mobile": format!("+44741431{number:04}") }))
        .collect();
    post(
        &world,
        &format!("{path}/receivers"),
        &json!({ "receivers": receivers }),
    )
    .await;
    let other = world.campaign(&["email"]).await;
    world.add_people(&other, 0..5).await;
    let id: CampaignId = campaign.parse().unwrap();
    let kept = world
        .store
        .campaign(&world.context, &id)
        .await
        .unwrap()
        .unwrap();
    // Each receiver with two addresses has two rows.
    assert_eq!(ledger_rows(&world, &kept).await, 120);
    eventually("the receivers are counted", async || {
        (counted(&world, &id).await == 60).then_some(())
    })
    .await;

    let deleted = ask(&world.api, "DELETE", &path, &[], None).await;
    assert_eq!(
        (deleted.status.as_u16(), &deleted.body),
        (204, &Value::Null)
    );
    assert_problem(
        &ask(&world.api, "DELETE", &path, &[], None).await,
        404,
        "not-found",
        "deleted twice",
    );
    assert_problem(
        &ask(&world.api, "GET", &path, &[], None).await,
        404,
        "not-found",
        "deleted",
    );
    let one = json!({ "receivers": [{ "email": world.address(1) }] });
    let answer = post(&world, &format!("{path}/receivers"), &one).await;
    assert_problem(&answer, 404, "not-found", "adding to what was deleted");
    let listed = world.api.all("/v1/campaigns", "/campaigns").await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");

    // The job purges the ledger and the totals.
    eventually("nothing is left", async || {
        (ledger_rows(&world, &kept).await == 0 && counted(&world, &id).await == 0).then_some(())
    })
    .await;
    assert_eq!(
        people(&world.api, &format!("/v1/campaigns/{other}"))
            .await
            .len(),
        5
    );
}
