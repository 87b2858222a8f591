//! WhatsApp: templates for everybody, and free text within the reply window.

use carillon_local::simulator::{META_ACCESS_TOKEN, META_APP_SECRET, META_VERIFY_TOKEN};

use super::*;

const CONTENT_SID: &str = "HXbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const META_NUMBER: &str = "106540352242922";

fn twilio_whatsapp() -> Value {
    json!({
        "vendor": "twilio_whatsapp",
        "settings": { "sender": "+15005550006" },
        "credentials": { "account_sid": TWILIO_ACCOUNT, "auth_token": TWILIO_AUTH_TOKEN },
    })
}

fn infobip_whatsapp() -> Value {
    json!({
        "vendor": "infobip_whatsapp",
        "settings": { "base_url": "abc123.api.infobip.com", "sender": "+15005550006" },
        "credentials": { "api_key": INFOBIP_API_KEY },
    })
}

fn meta() -> Value {
    json!({
        "vendor": "meta",
        "settings": { "phone_number_id": META_NUMBER },
        "credentials": {
            "access_token": META_ACCESS_TOKEN,
            "app_secret": META_APP_SECRET,
            "verify_token": META_VERIFY_TOKEN,
        },
    })
}

/// The content of a campaign with a template of this name.
fn template(name: &str) -> Value {
    json!({ "template": {
        "name": name,
        "language": "en_US",
        "body": ["{{default member.first_name \"you\"}}"],
        "buttons": ["spring"],
    } })
}

/// A WhatsApp campaign with this content to this many receivers.
async fn campaign_on_whatsapp(world: &World, content: &Value, people: usize) -> String {
    let body = json!({
        "name": "Spring",
        "priority": "normal",
        "channels": ["whatsapp"],
        "default_region": "GB",
        "content": { "whatsapp": content },
    });
    let answer = world.api.post("/v1/campaigns", &body).await.unwrap();
    let campaign = answer.text("/id").to_owned();
    let people: Vec<Value> = (0..people)
        .map(|place| json!({ "mobile": number(world, place) }))
        .collect();
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let body = json!({ "receivers": people });
    world.api.post(&path, &body).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    campaign
}

/// Sends a template to three receivers. One message is delivered, one undeliverable, one read.
async fn sends_templates_and_hears(account: &Value, provider: Provider, name: &str) {
    let world = World::new().await;
    let url = set_up(&world, "whatsapp", account).await;
    let campaign = campaign_on_whatsapp(&world, &template(name), 3).await;
    let calls = calls_of(&world, provider);
    assert_eq!(calls.len(), 3, "{:?}", deliveries(&world, &campaign).await);
    assert!(calls.iter().all(|call| call.accepted), "{calls:?}");
    for delivery in deliveries(&world, &campaign).await {
        assert_eq!(delivery["state"], "sent", "{delivery}");
    }
    let kinds = [EventKind::Delivered, EventKind::Bounced, EventKind::Opened];
    for (call, kind) in calls.iter().zip(kinds) {
        for _ in 0..2 {
            let told = world.simulator().call_back(call.id, kind, Some(&url)).await;
            assert_eq!(told.unwrap().status, 200);
        }
    }
    eventually("the receipts are processed", async || {
        let mut fates: Vec<String> = deliveries(&world, &campaign)
            .await
            .iter()
            .filter_map(|delivery| Some(delivery["fate"].as_str()?.to_owned()))
            .collect();
        fates.sort();
        (fates == ["bounced", "delivered", "opened"]).then_some(())
    })
    .await;
    let unsigned = reqwest::Client::new()
        .post(&url)
        .body("delivered, believe me");
    let answer = unsigned.send().await.unwrap();
    assert!(answer.status().is_client_error(), "{answer:?}");
}

#[tokio::test]
async fn twilio_sends_whatsapp_templates_and_its_callbacks_are_processed() {
    sends_templates_and_hears(&twilio_whatsapp(), Provider::TwilioWhatsApp, CONTENT_SID).await;
}

#[tokio::test]
async fn infobip_sends_whatsapp_templates_and_its_callbacks_are_processed() {
    sends_templates_and_hears(&infobip_whatsapp(), Provider::InfobipWhatsApp, "spring").await;
}

#[tokio::test]
async fn meta_sends_templates_and_its_callbacks_are_processed() {
    sends_templates_and_hears(&meta(), Provider::Meta, "spring").await;
}

/// Free text to two receivers, one of whom has written before.
async fn sends_free_text(account: &Value, provider: Provider, sender: &str) {
    let world = World::new().await;
    let url = set_up(&world, "whatsapp", account).await;
    let inbound = Inbound {
        provider,
        from: number(&world, 0),
        to: sender.to_owned(),
        text: "When does the bus leave?".to_owned(),
        url,
    };
    let told = world.simulator().write_to(&inbound).await;
    assert_eq!(told.unwrap().status, 200);
    let content = json!({ "text": "At half past seven" });
    let campaign = campaign_on_whatsapp(&world, &content, 2).await;
    let mut states: Vec<(String, String)> = deliveries(&world, &campaign)
        .await
        .iter()
        .map(|delivery| {
            let code = delivery["reason"]["code"].as_str().unwrap_or_default();
            (
                delivery["state"].as_str().unwrap().to_owned(),
                code.to_owned(),
            )
        })
        .collect();
    states.sort();
    let expected = [("failed", "outside_window"), ("sent", "")];
    let expected = expected.map(|(state, code)| (state.to_owned(), code.to_owned()));
    assert_eq!(states, expected);
}

