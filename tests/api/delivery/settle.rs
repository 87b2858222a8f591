use carillon_domain::{
    channel::Channel,
    delivery::{Delivery, State, task::DeliveryTask},
    reason::Reason,
};
use carillon_local::{
    demo::client::Answer,
    simulator::{Fault, FaultKind},
};
use carillon_store::{Claim, Claimed, Insert};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    api::answers::{NOBODY, assert_fault, assert_problem, people, post},
    support::{World, eventually},
};

fn reject() -> FaultKind {
    FaultKind::Reject {
        code: None,
        message: None,
    }
}

async fn listed(world: &World, path: &str, filter: &str) -> Vec<Value> {
    let path = format!("{path}/deliveries?limit=200&{filter}");
    world.api.all(&path, "/deliveries").await.unwrap()
}

/// Waits until a campaign has this many email deliveries in a state.
async fn email(world: &World, path: &str, state: &str, count: u64) -> Answer {
    eventually("the totals agree", async || {
        let shown = world.api.get(path).await.unwrap();
        let found = shown.number(&format!("/totals/channels/email/{state}"));
        (found == count).then_some(shown)
    })
    .await
}

/// Three rejected, four unknown and five sent.
async fn mixed(world: &World) -> String {
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..12).await;
    for number in 0..7 {
        let kind = if number < 3 {
            reject()
        } else {
            FaultKind::DropAfter
        };
        let fault = Fault::new(kind).address(world.address(number)).times(1);
        world.simulator().add_fault(fault).unwrap();
    }
    world.publish(&campaign).await;
    let path = format!("/v1/campaigns/{campaign}");
    email(world, &path, "unknown", 4).await;
    email(world, &path, "failed", 3).await;
    email(world, &path, "sent", 5).await;
    world.completed(&campaign).await;
    path
}

#[tokio::test]
async fn failures_are_counted_and_listed_by_reason() {
    let world = World::new().await;
    let path = mixed(&world).await;
    let reasons = world.api.get(&format!("{path}/deliveries/reasons")).await;
    let reasons = reasons.unwrap().body;
    assert_eq!(reasons["complete"], true, "{reasons}");
    let counted: Vec<(&str, &str, &str, u64)> = reasons["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| {
            let text = |pointer: &str| count.pointer(pointer).unwrap().as_str().unwrap();
            assert!(!text("/reason/text").is_empty(), "{count}");
            let deliveries = count["deliveries"].as_u64().unwrap();
            (
                text("/state"),
                text("/channel"),
                text("/reason/code"),
                deliveries,
            )
        })
        .collect();
    let expected = [
        ("unknown", "email", "connection_lost", 4),
        ("failed", "email", "MessageRejected", 3),
    ];
    assert_eq!(counted, expected);
    for (filter, count) in [
        ("state=failed&reason=MessageRejected", 3),
        ("state=failed&reason=connection_lost", 0),
        ("state=unknown&channel=email&reason=connection_lost", 4),
        ("state=unknown&channel=sms&reason=connection_lost", 0),
        ("reason=connection_lost", 4),
        ("state=sent&reason=connection_lost", 0),
    ] {
        let found = listed(&world, &path, filter).await;
        assert_eq!(found.len(), count, "{filter}: {found:?}");
    }
    // A page is full even if rows before it were filtered out.
    let page = format!("{path}/deliveries?state=unknown&reason=connection_lost&limit=3");
    let first = world.api.get(&page).await.unwrap();
    assert_eq!(first.list("/deliveries").len(), 3);
    assert_eq!(world.api.all(&page, "/deliveries").await.unwrap().len(), 4);
}

