//! Content: wrappers, rendering, previews, test messages and preflights.

use std::collections::{BTreeMap, BTreeSet};

use carillon_local::demo::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, eventually};

/// The placeholder for a receiver's own link.
const MARK: &str = "https://unsubscribe.invalid/";

async fn ask(world: &World, method: Method, path: &str, tag: &str, body: &Value) -> Answer {
    let body = Some(body.to_string().into_bytes());
    let headers = [("if-match", tag)];
    let answer = world.api.call(method, path, &headers, body).await.unwrap();
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer
}

/// Creates a default wrapper and sets the sender details.
async fn wrapped(world: &World) -> String {
    let sender = json!({ "sender": {
        "name": "Mill Lane Fibre",
        "address": "1 Mill Lane\nCambridge",
        "privacy_url": "https://example.org/privacy",
    }});
    ask(world, Method::PATCH, "/v1/tenant", "\"1\"", &sender).await;
    let wrapper = json!({
        "name": "House style",
        "default": true,
        "header": "<p>The first header</p>",
        "colors": { "accent": "#7a1f5c" },
    });
    let made = world.api.post("/v1/wrappers", &wrapper).await.unwrap();
    assert_eq!(made.body["default"], true, "{}", made.body);
    made.text("/id").to_owned()
}

fn mails(world: &World) -> BTreeMap<String, (String, String)> {
    let calls = world.calls();
    let mails = calls.iter().filter_map(|call| {
        let email = call.email()?;
        let html = email.html.clone().unwrap_or_default();
        Some((call.recipients[0].clone(), (email.subject.clone(), html)))
    });
    mails.collect()
}

/// Three hundred receivers in three languages and a regional variant, with a wrapper that changes during sending.
#[tokio::test]
async fn receivers_get_their_language_and_the_published_wrapper() {
    let world = World::new().await;
    let wrapper = wrapped(&world).await;
    let template = json!({
        "name": "Maintenance",
        "content": {
            "email": { "subject": "Maintenance on {{date work.day}}", "html": "<p>Hello {{member.first_name}}, we work on the line.</p>" },
            "variables": [{ "path": "work.day", "sample": "2026-12-01" }],
            "languages": {
                "de": { "email": { "subject": "Wartung am {{date work.day}}", "html": "<p>Guten Tag {{member.first_name}}, wir arbeiten an der Leitung.</p>" } },
                "el": { "email": { "subject": "Συντήρηση στις {{date work.day}}", "html": "<p>Γεια {{member.first_name}}, επισκευάζουμε τη γραμμή.</p>" } },
            },
        },
    });
    let template = world.api.post("/v1/templates", &template).await.unwrap();
    let template = template.text("/id").to_owned();
    let body = json!({ "name": "Line 7", "template": { "id": template } });
    let made = world.api.post("/v1/campaigns", &body).await.unwrap();
    assert_eq!(made.body["channels"], json!(["email"]), "{}", made.body);
    let campaign = made.text("/id").to_owned();
    let languages = [None, Some("de-AT"), Some("el"), Some("fr")];
    let people: Vec<Value> = (0..300)
        .map(|number| {
            let mut person = json!({
                "email": world.address(number),
                "first_name": format!("P{number}"),
                "variables": { "work": { "day": "2026-12-01" } },
            });
            if let Some(language) = languages[number % 4] {
                person["language"] = language.into();
            }
            person
        })
        .collect();
    let receivers = format!("/v1/campaigns/{campaign}/receivers");
    world
        .api
        .post(&receivers, &json!({ "receivers": people }))
        .await
        .unwrap();
    world.publish(&campaign).await;
    // Changes from now on do not affect the running campaign.
    let change = json!({ "header": "<p>The second header</p>" });
    ask(
        &world,
        Method::PATCH,
        &format!("/v1/wrappers/{wrapper}"),
        "\"1\"",
        &change,
    )
    .await;
    let change = json!({ "content": { "email": { "subject": "Other", "html": "<p>Other</p>" } } });
    ask(
        &world,
        Method::PATCH,
        &format!("/v1/templates/{template}"),
        "\"1\"",
        &change,
    )
    .await;
    world.completed(&campaign).await;

    let mails = mails(&world);
    assert_eq!(mails.len(), 300);
    for number in 0..300 {
        let (subject, html) = &mails[&world.address(number)];
        let (expected, hello, lang) = match languages[number % 4] {
            Some("de-AT") => ("Wartung am 1. Dezember 2026", "Guten Tag", "de"),
            Some("el") => ("Συντήρηση στις 1 Δεκεμβρίου 2026", "Γεια", "el"),
            _ => ("Maintenance on December 1, 2026", "Hello", "en"),
        };
        assert_eq!(subject, expected);
        for part in [
            format!("{hello} P{number},"),
            format!("lang=\"{lang}\""),
            "The first header".to_owned(),
            "Mill Lane Fibre".to_owned(),
            "#7a1f5c".to_owned(),
            "/unsubscribe/".to_owned(),
        ] {
            assert!(html.contains(&part), "{part} in {html}");
        }
        assert!(!html.contains("{{") && !html.contains(".invalid"), "{html}");
    }

    // The message shown is byte for byte the one sent.
    let deliveries = format!("/v1/campaigns/{campaign}/deliveries");
    let deliveries = world.api.all(&deliveries, "/deliveries").await.unwrap();
    for delivery in deliveries.iter().take(5) {
        let id = delivery["receiver"]["id"].as_str().unwrap();
        let path = format!("/v1/campaigns/{campaign}/deliveries/{id}/email/message");
        let message = world.api.get(&path).await.unwrap();
        assert_eq!(message.body["matches"], true, "{}", message.body);
        let (subject, html) = &mails[message.text("/to")];
        // Lines of an email end with CRLF (RFC 5322, 2.1).
        let html = html.replace("\r\n", "\n");
        assert_eq!(message.text("/subject"), subject);
        // Except for the receiver's own link.
        let [before, after] = message.text("/html").split(MARK).collect::<Vec<_>>()[..] else {
            panic!("{}", message.body);
        };
        let link = html
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        assert!(
            link.is_some_and(|link| link.contains("/unsubscribe/") && !link.contains('"')),
            "{link:?}"
        );
        let seen = json!({ "channel": "email", "receiver": id });
        let seen = world
            .api
            .post(&format!("/v1/campaigns/{campaign}/preview"), &seen)
            .await
            .unwrap();
        assert_eq!(seen.text("/subject"), subject);
    }
}

