//! AWS End User Messaging: text messages, and events over its topic.

use super::*;

/// Sends to three receivers through End User Messaging, and returns the campaign and the calls. It has no credentials and
/// no callbacks, so it is not set up like other vendors.
async fn sends_through_end_user_messaging(world: &World) -> String {
    let account = json!({ "vendor": "end_user_messaging", "sender_id": "+442079460000" });
    world.grant(&["sender:+442079460000"]).await;
    let answer = ask(world, Method::PUT, "/v1/transports/sms", Some(&account)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let campaign = world.campaign(&["sms"]).await;
    let people: Vec<Value> = (0..3)
        .map(|place| json!({ "mobile": number(world, place) }))
        .collect();
    let path = format!("/v1/campaigns/{campaign}/receivers");
    world
        .api
        .post(&path, &json!({ "receivers": people }))
        .await
        .unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    campaign
}

#[tokio::test]
async fn end_user_messaging_sends_and_its_topic_events_are_processed() {
    let world = World::new().await;
    let campaign = sends_through_end_user_messaging(&world).await;
    let calls = calls_of(&world, Provider::EndUserMessaging);
    assert_eq!(calls.len(), 3, "{:?}", deliveries(&world, &campaign).await);
    for delivery in deliveries(&world, &campaign).await {
        assert_eq!(delivery["state"], "sent", "{delivery}");
        let id = delivery["provider_id"].as_str();
        assert!(
            calls.iter().any(|call| call.message_id.as_deref() == id),
            "{delivery}"
        );
    }
    // Without a configuration set the simulator publishes no events by itself.
    let simulator = world.simulator();
    for (call, kind) in calls.iter().zip([EventKind::Delivered, EventKind::Bounced]) {
        let told = simulator
            .emit(call.id, &[EventKind::Sent, kind, kind])
            .await;
        assert_eq!(told.unwrap(), 3);
    }
    eventually("the events are processed", async || {
        let mut fates: Vec<String> = deliveries(&world, &campaign)
            .await
            .iter()
            .filter_map(|delivery| Some(delivery["fate"].as_str()?.to_owned()))
            .collect();
        fates.sort();
        (fates == ["bounced", "delivered"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_opt_out_at_aws_is_suppressed() {
    let world = World::new().await;
    let opted_out = Fault::new(FaultKind::Reject {
        code: Some("ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT".to_owned()),
        message: None,
    });
    let opted_out = opted_out.address(number(&world, 0));
    world.simulator().add_fault(opted_out).unwrap();
    let campaign = sends_through_end_user_messaging(&world).await;
    let failed: Vec<Value> = deliveries(&world, &campaign)
        .await
        .into_iter()
        .filter(|delivery| delivery["state"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(
        failed[0]["reason"]["code"],
        "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    );
    let suppressed = world
        .api
        .all("/v1/suppressions", "/suppressions")
        .await
        .unwrap();
    assert_eq!(suppressed.len(), 1, "{suppressed:?}");
    assert_eq!(suppressed[0]["address"], number(&world, 0).as_str());
    assert_eq!(suppressed[0]["source"], "unsubscribed");
}
