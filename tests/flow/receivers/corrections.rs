//! Correcting a wrong address.

use carillon_local::{demo::client::Answer, simulator::EventKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, eventually};

async fn deliveries(world: &World, campaign: &str, query: &str) -> Vec<Value> {
    let path = format!("/v1/campaigns/{campaign}/deliveries?{query}");
    world.api.all(&path, "/deliveries").await.unwrap()
}

async fn correct_address(world: &World, campaign: &str, receiver: &str, body: &Value) -> Answer {
    let path = format!("/v1/campaigns/{campaign}/receivers/{receiver}");
    let body = Some(body.to_string().into_bytes());
    world
        .api
        .call(Method::PATCH, &path, &[], body)
        .await
        .unwrap()
}

async fn send_again(world: &World, path: &str) -> Answer {
    let nothing = Some(b"{}".to_vec());
    let answer = world.api.call(Method::POST, path, &[], nothing).await;
    answer.unwrap()
}

#[tokio::test]
async fn a_corrected_address_gets_the_email() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    let (wrong, right) = (world.address(1), world.address(7));
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let found = deliveries(&world, &campaign, &format!("address={wrong}")).await;
    let [delivery] = &found[..] else {
        panic!("{found:?}");
    };
    let receiver = delivery["receiver"]["id"].as_str().unwrap().to_owned();
    let resend = format!("/v1/campaigns/{campaign}/deliveries/{receiver}/email/resend");
    let refused = send_again(&world, &resend).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text("/code")),
        (409, "taken"),
        "{}",
        refused.body
    );

    let mails = world.calls();
    let mail = mails.iter().find(|call| call.recipients[0] == wrong);
    let told = world
        .simulator()
        .emit(mail.unwrap().id, &[EventKind::Bounced]);
    assert_eq!(told.await.unwrap(), 1);
    eventually("the bounce is processed", async || {
        let found = deliveries(&world, &campaign, "fate=bounced").await;
        (found.len() == 1).then_some(())
    })
    .await;
    let suppressed = send_again(&world, &resend).await;
    assert_eq!(
        suppressed.text("/code"),
        "suppressed",
        "{}",
        suppressed.body
    );

    let taken = correct_address(
        &world,
        &campaign,
        &receiver,
        &json!({ "email": world.address(2) }),
    )
    .await;
    assert!(
        taken.text("/type").ends_with("duplicate-address"),
        "{}",
        taken.body
    );
    let changed = correct_address(&world, &campaign, &receiver, &json!({ "email": right })).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["corrections"][0]["was"], wrong.as_str());
    let again = eventually("the mail is sent again", async || {
        let found = deliveries(&world, &campaign, &format!("address={right}&state=sent")).await;
        found.into_iter().next()
    })
    .await;
    assert_eq!(again["address"], right.as_str(), "{again}");
    let earlier = &again["earlier"][0];
    assert_eq!(
        (&earlier["address"], &earlier["fate"]),
        (&json!(wrong), &json!("bounced")),
        "{again}"
    );
    world.completed(&campaign).await;
    let sent: Vec<String> = world
        .calls()
        .into_iter()
        .map(|call| call.recipients[0].clone())
        .collect();
    let to = |address: &String| sent.iter().filter(|one| *one == address).count();
    assert_eq!((sent.len(), to(&wrong), to(&right)), (4, 1, 1), "{sent:?}");

    // The deliveries to the wrong address stay on record.
    let found = deliveries(&world, &campaign, &format!("address={wrong}")).await;
    assert_eq!(found, [again]);
    let mut table = String::new();
    let mut next = Some(format!(
        "/v1/campaigns/{campaign}/deliveries?format=csv&limit=1"
    ));
    while let Some(page) = next {
        let answer = world.api.call(Method::GET, &page, &[], None).await.unwrap();
        table.push_str(answer.body.as_str().unwrap_or_default());
        let link = answer.headers.get("link");
        let link = link.and_then(|link| link.to_str().ok());
        next = link.and_then(|link| Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned()));
    }
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].contains("receiver,first_name"), "{table}");
    assert!(table.contains(&format!(",email,{right},sent,")), "{table}");
}

#[tokio::test]
async fn an_address_in_a_draft_is_corrected_before_sending() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    let (wrong, right) = (world.address(0), world.address(5));
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let people = world.api.all(&path, "/receivers").await.unwrap();
    let receiver = people[0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "email": right, "first_name": "Anne", "channels": { "email": true } });
    let changed = correct_address(&world, &campaign, &receiver, &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(
        (changed.text("/email"), changed.text("/first_name")),
        (right.as_str(), "Anne")
    );
    assert!(changed.body.get("corrections").is_none());
    // Loading either address again finds the same receiver.
    for address in [&wrong, &right] {
        let again = json!({ "receivers": [{ "email": address }] });
        let added = world.api.post(&path, &again).await.unwrap();
        assert_eq!(added.body["added"], 0, "{address}: {}", added.body);
    }
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let calls = world.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].recipients, [right]);
}