#[tokio::test]
async fn a_preview_shows_every_channel_with_samples_or_for_a_receiver() {
    let world = World::new().await;
    wrapped(&world).await;
    let body = json!({ "name": "Outage", "library": "outage-notice" });
    let made = world.api.post("/v1/campaigns", &body).await.unwrap();
    assert_eq!(made.body["priority"], "high", "{}", made.body);
    let path = format!("/v1/campaigns/{}/preview", made.text("/id"));
    for language in ["en", "de"] {
        for channel in ["email", "sms", "whatsapp", "push", "toolbar", "widget"] {
            let asked = json!({ "channel": channel, "language": language });
            let seen = world.api.post(&path, &asked).await.unwrap();
            assert!(seen.status.is_success(), "{channel}: {}", seen.body);
            assert_eq!(seen.body["unknown_placeholders"], json!([]));
            assert!(!seen.body.to_string().contains("{{"), "{}", seen.body);
            match channel {
                "email" => assert!(
                    seen.text("/html").contains("Mill PriorityQueue Fibre"),
                    "{}",
                    seen.body
                ),
                "sms" => assert!(seen.number("/segments/count") <= 2, "{}", seen.body),
                "toolbar" | "widget" => {
                    assert!(seen.body[channel]["title"].is_string(), "{}", seen.body);
                }
                _ => assert!(seen.body["text"].is_string(), "{}", seen.body),
            }
        }
    }
    let receivers = format!("/v1/campaigns/{}/receivers", made.text("/id"));
    let person = json!({ "email": world.address(0), "first_name": "Zoë", "language": "de" });
    let added = world
        .api
        .post(&receivers, &json!({ "receivers": [person] }))
        .await
        .unwrap();
    let id = added.text("/receivers/0/id");
    let asked = json!({ "channel": "email", "receiver": id });
    let failed = world
        .api
        .call(
            Method::POST,
            &path,
            &[],
            Some(asked.to_string().into_bytes()),
        )
        .await
        .unwrap();
    assert_eq!(
        (failed.status.as_u16(), failed.text("/code")),
        (422, "missing_value"),
        "{}",
        failed.body
    );
    let asked = json!({ "channel": "email", "values": { "member": { "first_name": "Ann" } } });
    let seen = world.api.post(&path, &asked).await.unwrap();
    assert!(seen.text("/html").contains("Hello Ann,"), "{}", seen.body);
}

