//! Addresses that are suppressed while a campaign is running.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use carillon_domain::{
    channel::Channel,
    delivery::{STILL_ALLOWED_FOR, State},
    id::TransportId,
    receivers::Receiver,
    suppressions::{Suppression, SuppressionSource},
};
use carillon_local::simulator::{EventKind, Fault, FaultKind};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    flow::delivery::kills::{event, function, state},
    store::{person, published},
    support::{
        World, eventually,
        function::{Ended, again},
        proxy::{
            Kill, Proxy,
            outcome::{CallOutcome, Gate},
        },
    },
};

/// Suppresses an address as a client does, and waits for the response.
async fn suppress(world: &World, address: &str, source: &str) {
    let body = json!({ "channel": "email", "address": address, "source": source });
    world.api.post("/v1/suppressions", &body).await.unwrap();
}

fn calls_to(world: &World, address: &str) -> usize {
    let calls = world.calls();
    calls
        .iter()
        .filter(|call| call.recipients.iter().any(|to| to == address))
        .count()
}

async fn skipped(world: &World, campaign: &str) -> Vec<Value> {
    let path = format!("/v1/campaigns/{campaign}/deliveries?state=skipped");
    world.api.all(&path, "/deliveries").await.unwrap()
}

#[tokio::test]
async fn a_suppression_in_mid_run_takes_effect_at_once() {
    const PEOPLE: usize = 40;
    let world = World::new().await;
    let email = TransportId::of_channel(Channel::Email);
    let limited = world
        .store
        .change_transport(&world.context, &email, |transport| {
            let limits = &mut transport.limits;
            limits.per_second = 3.try_into().ok();
        });
    limited.await.unwrap();
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..PEOPLE).await;
    world.publish(&campaign).await;
    eventually("some of it is sent", async || {
        (world.calls().len() >= 3).then_some(())
    })
    .await;
    let waiting: Vec<String> = (0..PEOPLE)
        .map(|number| world.address(number))
        .filter(|address| calls_to(&world, address) == 0)
        .take(12)
        .collect();
    join_all(
        waiting
            .iter()
            .map(|address| suppress(&world, address, "unsubscribed")),
    )
    .await;
    let spared: BTreeSet<&String> = waiting
        .iter()
        .filter(|address| calls_to(&world, address) == 0)
        .collect();
    assert!(!spared.is_empty(), "all were called before the response");

    let completed = world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    for address in &spared {
        assert_eq!(calls_to(&world, address), 0, "a call after the response");
    }
    let found = skipped(&world, &campaign).await;
    let addresses: BTreeSet<String> = found
        .iter()
        .map(|delivery| delivery["address"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(addresses.iter().collect::<BTreeSet<_>>(), spared);
    for delivery in &found {
        assert_eq!(delivery["reason"]["code"], "suppressed", "{delivery}");
        let text = delivery["reason"]["text"].as_str().unwrap();
        assert!(text.contains("unsubscribed"), "{text}");
    }
    assert_eq!(world.calls().len(), PEOPLE - spared.len());
    let shown = world
        .api
        .get(&format!("/v1/campaigns/{campaign}"))
        .await
        .unwrap();
    let totals = &shown.body["totals"]["channels"]["email"];
    assert_eq!(totals["sent"], PEOPLE - spared.len(), "{completed}");
    assert_eq!(totals["skipped"], spared.len(), "{totals}");
    assert_eq!(
        totals["skipped_by_reason"],
        json!({ "suppressed": spared.len() })
    );
}

#[tokio::test]
async fn a_retrying_delivery_ends_when_its_address_is_suppressed() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let throttle = FaultKind::Throttle {
        retry_after_seconds: Some(1),
        status: None,
    };
    let address = world.address(1);
    world
        .simulator()
        .add_fault(Fault::new(throttle).address(&address))
        .unwrap();
    world.publish(&campaign).await;
    let retrying = format!("/v1/campaigns/{campaign}/deliveries?state=retrying");
    eventually("it is due for a retry", async || {
        let found = world.api.all(&retrying, "/deliveries").await.unwrap();
        (!found.is_empty()).then_some(())
    })
    .await;
    suppress(&world, &address, "complained").await;
    let calls = calls_to(&world, &address);
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(
        calls_to(&world, &address),
        calls,
        "no call after the response"
    );
    let found = skipped(&world, &campaign).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["address"], address);
    assert_eq!(
        found[0]["reason"],
        json!({ "code": "suppressed", "text": "The address is suppressed (complained)." })
    );
    assert!(found[0]["attempt"].as_u64() > Some(0), "{found:?}");
}

