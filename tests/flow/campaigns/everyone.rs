use carillon_domain::delivery::task::FanoutTask;
use carillon_local::simulator::Provider;
use serde_json::json;

use crate::support::{World, eventually};

/// Receivers at this test's addresses: good rows, bad rows and a duplicate.
fn file(world: &World) -> String {
    let domain = &world.domain;
    format!(
        "\u{feff}Email;First name;Last name;Mobile;Language;account.balance\r\n\
         ann@{domain};Zoë;\"Lee; Smith\";+447414310101;en;10\r\n\
         bo@{domain};Κώστας;\"Two\r\nlines\";;el;\r\n\
         nobody;Bad;Email;;en;1\r\n\
         ann@{domain};Ann;Again;;en;2\r\n\
         ;Only;Phone;+447414310102;el;3\r\n\
         cy@{domain};Bad;Phone;12;en;4\r\n"
    )
}

#[tokio::test]
async fn a_file_becomes_messages_in_each_receivers_language_and_each_can_be_shown() {
    let world = World::new().await;
    let body = json!({
        "name": "Spring",
        "channels": ["email", "sms"],
        "default_region": "GB",
        "content": {
            "email": { "subject": "Hello {{member.first_name}}", "html": "<p>{{member.last_name}} owes {{default account.balance \"0\"}} &amp; more</p>" },
            "sms": { "text": "{{member.first_name}}: {{default account.balance \"0\"}}" },
            "languages": { "el": { "email": { "subject": "Γεια {{member.first_name}}", "html": "<p>{{member.last_name}}</p>" } } },
        },
    });
    let campaign = world
        .api
        .post("/v1/campaigns", &body)
        .await
        .unwrap()
        .text("/id")
        .to_owned();
    let import = world
        .api
        .import(&campaign, file(&world).into_bytes())
        .await
        .unwrap();
    let import = world.imported(&import).await;
    assert_eq!(import["status"], "completed", "{import}");
    let counts = [
        "rows_total",
        "rows_added",
        "rows_incomplete",
        "rows_refused",
        "rows_duplicate",
    ]
    .map(|name| import[name].as_u64().unwrap());
    assert_eq!(counts, [6, 4, 1, 1, 1], "{import}");
    let errors: Vec<_> = import["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["line"].as_u64().unwrap(),
                error["column"].as_str().unwrap_or_default(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            (5, "Email", "invalid_email"),
            (6, "", "duplicate"),
            (8, "Mobile", "invalid_phone")
        ]
    );

    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(
        (
            audit.count("email", "sent"),
            audit.count("email", "skipped")
        ),
        (3, 1)
    );
    assert_eq!(
        (audit.count("sms", "sent"), audit.count("sms", "skipped")),
        (2, 2)
    );

    let calls = world.calls();
    let subjects: Vec<String> = calls
        .iter()
        .filter_map(|call| call.email())
        .map(|email| email.subject.clone())
        .collect();
    assert!(
        subjects.contains(&"Hello Zoë".to_owned()) && subjects.contains(&"Γεια Κώστας".to_owned()),
        "{subjects:?}"
    );

    let path = format!("/v1/campaigns/{campaign}/deliveries");
    for delivery in world
        .api
        .all(&format!("{path}?channel=email&state=sent"), "/deliveries")
        .await
        .unwrap()
    {
        let receiver = delivery["receiver"]["id"].as_str().unwrap();
        let read_back = world
            .api
            .get(&format!("{path}/{receiver}/email/message"))
            .await
            .unwrap()
            .body;
        let message = calls
            .iter()
            .find(|call| call.message_id.as_deref() == delivery["provider_id"].as_str())
            .and_then(|call| call.email())
            .expect("the provider has the message");
        assert_eq!(read_back["matches"], true, "{read_back}");
        assert_eq!(
            Some(message.subject.as_str()),
            read_back["subject"].as_str()
        );
        assert_eq!(
            message.html.as_deref().map(str::trim_end),
            read_back["html"].as_str().map(str::trim_end)
        );
    }
}

