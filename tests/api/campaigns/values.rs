use serde_json::{Value, json};

use crate::{
    api::answers::{ask, assert_fault, everything, faults, post, tagged_version},
    support::World,
};

fn cases() -> Vec<(Value, &'static str, &'static str)> {
    let email = |subject: &str, html: &str| json!({ "content": { "email": { "subject": subject, "html": html } } });
    let sms = |text: &str| json!({ "content": { "sms": { "text": text } } });
    vec![
        (json!({ "name": "" }), "name", "empty"),
        (json!({ "name": "   " }), "name", "empty"),
        (json!({ "name": "two\nlines" }), "name", "control_character"),
        (json!({ "name": "Ω".repeat(201) }), "name", "too_long"),
        (
            json!({ "channels": ["fax"] }),
            "channels[0]",
            "unknown_channel",
        ),
        (
            json!({ "channels": ["email", "Email"] }),
            "channels[1]",
            "unknown_channel",
        ),
        (
            json!({ "priority": "soon" }),
            "priority",
            "unknown_priority",
        ),
        (
            json!({ "default_region": "Greece" }),
            "default_region",
            "invalid_region",
        ),
        (
            email("", "<p></p>"),
            "content.email.subject",
            "invalid_content",
        ),
        (
            email(&"x".repeat(256), "<p></p>"),
            "content.email.subject",
            "invalid_content",
        ),
        (
            email("Hello", "  "),
            "content.email.html",
            "invalid_content",
        ),
        (
            email("Hello", &"x".repeat(128 * 1024 + 1)),
            "content.email.html",
            "invalid_content",
        ),
        (
            email("Hello {{member.first_name", "<p></p>"),
            "content.email.subject",
            "invalid_content",
        ),
        (
            sms(&"x".repeat(1_601)),
            "content.sms.text",
            "invalid_content",
        ),
        (sms("{{#if}}"), "content.sms.text", "invalid_content"),
        (
            json!({ "content": { "languages": { "not a tag": {} } } }),
            "content.languages.not a tag",
            "invalid_language",
        ),
        (
            json!({ "content": { "languages": { "el": { "sms": { "text": "" } } } } }),
            "content.languages.el.sms.text",
            "invalid_content",
        ),
    ]
}

#[tokio::test]
async fn invalid_values_are_rejected_on_create_and_update() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let before = everything(&world.api).await;
    let path = format!("/v1/campaigns/{campaign}");
    for (fields, field, code) in cases() {
        let case = format!("{field} {code}");
        let mut body = json!({ "name": "Spring" });
        body.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let answer = post(&world, "/v1/campaigns", &body).await;
        assert_fault(&answer, field, code, &case);
        let answer = ask(
            &world.api,
            "PATCH",
            &path,
            &[("if-match", "\"1\"")],
            Some(&fields),
        )
        .await;
        assert_fault(&answer, field, code, &case);
    }
    assert_eq!(everything(&world.api).await, before);
}

#[tokio::test]
async fn one_response_names_every_invalid_field() {
    let world = World::new().await;
    let body = json!({
        "name": "",
        "channels": ["fax", "email", "pigeon"],
        "priority": "soon",
        "default_region": "Greece",
        "content": { "sms": { "text": "" }, "email": { "subject": "{{", "html": "" } },
    });
    let answer = post(&world, "/v1/campaigns", &body).await;
    let mut fields: Vec<&str> = faults(&answer)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    fields.sort_unstable();
    let expected = [
        "channels[0]",
        "channels[2]",
        "content.email.html",
        "content.email.subject",
        "content.sms.text",
        "default_region",
        "name",
        "priority",
    ];
    assert_eq!(fields, expected, "{}", answer.body);
    assert_eq!(everything(&world.api).await, json!([]));
}

#[tokio::test]
async fn names_are_kept_as_written() {
    let world = World::new().await;
    for name in [
        "Ἄνοιξη — 春の便り",
        "<script>alert(1)</script>",
        "a\"b\\c 😀",
        &"Ω".repeat(200),
    ] {
        let made = world
            .api
            .post("/v1/campaigns", &json!({ "name": name }))
            .await
            .unwrap();
        assert_eq!(made.text("/name"), name);
        let path = made.headers["location"].to_str().unwrap();
        let shown = world.api.get(path).await.unwrap();
        assert_eq!(shown.text("/name"), name);
        assert_eq!(tagged_version(&shown), tagged_version(&made));
    }
}
