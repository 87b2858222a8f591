use std::time::Duration;

use carillon_domain::{
    address::EmailAddress,
    channel::Channel,
    delivery::{State, task::DeliveryTask},
    transports::{EmailSender, Transport, Vendor},
};
use carillon_local::simulator::{EventKind, Fault, FaultKind, Outcome};
use serde_json::Value;

use crate::{
    store::{person, published, task},
    support::{
        World, eventually,
        function::{Ended, Function, again, batch},
    },
};

async fn in_state(world: &World, campaign: &str, state: &str) -> Vec<Value> {
    let path = format!("/v1/campaigns/{campaign}/deliveries?state={state}");
    world.api.all(&path, "/deliveries").await.unwrap()
}

/// Waits until every receipt of the stack is processed.
async fn receipts_are_heard(world: &World) {
    let details = world.stack.details();
    let sqs = aws_sdk_sqs::Client::new(&details.sdk_config());
    let url = &details.outputs().receipts_queue_url;
    eventually("the receipts queue is empty", async || {
        let answer = sqs
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(aws_sdk_sqs::types::QueueAttributeName::All)
            .send()
            .await
            .unwrap();
        let attributes = answer.attributes().unwrap();
        let is_empty = attributes
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("ApproximateNumberOf"))
            .all(|(_, count)| count == "0");
        is_empty.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_lost_response_is_settled_by_a_receipt_without_a_second_call() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let lost = Fault::new(FaultKind::DropAfter).address(world.address(1));
    world.simulator().add_fault(lost).unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    assert_eq!(in_state(&world, &campaign, "unknown").await.len(), 1);

    let calls = world.calls();
    let dropped = calls
        .iter()
        .find(|call| call.outcome == Outcome::DroppedAfter)
        .unwrap();
    let told = world.simulator().emit(dropped.id, &[EventKind::Delivered]);
    assert_eq!(told.await.unwrap(), 1);
    let settled = eventually("the receipt is processed", async || {
        let sent = in_state(&world, &campaign, "sent").await;
        let own = sent
            .iter()
            .find(|delivery| delivery["address"] == world.address(1).as_str());
        own.cloned()
    })
    .await;
    assert_eq!(
        settled["provider_id"].as_str(),
        dropped.message_id.as_deref()
    );
    assert_eq!(settled["fate"], "delivered", "{settled}");
    assert!(settled.get("reason").is_none(), "{settled}");
    assert!(in_state(&world, &campaign, "unknown").await.is_empty());

    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(
        (
            audit.count("email", "sent"),
            audit.count("email", "unknown")
        ),
        (3, 0)
    );
    assert_eq!(audit.fates["email"]["delivered"], 1);
    assert_eq!(world.calls().len(), 3, "one call each");
}

#[tokio::test]
async fn repeated_and_reordered_receipts_never_lower_a_status() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let mut calls = world.calls();
    calls.sort_by(|one, other| one.recipients.cmp(&other.recipients));
    use EventKind::{Bounced, Clicked, Delayed, Delivered, Opened, OutOfOffice, Rejected, Sent};
    let told = [
        (
            vec![
                Clicked, Sent, Delivered, Opened, Clicked, Delayed, Delivered,
            ],
            "clicked",
        ),
        (
            vec![Bounced, Delivered, OutOfOffice, Sent, Bounced, Delayed],
            "bounced",
        ),
        (vec![Rejected, Sent, Rejected], ""),
    ];
    for twice in 0..2 {
        for (call, (kinds, _)) in calls.iter().zip(&told) {
            world.simulator().emit(call.id, kinds).await.unwrap();
        }
        receipts_are_heard(&world).await;
        let mut deliveries = world
            .api
            .all(
                &format!("/v1/campaigns/{campaign}/deliveries"),
                "/deliveries",
            )
            .await
            .unwrap();
        deliveries.sort_by_key(|delivery| delivery["address"].to_string());
        for (delivery, (_, fate)) in deliveries.iter().zip(&told) {
            let shown = delivery["fate"].as_str().unwrap_or_default();
            assert_eq!(shown, *fate, "time {twice}: {delivery}");
        }
        assert_eq!(deliveries[2]["state"], "failed", "{}", deliveries[2]);
        assert_eq!(deliveries[2]["reason"]["code"], "Reject");
        let audit = world.settled_audit(&campaign).await;
        assert_eq!(
            (audit.count("email", "sent"), audit.count("email", "failed")),
            (2, 1)
        );
        assert_eq!(audit.fates["email"].values().sum::<u64>(), 2);
    }
    assert_eq!(world.calls().len(), 3);
}

#[tokio::test]
async fn ses_publishes_events_for_emails_with_a_configuration_set() {
    let world = World::new().await;
    let set = &world.stack.details().outputs().email_configuration_set;
    let transport = Transport {
        from: Some(EmailSender {
            address: EmailAddress::parse("news@carillon.example").unwrap(),
            name: None,
        }),
        settings: [("configuration_set".to_owned(), set.clone())].into(),
        ..Transport::new(Vendor::Ses)
    };
    world.grant(&[&format!("configuration_set:{set}")]).await;
    world
        .store
        .put_transport(&world.context, &transport)
        .await
        .unwrap();
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..12).await;
    let lost = Fault::new(FaultKind::DropAfter).address(world.address(1));
    world.simulator().add_fault(lost).unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let audit = eventually("everything is delivered", async || {
        let audit = world.settled_audit(&campaign).await;
        let fates = audit.fates.get("email")?;
        (fates.get("delivered") == Some(&12)).then_some(audit)
    })
    .await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(audit.count("email", "sent"), 12);
    assert_eq!(world.calls().len(), 12);
}

#[tokio::test]
async fn a_response_after_the_lease_still_counts() {
    let world = World::new().await;
    let campaign = published(&world).await;
    let receiver = person(&world.address(1), "");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&receiver))
        .await
        .unwrap();
    let slow = FaultKind::Slow {
        milliseconds: 10_000,
    };
    let slow = Fault::new(slow).address(world.address(1));
    world.simulator().add_fault(slow).unwrap();
    let task = DeliveryTask {
        address: None,
        ..task(&campaign, &receiver, Channel::Email)
    };
    let event = batch("email.fifo", &[serde_json::to_string(&task).unwrap()]);
    let mut environment = world.stack.details().environment(None);
    environment.push(("CLAIM_LEASE_SECONDS", "1".to_owned()));
    let mut caller = Function::start("email", &environment).await;
    let mut other = Function::start("email", &environment).await;
    let row = async || {
        let (shard, channel) = (task.shard, task.channel);
        let row = world
            .store
            .delivery(&task.tenant, &task.campaign, shard, &task.receiver, channel)
            .await;
        row.unwrap()
    };

    let call = caller.invoke(&event);
    let give_up = async {
        eventually("the claim is there", async || row().await).await;
        tokio::time::sleep(Duration::from_secs(7)).await;
        assert!(matches!(
            other.invoke(&again(&event)).await,
            Ended::Answered(_)
        ));
        row().await.unwrap().state
    };
    let (ended, given_up) = tokio::join!(call, give_up);
    assert_eq!(given_up, State::Unknown, "the lease was over");
    assert!(matches!(ended, Ended::Answered(_)), "{ended:?}");
    let settled = row().await.unwrap();
    assert_eq!((settled.state, settled.reason), (State::Sent, None));
    assert_eq!(settled.provider_id, world.calls()[0].message_id);
    assert_eq!(world.calls().len(), 1);
}