async fn unsubscribe(world: &World, receiver: &Receiver) {
    let suppression = Suppression {
        address: receiver.address(Channel::Email).unwrap(),
        source: SuppressionSource::Unsubscribed,
        at: Timestamp::now(),
    };
    world
        .store
        .suppress(&world.context, &suppression)
        .await
        .unwrap();
}

/// An event with a task that names no address.
fn without_address(event: &Value) -> Value {
    let mut event = event.clone();
    let body = &mut event["Records"][0]["body"];
    let mut task: Value = serde_json::from_str(body.as_str().unwrap()).unwrap();
    assert!(task.as_object_mut().unwrap().remove("address").is_some());
    *body = task.to_string().into();
    event
}

#[tokio::test]
async fn suppressions_are_read_with_the_batch_or_once_more_if_the_task_has_no_address() {
    for (names_it, reads) in [(true, 1), (false, 2)] {
        let world = World::new().await;
        let campaign = published(&world).await;
        let receiver = person(&world.address(1), "");
        world
            .store
            .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
            .await
            .unwrap();
        unsubscribe(&world, &receiver).await;
        let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
        let mut function = function(&world, &proxy).await;
        let mut event = event(&campaign, &receiver);
        if !names_it {
            event = without_address(&event);
        }
        let gone = Ended::Answered(json!({ "batchItemFailures": [] }));
        let seen = || {
            ["BatchGetItem", "BatchExecuteStatement", "GetItem"]
                .map(|name| proxy.seen(&format!(".{name}")))
        };
        assert_eq!(function.invoke(&event).await, gone);
        assert_eq!(
            seen(),
            [reads, 1, 1],
            "identities, and no content is read for it"
        );
        let found = state(&world, &campaign, &receiver).await;
        assert_eq!(found, Some(State::Skipped));
        assert_eq!(function.invoke(&again(&event)).await, gone);
        assert_eq!(
            seen(),
            [reads + 1, 1, 1],
            "a repeated message costs one read"
        );
        assert_eq!(world.calls().len(), 0);
    }
}

#[tokio::test]
async fn a_slow_claim_is_undone_if_its_address_was_suppressed_meanwhile() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let receiver = person(&world.address(1), "");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
        .await
        .unwrap();
    let proxy = Proxy::start(&world.stack.details().endpoint(), Kill::Never).await;
    let gate = Gate::closed();
    let first_write = Arc::clone(&gate);
    proxy.set_rule(Arc::new(move |seen| {
        if seen.is("BatchExecuteStatement") && seen.turn == 1 {
            CallOutcome::Hold(Arc::clone(&first_write))
        } else {
            CallOutcome::Pass
        }
    }));
    let mut function = function(&world, &proxy).await;
    let event = event(&campaign, &receiver);
    let meanwhile = async {
        eventually("it is about to be claimed", async || {
            (gate.arrived() == 1).then_some(())
        })
        .await;
        unsubscribe(&world, &receiver).await;
        tokio::time::sleep(STILL_ALLOWED_FOR + Duration::from_millis(200)).await;
        gate.open();
    };
    let (ended, ()) = tokio::join!(function.invoke(&event), meanwhile);
    let left = json!({ "batchItemFailures": [{ "itemIdentifier": "0" }] });
    assert_eq!(ended, Ended::Answered(left), "to be looked at again");
    assert_eq!(world.calls().len(), 0);
    let found = state(&world, &campaign, &receiver).await;
    assert_eq!(found, Some(State::Retrying));

    let gone = Ended::Answered(json!({ "batchItemFailures": [] }));
    assert_eq!(function.invoke(&again(&event)).await, gone);
    let found = state(&world, &campaign, &receiver).await;
    assert_eq!(found, Some(State::Skipped));
    assert_eq!(world.calls().len(), 0);
}

