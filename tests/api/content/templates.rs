//! Templates, wrappers and presets: creating, searching, concurrent changes, restoring, and campaigns based on them.

use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_fault, assert_problem, post},
    support::World,
};

fn template(name: &str) -> Value {
    json!({
        "name": name,
        "priority": "high",
        "content": {
            "email": { "subject": "Bill", "html": "<p>{{account.balanse}}</p>" },
            "toolbar": { "title": "Bill", "description": "It is here" },
            "variables": [{ "path": "account.balance", "sample": 10 }],
            "languages": { "de": { "sms": { "text": "Rechnung" } } },
        },
    })
}

#[tokio::test]
async fn every_version_can_be_read_and_restored() {
    let world = World::new().await;
    let made = post(&world, "/v1/templates", &template("Bill")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let place = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(
        made.body["unknown_placeholders"],
        json!([{ "path": "account.balanse", "nearest": "account.balance" }])
    );
    let change = json!({ "name": "Bill 2", "content": { "sms": { "text": "Your bill" } } });
    let changed = ask(
        &world.api,
        "PATCH",
        &place,
        &[("if-match", "\"1\"")],
        Some(&change),
    )
    .await;
    assert_eq!(
        (changed.status.as_u16(), changed.number("/version")),
        (200, 2),
        "{}",
        changed.body
    );
    // The second one sees what the first one wrote.
    let late = ask(
        &world.api,
        "PATCH",
        &place,
        &[("if-match", "\"1\"")],
        Some(&json!({ "active": false })),
    )
    .await;
    assert_problem(&late, 412, "stale-version", "a change that came second");
    assert_eq!(
        (
            late.number("/given_version"),
            late.number("/current_version")
        ),
        (1, 2)
    );
    assert_eq!(late.text("/current/name"), "Bill 2");
    let old = world.api.get(&format!("{place}/versions/1")).await.unwrap();
    assert_eq!(old.body["content"], made.body["content"]);
    let restored = ask(
        &world.api,
        "POST",
        &format!("{place}/versions/1/restore"),
        &[("if-match", "\"2\"")],
        Some(&json!({})),
    )
    .await;
    assert_eq!(
        (restored.status.as_u16(), restored.number("/version")),
        (200, 3),
        "{}",
        restored.body
    );
    assert_eq!(
        (restored.text("/name"), &restored.body["content"]),
        ("Bill", &made.body["content"])
    );
    let versions = world
        .api
        .all(&format!("{place}/versions"), "/versions")
        .await
        .unwrap();
    let numbers: Vec<_> = versions
        .iter()
        .map(|version| version["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    let none = ask(&world.api, "GET", &format!("{place}/versions/9"), &[], None).await;
    assert_problem(&none, 404, "not-found", "a version that never was");
    let gone = ask(&world.api, "DELETE", &place, &[], None).await;
    assert_eq!(gone.status, 204);
    for path in [
        place.clone(),
        format!("{place}/versions/1"),
        format!("{place}/versions"),
    ] {
        let answer = ask(&world.api, "GET", &path, &[], None).await;
        assert_problem(&answer, 404, "not-found", &path);
    }
}

#[tokio::test]
async fn templates_are_searched_by_name_within_one_tenant() {
    let (world, other) = (World::new().await, World::new().await);
    let mut places = Vec::new();
    for name in ["Water bill", "Gas BILL", "Greeting"] {
        let made = post(&world, "/v1/templates", &template(name)).await;
        places.push(made.headers["location"].to_str().unwrap().to_owned());
    }
    let found = world
        .api
        .all("/v1/templates?name=bill", "/templates")
        .await
        .unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|found| found["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Gas BILL", "Water bill"]);
    assert_eq!(
        (&found[0]["channels"], &found[0]["languages"]),
        (&json!(["email", "toolbar"]), &json!(["de"]))
    );
    assert!(found[0].get("content").is_none());
    assert_eq!(
        other.api.all("/v1/templates", "/templates").await.unwrap(),
        [Value::Null; 0]
    );
    for method in ["GET", "DELETE"] {
        let answer = ask(&other.api, method, &places[0], &[], None).await;
        assert_problem(&answer, 404, "not-found", method);
    }
    let id = places[0].rsplit('/').next().unwrap();
    let body = json!({ "name": "x", "template": { "id": id } });
    assert_fault(
        &post(&other, "/v1/campaigns", &body).await,
        "template",
        "unknown_template",
        "another tenant's",
    );
}

#[tokio::test]
async fn a_campaign_from_a_template_or_preset_is_an_independent_copy() {
    let world = World::new().await;
    let made = post(&world, "/v1/templates", &template("Bill")).await;
    let id = made.text("/id");
    let body =
        json!({ "name": "March", "template": { "id": id, "version": 1 }, "channels": ["email"] });
    let campaign = post(&world, "/v1/campaigns", &body).await;
    assert_eq!(campaign.status, 201, "{}", campaign.body);
    assert_eq!(
        (&campaign.body["content"], campaign.text("/priority")),
        (&made.body["content"], "high")
    );
    let off = ask(
        &world.api,
        "PATCH",
        &format!("/v1/templates/{id}"),
        &[("if-match", "\"1\"")],
        Some(&json!({ "active": false })),
    )
    .await;
    assert_eq!(off.status, 200);
    let refused = post(
        &world,
        "/v1/campaigns",
        &json!({ "name": "x", "template": { "id": id } }),
    )
    .await;
    assert_fault(
        &refused,
        "template",
        "inactive_template",
        "one that is not offered",
    );
    let both = json!({ "name": "x", "template": { "id": id }, "library": "emergency" });
    assert_fault(
        &post(&world, "/v1/campaigns", &both).await,
        "template",
        "ambiguous",
        "two beginnings",
    );
    let texts = json!({ "variables": [{ "path": "outage.area", "default": "Riverside" }] });
    for start in [
        json!({ "library": "outage-notice" }),
        json!({ "template": { "id": id, "version": 1 } }),
    ] {
        let mut body = json!({ "name": "x", "content": texts });
        for (name, value) in start.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = post(&world, "/v1/campaigns", &body).await;
        assert_fault(&refused, "content", "ambiguous", "nothing is thrown away");
    }
    let unknown = json!({ "name": "x", "library": "nothing" });
    assert_fault(
        &post(&world, "/v1/campaigns", &unknown).await,
        "library",
        "unknown_template",
        "no such template",
    );

    let preset = json!({
        "name": "Evacuation",
        "kind": "conversation",
        "channels": ["sms"],
        "priority": "urgent",
        "default_region": "GB",
        "on_unknown": "resend",
        "content": { "sms": { "text": "Leave now" } },
    });
    let made = post(&world, "/v1/presets", &preset).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let body = json!({ "name": "Now", "preset": made.text("/id"), "priority": "high" });
    let campaign = post(&world, "/v1/campaigns", &body).await;
    assert_eq!(campaign.status, 201, "{}", campaign.body);
    for (field, expected) in [
        ("channels", json!(["sms"])),
        ("priority", json!("high")),
        ("default_region", json!("GB")),
        ("on_unknown", json!("resend")),
        ("content", json!({ "sms": { "text": "Leave now" } })),
    ] {
        assert_eq!(campaign.body[field], expected, "{field}");
    }
    let place = format!("/v1/presets/{}", made.text("/id"));
    let changed = ask(
        &world.api,
        "PATCH",
        &place,
        &[("if-match", "\"1\"")],
        Some(&json!({ "kind": "one_way" })),
    )
    .await;
    assert_eq!(
        (changed.text("/kind"), changed.text("/name")),
        ("one_way", "Evacuation"),
        "{}",
        changed.body
    );
    let found = world
        .api
        .all("/v1/presets?name=evac", "/presets")
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_fault(
        &post(&world, "/v1/presets", &json!({ "name": "x" })).await,
        "kind",
        "missing",
        "no kind",
    );
}

#[tokio::test]
async fn the_library_exists_from_the_start() {
    let world = World::new().await;
    let library = world.api.get("/v1/library").await.unwrap();
    let ids: Vec<_> = library
        .list("/templates")
        .iter()
        .map(|entry| entry["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        ids,
        [
            "outage-notice",
            "maintenance-window",
            "emergency",
            "payment-reminder",
            "event-invitation",
            "policy-change"
        ]
    );
    for id in ids {
        let shown = world.api.get(&format!("/v1/library/{id}")).await.unwrap();
        let made = post(&world, "/v1/templates", &json!({ "library": id })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(
            (&made.body["content"], made.text("/name")),
            (&shown.body["content"], shown.text("/name"))
        );
        assert_eq!(made.body["unknown_placeholders"], json!([]), "{id}");
        let seen = post(
            &world,
            &format!("/v1/templates/{}/preview", made.text("/id")),
            &json!({ "channel": "email" }),
        )
        .await;
        assert_eq!(seen.status, 200, "{}", seen.body);
    }
}

#[tokio::test]
async fn one_wrapper_is_the_default_and_forbidden_html_is_rejected() {
    let world = World::new().await;
    let make = async |name: &str, is_default: bool| {
        let body = json!({ "name": name, "default": is_default });
        let made = post(&world, "/v1/wrappers", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    };
    let (one, two) = (make("One", true).await, make("Two", true).await);
    let defaults = async || {
        let listed = world.api.all("/v1/wrappers", "/wrappers").await.unwrap();
        let defaults = listed.iter().filter(|wrapper| wrapper["default"] == true);
        let ids: Vec<String> = defaults
            .map(|wrapper| wrapper["id"].as_str().unwrap().to_owned())
            .collect();
        ids
    };
    assert_eq!(defaults().await, [two.as_str()]);
    let change = json!({ "default": true });
    ask(
        &world.api,
        "PATCH",
        &format!("/v1/wrappers/{one}"),
        &[("if-match", "\"1\"")],
        Some(&change),
    )
    .await;
    assert_eq!(defaults().await, [one.as_str()]);
    assert_eq!(
        world
            .api
            .get("/v1/tenant")
            .await
            .unwrap()
            .text("/default_wrapper"),
        one
    );
    let seen = post(
        &world,
        &format!("/v1/wrappers/{one}/preview"),
        &json!({ "language": "ar" }),
    )
    .await;
    assert!(seen.text("/html").contains("dir=\"rtl\""), "{}", seen.body);
    ask(
        &world.api,
        "DELETE",
        &format!("/v1/wrappers/{one}"),
        &[],
        None,
    )
    .await;
    assert_eq!(defaults().await, [""; 0]);
    for (field, value) in [
        ("header", json!("<script>x</script>")),
        ("footer", json!("{{{member.first_name}}}")),
        ("page", json!("<p>nothing in it</p>")),
        ("page", json!("{{content}} {{member.first_name}}")),
        ("header", json!("x".repeat(16 * 1024 + 1))),
    ] {
        let mut body = json!({ "name": "x" });
        body[field] = value.clone();
        let refused = post(&world, "/v1/wrappers", &body).await;
        assert_fault(&refused, field, "invalid_content", field);
    }
    let pale = json!({ "name": "x", "colors": { "text": "#eeeeee", "accent": "red" } });
    assert_fault(
        &post(&world, "/v1/wrappers", &pale).await,
        "colors.accent",
        "invalid_color",
        "no colour",
    );
}

/// Every limit: at it and one above; other tests cover values below.
#[tokio::test]
async fn content_has_limits() {
    let world = World::new().await;
    let family = "👨‍👩‍👧";
    let cases: [(&str, Value, Value); 12] = [
        (
            "email.subject",
            json!({ "email": { "subject": "é".repeat(255), "html": "<p>x</p>" } }),
            json!({ "email": { "subject": "é".repeat(256), "html": "<p>x</p>" } }),
        ),
        (
            "email.html",
            json!({ "email": { "subject": "x", "html": "x".repeat(128 * 1024) } }),
            json!({ "email": { "subject": "x", "html": "x".repeat(128 * 1024 + 1) } }),
        ),
        (
            "sms.text",
            json!({ "sms": { "text": "x".repeat(1_600) } }),
            json!({ "sms": { "text": "x".repeat(1_601) } }),
        ),
        (
            "whatsapp.text",
            json!({ "whatsapp": { "text": "x".repeat(4_096) } }),
            json!({ "whatsapp": { "text": "x".repeat(4_097) } }),
        ),
        (
            "push.title",
            json!({ "push": { "title": family.repeat(120), "body": "x" } }),
            json!({ "push": { "title": family.repeat(121), "body": "x" } }),
        ),
        (
            "push.body",
            json!({ "push": { "title": "x", "body": "x".repeat(800) } }),
            json!({ "push": { "title": "x", "body": "x".repeat(801) } }),
        ),
        (
            "toolbar.title",
            json!({ "toolbar": { "title": family.repeat(45), "description": "x" } }),
            json!({ "toolbar": { "title": family.repeat(46), "description": "x" } }),
        ),
        (
            "toolbar.description",
            json!({ "toolbar": { "title": "x", "description": "x".repeat(65) } }),
            json!({ "toolbar": { "title": "x", "description": "x".repeat(66) } }),
        ),
        (
            "toolbar.url",
            json!({ "toolbar": { "title": "x", "description": "x", "url": "tel:+44" } }),
            json!({ "toolbar": { "title": "x", "description": "x", "url": "javascript:x" } }),
        ),
        (
            "toolbar.icon",
            json!({ "toolbar": { "title": "x", "description": "x", "icon": "a".repeat(64) } }),
            json!({ "toolbar": { "title": "x", "description": "x", "icon": "a".repeat(65) } }),
        ),
        (
            "widget.title",
            json!({ "widget": { "title": "x".repeat(255), "description": "x", "type": "info" } }),
            json!({ "widget": { "title": "x".repeat(256), "description": "x", "type": "info" } }),
        ),
        (
            "widget.description",
            json!({ "widget": { "title": "x", "description": "x".repeat(750), "type": "info" } }),
            json!({ "widget": { "title": "x", "description": "x".repeat(751), "type": "info" } }),
        ),
    ];
    for (field, at, above) in cases {
        let made = post(
            &world,
            "/v1/campaigns",
            &json!({ "name": "x", "content": at }),
        )
        .await;
        assert_eq!(made.status, 201, "{field}: {}", made.body);
        let refused = post(
            &world,
            "/v1/campaigns",
            &json!({ "name": "x", "content": above }),
        )
        .await;
        assert_fault(
            &refused,
            &format!("content.{field}"),
            "invalid_content",
            field,
        );
    }
    for (field, code, content) in [
        (
            "content.email.mjml",
            "invalid_mjml",
            json!({ "email": { "subject": "x", "mjml": "<mjml>" } }),
        ),
        (
            "content.email.html",
            "missing",
            json!({ "email": { "subject": "x" } }),
        ),
        (
            "content.email.mjml",
            "ambiguous",
            json!({ "email": { "subject": "x", "html": "x", "mjml": "x" } }),
        ),
        (
            "content.wrapper",
            "invalid_wrapper",
            json!({ "wrapper": "mine" }),
        ),
        (
            "content.language",
            "invalid_language",
            json!({ "language": "English" }),
        ),
        (
            "content.time_zone",
            "invalid_content",
            json!({ "time_zone": "Mars/Olympus" }),
        ),
        (
            "content.variables[0].path",
            "invalid_content",
            json!({ "variables": [{ "path": "a..b" }] }),
        ),
        (
            "content.widget.expires_at",
            "in_the_past",
            json!({ "widget": { "title": "x", "description": "x", "type": "info", "expires_at": "2020-01-01T00:00:00Z" } }),
        ),
    ] {
        let refused = post(
            &world,
            "/v1/campaigns",
            &json!({ "name": "x", "content": content }),
        )
        .await;
        assert_fault(&refused, field, code, field);
    }
}
