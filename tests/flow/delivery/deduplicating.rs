//! Text messages through BulkSMS, which deduplicates submissions by id: a call with an unknown outcome is retried, and
//! nobody gets a message twice.

use std::{collections::BTreeSet, time::Duration};

use carillon_domain::{
    campaigns::{Campaign, Status},
    channel::Channel,
    delivery::State,
    receivers::Receiver,
};
use carillon_local::simulator::{
    BULKSMS_TOKEN_SECRET, Call, CallFilter, Fault, FaultKind, Outcome,
};
use carillon_operator::bulksms::{self, BulkSmsAccount};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    store::{content, person, task, with_status},
    support::{
        World, eventually,
        function::{Ended, Function, again, batch},
        proxy::{Kill, Proxy},
    },
};

/// The lease of a killed function's claim, plus some tolerance for clocks.
const LEASE_SECONDS: &str = "1";

/// The id of a test's API token, which identifies its calls.
fn token(world: &World) -> String {
    format!("{}-token", world.tenant)
}

async fn use_bulksms(world: &World, token_secret: &str) {
    let details = world.stack.details();
    let account = BulkSmsAccount {
        token_id: token(world),
        token_secret: token_secret.to_owned(),
        sender_id: "Carillon".parse().ok(),
    };
    bulksms::use_bulksms(
        &details.sdk_config(),
        &world.store,
        &details.outputs().secrets_prefix,
        &world.tenant,
        account,
    )
    .await
    .unwrap();
}

fn number(place: usize) -> String {
    format!("+3069{place:08}")
}

/// The calls made with a test's token.
fn calls(world: &World) -> Vec<Call> {
    let filter = CallFilter {
        account: Some(token(world)),
        ..CallFilter::default()
    };
    world.simulator().calls(&filter)
}

fn with_outcome(calls: &[Call], outcome: Outcome) -> usize {
    calls.iter().filter(|call| call.outcome == outcome).count()
}

/// The deduplication ids that BulkSMS received.
fn given(calls: &[Call]) -> BTreeSet<&str> {
    calls
        .iter()
        .map(|call| call.sms().unwrap().attributes["deduplication-id"].as_str())
        .collect()
}

async fn campaign_for(world: &World, people: usize) -> String {
    let campaign = world.campaign_of_priority(&["sms"], "urgent").await;
    let receivers: Vec<Value> = (0..people)
        .map(|place| json!({ "mobile": number(place) }))
        .collect();
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let body = json!({ "receivers": receivers });
    world.api.post(&path, &body).await.unwrap();
    campaign
}

fn strike(world: &World, kind: &FaultKind, places: std::ops::Range<usize>) {
    for place in places {
        let fault = Fault::new(kind.clone()).account(token(world));
        let fault = fault.address(number(place)).times(1);
        world.simulator().add_fault(fault).unwrap();
    }
}

#[tokio::test]
async fn a_lost_response_is_retried_and_nobody_gets_it_twice() {
    let world = World::new().await;
    use_bulksms(&world, BULKSMS_TOKEN_SECRET).await;
    let campaign = campaign_for(&world, 8).await;
    strike(&world, &FaultKind::DropAfter, 0..2);
    strike(&world, &FaultKind::DropBefore, 2..4);
    strike(&world, &FaultKind::ServerError { status: 500 }, 4..6);
    world.publish(&campaign).await;
    world.completed(&campaign).await;

    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    let count = |state| audit.count("sms", state);
    assert_eq!(
        (count("sent"), count("unknown"), count("failed")),
        (8, 0, 0)
    );
    let calls = calls(&world);
    let taken: BTreeSet<&str> = calls
        .iter()
        .filter(|call| call.accepted)
        .map(|call| call.recipients[0].as_str())
        .collect();
    assert_eq!(taken.len(), 8);
    assert_eq!(calls.iter().filter(|call| call.accepted).count(), 8);
    assert_eq!(with_outcome(&calls, Outcome::Duplicate), 2, "{calls:?}");
    assert_eq!(calls.len(), 8 + 6, "six calls were made again");
    assert_eq!(
        given(&calls).len(),
        8,
        "each with its own number, unchanged"
    );
}

#[tokio::test]
async fn a_replaced_token_is_read_again() {
    let world = World::new().await;
    use_bulksms(&world, "an old secret").await;
    let campaign = campaign_for(&world, 1).await;
    world.publish(&campaign).await;
    let path = format!("/v1/campaigns/{campaign}/deliveries");
    eventually("the token is refused", async || {
        let deliveries = world.api.all(&path, "/deliveries").await.unwrap();
        let reason = deliveries[0].pointer("/reason/code")?;
        (reason == "authentication-failed").then_some(())
    })
    .await;
    use_bulksms(&world, BULKSMS_TOKEN_SECRET).await;
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(audit.count("sms", "sent"), 1);
}