#[tokio::test]
async fn one_delivery_is_resent_or_assumed_sent() {
    let world = World::new().await;
    let path = mixed(&world).await;
    let one = async |filter: &str| -> String {
        let found = listed(&world, &path, filter).await;
        let id = found[0]["receiver"]["id"].as_str().unwrap();
        format!("{path}/deliveries/{id}/email")
    };
    let (failed, unknown, sent) = (
        one("state=failed").await,
        one("state=unknown").await,
        one("state=sent").await,
    );
    for (delivery, verb, state) in [
        (&sent, "resend", ("sent", "taken")),
        (&sent, "assume-sent", ("sent", "not_unknown")),
        (&failed, "assume-sent", ("failed", "not_unknown")),
    ] {
        let answer = post(&world, &format!("{delivery}/{verb}"), &json!({})).await;
        assert_problem(&answer, 409, "not-settleable", delivery);
        assert_eq!(
            (answer.text("/delivery_state"), answer.text("/code")),
            state
        );
    }
    for nothing in [
        format!("{path}/deliveries/{NOBODY}/email"),
        failed.replace("/email", "/sms"),
        failed.replace("/email", "/fax"),
    ] {
        for verb in ["resend", "assume-sent"] {
            let answer = post(&world, &format!("{nothing}/{verb}"), &json!({})).await;
            assert_problem(&answer, 404, "not-found", &nothing);
        }
    }
    let calls = world.calls().len();
    let assumed = post(&world, &format!("{unknown}/assume-sent"), &json!({})).await;
    assert_eq!(
        (assumed.status.as_u16(), assumed.text("/state")),
        (200, "sent"),
        "{}",
        assumed.body
    );
    assert_eq!(assumed.text("/reason/code"), "assumed_sent");
    let again = post(&world, &format!("{unknown}/assume-sent"), &json!({})).await;
    assert_problem(&again, 409, "not-settleable", "assumed twice");
    email(&world, &path, "sent", 6).await;
    assert_eq!(world.calls().len(), calls, "assuming sends nothing");

    let resent = post(&world, &format!("{failed}/resend"), &json!({})).await;
    assert_eq!(resent.status, 202, "{}", resent.body);
    let shown = email(&world, &path, "sent", 7).await;
    assert_eq!(shown.number("/totals/channels/email/failed"), 2);
    assert_eq!(world.calls().len(), calls + 1);
    world.completed(shown.text("/id")).await;
}

#[tokio::test]
async fn all_deliveries_of_a_filter_are_resent_once() {
    let world = World::new().await;
    let path = mixed(&world).await;
    let calls = world.calls().len();
    let resend = format!("{path}/deliveries/resend");
    for (body, field, code) in [
        (json!({}), "state", "missing"),
        (json!({ "state": "sent" }), "fate", "invalid_fate"),
        (
            json!({ "state": "failed", "fate": "bounced" }),
            "fate",
            "invalid_fate",
        ),
        (
            json!({ "state": "sent", "fate": "delivered" }),
            "fate",
            "invalid_fate",
        ),
        (json!({ "state": "lost" }), "state", "unknown_state"),
        (
            json!({ "state": "failed", "channel": "fax" }),
            "channel",
            "unknown_channel",
        ),
        (
            json!({ "state": "failed", "cursor": "x" }),
            "cursor",
            "invalid_cursor",
        ),
        (
            json!({ "state": "failed", "limit": 5 }),
            "limit",
            "unknown_field",
        ),
    ] {
        let answer = post(&world, &resend, &body).await;
        assert_fault(&answer, field, code, &body.to_string());
    }
    let assume = format!("{path}/deliveries/assume-sent");
    let answer = post(&world, &assume, &json!({ "state": "failed" })).await;
    assert_fault(&answer, "state", "unknown_state", "failed is not unknown");

    for nothing in [
        json!({ "state": "failed", "channel": "sms" }),
        json!({ "state": "unknown", "reason": "MessageRejected" }),
    ] {
        let answer = post(&world, &resend, &nothing).await;
        let expected = json!({ "changed": 0, "more": false, "next_cursor": null });
        assert_eq!(answer.body, expected, "{nothing}");
    }
    assert_eq!(world.calls().len(), calls);
    let refused = json!({ "state": "failed", "reason": "MessageRejected" });
    let answer = post(&world, &resend, &refused).await;
    assert_eq!(
        (answer.status.as_u16(), answer.number("/changed")),
        (202, 3),
        "{}",
        answer.body
    );
    let unknown = json!({ "state": "unknown" });
    let answer = post(&world, &resend, &unknown).await;
    assert_eq!(answer.number("/changed"), 4, "{}", answer.body);
    let shown = email(&world, &path, "sent", 12).await;
    world.completed(shown.text("/id")).await;
    assert_eq!(world.calls().len(), calls + 7);
    let answer = post(&world, &resend, &unknown).await;
    assert_eq!(answer.number("/changed"), 0, "{}", answer.body);
    assert_eq!(listed(&world, &path, "state=sent").await.len(), 12);
}

