//! Push services, called as by Carillon.

use aws_sdk_sns::error::ProvideErrorMetadata as _;
use carillon_domain::{
    channel::Channel,
    delivery::Outcome,
    id::{CampaignId, ReceiverId, TenantId},
    push_address::PushAddress,
    transports::{Transport, Vendor},
};
use carillon_providers::{
    Reference,
    http::Http,
    push::{self, Push},
    vendor::Account,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{all_calls, only_call, sns, start};
use crate::simulator::{
    APNS_PRIVATE_KEY, FCM_PRIVATE_KEY, Provider, Simulator, WEB_PUSH_PRIVATE_KEY,
    WEB_PUSH_PUBLIC_KEY, web_push_address,
};

const APNS_DEVICE: &str = "apns:00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
const DEAD_APNS_DEVICE: &str =
    "apns:deadc0deff785122b4ad28809a3420982341241421348097878e577c991de8f0";

fn transport(vendor: Vendor, settings: &[(&str, &str)]) -> Transport {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Transport {
        settings: settings.iter().map(owned).collect(),
        ..Transport::new(vendor)
    }
}

/// Authenticates if required, and submits one notification.
async fn send(simulator: &Simulator, transport: &Transport, secret: &Value, to: &str) -> Outcome {
    let http = Http::new(Some(simulator.url())).unwrap();
    let secret = secret.to_string();
    let account = Account::of(transport, &secret, Timestamp::now());
    let token = match push::sign_in(transport.vendor, &account).unwrap() {
        None => None,
        Some(sign_in) => Some(match sign_in.local_token() {
            Some(token) => token.unwrap(),
            None => {
                let request = sign_in.token_request().unwrap();
                sign_in.token(&http.call(request).await.unwrap()).unwrap()
            }
        }),
    };
    let account = Account {
        access_token: token.as_ref().map(|token| token.text.as_str()),
        ..account
    };
    let to = PushAddress::parse(to).unwrap();
    let tenant: TenantId = "demo".parse().unwrap();
    let campaign: CampaignId = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
    let receiver: ReceiverId = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let message = Push {
        to: &to,
        title: "Γεια σου 🔔",
        body: "The bell rings at nine.",
        icon: Some("https://example.org/bell.png"),
        url: Some("https://example.org/tonight"),
        reference: Reference {
            tenant: &tenant,
            campaign: &campaign,
            receiver: &receiver,
            channel: Channel::Push,
            resend: 0,
            number: None,
        },
    };
    let adapter = push::adapter(transport.vendor, &account).unwrap().unwrap();
    let request = adapter.request(&message).unwrap();
    match http.call(request).await {
        Ok(answer) => adapter.outcome(&message, &answer),
        Err(outcome) => outcome,
    }
}

fn fcm() -> (Transport, Value) {
    let secret = json!({
        "client_email": "push@my-app.iam.gserviceaccount.com",
        "private_key": FCM_PRIVATE_KEY,
    });
    (
        transport(Vendor::Fcm, &[("project", "my-app-1a2b3")]),
        secret,
    )
}

fn apns() -> (Transport, Value) {
    let secret = json!({
        "key_id": "ABC123DEFG",
        "team_id": "DEF123GHIJ",
        "private_key": APNS_PRIVATE_KEY,
    });
    (
        transport(Vendor::Apns, &[("topic", "com.example.app")]),
        secret,
    )
}

fn web_push() -> (Transport, Value) {
    let secret = json!({
        "private_key": WEB_PUSH_PRIVATE_KEY,
        "public_key": WEB_PUSH_PUBLIC_KEY,
    });
    let settings = [
        ("contact", "mailto:push@example.com"),
        ("hosts", "push.carillon.example"),
    ];
    (transport(Vendor::WebPush, &settings), secret)
}

#[tokio::test]
async fn a_notification_is_recorded_as_submitted() {
    for ((transport, secret), provider, to) in [
        (fcm(), Provider::Fcm, "fcm:dA1:APA91b".to_owned()),
        (apns(), Provider::Apns, APNS_DEVICE.to_owned()),
        (web_push(), Provider::WebPush, web_push_address("zoe")),
    ] {
        let simulator = start().await;
        let outcome = send(&simulator, &transport, &secret, &to).await;
        let Outcome::Accepted { provider_id } = outcome else {
            panic!("{outcome:?}");
        };
        let call = only_call(&simulator);
        assert_eq!(call.provider, provider);
        assert_eq!(call.message_id, Some(provider_id));
        assert_eq!(call.recipients, [to]);
        let push = call.push().unwrap();
        assert_eq!(push.title, "Γεια σου 🔔");
        assert_eq!(push.body, "The bell rings at nine.");
        assert_eq!(push.icon.as_deref(), Some("https://example.org/bell.png"));
        assert_eq!(push.url.as_deref(), Some("https://example.org/tonight"));
        assert!(!push.attributes.is_empty());
    }
}

#[tokio::test]
async fn a_device_without_the_app_is_unreachable() {
    for ((transport, secret), to) in [
        (fcm(), "fcm:dead:APA91b".to_owned()),
        (apns(), DEAD_APNS_DEVICE.to_owned()),
        (web_push(), web_push_address("dead-browser")),
    ] {
        let simulator = start().await;
        let outcome = send(&simulator, &transport, &secret, &to).await;
        assert!(
            matches!(outcome, Outcome::Unreachable { .. }),
            "{outcome:?}"
        );
        assert!(!only_call(&simulator).accepted);
    }
}

#[tokio::test]
async fn a_caller_with_another_key_is_rejected() {
    let simulator = start().await;
    let (transport, mut secret) = web_push();
    // The browsers' key pair.
    secret["private_key"] = "DJG-p5NLutFoagiJF2O0cpRfAP1lwIhehJXb8uJWPYE".into();
    secret["public_key"] =
        "BFu54lJlHsvHpoSKq6baIV-tpUD1XIYrN3NRWjATyRKiFSBxBXjirTup_zo67md3Cf0GldZE_PK8cFL54lr827Y"
            .into();
    let outcome = send(&simulator, &transport, &secret, &web_push_address("zoe")).await;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");

    let simulator = start().await;
    let (transport, mut secret) = apns();
    let other = aws_lc_rs::signature::EcdsaKeyPair::generate(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    );
    let other = other.unwrap().to_pkcs8v1().unwrap();
    secret["private_key"] = pem(other.as_ref()).into();
    let outcome = send(&simulator, &transport, &secret, APNS_DEVICE).await;
    assert!(matches!(outcome, Outcome::Throttled { .. }), "{outcome:?}");
    assert_eq!(
        only_call(&simulator).error.unwrap().code,
        "InvalidProviderToken"
    );
}

fn pem(key: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let text = STANDARD.encode(key);
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

#[tokio::test]
async fn sns_publishes_to_endpoints() {
    let simulator = start().await;
    let message = json!({
        "default": "The bell rings at nine.",
        "APNS": json!({ "aps": { "alert": { "title": "Bell", "body": "At nine." } } }).to_string(),
    });
    let publish = async |id: &str, message: &Value| {
        sns(&simulator)
            .publish()
            .target_arn(format!(
                "arn:aws:sns:us-east-1:111122223333:endpoint/APNS/app/{id}"
            ))
            .message(message.to_string())
            .message_structure("json")
            .send()
            .await
            .map_err(|error| {
                let error = error.into_service_error();
                error.code().unwrap_or_default().to_owned()
            })
    };
    let taken = publish("7c7f8d0e", &message).await.unwrap();
    let call = only_call(&simulator);
    assert_eq!(call.provider, Provider::SnsPush);
    assert_eq!(call.message_id.as_deref(), taken.message_id());
    assert_eq!(
        call.recipients,
        ["sns:arn:aws:sns:us-east-1:111122223333:endpoint/APNS/app/7c7f8d0e"]
    );
    let push = call.push().unwrap();
    assert_eq!(
        (push.title.as_str(), push.body.as_str()),
        ("Bell", "At nine.")
    );
    for (id, message, code) in [
        ("dead8d0e", &message, "EndpointDisabled"),
        ("gone8d0e", &message, "InvalidParameter"),
        ("7c7f8d0e", &json!({ "APNS": "{}" }), "InvalidParameter"),
        ("7c7f8d0e", &json!({ "default": "" }), "InvalidParameter"),
    ] {
        assert_eq!(publish(id, message).await.unwrap_err(), code, "{id}");
    }
    assert_eq!(all_calls(&simulator).len(), 5);
}
