use carillon_domain::{access::Context, id::KeyId};
use carillon_local::demo::client::Client;
use carillon_store::{ApiKey, Secret};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    api::answers::{ask, assert_problem, everything},
    support::World,
};

/// An API key of a world's tenant: the key and its row.
fn key_for(world: &World) -> (String, ApiKey) {
    let random = Uuid::new_v4();
    let mut id = [0; 8];
    id.copy_from_slice(&random.as_bytes()[..8]);
    let id = KeyId::from_bytes(id);
    let secret = Secret::from_bytes([random.as_bytes()[15]; 32]);
    let row = ApiKey {
        id: id.clone(),
        tenant: world.tenant.clone(),
        secret_hash: secret.hash(),
        name: "a second key".to_owned(),
        created_at: Timestamp::now(),
        revoked_at: None,
    };
    (secret.write(&id), row)
}

async fn assert_unauthorized(client: &Client, authorization: Option<&str>, case: &str) {
    let headers: Vec<(&str, &str)> = authorization
        .map(|value| ("authorization", value))
        .into_iter()
        .collect();
    let body = json!({ "name": "Spring" });
    let answer = ask(client, "POST", "/v1/campaigns", &headers, Some(&body)).await;
    assert_problem(&answer, 401, "unauthorized", case);
    assert_eq!(answer.headers["www-authenticate"], "Bearer", "{case}");
}

#[tokio::test]
async fn a_missing_malformed_or_unknown_key_is_rejected() {
    let world = World::new().await;
    let (good, row) = key_for(&world);
    world.store.put_api_key(&row).await.unwrap();
    let stranger = Client::new(world.stack.details().api_url(), "").unwrap();
    let (unknown, _) = key_for(&world);
    let last = if good.ends_with('0') { '1' } else { '0' };
    let wrong_secret = format!("{}{last}", &good[..good.len() - 1]);
    let cases = [
        ("none", None),
        ("empty", Some(String::new())),
        ("no scheme", Some(good.clone())),
        ("no key", Some("Bearer".to_owned())),
        ("an empty key", Some("Bearer ".to_owned())),
        ("another scheme", Some(format!("Basic {good}"))),
        ("no key of ours", Some("Bearer secret".to_owned())),
        (
            "cut off",
            Some(format!("Bearer {}", &good[..good.len() - 1])),
        ),
        ("too long", Some(format!("Bearer {good}0"))),
        (
            "in capitals",
            Some(format!("Bearer {}", good.to_uppercase())),
        ),
        ("two keys", Some(format!("Bearer {good} {good}"))),
        ("an unknown key", Some(format!("Bearer {unknown}"))),
        ("a wrong secret", Some(format!("Bearer {wrong_secret}"))),
    ];
    for (case, authorization) in &cases {
        assert_unauthorized(&stranger, authorization.as_deref(), case).await;
    }
    let mut paths = vec!["/v1/campaigns".to_owned(), "/v1/imports/x".to_owned()];
    let campaign = world.campaign(&["email"]).await;
    paths.push(format!("/v1/campaigns/{campaign}"));
    paths.push(format!("/v1/campaigns/{campaign}/deliveries"));
    for path in paths {
        let answer = ask(&stranger, "GET", &path, &[], None).await;
        assert_problem(&answer, 401, "unauthorized", &path);
    }
    let body = Some(b"{".to_vec());
    let path = "/v1/campaigns";
    let answer = stranger
        .call("POST".parse().unwrap(), path, &[], body)
        .await;
    assert_problem(
        &answer.unwrap(),
        401,
        "unauthorized",
        "before the body is read",
    );
    assert_eq!(everything(&world.api).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_revoked_key_is_rejected() {
    let world = World::new().await;
    let (key, row) = key_for(&world);
    world.store.put_api_key(&row).await.unwrap();
    let holder = Client::new(world.stack.details().api_url(), key).unwrap();
    holder.get("/v1/campaigns").await.unwrap();
    let theirs = World::new().await;
    let now = Timestamp::now();
    let revoke = async |tenant| {
        world
            .store
            .revoke_api_key(&Context::system(tenant, now), &row.id)
            .await
            .unwrap()
    };
    assert_eq!(revoke(&theirs.tenant).await, None, "another tenant's");
    holder.get("/v1/campaigns").await.unwrap();
    let revoked = revoke(&world.tenant).await.unwrap();
    assert_eq!(revoke(&world.tenant).await, Some(revoked.clone()), "twice");
    let listed = world.store.api_keys(&world.context).await.unwrap();
    let states: Vec<bool> = listed.iter().map(|key| key.revoked_at.is_some()).collect();
    assert_eq!(states, [false, true], "the first one, and this");
    assert_eq!(listed[1], revoked);
    assert_unauthorized(&holder, None, "revoked").await;
    assert_eq!(everything(&world.api).await, json!([]));
}
