//! HTTP providers: set up through the API, used for sending, with their callbacks processed.

mod end_user_messaging;
mod forged;
mod many;
mod push;
mod smtp;
mod started;
mod topic;
mod whatsapp;

use carillon_local::{
    demo::client::Answer,
    simulator::{
        BULKSMS_TOKEN_SECRET, CLICKATELL_API_KEY, Call, CallFilter, ENDPOINT_SIGNING_KEY,
        EventKind, Fault, FaultKind, GOOGLE_CLIENT_SECRET, GOOGLE_REFRESH_TOKEN, INFOBIP_API_KEY,
        Inbound, MAILGUN_API_KEY, MAILGUN_SIGNING_KEY, MICROSOFT_CLIENT_SECRET, Outcome, Provider,
        SENDGRID_API_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY, SMSPORTAL_CLIENT_SECRET, TWILIO_AUTH_TOKEN,
    },
};
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::{World, eventually};

const TWILIO_ACCOUNT: &str = "AC00000000000000000000000000000001";

async fn ask(world: &World, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let body = body.map(|body| body.to_string().into_bytes());
    world.api.call(method, path, &[], body).await.unwrap()
}

fn twilio() -> Value {
    json!({
        "vendor": "twilio",
        "sender_id": "+15005550006",
        "credentials": { "account_sid": TWILIO_ACCOUNT, "auth_token": TWILIO_AUTH_TOKEN },
    })
}

/// Sets up a transport and returns its callback URL.
async fn set_up(world: &World, channel: &str, account: &Value) -> String {
    let path = format!("/v1/transports/{channel}");
    let answer = ask(world, Method::PUT, &path, Some(account)).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    let text = answer.body.to_string();
    for secret in account["credentials"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
    {
        assert!(!text.contains(secret.as_str().unwrap()), "{text}");
    }
    let url = answer.body["callback_url"].as_str();
    url.unwrap_or_default().to_owned()
}

/// A callback in API Gateway's event format.
fn event(path: &str, headers: &HeaderMap, body: &str) -> Value {
    let headers: serde_json::Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect();
    json!({
        "version": "2.0",
        "routeKey": "POST /callbacks/{tenant}/{transport}/{token}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test" },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /callbacks/{tenant}/{transport}/{token}",
            "stage": "$default",
            "time": "21/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1_795_251_600_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// Phone numbers unique to this test.
fn number(world: &World, place: usize) -> String {
    let tenant = u64::from_str_radix(&world.tenant.as_str()[1..9], 16).unwrap();
    format!("+4474{:08}", (tenant * 10 + place as u64) % 100_000_000)
}

fn calls_of(world: &World, provider: Provider) -> Vec<Call> {
    let mut calls = world.simulator().calls(&CallFilter::default());
    calls.retain(|call| {
        call.provider == provider
            && call.recipients.iter().any(|address| {
                address.ends_with(&world.domain)
                    || (0..3)
                        .any(|place| address.trim_start_matches('+') == &number(world, place)[1..])
            })
    });
    calls
}

async fn deliveries(world: &World, campaign: &str) -> Vec<Value> {
    let path = format!("/v1/campaigns/{campaign}/deliveries");
    world.api.all(&path, "/deliveries").await.unwrap()
}

/// Sends to three receivers through an account, and returns the campaign and the calls.
async fn sends(
    world: &World,
    channel: &str,
    account: &Value,
    provider: Provider,
) -> (String, String, Vec<Call>) {
    let url = set_up(world, channel, account).await;
    let campaign = world.campaign(&[channel]).await;
    if channel == "email" {
        world.add_people(&campaign, 0..3).await;
    } else {
        let people: Vec<Value> = (0..3)
            .map(|place| json!({ "mobile": number(world, place) }))
            .collect();
        let path = format!("/v1/campaigns/{campaign}/receivers");
        let body = json!({ "receivers": people });
        world.api.post(&path, &body).await.unwrap();
    }
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let calls = calls_of(world, provider);
    assert_eq!(calls.len(), 3, "{:?}", deliveries(world, &campaign).await);
    assert!(calls.iter().all(|call| call.accepted), "{calls:?}");
    for delivery in deliveries(world, &campaign).await {
        assert_eq!(delivery["state"], "sent", "{delivery}");
        let id = delivery["provider_id"].as_str();
        assert!(
            calls.iter().any(|call| call.message_id.as_deref() == id),
            "{delivery}"
        );
    }

    (url, campaign, calls)
}

/// Sends to three receivers through an account. The vendor reports one message as delivered, one as undeliverable, and
/// nothing for the third.
async fn sends_and_hears(channel: &str, account: &Value, provider: Provider) {
    let world = World::new().await;
    let (url, campaign, calls) = sends(&world, channel, account, provider).await;
    let last = if url.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &url[..url.len() - 1]);
    let simulator = world.simulator();
    for (call, kind) in calls.iter().zip([EventKind::Delivered, EventKind::Bounced]) {
        if simulator_names_no_url(provider) {
            let told = simulator.call_back(call.id, kind, Some(&wrong)).await;
            assert_eq!(told.unwrap().status, 404);
        }
        for _ in 0..2 {
            let told = simulator.call_back(call.id, kind, Some(&url)).await;
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
        (fates == ["bounced", "delivered"]).then_some(())
    })
    .await;
    let unsigned = reqwest::Client::new()
        .post(&url)
        .body("delivered, believe me");
    let answer = unsigned.send().await.unwrap();
    assert!(answer.status().is_client_error(), "{answer:?}");
}

/// Whether the callback URL is configured in the account rather than sent with each message.
fn simulator_names_no_url(provider: Provider) -> bool {
    !matches!(
        provider,
        Provider::Twilio | Provider::Infobip | Provider::HttpSms | Provider::HttpEmail
    )
}

#[tokio::test]
async fn twilio_sends_and_its_callbacks_are_processed() {
    sends_and_hears("sms", &twilio(), Provider::Twilio).await;
}

#[tokio::test]
async fn bulksms_sends_and_its_callbacks_are_matched_by_client_reference() {
    let account = json!({
        "vendor": "bulksms",
        "sender_id": "Carillon",
        "credentials": { "token_id": "a-token", "token_secret": BULKSMS_TOKEN_SECRET },
    });
    sends_and_hears("sms", &account, Provider::BulkSms).await;
}

#[tokio::test]
async fn infobip_sends_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "infobip",
        "sender_id": "Carillon",
        "settings": { "base_url": "abc123.api.infobip.com" },
        "credentials": { "api_key": INFOBIP_API_KEY },
    });
    sends_and_hears("sms", &account, Provider::Infobip).await;
}

