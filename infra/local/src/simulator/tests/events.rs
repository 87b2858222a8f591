use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use carillon_domain::delivery::receipt::{DeliveryStatus, Receipt, StatusUpdate};
use carillon_providers::{EventSubject, email::ses_events::SesEvent};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{only_call, ses, small_email, sns, start};
use crate::simulator::{EmitError, EventBus, EventKind, Fault, FaultKind, Simulator};

const CAMPAIGN: &str = "019a0000-0000-7000-8000-000000000000";
const RECEIVER: &str = "0123456789abcdef0123456789abcdef";

/// An event bus that records events.
#[derive(Clone, Default)]
struct Bus {
    entries: Arc<Mutex<Vec<Value>>>,
}

impl Bus {
    /// Starts one for a simulator with a short delay.
    async fn start() -> (Self, EventBus) {
        let bus = Self::default();
        let router = Router::new()
            .route("/", post(put_events))
            .with_state(bus.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let told = EventBus {
            delay_milliseconds: 100,
            ..EventBus::at(url)
        };
        (bus, told)
    }

    /// The received events as Carillon parses them.
    fn heard(&self) -> Vec<Receipt> {
        self.entries
            .lock()
            .unwrap()
            .iter()
            .map(|entry| {
                assert_eq!(entry["Source"], "aws.ses");
                let detail: Value =
                    serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
                let event: SesEvent = serde_json::from_value(json!({ "detail": detail })).unwrap();
                match event.read() {
                    EventSubject::Receipt(receipt) => receipt,
                    other => panic!("{other:?}"),
                }
            })
            .collect()
    }

    fn names(&self) -> Vec<String> {
        let entries = self.entries.lock().unwrap();
        let name = |entry: &Value| entry["DetailType"].as_str().unwrap().to_owned();
        entries.iter().map(name).collect()
    }
}

async fn put_events(State(bus): State<Bus>, headers: HeaderMap, body: String) -> Json<Value> {
    assert_eq!(headers["x-amz-target"], "AWSEvents.PutEvents");
    let body: Value = serde_json::from_str(&body).unwrap();
    let entries = body["Entries"].as_array().unwrap();
    assert!((1..=10).contains(&entries.len()));
    bus.entries.lock().unwrap().extend(entries.iter().cloned());
    Json(json!({ "FailedEntryCount": 0, "Entries": [] }))
}

async fn send(simulator: &Simulator, address: &str, configuration_set: Option<&str>) -> bool {
    let tag = |name: &str, value: &str| {
        aws_sdk_sesv2::types::MessageTag::builder()
            .name(name)
            .value(value)
            .build()
            .unwrap()
    };
    small_email(&ses(simulator), address)
        .email_tags(tag("tenant", "demo"))
        .email_tags(tag("campaign", CAMPAIGN))
        .email_tags(tag("receiver", RECEIVER))
        .set_configuration_set_name(configuration_set.map(str::to_owned))
        .send()
        .await
        .is_ok()
}

async fn told(bus: &Bus, wanted: usize) {
    for _ in 0..100 {
        if bus.names().len() >= wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("only {:?} was told", bus.names());
}

#[tokio::test]
async fn every_kind_of_event_is_parsed() {
    let simulator = start().await;
    let (bus, url) = Bus::start().await;
    simulator.send_events_to(url);
    assert!(send(&simulator, "ann@example.com", None).await);
    let call = only_call(&simulator);
    simulator.emit(call.id, &EventKind::ALL).await.unwrap();
    let heard = bus.heard();
    for receipt in &heard {
        assert_eq!(receipt.tenant.as_str(), "demo");
        assert_eq!(receipt.campaign.as_str(), CAMPAIGN);
        assert_eq!(receipt.receiver.as_str(), RECEIVER);
        assert_eq!(Some(&receipt.provider_id), call.message_id.as_ref());
    }
    let news: Vec<&StatusUpdate> = heard.iter().map(|receipt| &receipt.news).collect();
    assert!(matches!(
        news[..],
        [
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Delayed),
            StatusUpdate::Became(DeliveryStatus::Delivered),
            StatusUpdate::Gone,
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Opened),
            StatusUpdate::Became(DeliveryStatus::Clicked),
            StatusUpdate::Became(DeliveryStatus::Complained),
            StatusUpdate::Refused(_),
        ]
    ));
}

#[tokio::test]
async fn events_are_sent_repeatedly_and_in_any_order() {
    let simulator = start().await;
    let (bus, url) = Bus::start().await;
    simulator.send_events_to(url);
    send(&simulator, "ann@example.com", None).await;
    let call = only_call(&simulator).id;
    let kinds = [EventKind::Opened, EventKind::Sent, EventKind::Opened];
    assert_eq!(simulator.emit(call, &kinds).await.unwrap(), 3);
    let body = json!({ "call": call, "kinds": vec!["delivered"; 12] });
    let asked = reqwest::Client::new()
        .post(format!("{}/_simulator/events", simulator.url()))
        .json(&body)
        .send()
        .await
        .unwrap();
    let answer: Value = asked.json().await.unwrap();
    assert_eq!(answer, json!({ "emitted": 12 }));
    let names = bus.names();
    assert_eq!(names[..3], ["Email Opened", "Email Sent", "Email Opened"]);
    assert_eq!(names.len(), 15);
    let entries = bus.entries.lock().unwrap();
    assert_eq!(entries[0], entries[2], "a repeated event is the same");
}

#[tokio::test]
async fn emails_with_a_configuration_set_get_events_automatically() {
    let simulator = start().await;
    let (bus, url) = Bus::start().await;
    simulator.send_events_to(url);
    let set = Some("carillon");
    // The response is lost, but the email was accepted.
    let lost = Fault::new(FaultKind::DropAfter).address("ann@example.com");
    simulator.add_fault(lost).unwrap();
    assert!(!send(&simulator, "ann@example.com", set).await);
    assert!(send(&simulator, "bounce+spring@simulator.amazonses.com", set).await);
    assert!(send(&simulator, "ben@example.com", None).await);
    let refused = Fault::new(FaultKind::Reject {
        code: None,
        message: None,
    });
    simulator.add_fault(refused).unwrap();
    assert!(!send(&simulator, "eve@example.com", set).await);
    told(&bus, 4).await;
    assert_eq!(
        bus.names(),
        [
            "Email Sent",
            "Email Delivered",
            "Email Sent",
            "Email Bounced"
        ]
    );
}

#[tokio::test]
async fn impossible_events_are_errors() {
    let simulator = start().await;
    let missing = simulator.emit(7, &[EventKind::Sent]).await;
    assert!(matches!(missing, Err(EmitError::NoMail(7))));
    send(&simulator, "ann@example.com", Some("carillon")).await;
    let nowhere = simulator.emit(1, &[EventKind::Sent]).await;
    assert!(matches!(nowhere, Err(EmitError::NoBus)));
    sns(&simulator)
        .publish()
        .phone_number("+442079460000")
        .message("Hello")
        .send()
        .await
        .unwrap();
    let text = simulator.emit(2, &[EventKind::Sent]).await;
    assert!(matches!(text, Err(EmitError::NoMail(2))));
    let url = format!("{}/_simulator/events", simulator.url());
    let asked = reqwest::Client::new().post(&url);
    let answer = asked.json(&json!({ "call": 1, "kinds": ["read"] })).send();
    assert_eq!(
        answer.await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
