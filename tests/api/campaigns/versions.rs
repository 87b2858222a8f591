use serde_json::json;

use crate::{
    api::answers::{ask, assert_problem, everything, next_week},
    support::World,
};

#[tokio::test]
async fn a_stale_change_is_rejected_with_the_current_version() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    let path = format!("/v1/campaigns/{campaign}");
    let read = world.api.get(&path).await.unwrap();
    let tag = read.entity_tag().unwrap().to_owned();
    let change = json!({ "name": "Summer" });
    let changed = ask(
        &world.api,
        "PATCH",
        &path,
        &[("if-match", &tag)],
        Some(&change),
    )
    .await;
    assert_eq!(
        (changed.status.as_u16(), changed.text("/name")),
        (200, "Summer")
    );
    assert_ne!(changed.entity_tag(), Some(tag.as_str()));
    let version = changed.number("/version");

    let before = everything(&world.api).await;
    let late = json!({ "name": "Autumn" });
    let at = next_week();
    for (method, route, body) in [
        ("PATCH", "", Some(&late)),
        ("DELETE", "", None),
        ("POST", "/publish", None),
        ("POST", "/schedule", Some(&at)),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/cancel", None),
    ] {
        for stale in [tag.as_str(), "\"0\"", "\"999\"", "\"another\""] {
            let case = format!("{method} {route} {stale}");
            let path = format!("{path}{route}");
            let answer = ask(&world.api, method, &path, &[("if-match", stale)], body).await;
            assert_problem(&answer, 412, "stale-version", &case);
            assert_eq!(answer.number("/current_version"), version, "{case}");
        }
        for garbled in ["1", "W/\"1\"", "\"1\", \"2\"", "\"1"] {
            let case = format!("{method} {route} {garbled}");
            let path = format!("{path}{route}");
            let answer = ask(&world.api, method, &path, &[("if-match", garbled)], body).await;
            assert_problem(&answer, 422, "invalid-header", &case);
            assert_eq!(answer.text("/field"), "If-Match", "{case}");
        }
        let any = [("if-match", "*")];
        let answer = ask(&world.api, method, &format!("{path}{route}"), &any, body).await;
        assert_problem(&answer, 428, "precondition-required", method);
    }
    let answer = ask(&world.api, "PATCH", &path, &[], Some(&late)).await;
    assert_problem(&answer, 428, "precondition-required", "no If-Match");
    assert_eq!(everything(&world.api).await, before);
}

#[tokio::test]
async fn of_concurrent_changes_to_one_version_one_wins() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let bodies: Vec<_> = (0..8)
        .map(|number| json!({ "name": format!("Name {number}") }))
        .collect();
    let changes = bodies.iter().map(|body| {
        ask(
            &world.api,
            "PATCH",
            &path,
            &[("if-match", "\"1\"")],
            Some(body),
        )
    });
    let answers = futures::future::join_all(changes).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status.is_success());
    assert_eq!(made.len(), 1);
    for answer in refused {
        assert_problem(answer, 412, "stale-version", "a change that came second");
    }
    let shown = world.api.get(&path).await.unwrap();
    assert_eq!(shown.text("/name"), made[0].text("/name"));
    assert_eq!(shown.number("/version"), 2);
}
