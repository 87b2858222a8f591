use std::time::Duration;

use carillon_domain::{
    channel::Channel, delivery::rate_limiter::RateLimiter, id::TransportId, reason::Reason,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::answers::{ask, assert_fault, assert_problem, post};
use crate::support::{World, eventually};

const EMAIL: &str = "/v1/transports/email";

/// Changes the state of the email account.
async fn change(world: &World, change: impl FnMut(&mut RateLimiter)) {
    let known = world
        .store
        .rate_limiter(&world.tenant, &TransportId::of_channel(Channel::Email))
        .await
        .unwrap();
    world
        .store
        .change_rate_limiter(
            &world.tenant,
            &TransportId::of_channel(Channel::Email),
            &known,
            change,
        )
        .await
        .unwrap();
}

fn trip(rate_limiter: &mut RateLimiter) {
    let reason = Reason::new("AccountSuspended", "Sending is paused for this account.");
    let asked = Some(Duration::from_secs(600));
    rate_limiter.breaker.trip(asked, &reason, Timestamp::now());
}

fn use_up(rate_limiter: &mut RateLimiter) {
    rate_limiter.day = Some(Timestamp::now().to_zoned_datetime(TimeZone::UTC).date());
    rate_limiter.day_calls = 90;
}

#[tokio::test]
async fn limits_are_set_and_removed() {
    let (world, stranger) = (World::new().await, World::new().await);
    let listed = world.api.get("/v1/transports").await.unwrap();
    let names: Vec<(&str, &str)> = listed
        .list("/transports")
        .iter()
        .map(|transport| {
            let text = |name: &str| transport[name].as_str().unwrap();
            (text("channel"), text("vendor"))
        })
        .collect();
    assert_eq!(names, [("email", "ses"), ("sms", "sns")]);
    let shown = world.api.get(EMAIL).await.unwrap();
    assert_eq!(shown.body, listed.body["transports"][0]);
    assert_eq!(
        shown.body,
        json!({
            "id": "email",
            "enabled": true,
            "in_use": true,
            "created_at": shown.body["created_at"],
            "channel": "email",
            "vendor": "ses",
            "from": "news@carillon.example",
            "from_name": "Test tenant",
            "limits": { "per_second": null, "per_day": null },
            "used_today": null,
            "breaker": { "state": "closed", "open_until": null, "trips": 0 },
        })
    );
    for (body, limits) in [
        (json!({}), json!({ "per_second": null, "per_day": null })),
        (
            json!({ "per_second": 14 }),
            json!({ "per_second": 14, "per_day": null }),
        ),
        (
            json!({ "per_day": 1_000_000_000 }),
            json!({ "per_second": 14, "per_day": 1_000_000_000 }),
        ),
        (
            json!({ "per_second": null }),
            json!({ "per_second": null, "per_day": 1_000_000_000 }),
        ),
        (
            json!({ "per_second": 100_000, "per_day": 1 }),
            json!({ "per_second": 100_000, "per_day": 1 }),
        ),
    ] {
        let changed = ask(&world.api, "PATCH", EMAIL, &[], Some(&body)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(changed.body["limits"], limits, "{body}");
        assert_eq!(world.api.get(EMAIL).await.unwrap().body["limits"], limits);
    }
    let before = world.api.get("/v1/transports").await.unwrap().body;
    assert_eq!(before["transports"][0]["used_today"], 0);
    for (field, value) in [
        ("per_second", json!(0)),
        ("per_second", json!(-1)),
        ("per_second", json!(100_001)),
        ("per_day", json!(0)),
        ("per_day", json!(1_000_000_001)),
    ] {
        let body = json!({ field: value });
        let answer = ask(&world.api, "PATCH", EMAIL, &[], Some(&body)).await;
        assert_fault(&answer, field, "out_of_range", &body.to_string());
    }
    for (field, value) in [("per_second", json!("5")), ("per_day", json!(1.5))] {
        let body = json!({ field: value });
        let answer = ask(&world.api, "PATCH", EMAIL, &[], Some(&body)).await;
        assert_fault(&answer, field, "wrong_type", &body.to_string());
    }
    let body = json!({ "from": "ann@example.com" });
    let answer = ask(&world.api, "PATCH", EMAIL, &[], Some(&body)).await;
    assert_fault(&answer, "from", "unknown_field", "what comes later");
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "per_second": 1 })))] {
        let fax = ask(&world.api, method, "/v1/transports/fax", &[], body.as_ref()).await;
        assert_problem(&fax, 404, "not-found", method);
    }
    assert_eq!(world.api.get("/v1/transports").await.unwrap().body, before);
    // Each tenant has its own accounts.
    let theirs = stranger.api.get(EMAIL).await.unwrap();
    assert_eq!(theirs.body["limits"]["per_second"], Value::Null);
}

