use std::io::{Read, Seek, SeekFrom};

use carillon_domain::channel::Channel;
use carillon_local::{
    simulator::{Fault, FaultKind},
    stack::logs::Reader,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    store::{person, published, task},
    support::{
        World, eventually,
        function::{Ended, Function, Setup, batch},
    },
};

/// Maximum bytes per receiver in the log of its delivery function; together with the other functions
/// it has to stay below 100 (`tests/flow/delivery/large.rs`).
const MOST_BYTES: usize = 65;
const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// Runs a function for each event and returns its log lines.
async fn log_of(world: &World, function: &str, events: &[Value]) -> Vec<String> {
    let mut output = tempfile::tempfile().unwrap();
    let setup = Setup {
        output: Some(output.try_clone().unwrap()),
        ..Setup::default()
    };
    let environment = world.stack.details().environment(None);
    let mut function = Function::start_with(function, &environment, setup).await;
    for event in events {
        assert!(matches!(function.invoke(event).await, Ended::Answered(_)));
    }
    // The line is written before the invocation ends.
    drop(function);
    let mut log = String::new();
    output.seek(SeekFrom::Start(0)).unwrap();
    output.read_to_string(&mut log).unwrap();
    log.lines().map(str::to_owned).collect()
}

/// A batch of ten receivers of a campaign, as received from the queue.
async fn batch_of_ten(world: &World) -> Value {
    let campaign = published(world).await;
    let mut receivers = Vec::new();
    for number in 0..10 {
        let mut receiver = person(&world.address(number), "");
        receiver.first_name = Some("Aurelia".to_owned());
        receivers.push(receiver);
    }
    world
        .store
        .add_receivers(&world.context, &campaign, &receivers)
        .await
        .unwrap();
    let bodies: Vec<String> = receivers
        .iter()
        .map(|receiver| {
            let task = task(&campaign, receiver, Channel::Email);
            serde_json::to_string(&task).unwrap()
        })
        .collect();
    let mut event = batch("email.fifo", &bodies);
    for record in event["Records"].as_array_mut().unwrap() {
        record["attributes"]["AWSTraceHeader"] = format!("Root={ROOT};Sampled=1").into();
    }
    event
}

#[tokio::test]
async fn a_batch_of_ten_logs_one_line_with_its_metrics() {
    let world = World::new().await;
    let delivery = batch_of_ten(&world).await;
    let unreadable = batch("email.fifo", &["{".to_owned()]);

    let lines = log_of(&world, "email", &[delivery.clone(), delivery, unreadable]).await;
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[0].len() <= 10 * MOST_BYTES,
        "{} bytes",
        lines[0].len()
    );
    println!(
        "{} bytes for each receiver: {}",
        lines[0].len().div_ceil(10),
        lines[0]
    );
    for line in &lines {
        assert!(
            !line.contains('@') && !line.contains(&world.domain),
            "{line}"
        );
        assert!(
            !line.contains("Aurelia") && !line.contains("Hello"),
            "{line}"
        );
    }
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();

    let first = &lines[0];
    let timestamp = first["_aws"]["Timestamp"].as_i64().unwrap();
    assert!((Timestamp::now().as_millisecond() - timestamp).abs() < 600_000);
    assert_eq!(
        first["_aws"]["CloudWatchMetrics"],
        json!([{
            "Namespace": "Carillon",
            "Dimensions": [["channel"], ["channel", "transport"]],
            "Metrics": [
                { "Name": "claimed", "Unit": "Count" },
                { "Name": "sent", "Unit": "Count" },
                { "Name": "latency", "Unit": "Milliseconds" },
            ],
        }])
    );
    let latency = first["latency"].as_array().unwrap();
    assert!(latency.len() == 10 && latency.iter().all(Value::is_u64));
    for (name, value) in [
        ("function", json!("email")),
        ("queue", json!("carillon-email.fifo")),
        ("trace", json!(ROOT)),
        ("outcome", json!("done")),
        ("channel", json!("email")),
        ("transport", json!("ses")),
        ("messages", json!(10)),
        ("claimed", json!(10)),
        ("sent", json!(10)),
        ("cold", json!(true)),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    for name in ["failed", "unknown", "retried", "deferred"] {
        assert_eq!(first.get(name), None, "{name} is zero");
    }

    // The batch is repeated: nothing is left to do, so there are no metrics.
    assert_eq!(lines[1]["dropped"], 10);
    assert_eq!((lines[1].get("_aws"), lines[1].get("cold")), (None, None));
    // A failure is a separate event with the request id of the line.
    assert_eq!(lines[2]["level"], "ERROR");
    assert_eq!(lines[2]["span"]["requestId"], lines[3]["request"]);
    assert_eq!(
        (&lines[3]["outcome"], &lines[3]["undecodable"]),
        (&json!("failed"), &json!(1))
    );
}

