//! Work that must not grow with the audience.

use carillon_local::stack::function_process::peak_memory;
use serde_json::{Value, json};

use crate::support::{
    World,
    function::{Ended, Function, batch},
    proxy::{Kill, Proxy},
};

/// A request in API Gateway's event format.
fn request(world: &World, path: &str) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/api/publish-campaign.json")).unwrap();
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"]["authorization"] = json!(format!("Bearer {}", world.key));
    event
}

#[tokio::test]
async fn publishing_makes_as_many_calls_for_100_receivers_as_for_1000() {
    let world = World::new().await;
    let mut calls = Vec::new();
    for people in [100, 1_000] {
        let campaign = world.campaign(&["email"]).await;
        world.add_people(&campaign, 0..people).await;
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        let mut api = Function::behind(&proxy, "api", &world, &[]).await;
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
    // One of them counts the request against the tenant's limit, and two read the tenant's sender identities.
    assert!(calls[0] <= 17, "{calls:?}");
}

#[tokio::test]
async fn a_file_of_200000_rows_needs_no_more_memory_than_one_of_1000() {
    let world = World::new().await;
    let mut peaks = Vec::new();
    for rows in [1_000, 200_000] {
        let campaign = world.campaign(&["email"]).await;
        // All rows are about one receiver, so that the file is large but the ledger is not.
        let mut file = "email,first name,note\n".to_owned();
        let line = format!("{},Ann,{}\n", world.address(1), "x".repeat(60));
        for _ in 0..rows {
            file.push_str(&line);
        }
        let import = world.queued_import(&campaign, file.into_bytes()).await;
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        let mut jobs = Function::behind(&proxy, "jobs", &world, &[]).await;
        let event = batch("jobs", &[world.import_job(&import).await]);
        assert_eq!(
            jobs.invoke(&event).await,
            Ended::Answered(json!({ "batchItemFailures": [] }))
        );
        let import = world.imported(&import).await;
        assert_eq!(
            (&import["rows_added"], &import["rows_duplicate"]),
            (&json!(1), &json!(rows - 1)),
            "{import}"
        );
        peaks.push(peak_memory(jobs.pid()).unwrap());
    }
    println!("jobs: {peaks:?} kB");
    assert!(peaks[1] < 64 * 1024, "{peaks:?} kB");
    // Pages have the same size, so only allocator overhead may differ.
    assert!(peaks[1] * 10 <= peaks[0] * 13, "{peaks:?} kB");
}