#[tokio::test]
async fn a_campaign_shows_that_its_account_is_failing_and_until_when() {
    let world = World::new().await;
    let limits = json!({ "per_second": 1 });
    ask(&world.api, "PATCH", EMAIL, &[], Some(&limits)).await;
    change(&world, trip).await;
    let shown = world.api.get(EMAIL).await.unwrap();
    assert_eq!(shown.text("/breaker/state"), "open", "{}", shown.body);
    assert_eq!(shown.text("/breaker/reason/code"), "AccountSuspended");
    assert_eq!(shown.number("/breaker/trips"), 1);
    let until = shown.text("/breaker/open_until");

    let campaign = world.campaign(&["email", "sms"]).await;
    world.add_people(&campaign, 0..60).await;
    let path = format!("/v1/campaigns/{campaign}");
    eventually("everybody is counted", async || {
        let shown = world.api.get(&path).await.unwrap();
        (shown.number("/totals/channels/email/pending") == 60).then_some(())
    })
    .await;
    assert_eq!(
        world.api.get(&path).await.unwrap().body["stalled"],
        json!([])
    );
    world.publish(&campaign).await;
    let shown = world.api.get(&path).await.unwrap();
    let listed = world.api.get("/v1/campaigns").await.unwrap();
    for stalled in [
        &shown.body["stalled"],
        &listed.body["campaigns"][0]["stalled"],
    ] {
        assert_eq!(stalled.as_array().unwrap().len(), 1, "{stalled}");
        assert_eq!(stalled[0]["code"], "breaker_open");
        assert_eq!(stalled[0]["channel"], "email");
        assert_eq!(stalled[0]["until"], until);
        let text = stalled[0]["text"].as_str().unwrap();
        assert!(
            text.contains("Sending is paused for this account."),
            "{text}"
        );
    }
    let end: Timestamp = shown.text("/estimated_end").parse().unwrap();
    let open_until: Timestamp = until.parse().unwrap();
    assert_eq!(end, open_until + SignedDuration::from_secs(60));
    assert!(world.calls().is_empty());

    let limits = json!({ "per_second": null, "per_day": 100 });
    ask(&world.api, "PATCH", EMAIL, &[], Some(&limits)).await;
    // In this order, or a message could be sent in between.
    change(&world, use_up).await;
    change(&world, |rate_limiter| rate_limiter.breaker.close()).await;
    let shown = world.api.get(EMAIL).await.unwrap();
    // An urgent campaign may use the reserve, so some may have gone out since.
    let used = shown.number("/used_today");
    assert!((90..=100).contains(&used), "{}", shown.body);
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(
        shown.text("/stalled/0/code"),
        "quota_used",
        "{}",
        shown.body
    );
    let until: Timestamp = shown.text("/stalled/0/until").parse().unwrap();
    assert!(
        until > Timestamp::now() && until.as_second() % 86_400 == 0,
        "{until}"
    );

    let canceled = post(&world, &format!("{path}/cancel"), &json!({})).await;
    assert_eq!(canceled.body["stalled"], json!([]), "{}", canceled.body);
    assert!(canceled.number("/counts/stopped") > 0, "{}", canceled.body);
}

