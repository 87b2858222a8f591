//! Work that does not grow with the audience.

use carillon_local::function_process::peak_memory;
use carillon_store::ImportStatus;
use serde_json::{Value, json};

use crate::support::{
    World, eventually,
    function::{Ended, Function},
    proxy::{Kill, Proxy},
};

/// The environment of a function whose calls to AWS go through a proxy.
async fn function(world: &World, name: &str, proxy: &Proxy) -> Function {
    let mut environment = world.stack.details().environment(None);
    for (name, value) in &mut environment {
        if *name == "AWS_ENDPOINT_URL" {
            proxy.url().clone_into(value);
        }
    }
    Function::start(name, &environment).await
}

/// A request as API Gateway hands it over.
fn request(world: &World, path: &str) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/api/publish-campaign.json")).unwrap();
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"]["authorization"] = json!(format!("Bearer {}", world.key));
    event
}

#[tokio::test]
async fn publishing_takes_the_same_calls_for_a_hundred_receivers_and_for_a_thousand() {
    let world = World::new().await;
    let mut calls = Vec::new();
    for people in [100, 1_000] {
        let campaign = world.campaign(&["email"]).await;
        world.add_people(&campaign, 0..people).await;
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        let mut api = function(&world, "api", &proxy).await;
        let answer = api
            .invoke(&request(
                &world,
                &format!("/v1/campaigns/{campaign}/publish"),
            ))
            .await;
        let Ended::Answered(answer) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(answer["statusCode"], 202, "{answer}");
        calls.push(proxy.all_seen());
    }
    assert_eq!(calls[0], calls[1]);
    assert!(calls[0] <= 12, "{calls:?}");
}

/// An uploaded file that is tied to a campaign, with no message on its way: the deployed function leaves it to us.
async fn queued(world: &World, campaign: &str, file: Vec<u8>) -> String {
    let created = world.api.post("/v1/imports", &json!({})).await.unwrap();
    world.api.upload(&created, file).await.unwrap();
    let id = created.text("/id").parse().unwrap();
    let campaign = campaign.parse().unwrap();
    let mut import = eventually("the upload is noticed", async || {
        let import = world
            .store
            .import(&world.tenant, &id)
            .await
            .unwrap()
            .unwrap();
        (import.status == ImportStatus::Uploaded).then_some(import)
    })
    .await;
    world
        .store
        .attach_import(&world.tenant, &campaign, &id)
        .await
        .unwrap();
    import.campaign = Some(campaign);
    import.status = ImportStatus::Queued;
    world.store.save_import(&import).await.unwrap().unwrap();
    id.to_string()
}

#[tokio::test]
async fn a_file_of_two_hundred_thousand_rows_needs_no_more_memory_than_one_of_a_thousand() {
    let world = World::new().await;
    let mut peaks = Vec::new();
    for rows in [1_000, 200_000] {
        let campaign = world.campaign(&["email"]).await;
        // All about one person, so that the file is large and the ledger is not.
        let mut file = "email,first name,note\n".to_owned();
        let line = format!("{},Ann,{}\n", world.address(1), "x".repeat(60));
        for _ in 0..rows {
            file.push_str(&line);
        }
        let import = queued(&world, &campaign, file.into_bytes()).await;
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        let mut intake = function(&world, "intake", &proxy).await;
        let task = json!({ "kind": "import", "tenant": world.tenant, "import": import });
        let event = json!({ "Records": [{ "messageId": "1", "receiptHandle": "handle", "body": task.to_string(), "attributes": {}, "messageAttributes": {} }] });
        assert_eq!(
            intake.invoke(&event).await,
            Ended::Answered(json!({ "batchItemFailures": [] }))
        );
        let import = world.imported(&import).await;
        assert_eq!(
            (&import["rows_added"], &import["rows_duplicate"]),
            (&json!(1), &json!(rows - 1)),
            "{import}"
        );
        peaks.push(peak_memory(intake.pid()).unwrap());
    }
    println!("intake: {peaks:?} kB");
    assert!(peaks[1] < 64 * 1024, "{peaks:?} kB");
    // The page is the same size, so only the allocator's slack may differ.
    assert!(peaks[1] * 10 <= peaks[0] * 13, "{peaks:?} kB");
}