#[tokio::test]
async fn clickatell_sends_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "clickatell",
        "credentials": { "api_key": CLICKATELL_API_KEY },
    });
    sends_and_hears("sms", &account, Provider::Clickatell).await;
}

#[tokio::test]
async fn smsportal_sends_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "smsportal",
        "credentials": { "client_id": "client", "client_secret": SMSPORTAL_CLIENT_SECRET },
    });
    sends_and_hears("sms", &account, Provider::SmsPortal).await;
}

#[tokio::test]
async fn sendgrid_sends_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "sendgrid",
        "from": "news@carillon.example",
        "from_name": "Carillon",
        "credentials": {
            "api_key": SENDGRID_API_KEY,
            "webhook_public_key": SENDGRID_WEBHOOK_PUBLIC_KEY,
        },
    });
    sends_and_hears("email", &account, Provider::SendGrid).await;
}

#[tokio::test]
async fn mailgun_sends_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "mailgun",
        "from": "news@mail.carillon.example",
        "settings": { "domain": "mail.carillon.example" },
        "credentials": {
            "api_key": MAILGUN_API_KEY,
            "webhook_signing_key": MAILGUN_SIGNING_KEY,
        },
    });
    sends_and_hears("email", &account, Provider::Mailgun).await;
}

#[tokio::test]
async fn google_authenticates_and_sends() {
    let world = World::new().await;
    let account = json!({
        "vendor": "google",
        "from": "news@carillon.example",
        "credentials": {
            "client_id": "client",
            "client_secret": GOOGLE_CLIENT_SECRET,
            "refresh_token": GOOGLE_REFRESH_TOKEN,
        },
    });
    let (_, _, calls) = sends(&world, "email", &account, Provider::Google).await;
    let mail = calls[0].email().unwrap();
    assert_eq!(mail.subject, "Hello you");
    assert!(mail.header("List-Unsubscribe").is_some());
}