#[tokio::test]
async fn a_tenant_sets_how_late_a_campaign_may_be() {
    let (world, stranger) = (World::new().await, World::new().await);
    let tenant = "/v1/tenant";
    let shown = world.api.get(tenant).await.unwrap();
    assert_eq!(shown.text("/id"), world.tenant.as_str());
    assert_eq!(shown.text("/name"), "Test tenant");
    assert_eq!(shown.number("/maximum_lateness_minutes"), 60);
    let patch = async |body: Value| ask(&world.api, "PATCH", tenant, &[], Some(&body)).await;
    for (body, minutes, name) in [
        (json!({ "maximum_lateness_minutes": 0 }), 0, "Test tenant"),
        (json!({ "name": " Ω Ltd " }), 0, "Ω Ltd"),
        (
            json!({ "maximum_lateness_minutes": 10_080, "name": "Name" }),
            10_080,
            "Name",
        ),
        (json!({}), 10_080, "Name"),
        (json!({ "maximum_lateness_minutes": null }), 60, "Name"),
    ] {
        let changed = patch(body.clone()).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(
            changed.number("/maximum_lateness_minutes"),
            minutes,
            "{body}"
        );
        assert_eq!(changed.text("/name"), name, "{body}");
        assert_eq!(world.api.get(tenant).await.unwrap().body, changed.body);
    }
    for (body, field, code) in [
        (
            json!({ "maximum_lateness_minutes": 10_081 }),
            "maximum_lateness_minutes",
            "out_of_range",
        ),
        (
            json!({ "maximum_lateness_minutes": -1, "name": "Other" }),
            "maximum_lateness_minutes",
            "out_of_range",
        ),
        (json!({ "name": "" }), "name", "empty"),
        (json!({ "name": null }), "name", "wrong_type"),
        (json!({ "id": "other" }), "id", "unknown_field"),
    ] {
        assert_fault(&patch(body.clone()).await, field, code, &body.to_string());
    }
    let shown = world.api.get(tenant).await.unwrap();
    assert_eq!(shown.text("/name"), "Name");
    let theirs = stranger.api.get(tenant).await.unwrap();
    assert_eq!(theirs.text("/name"), "Test tenant");
}

/// Every vendor is set up with nothing but what the API says about it, as a form would do it.
#[tokio::test]
async fn a_transport_can_be_set_up_from_the_description_alone() {
    let world = World::new().await;
    let listed = world.api.get("/v1/vendors").await.unwrap();
    let vendors = listed.list("/vendors").to_vec();
    assert_eq!(vendors.len(), 22);
    let mut set_up = 0;
    for vendor in &vendors {
        let id = vendor["id"].as_str().unwrap();
        let path = format!("/v1/transports/of-{}", id.replace('_', "-"));
        let put = async |body: &Value| ask(&world.api, "PUT", &path, &[], Some(body)).await;
        // A key is in no description.
        let has_key = vendor["credentials"].as_array().unwrap().iter();
        if has_key.clone().any(|field| field["input"] == "lines") {
            continue;
        }
        let mut body = json!({ "vendor": id });
        let mut places = Vec::new();
        let groups = vendor["combinations"].as_array().unwrap().iter();
        let groups = groups.filter(|it| it["required"] == true);
        let chosen: Vec<&Value> = groups
            .flat_map(|it| it["groups"][0].as_array().unwrap())
            .collect();
        for (part, name) in [
            ("sender", ""),
            ("settings", "settings"),
            ("credentials", "credentials"),
        ] {
            for field in vendor[part].as_array().unwrap() {
                let (key, example) = (field["name"].as_str().unwrap(), &field["example"]);
                let place = match name {
                    "" => key.to_owned(),
                    name => format!("{name}.{key}"),
                };
                if field["required"] == true || chosen.contains(&&json!(place)) {
                    match name {
                        "" => body[key] = example.clone(),
                        name => body[name][key] = example.clone(),
                    }
                    places.push(place);
                }
            }
        }
        let answer = put(&body).await;
        if vendor["account"] == "platform" {
            let is_about_grants = answer.status == 201
                || answer.body["errors"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|error| error["code"] == "not_granted");
            assert!(is_about_grants, "{id}: {}", answer.body);
            continue;
        }
        assert_eq!(answer.status, 201, "{id}: {}", answer.body);
        let calls_back = vendor["callbacks"].is_object();
        assert_eq!(answer.body["callback_url"].is_string(), calls_back, "{id}");
        for place in places {
            let mut without = body.clone();
            match place.split_once('.') {
                None => without.as_object_mut().unwrap().remove(&place),
                Some((part, key)) => without[part].as_object_mut().unwrap().remove(key),
            };
            let answer = put(&without).await;
            assert_fault(&answer, &place, "missing", id);
        }
        set_up += 1;
    }
    assert_eq!(set_up, 15);
}