#[tokio::test]
async fn a_failing_account_is_counted_once() {
    let world = World::new().await;
    let delivery = batch_of_ten(&world).await;
    let unavailable = Fault::new(FaultKind::ServerError { status: 503 });
    let unavailable = unavailable.address_suffix(&world.domain);
    world.simulator().add_fault(unavailable).unwrap();
    let lines = log_of(&world, "email", &[delivery.clone(), delivery]).await;
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line.get("function").is_some())
        .collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let first = &lines[0];
    assert_eq!(
        (&first["retried"], &first["breaker_opened"]),
        (&json!(10), &json!(1))
    );
    let metrics = &first["_aws"]["CloudWatchMetrics"][0]["Metrics"];
    let opened = json!({ "Name": "breaker_opened", "Unit": "Count" });
    assert!(metrics.as_array().unwrap().contains(&opened), "{metrics}");
    // They are not due yet, or the breaker is open: either way nothing is attempted.
    let second = &lines[1];
    assert_eq!(
        (&second["deferred"], second.get("claimed")),
        (&json!(10), None)
    );
    assert_eq!(second.get("breaker_opened"), None);
}

#[tokio::test]
async fn a_campaign_is_traced_from_publish_to_provider() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..5).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let endpoint = world.stack.details().endpoint();
    let lines = async |function: &str| -> Vec<Value> {
        let lines = Reader::new(&endpoint, function).unwrap().next().await;
        lines
            .unwrap()
            .iter()
            .filter_map(|line| serde_json::from_str(&line.message).ok())
            .collect()
    };
    let trace = eventually("the publication is logged", async || {
        let lines = lines("api").await;
        let tenant = world.tenant.as_str();
        let published = lines.iter().find(|line| {
            let route = line["route"].as_str().unwrap_or_default();
            line["tenant"] == tenant && route.ends_with("/publish")
        });
        published.map(|line| line["trace"].as_str().unwrap().to_owned())
    })
    .await;
    eventually("every shard of the fan-out names the trace", async || {
        let lines = lines("fanout").await;
        let own: Vec<&Value> = lines
            .iter()
            .filter(|line| line["campaign"] == campaign.as_str())
            .collect();
        assert!(own.iter().all(|line| line["trace"] == trace), "{own:?}");
        let handed_over = own.iter().filter_map(|line| line["handed_over"].as_u64());
        (own.len() >= 16 && handed_over.sum::<u64>() == 5).then_some(())
    })
    .await;
    // A batch mixes campaigns and names at most three traces, so not every delivery can be checked.
    eventually("the deliveries name the trace", async || {
        let lines = lines("email").await;
        let sent = lines
            .iter()
            .filter(|line| {
                line["trace"]
                    .as_str()
                    .is_some_and(|roots| roots.contains(&trace))
            })
            .filter_map(|line| line["sent"].as_u64());
        (sent.sum::<u64>() > 0).then_some(())
    })
    .await;
}

/// Requests to unknown addresses cost the caller nothing, and could flood a log that is billed by the byte.
#[tokio::test]
async fn requests_to_unknown_addresses_log_one_line() {
    let world = World::new().await;
    let read = |event| serde_json::from_str::<Value>(event).unwrap();
    let callbacks = [
        read(include_str!("../../../events/callbacks/wrong-token.json")),
        read(include_str!("../../../events/callbacks/nowhere.json")),
    ];
    let links = [read(include_str!(
        "../../../events/unsubscribe/forged.json"
    ))];
    let files = [read(include_str!(
        "../../../events/console/missing-file.json"
    ))];
    for (function, events) in [
        ("callbacks", &callbacks[..]),
        ("unsubscribe", &links),
        ("console", &files),
    ] {
        let calls: Vec<Value> = events.iter().cloned().cycle().take(30).collect();
        let lines = log_of(&world, function, &calls).await;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(
            (&line["function"], &line["status"], &line["unknown_callers"]),
            (&json!(function), &json!(404), &json!(1))
        );
    }
}