#[tokio::test]
async fn microsoft_authenticates_and_sends() {
    let world = World::new().await;
    let account = json!({
        "vendor": "microsoft",
        "from": "news@carillon.example",
        "settings": { "directory": "contoso.onmicrosoft.com" },
        "credentials": { "client_id": "client", "client_secret": MICROSOFT_CLIENT_SECRET },
    });
    let (_, _, calls) = sends(&world, "email", &account, Provider::Microsoft).await;
    assert!(
        calls[0]
            .email()
            .unwrap()
            .header("List-Unsubscribe")
            .is_some()
    );
}

#[tokio::test]
async fn email_waits_while_an_account_cannot_authenticate() {
    let world = World::new().await;
    let account = json!({
        "vendor": "google",
        "from": "news@carillon.example",
        "credentials": {
            "client_id": "client",
            "client_secret": GOOGLE_CLIENT_SECRET,
            "refresh_token": "revoked",
        },
    });
    set_up(&world, "email", &account).await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..3).await;
    world.publish(&campaign).await;
    let reason = eventually("the account shows the error", async || {
        let shown = world.api.get("/v1/transports/email").await.unwrap();
        let code = shown.body["breaker"]["reason"]["code"].as_str()?;
        Some(code.to_owned())
    })
    .await;
    assert_eq!(reason, "invalid_grant");
    assert!(calls_of(&world, Provider::Google).is_empty());
    for delivery in deliveries(&world, &campaign).await {
        assert_ne!(delivery["state"], "failed", "{delivery}");
    }
}

#[tokio::test]
async fn a_custom_endpoint_sends_text_messages_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "http_sms",
        "sender_id": "Carillon",
        "settings": { "url": "https://sms.endpoint.example/messages" },
        "credentials": { "signing_key": ENDPOINT_SIGNING_KEY },
    });
    sends_and_hears("sms", &account, Provider::HttpSms).await;
}

#[tokio::test]
async fn a_custom_endpoint_sends_email_and_its_callbacks_are_processed() {
    let account = json!({
        "vendor": "http_email",
        "from": "news@carillon.example",
        "settings": { "url": "https://email.endpoint.example/messages" },
        "credentials": { "signing_key": ENDPOINT_SIGNING_KEY },
    });
    sends_and_hears("email", &account, Provider::HttpEmail).await;
}

#[tokio::test]
async fn stop_suppresses_a_number_until_start() {
    let world = World::new().await;
    let url = set_up(&world, "sms", &twilio()).await;
    let write = async |text: &str, url: &str| {
        let inbound = Inbound {
            provider: Provider::Twilio,
            from: number(&world, 0),
            to: "+15005550006".to_owned(),
            text: text.to_owned(),
            url: url.to_owned(),
        };
        world.simulator().write_to(&inbound).await.unwrap().status
    };
    let suppressed = async || {
        world
            .api
            .all("/v1/suppressions", "/suppressions")
            .await
            .unwrap()
    };

    for text in ["Please stop by at noon", "Thanks!"] {
        assert_eq!(write(text, &url).await, 200);
    }
    assert!(suppressed().await.is_empty());
    for text in ["Stop.", "STOP"] {
        assert_eq!(write(text, &url).await, 200);
    }
    let standing = suppressed().await;
    assert_eq!(standing.len(), 1);
    assert_eq!(standing[0]["address"], number(&world, 0).as_str());
    assert_eq!(standing[0]["source"], "unsubscribed");
    assert_eq!(write("start", &url).await, 200);
    assert!(suppressed().await.is_empty());
    assert_eq!(write("START", &url).await, 200);
}