#[tokio::test]
async fn a_test_message_is_marked_and_not_counted() {
    let world = World::new().await;
    wrapped(&world).await;
    let campaign = world.campaign(&["email", "sms"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let body = json!({
        "to": [
            { "channel": "email", "address": world.address(1) },
            { "channel": "sms", "address": "+447414310177" },
        ],
        "values": { "member": { "first_name": "Ann" } },
    });
    let tested = world
        .api
        .post(&format!("{path}/test"), &body)
        .await
        .unwrap();
    for delivery in tested.list("/deliveries") {
        assert_eq!(delivery["state"], "sent", "{delivery}");
    }
    let (subject, html) = &mails(&world)[&world.address(1)];
    assert_eq!(subject, "[Test] Hello Ann");
    assert!(html.contains("The first header"), "{html}");
    let listed = world.api.all("/v1/campaigns", "/campaigns").await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(
        (&shown.body["status"], shown.number("/totals/receivers")),
        (&json!("draft"), 0)
    );
}

async fn preflight(world: &World, campaign: &str) -> Value {
    let path = format!("/v1/campaigns/{campaign}/preflight");
    eventually("the preflight covers everybody", async || {
        let seen = world.api.get(&path).await.unwrap().body;
        (seen["status"] == "finished").then_some(seen)
    })
    .await
}

fn codes(seen: &Value, severity: &str) -> BTreeSet<String> {
    let findings = seen["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["severity"] == severity);
    findings
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_preflight_shows_reach_and_cost() {
    let world = World::new().await;
    let prices = json!({ "prices": { "currency": "EUR", "tariffs": [
        { "channel": "sms", "prefix": "44", "least": "0.03", "most": "0.04" },
        { "channel": "email", "least": "0.0001" },
    ]}});
    ask(&world, Method::PATCH, "/v1/tenant", "\"1\"", &prices).await;
    let body = json!({
        "name": "Spring",
        "channels": ["email", "sms"],
        "content": {
            "email": { "subject": "ACT NOW {{member.first_name}}", "html": "<p>{{account.balance}} {{member.frist_name}} https://bit.ly/3x</p>" },
            "sms": { "text": "Hello {{member.first_name}} {{default account.note \"\"}}" },
            "languages": { "el": { "sms": { "text": "Γεια" } } },
        },
    });
    let campaign = world
        .api
        .post("/v1/campaigns", &body)
        .await
        .unwrap()
        .text("/id")
        .to_owned();
    let seen = preflight(&world, &campaign).await;
    assert_eq!(
        codes(&seen, "blocking"),
        ["no_receivers".to_owned()].into(),
        "{seen}"
    );
    let long = "x".repeat(160);
    let people = json!({ "receivers": [
        { "email": world.address(0), "mobile": "+447414319801", "first_name": "A", "variables": { "account": { "balance": 1 }, "member": { "frist_name": "x" } } },
        { "email": world.address(1), "mobile": "+447414319802", "first_name": "B", "variables": { "account": { "note": long } } },
        { "email": world.address(2), "first_name": "C", "language": "el" },
        { "mobile": "+447414319803", "language": "el" },
        { "mobile": "+306912345678", "first_name": "D", "email": world.address(3) },
        { "mobile": "+447414319804" },
    ]});
    let receivers = format!("/v1/campaigns/{campaign}/receivers");
    world.api.post(&receivers, &people).await.unwrap();
    let suppression = json!({ "channel": "email", "addresses": [world.address(3)] });
    world
        .api
        .post("/v1/suppressions/import", &suppression)
        .await
        .unwrap();
    let seen = preflight(&world, &campaign).await;
    let [email, sms] = seen["channels"].as_array().unwrap().as_slice() else {
        panic!("{seen}");
    };
    assert_eq!(seen["receivers"], 6);
    assert_eq!(
        (&email["channel"], &email["receivers"]),
        (&json!("email"), &json!(1)),
        "{seen}"
    );
    assert_eq!(
        email["excluded"],
        json!({ "no_address": 2, "suppressed": 1 }),
        "{seen}"
    );
    assert_eq!(email["missing"]["account.balance"]["count"], 2, "{seen}");
    // Other missing values are found too.
    assert_eq!(email["missing"]["member.frist_name"]["count"], 2, "{seen}");
    assert_eq!(
        email["missing"]["account.balance"]["examples"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(sms["receivers"], 4, "{seen}");
    assert_eq!(sms["languages"], json!({ "default": 3, "el": 1 }), "{seen}");
    assert_eq!(
        (&sms["segments"], &sms["total_segments"], &sms["unicode"]),
        (&json!({ "1": 3, "2": 1 }), &json!(5), &json!(1)),
        "{seen}"
    );
    assert_eq!(sms["missing"]["member.first_name"]["count"], 1, "{seen}");
    // Four segments to the United Kingdom; Greece has no price.
    assert_eq!(
        sms["cost"],
        json!({ "currency": "EUR", "least": "0.12", "most": "0.16", "unpriced": 1 }),
        "{seen}"
    );
    assert_eq!(seen["cost"]["least"], "0.1201", "{seen}");
    let warnings = [
        "link_shortener",
        "missing_unsubscribe",
        "missing_value",
        "spammy_subject",
        "unknown_placeholder",
        "unpriced",
    ];
    assert_eq!(
        codes(&seen, "warning"),
        warnings.map(str::to_owned).into(),
        "{seen}"
    );
    assert_eq!(
        (codes(&seen, "blocking").len(), &seen["can_be_published"]),
        (0, &json!(true)),
        "{seen}"
    );
    let unknown = seen["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "unknown_placeholder")
        .unwrap();
    assert!(
        unknown["detail"]
            .as_str()
            .unwrap()
            .contains("member.first_name"),
        "{unknown}"
    );

    // Warnings block publishing unless accepted.
    let publish = format!("/v1/campaigns/{campaign}/publish");
    let body = json!({ "accept_warnings": false }).to_string().into_bytes();
    let refused = world
        .api
        .call(Method::POST, &publish, &[], Some(body))
        .await
        .unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.text("/code")),
        (409, "warnings"),
        "{}",
        refused.body
    );
    assert_eq!(
        refused.list("/findings").len(),
        seen["findings"].as_array().unwrap().len()
    );
    let body = json!({ "accept_warnings": true }).to_string().into_bytes();
    let accepted = world
        .api
        .call(Method::POST, &publish, &[], Some(body))
        .await
        .unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let totals = world.completed(&campaign).await;
    let sent = |channel: &str| totals["totals"]["channels"][channel]["sent"].as_u64();
    assert_eq!((sent("email"), sent("sms")), (Some(1), Some(4)), "{totals}");
}

#[tokio::test]
async fn a_campaign_that_reaches_nobody_or_cannot_be_rendered_is_not_published() {
    let world = World::new().await;
    let campaign = world.campaign(&["sms"]).await;
    let receivers = format!("/v1/campaigns/{campaign}/receivers");
    let person = json!({ "receivers": [{ "email": world.address(0) }] });
    world.api.post(&receivers, &person).await.unwrap();
    let seen = preflight(&world, &campaign).await;
    assert_eq!(
        codes(&seen, "blocking"),
        ["nobody_reached".to_owned()].into(),
        "{seen}"
    );
    let publish = format!("/v1/campaigns/{campaign}/publish");
    let refused = world
        .api
        .call(Method::POST, &publish, &[], None)
        .await
        .unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.text("/code")),
        (409, "blocking"),
        "{}",
        refused.body
    );
    // A receiver added later is included.
    let person = json!({ "receivers": [{ "mobile": "+447414319809" }] });
    world.api.post(&receivers, &person).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;

    let gone = world.campaign(&["email"]).await;
    world.add_people(&gone, 0..1).await;
    let change = json!({ "content": {
        "email": { "subject": "Hi", "html": "<p>Hi</p>" },
        "wrapper": "019a0000-0000-7000-8000-000000000000",
    }});
    ask(
        &world,
        Method::PATCH,
        &format!("/v1/campaigns/{gone}"),
        "\"1\"",
        &change,
    )
    .await;
    let seen = preflight(&world, &gone).await;
    assert_eq!(
        codes(&seen, "blocking"),
        ["invalid_content".to_owned()].into(),
        "{seen}"
    );
    let publish = format!("/v1/campaigns/{gone}/publish");
    let refused = world
        .api
        .call(Method::POST, &publish, &[], None)
        .await
        .unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.text("/field")),
        (422, "content.wrapper"),
        "{}",
        refused.body
    );
}

/// More than one request can process, so that a job continues.
#[tokio::test]
async fn a_preflight_of_many_receivers_continues_by_itself() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3_000).await;
    let path = format!("/v1/campaigns/{campaign}/preflight");
    let first = world.api.get(&path).await.unwrap().body;
    let seen = preflight(&world, &campaign).await;
    assert_eq!(
        (&seen["receivers"], &seen["channels"][0]["receivers"]),
        (&json!(3_000), &json!(3_000)),
        "{seen}"
    );
    // It is shown again without another run.
    let again = world.api.get(&path).await.unwrap().body;
    assert_eq!(
        (&again["started_at"], &first["started_at"]),
        (&seen["started_at"], &seen["started_at"])
    );
    // A new receiver is included too.
    world.add_people(&campaign, 3_000..3_001).await;
    eventually("the preflight covers the new receiver", async || {
        let seen = world.api.get(&path).await.unwrap().body;
        (seen["receivers"] == 3_001 && seen["status"] == "finished").then_some(())
    })
    .await;
    let fresh = world
        .api
        .get(&format!("{path}?fresh=true"))
        .await
        .unwrap()
        .body;
    assert_ne!(fresh["started_at"], seen["started_at"]);
}

