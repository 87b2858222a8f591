use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_config::SdkConfig;
use axum::{Router, extract::State, http::HeaderMap, routing::post};
use carillon_domain::{
    address::PhoneNumber,
    channel::Channel,
    delivery::{
        Outcome,
        receipt::{DeliveryStatus, Receipt, StatusUpdate},
    },
    id::{CampaignId, ReceiverId, TenantId},
    reason::Reason,
    suppressions::SuppressionSource,
    transports::{Transport, Vendor},
};
use carillon_providers::{
    EventSubject, Reference,
    sms::{Sms, end_user_messaging::EndUserMessaging, end_user_messaging_events::TextEvent},
};
use tokio::net::TcpListener;

use super::{all_calls, only_call, start};
use crate::{
    aws,
    simulator::{Call, EmitError, EventBus, EventKind, Fault, FaultKind, Provider, Simulator},
};

const CAMPAIGN: &str = "019a0000-0000-7000-8000-000000000000";
const RECEIVER: &str = "0123456789abcdef0123456789abcdef";

fn config(simulator: &Simulator) -> SdkConfig {
    aws::sdk_config(simulator.url())
}

fn transport(settings: &[(&str, &str)]) -> Transport {
    let settings = settings.iter();
    Transport {
        sender_id: "+442079460000".parse().ok(),
        settings: settings
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        ..Transport::new(Vendor::EndUserMessaging)
    }
}

/// Sends a text message as the function does.
async fn send(simulator: &Simulator, transport: &Transport, text: &str) -> Outcome {
    let tenant: TenantId = "demo".parse().unwrap();
    let campaign: CampaignId = CAMPAIGN.parse().unwrap();
    let receiver: ReceiverId = RECEIVER.parse().unwrap();
    let to = PhoneNumber::parse("+306912345678", None).unwrap();
    let sms = Sms {
        to: &to,
        text,
        reference: Reference {
            tenant: &tenant,
            campaign: &campaign,
            receiver: &receiver,
            channel: Channel::Sms,
            resend: 0,
            number: None,
        },
    };
    let provider = EndUserMessaging::new(&config(simulator));
    provider.send(transport, &sms).await
}