/// The receivers of a published campaign, and their batch.
async fn batch_of(world: &World, people: usize) -> (Campaign, Vec<Receiver>, Value) {
    let mut campaign = with_status(world, Status::Published);
    campaign.channels = BTreeSet::from([Channel::Sms]);
    world
        .store
        .create_campaign(&world.context, &campaign, &content())
        .await
        .unwrap();
    let receivers: Vec<Receiver> = (0..people)
        .map(|place| person(&world.address(place), &number(place)))
        .collect();
    world
        .store
        .add_receivers(&world.context, &campaign, &receivers)
        .await
        .unwrap();
    let bodies: Vec<String> = receivers
        .iter()
        .map(|receiver| {
            let task = task(&campaign, receiver, Channel::Sms);
            serde_json::to_string(&task).unwrap()
        })
        .collect();
    (campaign, receivers, batch("sms.fifo", &bodies))
}

/// A function whose calls all go through a proxy, including provider calls.
async fn function(world: &World, proxy: &Proxy) -> Function {
    let more = [
        ("CLAIM_LEASE_SECONDS", LEASE_SECONDS),
        ("PROVIDER_SIMULATOR_URL", proxy.provider_url()),
    ];
    Function::behind(proxy, "sms", world, &more).await
}

async fn proxy(world: &World, kill: Kill) -> Proxy {
    let details = world.stack.details();
    Proxy::between(&details.endpoint(), details.simulator_url(), kill.rule()).await
}

const PEOPLE: usize = 3;

/// Kills the function at a call and delivers the messages again until all are done. Returns the calls that
/// BulkSMS received.
async fn kill_and_look(kill: Kill) -> Vec<Call> {
    let world = World::new().await;
    use_bulksms(&world, BULKSMS_TOKEN_SECRET).await;
    let (campaign, receivers, event) = batch_of(&world, PEOPLE).await;
    let deadly = proxy(&world, kill.clone()).await;
    let mut victim = function(&world, &deadly).await;
    assert_eq!(victim.invoke(&event).await, Ended::Died, "{kill:?}");

    let harmless = proxy(&world, Kill::Never).await;
    let mut next = function(&world, &harmless).await;
    let event = again(&event);
    eventually("all messages are done", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let answer = next.invoke(&event).await;
        (answer == Ended::Answered(json!({ "batchItemFailures": [] }))).then_some(())
    })
    .await;
    for receiver in &receivers {
        let id = receiver.id(&campaign.id).unwrap();
        let shard = id.shard(campaign.shards);
        let row = world
            .store
            .delivery(&world.tenant, &campaign.id, shard, &id, Channel::Sms)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.state, row.in_doubt),
            (State::Sent, false),
            "{kill:?}: {row:?}"
        );
    }
    calls(&world)
}

#[tokio::test]
async fn killed_at_any_call_everyone_gets_it_once_and_nothing_is_unknown() {
    let world = World::new().await;
    use_bulksms(&world, BULKSMS_TOKEN_SECRET).await;
    let (_, _, event) = batch_of(&world, PEOPLE).await;
    let counting = proxy(&world, Kill::Never).await;
    function(&world, &counting).await.invoke(&event).await;
    let boundaries = counting.all_seen();
    // The secret, the batch context, content, transports and identities, the numbers, the client references, the claims, the messages, the records.
    assert_eq!(boundaries, 1 + 1 + 3 + 1 + 1 + 1 + PEOPLE + 1);

    let kills = (1..=boundaries).flat_map(|call| [Kill::BeforeCall(call), Kill::AfterCall(call)]);
    let ends = join_all(kills.map(async |kill| (kill.clone(), kill_and_look(kill).await))).await;
    for (kill, calls) in &ends {
        let taken = calls.iter().filter(|call| call.accepted).count();
        assert_eq!(taken, PEOPLE, "{kill:?}: {calls:?}");
        assert_eq!(given(calls).len(), PEOPLE, "{kill:?}: {calls:?}");
    }
    let repeated: usize = ends
        .iter()
        .map(|(_, calls)| with_outcome(calls, Outcome::Duplicate))
        .sum();
    assert!(
        repeated > PEOPLE,
        "BulkSMS was asked again what it had taken: {repeated}"
    );
}
