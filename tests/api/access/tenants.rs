use serde_json::{Value, json};

use crate::{
    api::answers::{NOBODY, NOBODYS, ask, assert_problem, everything, next_week, people},
    support::World,
};

/// Every operation on an existing object, with a request that is valid for its owner.
fn operations() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let receivers = json!({ "receivers": [{ "email": "stranger@example.com" }] });
    vec![
        ("GET", "/v1/campaigns/{campaign}", None),
        (
            "PATCH",
            "/v1/campaigns/{campaign}",
            Some(json!({ "name": "Mine" })),
        ),
        ("DELETE", "/v1/campaigns/{campaign}", None),
        ("POST", "/v1/campaigns/{campaign}/duplicate", None),
        (
            "POST",
            "/v1/campaigns/{campaign}/receivers",
            Some(receivers),
        ),
        (
            "POST",
            "/v1/campaigns/{campaign}/receivers",
            Some(json!({ "import": "{import}" })),
        ),
        ("GET", "/v1/campaigns/{campaign}/receivers", None),
        (
            "PATCH",
            "/v1/campaigns/{campaign}/receivers/{receiver}",
            Some(json!({ "channels": { "email": false } })),
        ),
        (
            "DELETE",
            "/v1/campaigns/{campaign}/receivers/{receiver}",
            None,
        ),
        (
            "POST",
            "/v1/campaigns/{campaign}/receivers/switch",
            Some(json!({ "channel": "sms", "on": false })),
        ),
        ("POST", "/v1/campaigns/{campaign}/publish", None),
        ("POST", "/v1/campaigns/{campaign}/pause", None),
        ("POST", "/v1/campaigns/{campaign}/resume", None),
        ("POST", "/v1/campaigns/{campaign}/cancel", None),
        (
            "POST",
            "/v1/campaigns/{campaign}/schedule",
            Some(next_week()),
        ),
        ("POST", "/v1/campaigns/{campaign}/unschedule", None),
        ("GET", "/v1/campaigns/{campaign}/deliveries", None),
        (
            "GET",
            "/v1/campaigns/{campaign}/deliveries/{receiver}/email/message",
            None,
        ),
        ("GET", "/v1/campaigns/{campaign}/deliveries/reasons", None),
        (
            "POST",
            "/v1/campaigns/{campaign}/deliveries/resend",
            Some(json!({ "state": "failed" })),
        ),
        (
            "POST",
            "/v1/campaigns/{campaign}/deliveries/assume-sent",
            Some(json!({ "state": "unknown" })),
        ),
        (
            "POST",
            "/v1/campaigns/{campaign}/deliveries/{receiver}/email/resend",
            None,
        ),
        (
            "POST",
            "/v1/campaigns/{campaign}/deliveries/{receiver}/email/assume-sent",
            None,
        ),
        ("GET", "/v1/imports/{import}", None),
    ]
}

async fn assert_not_found(world: &World, campaign: &str, receiver: &str, import: &str) {
    for (method, route, body) in operations() {
        let path = route
            .replace("{campaign}", campaign)
            .replace("{receiver}", receiver)
            .replace("{import}", import);
        let body = body.map(|body| {
            serde_json::from_str(&body.to_string().replace("{import}", import)).unwrap()
        });
        let answer = ask(
            &world.api,
            method,
            &path,
            &[("if-match", "\"1\"")],
            body.as_ref(),
        )
        .await;
        assert_problem(&answer, 404, "not-found", &format!("{method} {path}"));
    }
}

#[tokio::test]
async fn another_tenants_objects_are_not_found_on_any_route() {
    let (owner, stranger) = (World::new().await, World::new().await);
    let campaign = owner.campaign(&["email"]).await;
    owner.add_people(&campaign, 0..2).await;
    let path = format!("/v1/campaigns/{campaign}");
    let receiver = people(&owner.api, &path).await[0]["id"].clone();
    let import = owner.api.begin_import(1).await.unwrap();
    let before = everything(&owner.api).await;
    assert_not_found(
        &stranger,
        &campaign,
        receiver.as_str().unwrap(),
        import.text("/id"),
    )
    .await;
    // The other tenant's campaign can use neither the owner's import nor the owner's receiver.
    let own = stranger.campaign(&["email"]).await;
    let body = json!({ "import": import.text("/id") });
    let own_path = format!("/v1/campaigns/{own}");
    let answer = ask(
        &stranger.api,
        "POST",
        &format!("{own_path}/receivers"),
        &[],
        Some(&body),
    )
    .await;
    assert_problem(&answer, 422, "unknown-import", "another tenant's import");
    let foreign = format!("{own_path}/receivers/{}", receiver.as_str().unwrap());
    let answer = ask(&stranger.api, "DELETE", &foreign, &[], None).await;
    assert_problem(&answer, 404, "not-found", "another tenant's receiver");

    assert_eq!(everything(&owner.api).await, before);
    let listed = stranger
        .api
        .all("/v1/campaigns", "/campaigns")
        .await
        .unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let shown = stranger.api.get(&own_path).await.unwrap();
    assert_eq!(shown.body["loading"], false);
}

#[tokio::test]
async fn unknown_objects_are_not_found_on_any_route() {
    let world = World::new().await;
    assert_not_found(&world, NOBODYS, NOBODY, NOBODYS).await;
    assert_eq!(everything(&world.api).await, json!([]));
}

#[tokio::test]
async fn a_malformed_id_is_treated_as_not_found() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    let before = everything(&world.api).await;
    for id in [
        "x",
        "%23",
        "%ff",
        "%20",
        "DUE",
        &campaign.to_uppercase(),
        &campaign.replace('-', ""),
    ] {
        assert_not_found(&world, id, NOBODY, id).await;
    }
    let path = format!("/v1/campaigns/{campaign}");
    for id in ["x", "%23", &NOBODY.to_uppercase(), &NOBODY[1..], NOBODY] {
        for (method, route, body) in [
            (
                "PATCH",
                format!("receivers/{id}"),
                Some(json!({ "channels": { "email": false } })),
            ),
            ("DELETE", format!("receivers/{id}"), None),
            ("GET", format!("deliveries/{id}/email/message"), None),
            ("POST", format!("deliveries/{id}/email/resend"), None),
            ("POST", format!("deliveries/{id}/email/assume-sent"), None),
        ] {
            let answer = ask(
                &world.api,
                method,
                &format!("{path}/{route}"),
                &[],
                body.as_ref(),
            )
            .await;
            assert_problem(&answer, 404, "not-found", &route);
        }
    }
    let receiver = people(&world.api, &path).await[0]["id"].clone();
    let fax = format!(
        "{path}/deliveries/{}/fax/message",
        receiver.as_str().unwrap()
    );
    assert_problem(
        &ask(&world.api, "GET", &fax, &[], None).await,
        404,
        "not-found",
        "an unknown channel",
    );
    assert_eq!(everything(&world.api).await, before);
}