#[tokio::test]
async fn a_text_message_is_recorded_as_submitted() {
    let simulator = start().await;
    let settings = [
        ("message_type", "PROMOTIONAL"),
        ("configuration_set", "carillon"),
        ("max_price", "0.05"),
        ("time_to_live", "600"),
    ];
    let outcome = send(&simulator, &transport(&settings), "Γειά σου").await;
    let call = only_call(&simulator);
    assert_eq!(call.provider, Provider::EndUserMessaging);
    assert_eq!(call.operation, "SendTextMessage");
    assert_eq!(call.account, aws::ACCESS_KEY);
    let provider_id = call.message_id.clone().unwrap();
    assert_eq!(outcome, Outcome::Accepted { provider_id });
    assert_eq!(call.recipients, ["+306912345678"]);
    let sms = call.sms().unwrap();
    assert_eq!(sms.text, "Γειά σου");
    let expected = [
        ("ConfigurationSetName", "carillon"),
        ("Context.campaign", CAMPAIGN),
        ("Context.receiver", RECEIVER),
        ("Context.tenant", "demo"),
        ("MaxPrice", "0.05"),
        ("MessageType", "PROMOTIONAL"),
        ("OriginationIdentity", "+442079460000"),
        ("TimeToLive", "600"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sms.attributes, BTreeMap::from(expected));
}

#[tokio::test]
async fn a_pool_comes_before_the_sender_id_and_messages_are_transactional() {
    let simulator = start().await;
    let settings = [("origination_identity", "pool-0123456789abcdef")];
    send(&simulator, &transport(&settings), "Hello").await;
    let call = only_call(&simulator);
    let sms = call.sms().unwrap();
    assert_eq!(
        sms.attributes["OriginationIdentity"],
        "pool-0123456789abcdef"
    );
    assert_eq!(sms.attributes["MessageType"], "TRANSACTIONAL");
    assert!(!sms.attributes.contains_key("ConfigurationSetName"));
}

#[tokio::test]
async fn service_errors_have_its_format() {
    let simulator = start().await;
    for (settings, text) in [
        (vec![], ""),
        (vec![], "   "),
        (vec![("origination_identity", "two words")], "Hello"),
        (vec![("message_type", "MARKETING")], "Hello"),
        (vec![("configuration_set", "two words")], "Hello"),
        (vec![("max_price", "cheap")], "Hello"),
        (vec![("time_to_live", "4")], "Hello"),
    ] {
        let outcome = send(&simulator, &transport(&settings), text).await;
        let Outcome::Rejected(reason) = outcome else {
            panic!("{settings:?}: {outcome:?}");
        };
        assert_eq!(reason.code, "FIELD_VALIDATION_FAILED", "{settings:?}");
    }
    let longest = "β".repeat(1_600);
    send(&simulator, &transport(&[]), &longest).await;
    send(&simulator, &transport(&[]), &format!("{longest}β")).await;
    let accepted: Vec<bool> = all_calls(&simulator)
        .iter()
        .map(|call| call.accepted)
        .skip(7)
        .collect();
    assert_eq!(accepted, [true, false]);
}

#[tokio::test]
async fn each_error_is_classified_by_the_adapter() {
    let simulator = start().await;
    let reject = |code: &str| FaultKind::Reject {
        code: Some(code.to_owned()),
        message: Some("No".to_owned()),
    };
    let reason = |code: &str| Reason::new(code, "No");
    let waits = |reason| Outcome::Throttled {
        after: None,
        reason,
    };
    let throttle = FaultKind::Throttle {
        retry_after_seconds: None,
        status: None,
    };
    for (fault, expected) in [
        (
            reject("ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT"),
            Outcome::Unreachable {
                reason: reason("DESTINATION_PHONE_NUMBER_OPTED_OUT"),
                source: SuppressionSource::Unsubscribed,
            },
        ),
        (
            reject("ConflictException.NO_ORIGINATION_IDENTITIES_FOUND"),
            Outcome::Rejected(reason("NO_ORIGINATION_IDENTITIES_FOUND")),
        ),
        (
            reject("ValidationException.PRICE_OVER_THRESHOLD"),
            Outcome::Rejected(reason("PRICE_OVER_THRESHOLD")),
        ),
        (
            reject("ServiceQuotaExceededException.MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
            waits(reason("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")),
        ),
        (
            reject("AccessDeniedException.ACCOUNT_DISABLED"),
            waits(reason("ACCOUNT_DISABLED")),
        ),
        (
            reject("ResourceNotFoundException"),
            waits(reason("ResourceNotFoundException")),
        ),
        (
            throttle,
            waits(Reason::new("ThrottlingException", "Rate exceeded")),
        ),
    ] {
        simulator.add_fault(Fault::new(fault).times(1)).unwrap();
        assert_eq!(send(&simulator, &transport(&[]), "Hello").await, expected);
    }
    let fault = Fault::new(FaultKind::ServerError { status: 500 }).times(1);
    simulator.add_fault(fault).unwrap();
    let outcome = send(&simulator, &transport(&[]), "Hello").await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn an_unsigned_request_is_rejected_in_json() {
    let simulator = start().await;
    let answer = reqwest::Client::new()
        .post(simulator.url())
        .header("x-amz-target", "PinpointSMSVoiceV2.SendTextMessage")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        answer.headers()["content-type"],
        "application/x-amz-json-1.0"
    );
    assert!(!only_call(&simulator).accepted);
}

/// The events published to the topic.
#[derive(Clone, Default)]
struct Topic {
    messages: Arc<Mutex<Vec<String>>>,
}

impl Topic {
    async fn start() -> (Self, EventBus) {
        let topic = Self::default();
        let router = Router::new()
            .route("/", post(publish))
            .with_state(topic.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let told = EventBus {
            delay_milliseconds: 100,
            ..EventBus::at(url)
        };
        (topic, told)
    }

    /// The received events as Carillon parses them.
    fn heard(&self) -> Vec<Receipt> {
        let messages = self.messages.lock().unwrap();
        let read = |message: &String| {
            let event: TextEvent = serde_json::from_str(message).unwrap();
            match event.read() {
                EventSubject::Receipt(receipt) => receipt,
                other => panic!("{other:?}"),
            }
        };
        messages.iter().map(read).collect()
    }
}

async fn publish(State(topic): State<Topic>, headers: HeaderMap, body: String) {
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("/sns/aws4_request"));
    let form: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(form["Action"], "Publish");
    assert_eq!(
        form["TopicArn"],
        "arn:aws:sns:us-east-1:000000000000:carillon-text-events"
    );
    topic.messages.lock().unwrap().push(form["Message"].clone());
}

#[tokio::test]
async fn every_kind_of_event_is_parsed() {
    let simulator = start().await;
    let (topic, bus) = Topic::start().await;
    simulator.send_events_to(bus);
    send(&simulator, &transport(&[]), "Hello").await;
    let call = only_call(&simulator);
    let kinds = [
        EventKind::Sent,
        EventKind::Delayed,
        EventKind::Delivered,
        EventKind::Bounced,
        EventKind::Rejected,
    ];
    simulator.emit(call.id, &kinds).await.unwrap();
    let heard = topic.heard();
    for receipt in &heard {
        assert_eq!(receipt.tenant.as_str(), "demo");
        assert_eq!(receipt.campaign.as_str(), CAMPAIGN);
        assert_eq!(receipt.receiver.as_str(), RECEIVER);
        assert_eq!(receipt.channel, Channel::Sms);
        assert_eq!(Some(&receipt.provider_id), call.message_id.as_ref());
    }
    let news: Vec<&StatusUpdate> = heard.iter().map(|receipt| &receipt.news).collect();
    assert!(matches!(
        news[..],
        [
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Delayed),
            StatusUpdate::Became(DeliveryStatus::Delivered),
            StatusUpdate::Became(DeliveryStatus::Bounced),
            StatusUpdate::Refused(_),
        ]
    ));
    let never = simulator.emit(call.id, &[EventKind::Opened]).await;
    assert!(matches!(never, Err(EmitError::NoMail(_))));
}

#[tokio::test]
async fn messages_with_a_configuration_set_get_events_automatically() {
    let simulator = start().await;
    let (topic, bus) = Topic::start().await;
    simulator.send_events_to(bus);
    send(&simulator, &transport(&[]), "Hello").await;
    let settings = [("configuration_set", "carillon")];
    send(&simulator, &transport(&settings), "Hello").await;
    for _ in 0..100 {
        if topic.heard().len() >= 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let news: Vec<StatusUpdate> = topic.heard().into_iter().map(|it| it.news).collect();
    assert_eq!(
        news,
        [
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Delivered)
        ]
    );
    let calls: Vec<Call> = all_calls(&simulator);
    let told = calls[1].message_id.as_ref();
    assert!(
        topic
            .heard()
            .iter()
            .all(|receipt| Some(&receipt.provider_id) == told)
    );
}