#[tokio::test]
async fn a_transport_that_its_vendor_would_reject_is_rejected_at_once() {
    let world = World::new().await;
    let put = async |channel: &str, body: Value| {
        let path = format!("/v1/transports/{channel}");
        let answer = ask(&world, Method::PUT, &path, Some(&body)).await;
        let errors = answer.body["errors"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let faults: Vec<String> = errors
            .iter()
            .map(|error| {
                format!(
                    "{} {}",
                    error["field"].as_str().unwrap(),
                    error["code"].as_str().unwrap()
                )
            })
            .collect();
        (answer.status.as_u16(), faults.join(", "))
    };
    let good = twilio();
    for (channel, change, expected) in [
        (
            "sms",
            json!({ "vendor": "pigeon" }),
            "vendor unknown_vendor",
        ),
        (
            "sms",
            json!({ "vendor": "mailgun" }),
            "vendor wrong_channel",
        ),
        ("email", json!({}), "vendor wrong_channel"),
        (
            "sms",
            json!({ "from": "a@example.com" }),
            "from wrong_channel",
        ),
        (
            "sms",
            json!({ "sender_id": "far too long a name" }),
            "sender_id invalid_sender_id",
        ),
        (
            "sms",
            json!({ "settings": { "color": "red" } }),
            "settings.color unknown_setting",
        ),
        (
            "sms",
            json!({ "settings": { "messaging_service": "x" } }),
            "settings.messaging_service invalid_setting",
        ),
        (
            "sms",
            json!({ "credentials": { "auth_token": "t" } }),
            "credentials.account_sid missing",
        ),
        (
            "sms",
            json!({ "vendor": "sns" }),
            "credentials not_wanted, sender_id not_granted",
        ),
        (
            "sms",
            json!({ "vendor": "infobip" }),
            "settings.base_url missing, credentials.account_sid unknown_credential, credentials.auth_token unknown_credential, credentials.api_key missing",
        ),
    ] {
        let mut body = good.clone();
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(
            put(channel, body).await,
            (422, expected.to_owned()),
            "{change}"
        );
    }
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("credentials");
    assert_eq!(
        put("sms", without.clone()).await,
        (422, "credentials missing".to_owned())
    );
    let vendor = async || {
        world
            .api
            .get("/v1/transports/sms")
            .await
            .unwrap()
            .text("/vendor")
            .to_owned()
    };
    assert_eq!(vendor().await, "sns", "nothing was changed");

    assert_eq!(put("sms", good).await, (200, String::new()));
    let before = world.api.get("/v1/transports/sms").await.unwrap();
    assert_eq!(put("sms", without).await, (200, String::new()), "they stay");
    let after = world.api.get("/v1/transports/sms").await.unwrap();
    assert_eq!(before.body, after.body);

    let gone = ask(&world, Method::DELETE, "/v1/transports/sms", None).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    for method in [Method::GET, Method::DELETE] {
        let answer = ask(&world, method.clone(), "/v1/transports/sms", None).await;
        assert_eq!(answer.status, 404, "{method}");
    }
    let body = twilio();
    let again = ask(&world, Method::PUT, "/v1/transports/sms", Some(&body)).await;
    assert_eq!(again.status, 201, "{}", again.body);
    assert_ne!(again.text("/callback_url"), before.text("/callback_url"));
}

#[tokio::test]
async fn a_deduplicating_endpoint_is_retried_after_a_lost_response() {
    let world = World::new().await;
    let account = json!({
        "vendor": "http_sms",
        "sender_id": "Carillon",
        "settings": { "url": "https://sms.endpoint.example/messages", "deduplicates_hours": "24" },
        "credentials": { "signing_key": ENDPOINT_SIGNING_KEY },
    });
    set_up(&world, "sms", &account).await;
    let lost = Fault::new(FaultKind::DropAfter).address(number(&world, 0));
    world.simulator().add_fault(lost.times(1)).unwrap();
    let campaign = world.campaign_of_priority(&["sms"], "high").await;
    let body = json!({ "receivers": [{ "mobile": number(&world, 0) }] });
    let path = format!("/v1/campaigns/{campaign}/receivers");
    world.api.post(&path, &body).await.unwrap();
    world.publish(&campaign).await;
    world.completed(&campaign).await;
    let outcomes: Vec<Outcome> = calls_of(&world, Provider::HttpSms)
        .iter()
        .map(|call| call.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::DroppedAfter, Outcome::Duplicate]);
    assert_eq!(deliveries(&world, &campaign).await[0]["state"], "sent");
}
