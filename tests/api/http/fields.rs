use serde_json::{Value, json};

use crate::{
    api::answers::{ask_with, assert_fault, everything, faults, path_of},
    support::World,
};

#[tokio::test]
async fn a_wrong_type_or_unknown_field_is_reported_with_its_path() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    let before = everything(&world.api).await;
    let name = |rest: Value| {
        let mut body = json!({ "name": "Spring" });
        body.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        body
    };
    let email = json!({ "subject": "a", "html": "b", "colour": "red" });
    let fields_in_order = json!(["Hello", "<p>Hello</p>"]);
    let cases = [
        (
            "POST",
            "campaigns",
            name(json!({ "content": [] })),
            "content",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": { "email": fields_in_order } })),
            "content.email",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": { "languages": { "el": [] } } })),
            "content.languages.el",
            "wrong_type",
        ),
        (
            "PATCH",
            "/",
            json!({ "content": [null, ["Hello"]] }),
            "content",
            "wrong_type",
        ),
        (
            "POST",
            "/receivers",
            json!({ "receivers": [["Ann", "Lee", "ann@example.com"]] }),
            "receivers[0]",
            "wrong_type",
        ),
        ("POST", "campaigns", json!({}), "name", "missing"),
        (
            "POST",
            "campaigns",
            json!({ "name": 5 }),
            "name",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            json!({ "name": null }),
            "name",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "channels": "email" })),
            "channels",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "channels": ["email", 5] })),
            "channels[1]",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "priority": 1 })),
            "priority",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": "Hello" })),
            "content",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": { "sms": "Hello" } })),
            "content.sms",
            "wrong_type",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": { "sms": {} } })),
            "content.sms.text",
            "missing",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "colour": "red" })),
            "colour",
            "unknown_field",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": { "email": email } })),
            "content.email.colour",
            "unknown_field",
        ),
        (
            "POST",
            "campaigns",
            name(json!({ "content": { "languages": { "el": { "fax": {} } } } })),
            "content.languages.el.fax",
            "unknown_field",
        ),
        (
            "POST",
            "imports",
            json!({ "campaign": "x" }),
            "campaign",
            "unknown_field",
        ),
        (
            "PATCH",
            "/",
            json!({ "status": "completed" }),
            "status",
            "unknown_field",
        ),
        ("PATCH", "/", json!({ "name": null }), "name", "wrong_type"),
        (
            "PATCH",
            "/",
            json!({ "default_region": 5 }),
            "default_region",
            "wrong_type",
        ),
        (
            "POST",
            "/duplicate",
            json!({ "name": "Copy" }),
            "name",
            "unknown_field",
        ),
        ("POST", "/receivers", json!({}), "receivers", "ambiguous"),
        (
            "POST",
            "/receivers",
            json!({ "receivers": {} }),
            "receivers",
            "wrong_type",
        ),
        (
            "POST",
            "/receivers",
            json!({ "receivers": [{ "email": 5 }] }),
            "receivers[0].email",
            "wrong_type",
        ),
        (
            "POST",
            "/receivers",
            json!({ "receivers": [{ "variables": [] }] }),
            "receivers[0].variables",
            "wrong_type",
        ),
        (
            "POST",
            "/receivers",
            json!({ "receivers": [{}, { "nickname": "Jo" }] }),
            "receivers[1].nickname",
            "unknown_field",
        ),
        (
            "POST",
            "/receivers",
            json!({ "import": 5 }),
            "import",
            "wrong_type",
        ),
        (
            "PATCH",
            "/receivers/{receiver}",
            json!({}),
            "channels",
            "empty",
        ),
        (
            "PATCH",
            "/receivers/{receiver}",
            json!({ "channels": { "email": "off" } }),
            "channels.email",
            "wrong_type",
        ),
        (
            "PATCH",
            "/receivers/{receiver}",
            json!({ "phone": "+442079460000" }),
            "phone",
            "unknown_field",
        ),
        (
            "POST",
            "/publish",
            json!({ "now": true }),
            "now",
            "unknown_field",
        ),
        (
            "POST",
            "/schedule",
            json!({ "at": 1_795_251_600 }),
            "at",
            "wrong_type",
        ),
        (
            "POST",
            "/schedule",
            json!({ "when": "tomorrow" }),
            "when",
            "unknown_field",
        ),
        (
            "POST",
            "/unschedule",
            json!({ "at": "now" }),
            "at",
            "unknown_field",
        ),
    ];
    for (method, route, body, field, code) in cases {
        let path = path_of(&campaign, route);
        let case = format!("{method} {path} {body}");
        let bytes = Some(body.to_string().into_bytes());
        let answer = ask_with(&world.api, method, &path, &[("if-match", "\"1\"")], bytes).await;
        assert_fault(&answer, field, code, &case);
        assert_eq!(faults(&answer).len(), 1, "{case}");
    }
    let twice = Some(b"{\"name\":\"Spring\",\"name\":\"Summer\"}".to_vec());
    let answer = ask_with(&world.api, "POST", "/v1/campaigns", &[], twice).await;
    assert_fault(&answer, "name", "duplicate_field", "a field twice");
    assert_eq!(everything(&world.api).await, before);
}