async fn suppressed(world: &World) -> Vec<(String, String)> {
    let all = world.api.all("/v1/suppressions", "/suppressions").await;
    let text = |suppression: &Value, name: &str| suppression[name].as_str().unwrap().to_owned();
    let mut pairs: Vec<(String, String)> = all
        .unwrap()
        .iter()
        .map(|it| (text(it, "address"), text(it, "source")))
        .collect();
    pairs.sort();
    pairs
}

#[tokio::test]
async fn hard_bounces_and_complaints_suppress() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..4).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let told = [
        (0, vec![EventKind::Bounced]),
        (1, vec![EventKind::Delivered, EventKind::Complained]),
        (2, vec![EventKind::Delivered, EventKind::OutOfOffice]),
    ];
    for _ in 0..2 {
        for (person, kinds) in &told {
            let calls = world.calls();
            let address = world.address(*person);
            let call = calls.iter().find(|call| call.is_for(&address)).unwrap();
            world.simulator().emit(call.id, kinds).await.unwrap();
        }
    }
    let expected = [
        (world.address(0), "bounced".to_owned()),
        (world.address(1), "complained".to_owned()),
    ];
    eventually("both are suppressed", async || {
        (suppressed(&world).await == expected).then_some(())
    })
    .await;

    let next = world.campaign(&["email"]).await;
    world.add_people(&next, 0..4).await;
    world.publish(&next).await;
    world.completed(&next).await;
    let audit = world.settled_audit(&next).await;
    assert_eq!(
        (
            audit.count("email", "sent"),
            audit.count("email", "skipped")
        ),
        (2, 2)
    );
    assert_eq!(suppressed(&world).await, expected);
}

#[tokio::test]
async fn the_link_in_the_email_unsubscribes_only_by_post() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let calls = world.calls();
    let mail = calls[0].email().unwrap();
    assert_eq!(
        mail.header("List-Unsubscribe-Post"),
        Some("List-Unsubscribe=One-Click")
    );
    let link = mail.header("List-Unsubscribe").unwrap();
    let link = link.trim_matches(['<', '>']);
    let person = world.address(0);
    assert!(!link.contains(&person), "{link}");

    let http = reqwest::Client::new();
    let one_click = "List-Unsubscribe=One-Click";
    let post = async |link: &str, body: &'static str| {
        let request = http
            .post(link)
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap().status().as_u16()
    };
    // As a link scanner does.
    for _ in 0..3 {
        let page = http.get(link).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let html = page.text().await.unwrap();
        assert!(html.contains("<form method=\"post\">"), "{html}");
    }
    let last = if link.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &link[..link.len() - 1]);
    let (start, signature) = link.rsplit_once('/').unwrap();
    let (start, _) = start.rsplit_once('/').unwrap();
    let of_another = format!("{start}/{}/{signature}", "0".repeat(32));
    for wrong in [&forged, &of_another] {
        assert_eq!(post(wrong, one_click).await, 404, "{wrong}");
    }
    assert!(suppressed(&world).await.is_empty());

    for _ in 0..2 {
        assert_eq!(post(link, one_click).await, 200);
    }
    let unsubscribed = [(person, "unsubscribed".to_owned())];
    assert_eq!(suppressed(&world).await, unsubscribed);
    let next = world.campaign(&["email"]).await;
    world.add_people(&next, 0..1).await;
    world.publish(&next).await;
    world.completed(&next).await;
    assert_eq!(world.calls().len(), 1, "nothing more is sent");
    assert_eq!(post(link, "again=1").await, 200);
    assert!(suppressed(&world).await.is_empty());
}
