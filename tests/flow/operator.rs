//! The commands of `carillon` against the deployed template.

use carillon_domain::{
    delivery::{DEAD_LETTER, task::FanoutTask},
    id::DeadLetterId,
    operations::task::Task,
    reason::Reason,
};
use carillon_local::demo::client::Client;
use carillon_operator::{command::Arguments, deployment::Deployment, error::Error};
use carillon_store::{DeadLetter, DeadLetterStatus};
use clap::Parser;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{World, eventually};

/// What a command says in lines, its document, and whether all is well.
type Said = (String, Value, bool);

/// Runs a command. No key and no address of the API is in the environment of tests.
async fn run(world: &World, words: &[&str]) -> Result<Said, Error> {
    let details = world.stack.details();
    let deployment =
        Deployment::new(details.sdk_config(), "carillon").with_api_url(details.api_url());
    let arguments = Arguments::try_parse_from(["carillon"].iter().chain(words)).unwrap();
    let said = arguments.perform(&deployment).await?;
    Ok((said.lines, said.document, said.all_well))
}

async fn lines(world: &World, words: &[&str]) -> String {
    run(world, words).await.unwrap().0
}

/// Keeps a dead letter about a campaign that does not exist, so that a redrive closes it.
async fn keep(world: &World) -> DeadLetterId {
    let id: DeadLetterId = Uuid::new_v4().to_string().parse().unwrap();
    let letter = DeadLetter {
        id: id.clone(),
        queue: "carillon-fanout-dead".to_owned(),
        task: Task::Fanout(FanoutTask {
            tenant: world.tenant.clone(),
            campaign: Uuid::now_v7().to_string().parse().unwrap(),
            generation: 1,
            shard: 0,
        }),
        reason: Reason::new(DEAD_LETTER, "The message was received 21 times."),
        received: 21,
        status: DeadLetterStatus::Waiting,
        recorded_at: Timestamp::now(),
        settled_at: None,
    };
    world.store.keep_dead_letter(&letter).await.unwrap();
    id
}