#[tokio::test]
async fn deliveries_resent_while_paused_are_sent_on_resume() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..6).await;
    let path = format!("/v1/campaigns/{campaign}");
    // One is rejected, and one keeps the campaign running.
    let refused = Fault::new(reject()).address(world.address(0)).times(1);
    world.simulator().add_fault(refused).unwrap();
    let unavailable = Fault::new(FaultKind::ServerError { status: 503 }).address(world.address(1));
    let unavailable = world.simulator().add_fault(unavailable).unwrap();
    world.publish(&campaign).await;
    email(&world, &path, "failed", 1).await;
    email(&world, &path, "sent", 4).await;
    let paused = post(&world, &format!("{path}/pause"), &json!({})).await;
    assert_eq!(paused.text("/status"), "paused", "{}", paused.body);
    let calls = world.calls().len();
    let resend = format!("{path}/deliveries/resend");
    let answer = post(&world, &resend, &json!({ "state": "failed" })).await;
    assert_eq!(answer.number("/changed"), 1, "{}", answer.body);
    email(&world, &path, "retrying", 2).await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(
        world.calls().len(),
        calls,
        "nothing is sent while it is paused"
    );

    world.simulator().remove_fault(unavailable.id);
    post(&world, &format!("{path}/resume"), &json!({})).await;
    world.completed(&campaign).await;
    let shown = email(&world, &path, "sent", 6).await;
    assert_eq!(shown.text("/status"), "completed");
}

/// Unknown deliveries, without any provider call.
async fn make_unknown(world: &World, campaign: &str, path: &str) {
    let campaign = world
        .store
        .campaign(&world.context, &campaign.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let now = Timestamp::now();
    let tasks: Vec<DeliveryTask> = people(&world.api, path)
        .await
        .iter()
        .map(|person| person["id"].as_str().unwrap().parse().unwrap())
        .map(|receiver: carillon_domain::id::ReceiverId| DeliveryTask {
            tenant: world.tenant.clone(),
            campaign: campaign.id.clone(),
            generation: 1,
            shard: receiver.shard(campaign.shards),
            receiver,
            channel: Channel::Email,
            resend: 0,
            address: None,
        })
        .collect();
    let inserts: Vec<Claim<'_>> = tasks
        .iter()
        .enumerate()
        .map(|(index, task)| {
            let code = if index % 4 == 0 { "rare" } else { "common" };
            let delivery = Delivery {
                state: State::Unknown,
                attempt: 1,
                reason: Some(Reason::new(code, "Made by a test.")),
                ..Delivery::unclaimed(1, now)
            };
            Claim::Insert(Insert { task, delivery })
        })
        .collect();
    for chunk in inserts.chunks(100) {
        let claimed = world.store.claim(chunk).await.unwrap();
        assert!(claimed.iter().all(|claimed| *claimed == Claimed::Won));
    }
}

#[tokio::test]
async fn many_deliveries_are_settled_in_bounded_calls() {
    const PEOPLE: u64 = 720;
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..720).await;
    let path = format!("/v1/campaigns/{campaign}");
    make_unknown(&world, &campaign, &path).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let reasons = world.api.get(&format!("{path}/deliveries/reasons")).await;
    let reasons = reasons.unwrap();
    assert_eq!(reasons.number("/reasons/0/deliveries"), 540);
    assert_eq!(reasons.number("/reasons/1/deliveries"), 180);
    assert_eq!(reasons.text("/reasons/1/reason/code"), "rare");
    let assume = format!("{path}/deliveries/assume-sent");
    let settle = async |body: Value| {
        let answer = post(&world, &assume, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    };
    let rare = settle(json!({ "state": "unknown", "reason": "rare" })).await;
    assert_eq!(rare.number("/changed"), 180, "{}", rare.body);
    assert_eq!(rare.body["more"], false);
    let first = settle(json!({ "state": "unknown" })).await;
    assert_eq!(first.number("/changed"), 500, "{}", first.body);
    assert_eq!(first.body["more"], true);
    let cursor = first.text("/next_cursor");
    let rest = settle(json!({ "state": "unknown", "cursor": cursor })).await;
    assert_eq!(rest.number("/changed"), 40, "{}", rest.body);
    assert_eq!(
        (&rest.body["more"], &rest.body["next_cursor"]),
        (&json!(false), &Value::Null)
    );
    email(&world, &path, "sent", PEOPLE).await;
    assert!(world.calls().is_empty());
}
