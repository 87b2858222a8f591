use carillon_local::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_problem, everything, people, post},
    support::World,
};

/// How many deliveries match a filter.
async fn count(world: &World, campaign: &str, filter: &str) -> usize {
    let path = format!("/v1/campaigns/{campaign}/deliveries?limit=7{filter}");
    let listed = world.api.all(&path, "/deliveries").await.unwrap();
    for part in filter.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap();
        assert!(
            listed.iter().all(|delivery| delivery[name] == value),
            "{filter}: {listed:?}"
        );
    }
    listed.len()
}

#[tokio::test]
async fn deliveries_are_filtered_by_state_and_channel() {
    let world = World::new().await;
    let campaign = world.campaign(&["email", "sms"]).await;
    world.add_people(&campaign, 0..20).await;
    let expected = [
        ("", 40),
        ("&state=pending", 20),
        ("&state=skipped", 20),
        ("&channel=sms", 20),
        ("&channel=email&state=skipped", 0),
    ];
    for (filter, found) in expected {
        assert_eq!(
            count(&world, &campaign, filter).await,
            found,
            "draft {filter}"
        );
    }
    let reject = FaultKind::Reject {
        code: None,
        message: None,
    };
    for number in [3, 4] {
        let fault = Fault::new(reject.clone()).address(world.address(number));
        world.simulator().add_fault(fault).unwrap();
    }
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    for (filter, found) in [
        ("", 40),
        ("&state=sent", 18),
        ("&state=failed", 2),
        ("&state=failed&channel=email", 2),
        ("&state=failed&channel=sms", 0),
        ("&state=skipped&channel=sms", 20),
        ("&state=pending", 0),
        ("&state=unknown", 0),
        ("&state=canceled", 0),
        ("&channel=email", 20),
    ] {
        assert_eq!(
            count(&world, &campaign, filter).await,
            found,
            "completed {filter}"
        );
    }
    let skipped = format!("/v1/campaigns/{campaign}/deliveries?state=skipped");
    let skipped = world.api.get(&skipped).await.unwrap();
    assert_eq!(
        skipped.text("/deliveries/0/reason/code"),
        "no_address",
        "{}",
        skipped.body
    );
    assert_eq!(skipped.body["deliveries"][0]["address"], Value::Null);
}

#[tokio::test]
async fn a_message_is_previewed_as_each_receiver_will_get_it() {
    let world = World::new().await;
    let body = json!({
        "name": "Spring",
        "channels": ["email", "sms"],
        "content": {
            "email": { "subject": "For {{member.first_name}}", "html": "<p>{{member.first_name}}: {{default account.balance \"0\"}}</p>" },
            "sms": { "text": "{{member.first_name}} & {{account.number}}" },
            "languages": { "el": { "email": { "subject": "Για {{member.first_name}}", "html": "<p>Γεια</p>" } } },
        },
    });
    let made = world.api.post("/v1/campaigns", &body).await.unwrap();
    let path = format!("/v1/campaigns/{}", made.text("/id"));
    let receivers = json!({ "receivers": [
        { "first_name": "Ann <b>", "email": world.address(1), "mobile": "+447414310001", "variables": { "account": { "number": "A&1", "balance": "12.50" } } },
        { "first_name": "Νίκος", "email": world.address(2), "language": "el-GR", "mobile": "+447414310002" },
        { "email": world.address(3) },
    ] });
    post(&world, &format!("{path}/receivers"), &receivers).await;
    let before = everything(&world.api).await;
    let listed = people(&world.api, &path).await;
    let show = async |number: usize, channel: &str| {
        let receiver = listed
            .iter()
            .find(|receiver| receiver["email"] == world.address(number))
            .unwrap();
        let id = receiver["id"].as_str().unwrap();
        let message = format!("{path}/deliveries/{id}/{channel}/message");
        ask(&world.api, "GET", &message, &[], None).await
    };
    let ann = show(1, "email").await;
    assert_eq!(ann.status, 200, "{}", ann.body);
    assert_eq!(
        (ann.text("/to"), ann.text("/subject")),
        (world.address(1).as_str(), "For Ann <b>")
    );
    assert_eq!(ann.text("/html"), "<p>Ann &lt;b&gt;: 12.50</p>");
    assert!(ann.text("/text").contains("Ann <b>: 12.50"), "{}", ann.body);
    assert_eq!(
        (ann.body["matches"].clone(), ann.text("/digest").is_empty()),
        (Value::Null, false)
    );
    let text = show(1, "sms").await;
    assert_eq!(
        (text.text("/to"), text.text("/text")),
        ("+447414310001", "Ann <b> & A&1")
    );
    assert_eq!(text.body.get("html"), None);
    // The language variant is used, with the top level as the fallback.
    assert_eq!(show(2, "email").await.text("/subject"), "Για Νίκος");
    for (number, channel) in [(2, "sms"), (3, "email"), (3, "sms")] {
        let answer = show(number, channel).await;
        assert_problem(
            &answer,
            422,
            "not-renderable",
            "a placeholder without a value",
        );
        assert_eq!(answer.text("/code"), "missing_value", "{}", answer.body);
    }
    assert_eq!(everything(&world.api).await, before);
    assert!(world.calls().is_empty());

    // The sent message equals the preview.
    world.publish(made.text("/id")).await;
    world.completed(made.text("/id")).await;
    let sent = show(1, "email").await;
    assert_eq!(
        (&sent.body["matches"], sent.text("/digest")),
        (&json!(true), ann.text("/digest"))
    );
    assert_eq!(show(2, "email").await.body["matches"], true);
}
