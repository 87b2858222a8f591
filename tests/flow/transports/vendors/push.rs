//! Push notifications: four push services, and unregistered devices.

use carillon_local::simulator::{
    APNS_PRIVATE_KEY, FCM_PRIVATE_KEY, WEB_PUSH_PRIVATE_KEY, WEB_PUSH_PUBLIC_KEY, web_push_address,
};

use super::*;

/// Sends to three devices through an account, the last of which has uninstalled the app; returns the calls for the others.
async fn pushes(account: &Value, provider: Provider, devices: [String; 3]) -> Vec<Call> {
    let world = World::new().await;
    world.grant(&["application:APNS/app"]).await;
    set_up(&world, "push", account).await;
    let campaign = world.campaign(&["push"]).await;
    let people: Vec<Value> = devices
        .iter()
        .map(|device| json!({ "push": device }))
        .collect();
    let path = format!("/v1/campaigns/{campaign}/receivers");
    world
        .api
        .post(&path, &json!({ "receivers": people }))
        .await
        .unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;

    let mut calls = world.simulator().calls(&CallFilter::default());
    calls.retain(|call| {
        call.provider == provider && devices.iter().any(|device| call.is_for(device))
    });
    assert_eq!(calls.len(), 3, "{:?}", deliveries(&world, &campaign).await);
    let (taken, refused): (Vec<Call>, Vec<Call>) =
        calls.into_iter().partition(|call| call.accepted);
    assert_eq!((taken.len(), refused.len()), (2, 1), "{refused:?}");
    for delivery in deliveries(&world, &campaign).await {
        if delivery["address"] == devices[2].as_str() {
            assert_eq!(delivery["state"], "failed", "{delivery}");
            continue;
        }
        assert_eq!(delivery["state"], "sent", "{delivery}");
        let id = delivery["provider_id"].as_str();
        assert!(
            taken.iter().any(|call| call.message_id.as_deref() == id),
            "{delivery}"
        );
    }

    let standing = world
        .api
        .all("/v1/suppressions", "/suppressions")
        .await
        .unwrap();
    assert_eq!(standing.len(), 1, "{standing:?}");
    assert_eq!(standing[0]["address"], devices[2].as_str());
    assert_eq!(standing[0]["source"], "bounced");

    // A suppressed receiver is skipped without a call.
    let again = world.campaign(&["push"]).await;
    let path = format!("/v1/campaigns/{again}/receivers");
    let body = json!({ "receivers": [{ "push": devices[2] }] });
    world.api.post(&path, &body).await.unwrap();
    world.publish(&again).await;
    world.completed(&again).await;
    assert_eq!(deliveries(&world, &again).await[0]["state"], "skipped");
    taken
}

/// Unique hexadecimal digits.
fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

#[tokio::test]
async fn fcm_authenticates_and_sends() {
    let account = json!({
        "vendor": "fcm",
        "settings": { "project": "my-app-1a2b3" },
        "credentials": {
            "client_email": "push@my-app-1a2b3.iam.gserviceaccount.com",
            "private_key": FCM_PRIVATE_KEY,
        },
    });
    let devices = ["a", "b", "dead"].map(|begin| format!("fcm:{begin}{}", unique()));
    let calls = pushes(&account, Provider::Fcm, devices).await;
    let push = calls[0].push().unwrap();
    assert_eq!(push.title, "Spring");
    assert_eq!(push.attributes["priority"], "HIGH");
}

#[tokio::test]
async fn apns_authenticates_and_sends() {
    let account = json!({
        "vendor": "apns",
        "settings": { "topic": "com.example.app" },
        "credentials": {
            "key_id": "ABC123DEFG",
            "team_id": "DEF123GHIJ",
            "private_key": APNS_PRIVATE_KEY,
        },
    });
    let devices = ["0000", "0001", "dead"]
        .map(|begin| format!("apns:{begin}{}{}", unique(), &unique()[..28]));
    let calls = pushes(&account, Provider::Apns, devices).await;
    let attributes = &calls[0].push().unwrap().attributes;
    assert_eq!(attributes["apns-topic"], "com.example.app");
    assert_eq!(calls[0].message_id.as_ref(), Some(&attributes["apns-id"]));
}

#[tokio::test]
async fn browsers_get_encrypted_messages() {
    let account = json!({
        "vendor": "web_push",
        "settings": { "contact": "mailto:push@carillon.example", "hosts": "push.carillon.example" },
        "credentials": {
            "private_key": WEB_PUSH_PRIVATE_KEY,
            "public_key": WEB_PUSH_PUBLIC_KEY,
        },
    });
    let devices = ["a", "b", "dead"].map(|begin| web_push_address(&format!("{begin}{}", unique())));
    let calls = pushes(&account, Provider::WebPush, devices).await;
    let push = calls[0].push().unwrap();
    assert_eq!(push.title, "Spring");
    assert_eq!(push.attributes["topic"], push.attributes["tag"]);
}

#[tokio::test]
async fn sns_sends_to_endpoints() {
    let account = json!({ "vendor": "sns_push" });
    // Needs `set_up` to do without credentials: `account["credentials"].as_object()` is none here.
    let devices = ["a", "b", "dead"].map(|begin| {
        let endpoint = "arn:aws:sns:us-east-1:000000000000:endpoint";
        format!("sns:{endpoint}/APNS/app/{begin}{}", unique())
    });
    let calls = pushes(&account, Provider::SnsPush, devices).await;
    assert_eq!(calls[0].push().unwrap().title, "Spring");
}

#[tokio::test]
async fn a_device_of_another_push_service_fails_without_a_call() {
    let world = World::new().await;
    let account = json!({
        "vendor": "web_push",
        "settings": { "contact": "mailto:push@carillon.example", "hosts": "push.carillon.example" },
        "credentials": {
            "private_key": WEB_PUSH_PRIVATE_KEY,
            "public_key": WEB_PUSH_PUBLIC_KEY,
        },
    });
    set_up(&world, "push", &account).await;
    let campaign = world.campaign(&["push"]).await;
    let device = format!("fcm:{}", unique());
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let body = json!({ "receivers": [{ "push": device }] });
    world.api.post(&path, &body).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let delivery = &deliveries(&world, &campaign).await[0];
    assert_eq!(
        (&delivery["state"], &delivery["reason"]["code"]),
        (&json!("failed"), &json!("wrong_device"))
    );
    let calls = world.simulator().calls(&CallFilter::default());
    assert!(!calls.iter().any(|call| call.is_for(&device)));
}

#[tokio::test]
async fn a_throttled_push_waits_and_is_sent() {
    let world = World::new().await;
    let account = json!({
        "vendor": "fcm",
        "settings": { "project": "my-app-1a2b3" },
        "credentials": {
            "client_email": "push@my-app-1a2b3.iam.gserviceaccount.com",
            "private_key": FCM_PRIVATE_KEY,
        },
    });
    set_up(&world, "push", &account).await;
    let device = format!("fcm:{}", unique());
    let throttle = Fault::new(FaultKind::Throttle {
        retry_after_seconds: Some(1),
        status: None,
    });
    world
        .simulator()
        .add_fault(throttle.address(&device).times(1))
        .unwrap();
    let campaign = world.campaign_of_priority(&["push"], "high").await;
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let body = json!({ "receivers": [{ "push": device }] });
    world.api.post(&path, &body).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    assert_eq!(deliveries(&world, &campaign).await[0]["state"], "sent");
}
