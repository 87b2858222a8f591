//! Amazon SNS topics that post to a transport's callback URL, as from another account or region.

use carillon_local::simulator::SNS_TOPIC;

use super::*;

/// Sets up SES with events from a topic.
async fn told_by_a_topic(world: &World) -> Value {
    let before = world.api.get("/v1/transports/email").await.unwrap();
    json!({
        "vendor": "ses",
        "from": before.body["from"],
        "settings": { "topic": SNS_TOPIC },
    })
}

#[tokio::test]
async fn a_topic_is_confirmed_and_its_messages_are_processed() {
    let (world, other) = (World::new().await, World::new().await);
    let account = told_by_a_topic(&world).await;
    let of_other = set_up(&other, "email", &told_by_a_topic(&other).await).await;
    let (url, campaign, calls) = sends(&world, "email", &account, Provider::Ses).await;
    let simulator = world.simulator();
    let subscribed = simulator.subscribe(&url).await.unwrap();
    assert_eq!((subscribed.status, subscribed.confirmed), (200, true));
    for (call, kind) in calls.iter().zip([EventKind::Delivered, EventKind::Bounced]) {
        for url in [&url, &url, &of_other] {
            let told = simulator.call_back(call.id, kind, Some(url)).await;
            assert_eq!(told.unwrap().status, 200);
        }
    }
    eventually("the topic's posts are processed", async || {
        let mut fates: Vec<String> = deliveries(&world, &campaign)
            .await
            .iter()
            .filter_map(|delivery| Some(delivery["fate"].as_str()?.to_owned()))
            .collect();
        fates.sort();
        (fates == ["bounced", "delivered"]).then_some(())
    })
    .await;
    let wrong = simulator.subscribe(&format!("{url}0")).await.unwrap();
    assert_eq!((wrong.status, wrong.confirmed), (404, false));
}

/// Messages are accepted only from the topic that the transport names.
#[tokio::test]
async fn messages_of_another_topic_are_ignored() {
    let world = World::new().await;
    let mut account = told_by_a_topic(&world).await;
    account["settings"]["topic"] = SNS_TOPIC.replace("elsewhere", "of-others").into();
    let (url, campaign, calls) = sends(&world, "email", &account, Provider::Ses).await;
    let simulator = world.simulator();
    let subscribed = simulator.subscribe(&url).await.unwrap();
    assert_eq!((subscribed.status, subscribed.confirmed), (406, false));
    let told = simulator.call_back(calls[0].id, EventKind::Bounced, Some(&url));
    assert_eq!(told.await.unwrap().status, 406);
    for delivery in deliveries(&world, &campaign).await {
        assert_ne!(delivery["fate"], "bounced", "{delivery}");
    }
}
