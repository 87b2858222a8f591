//! The identities that a tenant may send as through the shared account.

use carillon_local::simulator::CallFilter;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;

/// Creates a transport, and returns the status with the invalid fields and their codes.
async fn put(world: &World, id: &str, body: &Value) -> (u16, String) {
    let path = format!("/v1/transports/{id}");
    let body = Some(body.to_string().into_bytes());
    let answer = world.api.call(Method::PUT, &path, &[], body).await.unwrap();
    let errors = answer.body["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let errors: Vec<String> = errors
        .iter()
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("field"), text("code"))
        })
        .collect();
    (answer.status.as_u16(), errors.join(", "))
}

#[tokio::test]
async fn a_tenant_cannot_send_in_another_tenants_name() {
    let (acme, globex) = (World::new().await, World::new().await);
    globex
        .grant(&[
            "email:globex.example",
            "configuration_set:globex",
            "sender:Globex",
        ])
        .await;
    let ses = json!({ "vendor": "ses", "from": "news@globex.example" });
    for (body, refused) in [
        (ses.clone(), "from not_granted"),
        (
            json!({ "vendor": "ses", "from": "news@carillon.example", "settings": { "configuration_set": "globex" } }),
            "settings.configuration_set not_granted",
        ),
        (
            json!({ "vendor": "ses", "from": "news@carillon.example", "settings": { "ses_tenant": "globex" } }),
            "settings.ses_tenant not_granted",
        ),
        (
            json!({ "vendor": "sns", "sender_id": "Globex" }),
            "sender_id not_granted",
        ),
        (
            json!({ "vendor": "end_user_messaging", "sender_id": "Globex" }),
            "sender_id not_granted",
        ),
        (
            json!({ "vendor": "end_user_messaging", "settings": { "origination_identity": "pool-globex" } }),
            "settings.origination_identity not_granted",
        ),
    ] {
        let answer = put(&acme, "mine", &body).await;
        assert_eq!(answer, (422, refused.to_owned()), "{body}");
    }
    assert_eq!(put(&globex, "mine", &ses).await, (201, String::new()));
    let shown = globex.api.get("/v1/tenant").await.unwrap();
    let identities = shown.body["identities"].as_array().unwrap();
    assert!(
        identities.contains(&json!("email:globex.example")),
        "{identities:?}"
    );
}

#[tokio::test]
async fn a_revoked_identity_stops_sending_until_it_is_granted_again() {
    let world = World::new().await;
    world.grant(&["email:globex.example"]).await;
    let ses = json!({ "vendor": "ses", "from": "news@globex.example" });
    assert_eq!(put(&world, "email", &ses).await, (200, String::new()));
    let globex = ["email:globex.example".parse().unwrap()];
    world
        .store
        .revoke_identities(&world.context, &globex)
        .await
        .unwrap();

    // A test message, which reads the current identities, makes no call.
    let to = json!({ "to": world.address(1) });
    let tested = world
        .api
        .post("/v1/transports/email/test", &to)
        .await
        .unwrap();
    assert_eq!(
        (
            tested.text("/delivery/state"),
            tested.text("/delivery/reason/code")
        ),
        ("failed", "identity_not_granted")
    );
    let shown = world.api.get("/v1/transports/email").await.unwrap();
    assert_eq!(
        (&shown.body["in_use"], &shown.body["not_granted"]),
        (&json!(false), &json!(["email:news@globex.example"]))
    );

    // The campaign cannot be published, as if it had no transport.
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let path = format!("/v1/campaigns/{campaign}/publish");
    let body = Some(b"{}".to_vec());
    let refused = world
        .api
        .call(Method::POST, &path, &[], body)
        .await
        .unwrap();
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body["type"]
            .as_str()
            .unwrap()
            .ends_with("no-transport")
    );

    // A campaign published before shows what it waits for, and continues once it is granted again.
    world.grant(&["email:globex.example"]).await;
    world.publish(&campaign).await;
    world
        .store
        .revoke_identities(&world.context, &globex)
        .await
        .unwrap();
    let path = format!("/v1/campaigns/{campaign}");
    let shown = world.api.get(&path).await.unwrap();
    if shown.text("/status") != "completed" {
        assert_eq!(shown.body["stalled"][0]["code"], "identity_not_granted");
    }
    world.grant(&["email:globex.example"]).await;
    world.completed(&campaign).await;
    let calls = world.simulator().calls(&CallFilter::default());
    let ours: Vec<_> = calls
        .iter()
        .filter(|call| (0..3).any(|place| call.is_for(&world.address(place))))
        .collect();
    assert_eq!(ours.len(), 3, "one for each");
}
