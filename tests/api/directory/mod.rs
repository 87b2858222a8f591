//! The directory, as a client uses it.

use serde_json::{Value, json};

use super::answers::{ask, assert_fault, assert_problem, faults, post};
use crate::support::World;

const MEMBERS: &str = "/v1/directory/members";

async fn added(world: &World, kind: &str, body: &Value) -> Value {
    let answer = post(world, &format!("/v1/directory/{kind}"), body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let place = format!("/v1/directory/{kind}/{}", answer.text("/id"));
    assert_eq!(answer.headers["location"], place.as_str());
    assert_eq!(answer.headers["etag"], "\"1\"");
    answer.body
}

fn path(kind: &str, entity: &Value) -> String {
    format!("/v1/directory/{kind}/{}", entity["id"].as_str().unwrap())
}

async fn get(world: &World, path: &str) -> Value {
    let answer = ask(&world.api, "GET", path, &[], None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn names_found(world: &World, text: &str) -> Vec<String> {
    let answer = post(world, "/v1/search", &json!({ "text": text })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let results = answer.body["results"].as_array().unwrap().clone();
    let name = |result: &Value| result["name"].as_str().unwrap().to_owned();
    results.iter().map(name).collect()
}

#[tokio::test]
async fn somebody_is_added_found_changed_and_removed() {
    let world = World::new().await;
    let body = json!({
        "external_id": "EMP-7", "given_name": "Zoë", "family_name": "Müller", "email": "Zoe@Example.com",
        "mobile": "020 7946 0000", "region": "GB", "language": "de", "zone": "Europe/Berlin", "status": "active",
        "categories": ["area_manager"], "channels": ["email"], "consents": {"email": true},
        "push": ["fcm:bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"],
    });
    let zoe = added(&world, "members", &body).await;
    assert_eq!(zoe["email"], "zoe@example.com");
    assert_eq!(zoe["mobile"], "+442079460000");
    assert_eq!(
        zoe["push"],
        json!(["fcm"]),
        "the address itself is not shown"
    );
    assert_eq!(zoe["consents"]["email"]["given"], true);
    assert_eq!(get(&world, &path("members", &zoe)).await, zoe);
    let by_external = get(&world, &format!("{MEMBERS}?external_id=EMP-7")).await;
    assert_eq!(by_external["entities"], json!([zoe]));
    assert_eq!(
        get(&world, &format!("{MEMBERS}?external_id=EMP-8")).await["entities"],
        json!([])
    );
    for text in ["muller", "zoe mül", "020 7946", "emp-7"] {
        assert_eq!(names_found(&world, text).await, ["Zoë Müller"], "{text}");
    }
    assert!(names_found(&world, "mueller").await == ["Zoë Müller"]);
    let again = post(&world, MEMBERS, &body).await;
    assert_problem(&again, 409, "already-exists", "the same external id");
    assert_eq!(again.body["current"], zoe);

    let place = path("members", &zoe);
    let change = json!({"status": "left", "mobile": null});
    let without = ask(&world.api, "PATCH", &place, &[], Some(&change)).await;
    assert_problem(&without, 428, "precondition-required", "no If-Match");
    let first = [("if-match", "\"1\"")];
    let changed = ask(&world.api, "PATCH", &place, &first, Some(&change)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["version"], 2);
    assert_eq!(changed.body.get("mobile"), None);
    let stale = ask(&world.api, "PATCH", &place, &first, Some(&change)).await;
    assert_problem(&stale, 412, "stale-version", "an old version");
    assert_eq!(stale.body["current"], changed.body);
    let second = [("if-match", "\"2\"")];
    let same = ask(&world.api, "PATCH", &place, &second, Some(&change)).await;
    assert_eq!(same.body, changed.body, "nothing differs");

    let removed = ask(&world.api, "DELETE", &place, &second, None).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    for _ in 0..2 {
        let gone = ask(&world.api, "DELETE", &place, &second, None).await;
        assert_problem(&gone, 404, "not-found", "removed");
    }
    assert!(names_found(&world, "muller").await.is_empty());
    added(&world, "members", &body).await;
}

#[tokio::test]
async fn if_the_tenant_writes_german_umlauts_are_found_spelled_out() {
    let world = World::new().await;
    for name in ["Müller", "Mueller"] {
        added(&world, "members", &json!({"family_name": name})).await;
    }
    assert_eq!(names_found(&world, "müller").await, ["Müller"]);
    let german = json!({"default_language": "de"});
    let answer = ask(&world.api, "PATCH", "/v1/tenant", &[], Some(&german)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut both = names_found(&world, "müller").await;
    both.sort();
    assert_eq!(both, ["Mueller", "Müller"]);
}

#[tokio::test]
async fn attributes_are_described_once_and_kept_when_they_are_renamed() {
    let world = World::new().await;
    let attributes = "/v1/attributes/members";
    let tier = json!({"name": "tier", "type": "choice", "options": ["gold", "silver"]});
    let unknown = json!({"family_name": "Lee", "attributes": {"tier": "gold"}});
    let refused = post(&world, MEMBERS, &unknown).await;
    assert_fault(
        &refused,
        "attributes.tier",
        "unknown_attribute",
        "not there yet",
    );
    let added_tier = post(&world, attributes, &tier).await;
    assert_eq!(added_tier.status, 201, "{}", added_tier.body);
    assert_eq!(added_tier.text("/label"), "tier", "the default");
    let again = post(&world, attributes, &tier).await;
    assert_eq!(
        (again.status.as_u16(), &again.body),
        (201, &added_tier.body)
    );
    let other = json!({"name": "tier", "type": "number"});
    let again = post(&world, attributes, &other).await;
    assert_fault(&again, "name", "duplicate_name", "another of the same name");
    let lee = added(&world, "members", &unknown).await;
    assert_eq!(lee["attributes"], json!({"tier": "gold"}));
    let rename = json!({"name": "level", "options": ["gold", "bronze"]});
    let place = format!("{attributes}/tier");
    let renamed = ask(&world.api, "PATCH", &place, &[], Some(&rename)).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let shown = get(&world, &path("members", &lee)).await;
    assert_eq!(shown["attributes"], json!({"level": "gold"}));
    let listed = get(&world, attributes).await;
    assert_eq!(
        listed["attributes"][0]["options"],
        json!(["gold", "bronze"])
    );
    assert_eq!(
        get(&world, "/v1/attributes/accounts").await["attributes"],
        json!([])
    );
    for (body, field, code) in [
        (
            json!({"name": "email", "type": "text"}),
            "name",
            "invalid_name",
        ),
        (json!({"name": "x", "type": "json"}), "type", "unknown_type"),
        (
            json!({"name": "x", "type": "choice"}),
            "options",
            "invalid_options",
        ),
        (
            json!({"name": "x", "type": "text", "options": ["a"]}),
            "options",
            "not_a_choice",
        ),
        (
            json!({"name": "x", "type": "text", "label": " "}),
            "label",
            "invalid_label",
        ),
    ] {
        assert_fault(
            &post(&world, attributes, &body).await,
            field,
            code,
            &body.to_string(),
        );
    }
    let place = format!("{attributes}/level");
    let removed = ask(&world.api, "DELETE", &place, &[], None).await;
    assert_eq!(removed.status, 204);
    let shown = get(&world, &path("members", &lee)).await;
    assert_eq!(shown.get("attributes"), None);
}

#[tokio::test]
async fn two_entities_are_connected_and_parted() {
    let world = World::new().await;
    let lee = added(&world, "members", &json!({"family_name": "Lee"})).await;
    let hall = added(&world, "locations", &json!({"name": "Hall"})).await;
    let id = |entity: &Value| entity["id"].as_str().unwrap().to_owned();
    let relation = |kind: &str| {
        format!(
            "{}/relations/{kind}/locations/{}",
            path("members", &lee),
            id(&hall)
        )
    };
    let body = json!({"in_management": true});
    for _ in 0..2 {
        let answer = ask(&world.api, "PUT", &relation("contact_of"), &[], Some(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["to"], hall["id"]);
    }
    let stay = json!({"starts": "2026-12-01T00:00:00Z", "ends": "2026-12-03T00:00:00Z"});
    let answer = ask(
        &world.api,
        "PUT",
        &relation("traveller_at"),
        &[],
        Some(&stay),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let out = get(&world, &format!("{}/relations", path("members", &lee))).await;
    assert_eq!(out["relations"].as_array().unwrap().len(), 2);
    let into = get(
        &world,
        &format!(
            "{}/relations?direction=incoming&relation=contact_of",
            path("locations", &hall)
        ),
    )
    .await;
    assert_eq!(into["relations"][0]["from"], lee["id"]);
    assert_eq!(into["relations"].as_array().unwrap().len(), 1);

    let wrong = ask(&world.api, "PUT", &relation("heads"), &[], Some(&json!({}))).await;
    assert_fault(&wrong, "relation", "wrong_kinds", "heads a location");
    let wrong = ask(&world.api, "PUT", &relation("contact_of"), &[], Some(&stay)).await;
    assert_fault(&wrong, "relation", "not_a_stay", "a contact with times");
    let nowhere = relation("contact_of").replace(&id(&hall), &"0".repeat(32));
    let wrong = ask(&world.api, "PUT", &nowhere, &[], Some(&body)).await;
    assert_fault(&wrong, "to", "not_found", "no such location");
    let wrong = ask(
        &world.api,
        "PUT",
        &relation("contact_of"),
        &[],
        Some(&json!({"starts": "soon"})),
    )
    .await;
    assert_fault(&wrong, "starts", "invalid_time", "soon");

    for _ in 0..2 {
        let parted = ask(&world.api, "DELETE", &relation("contact_of"), &[], None).await;
        assert_eq!(parted.status, 204);
    }
    // Removing one end removes what is left.
    let first = [("if-match", "\"1\"")];
    let removed = ask(
        &world.api,
        "DELETE",
        &path("locations", &hall),
        &first,
        None,
    )
    .await;
    assert_eq!(removed.status, 204);
    let out = get(&world, &format!("{}/relations", path("members", &lee))).await;
    assert_eq!(out["relations"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_written() {
    let world = World::new().await;
    let wrong = json!({
        "email": "nobody", "mobile": "020 7946 0000", "zone": "Mars/Olympus", "channels": ["fax"], "name": "Ann",
        "attributes": {"size": 1}, "given_name": 7, "push": ["fcm:!"],
    });
    let answer = post(&world, MEMBERS, &wrong).await;
    assert_problem(&answer, 422, "invalid-field", "many problems");
    let codes: Vec<&str> = faults(&answer).iter().map(|(_, code)| *code).collect();
    assert_eq!(codes.len(), 8, "{codes:?}");
    let nobody = post(&world, MEMBERS, &json!({"status": "active"})).await;
    assert_fault(&nobody, "family_name", "missing", "no name");
    assert_eq!(get(&world, MEMBERS).await["entities"], json!([]));
    for (body, field, code) in [
        (json!({"text": ""}), "text", "missing"),
        (json!({"text": "a".repeat(10_000)}), "text", "too_long"),
        (
            json!({"text": "ann", "kind": "robot"}),
            "kind",
            "unknown_kind",
        ),
    ] {
        assert_fault(&post(&world, "/v1/search", &body).await, field, code, field);
    }
    assert!(names_found(&world, "🎉").await.is_empty());
    let unknown = ask(&world.api, "GET", "/v1/directory/robots", &[], None).await;
    assert_problem(&unknown, 404, "not-found", "no such kind");
}

#[tokio::test]
async fn another_tenants_directory_is_out_of_reach() {
    let (owner, stranger) = (World::new().await, World::new().await);
    let lee = added(
        &owner,
        "members",
        &json!({"external_id": "m-1", "family_name": "Lee"}),
    )
    .await;
    let choir = added(&owner, "groups", &json!({"name": "Choir"})).await;
    let own = added(&stranger, "groups", &json!({"name": "Band"})).await;
    let relation = |to: &Value| {
        let to = to["id"].as_str().unwrap();
        format!("{}/relations/member_of/groups/{to}", path("members", &lee))
    };
    let answer = ask(&owner.api, "PUT", &relation(&choir), &[], Some(&json!({}))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let first = [("if-match", "\"1\"")];
    let change = json!({"status": "left"});
    for (method, path, body) in [
        ("GET", path("members", &lee), None),
        ("PATCH", path("members", &lee), Some(&change)),
        ("DELETE", path("members", &lee), None),
        ("GET", format!("{}/relations", path("members", &lee)), None),
        ("PUT", relation(&choir), Some(&json!({}))),
        ("PUT", relation(&own), Some(&json!({}))),
        ("DELETE", relation(&choir), None),
    ] {
        let answer = ask(&stranger.api, method, &path, &first, body).await;
        assert_problem(&answer, 404, "not-found", &format!("{method} {path}"));
    }
    assert!(names_found(&stranger, "lee").await.is_empty());
    let listed = get(&stranger, &format!("{MEMBERS}?external_id=m-1")).await;
    assert_eq!(listed["entities"], json!([]));
    assert_eq!(get(&stranger, MEMBERS).await["entities"], json!([]));
    assert_eq!(get(&owner, &path("members", &lee)).await, lee);
    let kept = get(&owner, &format!("{}/relations", path("members", &lee))).await;
    assert_eq!(kept["relations"].as_array().unwrap().len(), 1);
    // The same external id is somebody else's there.
    added(
        &stranger,
        "members",
        &json!({"external_id": "m-1", "family_name": "Other"}),
    )
    .await;
}
