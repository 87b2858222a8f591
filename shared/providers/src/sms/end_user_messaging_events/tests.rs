use super::*;

/// An event in AWS's documented format, for a message with our context.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name, ".json"))
    };
}

fn read(text: &str) -> EventSubject {
    serde_json::from_str::<TextEvent>(text).unwrap().read()
}

fn heard(news: StatusUpdate) -> EventSubject {
    EventSubject::Receipt(Receipt {
        tenant: "demo".parse().unwrap(),
        campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
        receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        channel: Channel::Sms,
        transport: None,
        provider_id: "862a8790-60c0-4430-9b2b-658bdexample".to_owned(),
        at: Timestamp::from_millisecond(1_795_251_603_470).unwrap(),
        news,
    })
}

#[test]
fn message_events_become_delivery_statuses() {
    let delivered = heard(StatusUpdate::Became(DeliveryStatus::Delivered));
    assert_eq!(read(fixture!("successful")), delivered);
    assert_eq!(read(fixture!("delivered")), delivered);
    let unreachable = fixture!("unreachable");
    assert_eq!(
        read(unreachable),
        heard(StatusUpdate::Became(DeliveryStatus::Delayed))
    );
    let given_up = unreachable.replace("\"isFinal\": false", "\"isFinal\": true");
    assert_eq!(
        read(&given_up),
        heard(StatusUpdate::Became(DeliveryStatus::Bounced))
    );
    let reason = Reason::new(
        "PROTECT_BLOCKED",
        "Message has been blocked by a protect configuration",
    );
    assert_eq!(
        read(fixture!("protect-blocked")),
        heard(StatusUpdate::Refused(reason))
    );
}

#[test]
fn every_event_type_is_known() {
    let of = |kind: &str| read(&fixture!("delivered").replace("TEXT_DELIVERED", kind));
    for kind in ["TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT", "TEXT_UNKNOWN"] {
        assert_eq!(of(kind), heard(StatusUpdate::Accepted), "{kind}");
    }
    for kind in [
        "TEXT_INVALID",
        "TEXT_UNREACHABLE",
        "TEXT_CARRIER_UNREACHABLE",
        "TEXT_BLOCKED",
        "TEXT_CARRIER_BLOCKED",
        "TEXT_SPAM",
        "TEXT_TTL_EXPIRED",
    ] {
        assert_eq!(
            of(kind),
            heard(StatusUpdate::Became(DeliveryStatus::Bounced)),
            "{kind}"
        );
    }
    for kind in ["TEXT_INVALID_MESSAGE", "TEXT_PROTECT_BLOCKED"] {
        let EventSubject::Receipt(receipt) = of(kind) else {
            panic!("{kind}");
        };
        assert!(matches!(receipt.news, StatusUpdate::Refused(_)), "{kind}");
    }
    for kind in ["TEXT_THOUGHT_OF_LATER", "MEDIA_DELIVERED", "VOICE_BUSY"] {
        assert_eq!(of(kind), EventSubject::Irrelevant, "{kind}");
    }
}

#[test]
fn messages_of_others_are_foreign() {
    assert_eq!(read(fixture!("foreign")), EventSubject::Foreign);
    let strange = fixture!("delivered").replace("\"demo\"", "\"Not A Tenant\"");
    assert_eq!(read(&strange), EventSubject::Foreign);
}

#[test]
fn malformed_events_are_rejected() {
    let delivered = fixture!("delivered");
    for broken in [
        "{}",
        "[]",
        &delivered.replace("\"eventType\"", "\"type\""),
        &delivered.replace("\"messageId\"", "\"id\""),
        &delivered.replace("1795251603470", "\"yesterday\""),
    ] {
        assert!(
            serde_json::from_str::<TextEvent>(broken).is_err(),
            "{broken}"
        );
    }
}

#[test]
fn no_personal_data_is_kept() {
    let event: TextEvent = serde_json::from_str(fixture!("delivered")).unwrap();
    let printed = format!("{event:?}");
    for personal in ["4255550156", "Wireless", "310"] {
        assert!(!printed.contains(personal), "{personal}: {printed}");
    }
}