#[tokio::test]
async fn an_address_beyond_ascii_fails_before_ses_is_called() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let path = format!("/v1/campaigns/{campaign}");
    let beyond = format!("jörg@{}", world.domain);
    let people = json!({ "receivers": [{ "email": beyond }, { "email": world.address(1) }] });
    let added = world.api.post(&format!("{path}/receivers"), &people).await;
    assert_eq!(added.unwrap().number("/added"), 2);
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let failed = world
        .api
        .all(&format!("{path}/deliveries?state=failed"), "/deliveries")
        .await
        .unwrap();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["reason"]["code"], "no_smtputf8", "{failed:?}");
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn publishing_and_fanning_out_repeatedly_makes_no_second_call() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..40).await;
    world.publish(&campaign).await;
    let again = world
        .api
        .call(
            reqwest::Method::POST,
            &format!("/v1/campaigns/{campaign}/publish"),
            &[],
            Some(b"{}".to_vec()),
        )
        .await
        .unwrap();
    assert_eq!(again.status, 409, "{}", again.body);
    world.completed(&campaign).await;

    // A completed campaign fans nothing out; reset it to test the remaining safeguards.
    let sqs = aws_sdk_sqs::Client::new(&world.stack.details().sdk_config());
    let fanout = world.stack.details().outputs().fanout_queue_url.clone();
    let mut id = campaign.parse().unwrap();
    reopen(&world, &campaign).await;
    for _ in 0..3 {
        for shard in 0..16 {
            let task = FanoutTask {
                tenant: world.tenant.clone(),
                campaign: id,
                generation: 1,
                shard,
            };
            let body = serde_json::to_string(&task).unwrap();
            sqs.send_message()
                .queue_url(&fanout)
                .message_body(body)
                .send()
                .await
                .unwrap();
            id = task.campaign;
        }
    }
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(world.calls().len(), 40);
}

/// Resets a completed campaign to the start of its fan-out, including cursors, like a restored backup.
async fn reopen(world: &World, campaign: &str) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let dynamodb = aws_sdk_dynamodb::Client::new(&world.stack.details().sdk_config());
    let catalog = &world.stack.details().outputs().catalog_table;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    dynamodb
        .update_item()
        .table_name(catalog)
        .key("pk", text(world.tenant.as_str()))
        .key("sk", text(&format!("CAMPAIGN#{campaign}")))
        .update_expression("SET #status = :published")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":published", text("published"))
        .send()
        .await
        .unwrap();
    for shard in 0..16 {
        dynamodb
            .delete_item()
            .table_name(catalog)
            .key("pk", text(&format!("{}#{campaign}", world.tenant)))
            .key("sk", text(&format!("FANOUT#000001#{shard:05}")))
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_receiver_gets_both_channels_and_a_disabled_one_stays_disabled() {
    let world = World::new().await;
    let campaign = world.campaign(&["email", "sms"]).await;
    let path = format!("/v1/campaigns/{campaign}/receivers");
    let receivers = json!({ "receivers": [
        { "email": world.address(1), "mobile": "07414 310201" },
        { "email": world.address(2), "mobile": "07414 310202" },
    ]});
    let added = world.api.post(&path, &receivers).await.unwrap();
    assert_eq!(
        (added.number("/added"), added.number("/duplicates")),
        (2, 0)
    );
    let second = added.text("/receivers/1/id").to_owned();
    let switch = json!({ "channels": { "sms": false } });
    let switched = world
        .api
        .call(
            reqwest::Method::PATCH,
            &format!("{path}/{second}"),
            &[],
            Some(switch.to_string().into_bytes()),
        )
        .await
        .unwrap();
    assert_eq!(switched.status, 200, "{}", switched.body);
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let audit = world.settled_audit(&campaign).await;
    assert_eq!(
        (
            audit.count("email", "sent"),
            audit.count("sms", "sent"),
            audit.count("sms", "skipped")
        ),
        (2, 1, 1)
    );
    let texts = world
        .simulator()
        .calls(&carillon_local::simulator::CallFilter {
            provider: Some(Provider::Sns),
            to: Some("+447414310202".to_owned()),
            ..Default::default()
        });
    assert!(texts.is_empty(), "{texts:?}");
}

#[tokio::test]
async fn two_campaigns_at_once_do_not_mix() {
    let world = World::new().await;
    let (one, other) = (
        world.campaign(&["email"]).await,
        world.campaign(&["email"]).await,
    );
    world.add_people(&one, 0..30).await;
    world.add_people(&other, 30..60).await;
    world.publish(&one).await;
    world.publish(&other).await;
    for campaign in [&one, &other] {
        world.completed(campaign).await;
        let shown = eventually("the totals are there", async || {
            let shown = world
                .api
                .get(&format!("/v1/campaigns/{campaign}"))
                .await
                .unwrap();
            (shown.number("/totals/channels/email/sent") == 30).then_some(shown)
        })
        .await;
        assert_eq!(shown.number("/totals/channels/email/total"), 30);
    }
    assert_eq!(world.calls().len(), 60);
}