#[tokio::test]
async fn free_text_is_sent_only_within_the_reply_window() {
    sends_free_text(&twilio_whatsapp(), Provider::TwilioWhatsApp, "+15005550006").await;
    sends_free_text(
        &infobip_whatsapp(),
        Provider::InfobipWhatsApp,
        "+15005550006",
    )
    .await;
    sends_free_text(&meta(), Provider::Meta, META_NUMBER).await;
}

#[tokio::test]
async fn stop_on_whatsapp_suppresses_only_whatsapp() {
    let world = World::new().await;
    let url = set_up(&world, "whatsapp", &meta()).await;
    let inbound = Inbound {
        provider: Provider::Meta,
        from: number(&world, 0),
        to: META_NUMBER.to_owned(),
        text: "STOP".to_owned(),
        url,
    };
    for _ in 0..2 {
        let told = world.simulator().write_to(&inbound).await;
        assert_eq!(told.unwrap().status, 200);
    }
    let standing = world.api.all("/v1/suppressions", "/suppressions").await;
    let standing = standing.unwrap();
    assert_eq!(standing.len(), 1);
    assert_eq!(standing[0]["channel"], "whatsapp");
    assert_eq!(standing[0]["address"], number(&world, 0).as_str());
    assert_eq!(standing[0]["source"], "unsubscribed");
}

#[tokio::test]
async fn an_opt_out_at_twilio_is_suppressed() {
    for (channel, account, provider) in [
        ("sms", twilio(), Provider::Twilio),
        ("whatsapp", twilio_whatsapp(), Provider::TwilioWhatsApp),
    ] {
        let world = World::new().await;
        set_up(&world, channel, &account).await;
        let opted_out = FaultKind::Reject {
            code: Some("21610".to_owned()),
            message: None,
        };
        let fault = Fault::new(opted_out).provider(provider);
        let fault = fault.address(number(&world, 0));
        world.simulator().add_fault(fault).unwrap();
        let campaign = if channel == "sms" {
            let campaign = world.campaign(&["sms"]).await;
            let path = format!("/v1/campaigns/{campaign}/receivers");
            let body = json!({ "receivers": [{ "mobile": number(&world, 0) }] });
            world.api.post(&path, &body).await.unwrap();
            world.publish(&campaign).await;
            world.completed(&campaign).await;
            campaign
        } else {
            campaign_on_whatsapp(&world, &template(CONTENT_SID), 1).await
        };
        let delivery = &deliveries(&world, &campaign).await[0];
        assert_eq!(delivery["state"], "failed", "{delivery}");
        assert_eq!(delivery["reason"]["code"], "21610", "{delivery}");
        let standing = world.api.all("/v1/suppressions", "/suppressions").await;
        let standing = standing.unwrap();
        assert_eq!(standing.len(), 1);
        assert_eq!(standing[0]["source"], "unsubscribed");
    }
}

#[tokio::test]
async fn the_verification_request_of_meta_is_answered() {
    let world = World::new().await;
    let url = set_up(&world, "whatsapp", &meta()).await;
    let ask = async |token: &str| {
        let url =
            format!("{url}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
        let answer = reqwest::Client::new().get(&url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ask(META_VERIFY_TOKEN).await, (200, "1158201444".to_owned()));
    assert_eq!(ask("guessed").await.0, 406);
    let wrong = url.replace("/callbacks/", "/callbacks/x");
    assert_eq!(
        reqwest::Client::new()
            .get(&wrong)
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

/// The number that the receiver wrote to rejects the free text; the other account sends the template.
#[tokio::test]
async fn rejected_free_text_fails_over_as_a_template() {
    let world = World::new().await;
    let url = set_up(&world, "whatsapp", &meta()).await;
    set_up(&world, "whatsapp-second", &infobip_whatsapp()).await;
    let routes = json!({ "routes": [{ "transports": [
        { "transport": "whatsapp" }, { "transport": "whatsapp-second" },
    ] }] });
    let routed = ask(&world, Method::PUT, "/v1/routes/whatsapp", Some(&routes)).await;
    assert_eq!(routed.status, 200, "{}", routed.body);
    let inbound = Inbound {
        provider: Provider::Meta,
        from: number(&world, 0),
        to: META_NUMBER.to_owned(),
        text: "When does the bus leave?".to_owned(),
        url,
    };
    let told = world.simulator().write_to(&inbound).await;
    assert_eq!(told.unwrap().status, 200);
    let refusal = FaultKind::Reject {
        code: Some("131051".to_owned()),
        message: None,
    };
    let fault = Fault::new(refusal).provider(Provider::Meta);
    let fault = fault.address(number(&world, 0));
    world.simulator().add_fault(fault).unwrap();
    let mut content = template("spring");
    content["text"] = "At half past seven".into();
    let body = json!({
        "name": "Spring",
        "channels": ["whatsapp"],
        "failover": { "attempts": 3, "minutes": 60 },
        "content": { "whatsapp": content },
    });
    let made = world.api.post("/v1/campaigns", &body).await.unwrap();
    let campaign = made.text("/id").to_owned();
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let body = json!({ "receivers": [{ "mobile": number(&world, 0) }] });
    world.api.post(&path, &body).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let delivery = &deliveries(&world, &campaign).await[0];
    assert_eq!(delivery["state"], "sent", "{delivery}");
    assert_eq!(delivery["transport"], "whatsapp-second", "{delivery}");
    assert_eq!(calls_of(&world, Provider::InfobipWhatsApp).len(), 1);
}