#[tokio::test]
async fn a_tenant_is_created_shown_and_listed_and_its_key_lets_it_in() {
    let world = World::new().await;
    let id = format!("n{}", &Uuid::new_v4().simple().to_string()[..12]);
    let create = [
        "tenant",
        "create",
        &id,
        "--name",
        "Acme",
        "--from",
        "news@acme.example",
        "--sender-id",
        "Acme",
        "--identity",
        "email:acme.example",
    ];
    let (said, made, _) = run(&world, &create).await.unwrap();
    let key = made["api_key"].as_str().unwrap();
    assert!(said.contains("created") && said.contains(key), "{said}");
    let api = Client::new(world.stack.details().api_url(), key).unwrap();
    let tenant = api.get("/v1/tenant").await.unwrap();
    assert_eq!(tenant.text("/name"), "Acme");
    let transports = api.get("/v1/transports").await.unwrap();
    assert_eq!(transports.list("/transports").len(), 2);

    // Again: the same tenant, with another key.
    let (_, again, _) = run(&world, &create).await.unwrap();
    assert_eq!(
        (&made["created"], &again["created"]),
        (&json!(true), &json!(false))
    );
    assert_ne!(made["api_key"], again["api_key"]);

    let (said, shown, _) = run(&world, &["tenant", "show", &id]).await.unwrap();
    assert_eq!(shown["keys"], json!({ "valid": 2, "revoked": 0 }));
    let set = world
        .stack
        .details()
        .outputs()
        .email_configuration_set
        .clone();
    assert_eq!(
        shown["identities"],
        json!([
            "email:acme.example",
            "email:news@acme.example",
            format!("configuration_set:{set}"),
            "sender:acme"
        ])
    );
    for part in [
        "email (email, ses) from news@acme.example",
        "sms (sms, sns) as Acme",
        "2 valid",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let (said, listed, _) = run(&world, &["tenant", "list"]).await.unwrap();
    assert!(said.contains(&id), "{said}");
    let ids = listed["tenants"].as_array().unwrap();
    assert!(ids.iter().any(|it| it["id"] == world.tenant.as_str()));

    let nobody = run(&world, &["tenant", "show", "nobody"])
        .await
        .unwrap_err();
    assert!(nobody.to_string().contains("carillon tenant list"));
}

#[tokio::test]
async fn the_operator_grants_and_revokes_by_command() {
    let world = World::new().await;
    let tenant = world.tenant.as_str();
    assert_eq!(
        lines(&world, &["identities", "--tenant", tenant]).await,
        "email:news@carillon.example\nsender:*"
    );
    let grant = |identities: [&'static str; 2]| {
        [
            &["identities", "grant"][..],
            &identities,
            &["--tenant", tenant],
        ]
        .concat()
    };
    let granted = lines(&world, &grant(["email:Globex.Example", "sender:Globex"])).await;
    assert!(granted.contains("email:globex.example"), "{granted}");
    let again = lines(&world, &grant(["email:globex.example", "sender:globex"])).await;
    assert_eq!(again, granted, "twice");
    let left = lines(
        &world,
        &[
            "identities",
            "revoke",
            "email:globex.example",
            "sender:globex",
            "--tenant",
            tenant,
        ],
    )
    .await;
    assert_eq!(left, "email:news@carillon.example\nsender:*");

    let keys = lines(&world, &["keys", "--tenant", tenant]).await;
    assert!(keys.contains("valid"), "{keys}");
    let key = keys.split_whitespace().next().unwrap();
    world.api.get("/v1/tenant").await.unwrap();
    let (_, made, _) = run(&world, &["keys", "create", "--tenant", tenant])
        .await
        .unwrap();
    let revoked = lines(&world, &["keys", "revoke", key, "--tenant", tenant]).await;
    assert!(revoked.contains("revoked"), "{revoked}");
    eventually("the key lets nobody in", async || {
        let answer = world.api.call(Method::GET, "/v1/tenant", &[], None).await;
        (answer.unwrap().status == 401).then_some(())
    })
    .await;
    let other = made["api_key"].as_str().unwrap();
    let other = Client::new(world.stack.details().api_url(), other).unwrap();
    other.get("/v1/tenant").await.unwrap();
    let unnamed = run(&world, &["keys"]).await.unwrap_err();
    assert!(matches!(unnamed, Error::TenantNotNamed));
}

#[tokio::test]
async fn dead_letters_are_listed_and_redriven_with_a_key_that_is_good_for_nothing_afterwards() {
    let world = World::new().await;
    let tenant = world.tenant.as_str();
    let first = keep(&world).await.to_string();
    keep(&world).await;
    let list = ["dead-letters", "list", "--tenant", tenant];
    let (said, listed, all_well) = run(&world, &list).await.unwrap();
    assert!(!all_well);
    assert!(
        said.contains("dead_letter: The message was received 21 times."),
        "{said}"
    );
    assert_eq!(listed["queues"][0]["waiting"], 2);
    let of_all = run(
        &world,
        &["dead-letters", "list", "--waiting", "--queue", "fanout"],
    );
    let (_, of_all, _) = of_all.await.unwrap();
    let letters = of_all["dead_letters"].as_array().unwrap();
    assert!(
        letters.iter().any(|it| it["id"] == first.as_str()),
        "{of_all}"
    );
    let of_email = [&list[..], &["--queue", "email"]].concat();
    let (_, of_email, _) = run(&world, &of_email).await.unwrap();
    assert_eq!(of_email["dead_letters"], json!([]));

    let redrive = ["dead-letters", "redrive", &first, "--tenant", tenant];
    let (_, one, all_well) = run(&world, &redrive).await.unwrap();
    assert_eq!(one, json!({ "redriven": 0, "closed": 1, "more": true }));
    assert!(all_well);
    let redrive = ["dead-letters", "redrive", "--tenant", tenant];
    let (said, rest, _) = run(&world, &redrive).await.unwrap();
    assert_eq!(rest, json!({ "redriven": 0, "closed": 1, "more": false }));
    assert_eq!(said, "0 redriven, 1 closed");
    let (_, listed, all_well) = run(&world, &list).await.unwrap();
    assert_eq!(
        (&listed["queues"][0]["closed"], all_well),
        (&json!(2), true)
    );

    // The keys that were made for it are revoked, also when it fails.
    let unknown = ["dead-letters", "redrive", "nobodys", "--tenant", tenant];
    let refused = run(&world, &unknown).await.unwrap_err().to_string();
    assert!(refused.contains("the id of a dead letter"), "{refused}");
    let (_, keys, _) = run(&world, &["keys", "--tenant", tenant]).await.unwrap();
    let keys = keys["keys"].as_array().unwrap();
    let made: Vec<&Value> = keys
        .iter()
        .filter(|key| key["name"] == "carillon dead-letters redrive")
        .collect();
    assert_eq!(made.len(), 3);
    assert!(
        made.iter().all(|key| key["revoked_at"].is_string()),
        "{made:?}"
    );
}

#[tokio::test]
async fn a_campaign_is_shown_and_put_right() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    world.settled_audit(&campaign).await;
    let of = ["--api-key", &world.key];
    let show = [&["campaign", "show", &campaign][..], &of].concat();
    let (said, shown, all_well) = run(&world, &show).await.unwrap();
    assert!(
        said.contains("status     completed") && said.contains("3 sent"),
        "{said}"
    );
    assert_eq!((&shown["totals"]["receivers"], all_well), (&json!(3), true));
    let tenant = world.tenant.as_str();
    let reconcile = ["campaign", "reconcile", &campaign, "--tenant", tenant];
    let (said, found, all_well) = run(&world, &reconcile).await.unwrap();
    assert_eq!(said, "Nothing was wrong.\n16 shards recounted.");
    assert_eq!((&found["totals"], all_well), (&json!([]), true));

    let nobodys = Uuid::now_v7().to_string();
    let nobodys = run(&world, &["campaign", "show", &nobodys, "--tenant", tenant]).await;
    assert!(matches!(nobodys.unwrap_err(), Error::NotFound { .. }));
    let bad_key = run(
        &world,
        &["campaign", "show", &campaign, "--api-key", "carillon_x"],
    )
    .await;
    assert!(matches!(bad_key.unwrap_err(), Error::KeyRefused));
    let nobody = run(&world, &["campaign", "show", &campaign]).await;
    assert!(matches!(nobody.unwrap_err(), Error::NoApiKey));
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_named() {
    let world = World::new().await;
    let config = world.stack.details().sdk_config();
    let deployment = Deployment::new(config, "carillon-staging");
    let arguments = Arguments::try_parse_from(["carillon", "tenant", "list"]).unwrap();
    let error = arguments
        .perform(&deployment)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("there is no stack carillon-staging"),
        "{error}"
    );
}