#[tokio::test]
async fn a_templates_values_are_set_in_one_request_for_all_receivers() {
    let world = World::new().await;
    wrapped(&world).await;
    let body = json!({
        "name": "Outage",
        "library": "outage-notice",
        "channels": ["email"],
        "values": {
            "outage.service": "Fibre internet",
            "outage": { "area": "Mill Lane", "status_url": "https://status.example.org/" },
            "outage.started_at": "2026-11-29T17:10:00Z",
        },
        "values_by_language": { "de": { "outage.service": "Glasfaser" } },
    });
    let made = world.api.post("/v1/campaigns", &body).await.unwrap();
    assert_eq!(made.body["values"]["outage"]["area"], "Mill Lane");
    let path = format!("/v1/campaigns/{}", made.text("/id"));
    let place = json!({ "default_region": "GB", "default_time_zone": "Europe/London" });
    ask(&world, Method::PATCH, "/v1/tenant", "\"1\"", &place).await;
    let preview = format!("{path}/preview");
    for (language, service) in [("en", "Fibre internet"), ("de", "Glasfaser")] {
        let asked = json!({ "channel": "email", "language": language });
        let seen = world.api.post(&preview, &asked).await.unwrap();
        assert!(seen.text("/subject").contains(service), "{}", seen.body);
        assert!(!seen.text("/html").contains("Riverside"), "{}", seen.body);
        if language == "en" {
            let html = seen.text("/html");
            assert!(html.contains("29 November 2026, 17:10"), "{html}");
        }
        assert_eq!(seen.body["samples"], json!(["member.first_name"]));
    }
    let to = json!({ "to": [{ "channel": "email", "address": world.address(9) }] });
    let tested = world.api.post(&format!("{path}/test"), &to).await.unwrap();
    assert_eq!(tested.list("/samples"), [json!("member.first_name")]);
    let (subject, _) = &mails(&world)[&world.address(9)];
    assert_eq!(subject, "[Test] Fibre internet is not working in Mill Lane");

    let people = json!({ "receivers": [
        { "email": world.address(0), "language": "en" },
        { "email": world.address(1), "language": "de" },
        { "email": world.address(2), "variables": { "outage": { "area": "Elm Street" } } },
    ]});
    let added = world.api.post(&format!("{path}/receivers"), &people).await;
    assert_eq!(added.unwrap().body["added"], 3);
    let looked = world.api.get(&format!("{path}/preflight")).await.unwrap();
    assert_eq!(
        looked.body["channels"][0]["receivers"], 3,
        "{}",
        looked.body
    );
    world.publish(made.text("/id")).await;
    world.completed(made.text("/id")).await;
    let mails = mails(&world);
    for (number, expected) in [
        (0, "Fibre internet is not working in Mill Lane"),
        (1, "Störung: Glasfaser in Mill Lane"),
        (2, "Fibre internet is not working in Elm Street"),
    ] {
        assert_eq!(mails[&world.address(number)].0, expected);
    }
}
