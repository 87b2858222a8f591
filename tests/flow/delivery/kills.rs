use carillon_domain::{
    campaigns::Campaign, channel::Channel, delivery::State, receivers::Receiver,
};
use serde_json::{Value, json};

use crate::{
    store::{person, published, task},
    support::{
        World, eventually,
        function::{Ended, Function, again, batch},
        proxy::{Kill, Proxy},
    },
};

/// The lease of a killed function's claim, plus some tolerance for clocks.
const LEASE_SECONDS: &str = "1";

pub(in crate::flow) fn event(campaign: &Campaign, receiver: &Receiver) -> Value {
    let task = task(campaign, receiver, Channel::Email);
    batch("email.fifo", &[serde_json::to_string(&task).unwrap()])
}

pub(in crate::flow) async fn function(world: &World, proxy: &Proxy) -> Function {
    Function::behind(
        proxy,
        "email",
        world,
        &[("CLAIM_LEASE_SECONDS", LEASE_SECONDS)],
    )
    .await
}

pub(in crate::flow) async fn state(
    world: &World,
    campaign: &Campaign,
    receiver: &Receiver,
) -> Option<State> {
    let id = receiver.id(&campaign.id).unwrap();
    let shard = id.shard(campaign.shards);
    let row = world
        .store
        .delivery(&world.tenant, &campaign.id, shard, &id, Channel::Email)
        .await
        .unwrap();
    row.map(|row| row.state)
}

/// Kills the function at a call, delivers the message again until the lease has expired, and returns
/// the number of provider calls and the final state in the ledger.
async fn kill_and_look(kill: Kill) -> (usize, Option<State>, Option<State>) {
    let world = World::new().await;
    let campaign = published(&world).await;
    let receiver = person(&world.address(1), "");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
        .await
        .unwrap();
    let event = event(&campaign, &receiver);

    let endpoint = world.stack.details().endpoint();
    let deadly = Proxy::start(&endpoint, kill).await;
    let mut victim = function(&world, &deadly).await;
    assert_eq!(victim.invoke(&event).await, Ended::Died);
    let after_the_kill = state(&world, &campaign, &receiver).await;

    let harmless = Proxy::start(&endpoint, Kill::Never).await;
    let mut next = function(&world, &harmless).await;
    // The lease is still valid: the message stays in its queue and no call is made.
    let event = again(&event);
    let answer = next.invoke(&event).await;
    if after_the_kill == Some(State::Claimed) {
        assert_eq!(
            answer,
            Ended::Answered(json!({ "batchItemFailures": [{ "itemIdentifier": "0" }] }))
        );
    }
    let settled = eventually("the message is done", async || {
        let mut once_more = function(&world, &harmless).await;
        let answer = once_more.invoke(&event).await;
        (answer == Ended::Answered(json!({ "batchItemFailures": [] }))).then_some(())
    });
    settled.await;
    let in_the_end = state(&world, &campaign, &receiver).await;

    // The totals, counted by the deployed tally from the stream, agree.
    eventually("the totals follow", async || {
        let counters = world
            .store
            .counters(&world.tenant, &campaign.id)
            .await
            .unwrap();
        (counters.deliveries(Channel::Email, in_the_end?) == 1).then_some(())
    })
    .await;
    (world.calls().len(), after_the_kill, in_the_end)
}

#[tokio::test]
async fn killed_before_the_claim_it_is_sent_by_the_next_invocation() {
    let kill = Kill::Before("BatchExecuteStatement", 1);
    assert_eq!(kill_and_look(kill).await, (1, None, Some(State::Sent)));
}

#[tokio::test]
async fn killed_between_claim_and_send_it_is_unknown_and_not_sent() {
    let kill = Kill::After("BatchExecuteStatement", 1);
    assert_eq!(
        kill_and_look(kill).await,
        (0, Some(State::Claimed), Some(State::Unknown))
    );
}

#[tokio::test]
async fn killed_between_send_and_record_it_is_unknown_and_sent_once() {
    let kill = Kill::Before("BatchExecuteStatement", 2);
    assert_eq!(
        kill_and_look(kill).await,
        (1, Some(State::Claimed), Some(State::Unknown))
    );
}

#[tokio::test]
async fn killed_after_the_record_it_stays_sent() {
    let kill = Kill::After("BatchExecuteStatement", 2);
    assert_eq!(
        kill_and_look(kill).await,
        (1, Some(State::Sent), Some(State::Sent))
    );
}

#[tokio::test]
async fn a_batch_of_one_makes_four_aws_calls_and_one_provider_call() {
    const OPERATIONS: [&str; 4] = ["BatchGetItem", "BatchExecuteStatement", "GetItem", "Query"];
    let world = World::new().await;
    let campaign = published(&world).await;
    let receiver = person(&world.address(1), "");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
        .await
        .unwrap();
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let mut function = function(&world, &proxy).await;
    let event = event(&campaign, &receiver);
    function.invoke(&event).await;
    let operations = || OPERATIONS.map(|name| proxy.seen(&format!(".{name}")));
    // Content, transports and identities are read once and cached; a claim and a record are one call each.
    assert_eq!(operations(), [1, 2, 2, 1]);
    function.invoke(&again(&event)).await;
    assert_eq!(
        operations(),
        [2, 2, 2, 1],
        "a repeated message costs one read"
    );
    function.invoke(&event).await;
    // A second message for the same delivery fails to claim it, and reads the row.
    assert_eq!(
        operations(),
        [4, 3, 2, 1],
        "a second message costs two reads and a write"
    );
    assert_eq!(world.calls().len(), 1);
}
