//! Email through a relay, by SMTP.

use carillon_local::simulator::SMTP_PASSWORD;

use super::*;

fn smtp(port: &str) -> Value {
    json!({
        "vendor": "smtp",
        "from": "news@carillon.example",
        "from_name": "Carillon",
        "settings": { "host": "smtp.relay.example", "port": port },
        "credentials": { "username": "relay-user", "password": SMTP_PASSWORD },
    })
}

#[tokio::test]
async fn a_relay_accepts_email_over_starttls_and_over_tls() {
    for port in ["587", "465"] {
        let world = World::new().await;
        let (_, _, calls) = sends(&world, "email", &smtp(port), Provider::Smtp).await;
        let mail = calls[0].email().unwrap();
        assert_eq!(mail.subject, "Hello you");
        assert!(mail.header("List-Unsubscribe").is_some());
        assert!(mail.header("Message-ID").is_some());
    }
}

#[tokio::test]
async fn an_unknown_mailbox_is_suppressed() {
    let world = World::new().await;
    set_up(&world, "email", &smtp("587")).await;
    let unknown = FaultKind::Reject {
        code: Some("5.1.1".to_owned()),
        message: None,
    };
    let fault = Fault::new(unknown).provider(Provider::Smtp);
    let fault = fault.address_suffix(&world.domain).times(1);
    world.simulator().add_fault(fault).unwrap();
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let delivery = &deliveries(&world, &campaign).await[0];
    assert_eq!(delivery["state"], "failed", "{delivery}");
    assert_eq!(delivery["reason"]["code"], "5.1.1", "{delivery}");
    let standing = world.api.all("/v1/suppressions", "/suppressions").await;
    let standing = standing.unwrap();
    assert_eq!(standing.len(), 1, "{standing:?}");
    assert_eq!(standing[0]["source"], "bounced");
}

#[tokio::test]
async fn a_relay_that_hangs_up_after_the_message_leaves_it_unknown() {
    let world = World::new().await;
    set_up(&world, "email", &smtp("587")).await;
    let lost = Fault::new(FaultKind::DropAfter).provider(Provider::Smtp);
    let lost = lost.address_suffix(&world.domain).times(1);
    world.simulator().add_fault(lost).unwrap();
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    assert_eq!(calls_of(&world, Provider::Smtp).len(), 1);
    let delivery = &deliveries(&world, &campaign).await[0];
    assert_eq!(delivery["state"], "unknown", "{delivery}");
}

#[tokio::test]
async fn credentials_do_not_follow_a_relay_to_another_host() {
    let world = World::new().await;
    set_up(&world, "email", &smtp("587")).await;
    for (name, value) in [("host", "smtp.other.example"), ("port", "2525")] {
        let mut body = smtp("587");
        body["settings"][name] = json!(value);
        body.as_object_mut().unwrap().remove("credentials");
        let answer = ask(&world, Method::PUT, "/v1/transports/email", Some(&body)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["field"], "credentials");
    }
    for (name, value) in [("host", "127.0.0.1"), ("port", "0"), ("security", "none")] {
        let mut body = smtp("587");
        body["settings"][name] = json!(value);
        let answer = ask(&world, Method::PUT, "/v1/transports/email", Some(&body)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let field = format!("settings.{name}");
        assert_eq!(answer.body["errors"][0]["field"], field.as_str());
    }
}
