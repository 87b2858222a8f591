//! The fixtures were signed with OpenSSL, so the check is independent of our code.

use carillon_domain::delivery::receipt::{DeliveryStatus, StatusUpdate};

use super::*;

const TOPIC_ARN: &str = "arn:aws:sns:eu-west-1:123456789012:ses-events";
const CERTIFICATE: &[u8] = include_bytes!("fixtures/certificate.pem");
const NOTIFICATION: &str = include_str!("fixtures/notification.json");
const CONFIRMATION: &str = include_str!("fixtures/confirmation.json");
const FAREWELL: &str = include_str!("fixtures/farewell.json");
const VALIDATED: &str = include_str!("fixtures/validated.json");

fn now() -> Timestamp {
    "2026-11-22T09:00:10Z".parse().unwrap()
}

fn hear_at(body: &str, now: Timestamp) -> Result<Posted, BadCallback> {
    let message = TopicMessage::read(body.as_bytes(), TOPIC_ARN)?;
    message.verify(CERTIFICATE, Vendor::Ses, now)
}

fn events(body: &str) -> Result<Posted, BadCallback> {
    hear_at(body, now())
}

/// The result for a message, in a word or two.
fn shown(body: &str) -> String {
    match events(body) {
        Ok(Posted::Event(EventSubject::Receipt(receipt))) => {
            format!("{} {:?}", receipt.tenant, receipt.news)
        }
        Ok(Posted::Event(heard)) => format!("{heard:?}"),
        Ok(Posted::Confirm(request)) => request.uri().to_string(),
        Ok(Posted::Farewell) => "farewell".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn a_signed_notification_is_accepted() {
    let Ok(Posted::Event(EventSubject::Receipt(receipt))) = events(NOTIFICATION) else {
        panic!("{}", shown(NOTIFICATION));
    };
    assert_eq!(
        receipt.news,
        StatusUpdate::Became(DeliveryStatus::Delivered)
    );
    assert_eq!(receipt.provider_id, "0102018-7a");
    assert_eq!(shown(VALIDATED), "Irrelevant");
    assert_eq!(shown(FAREWELL), "farewell");
}

#[test]
fn a_topic_is_confirmed_at_its_own_host_only() {
    assert_eq!(
        shown(CONFIRMATION),
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription\
         &TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Ases-events&Token=2336412f37f&Version=2010-03-31"
    );
}

#[test]
fn certificates_come_from_the_host_of_the_topic_only() {
    let url = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem";
    let message = TopicMessage::read(NOTIFICATION.as_bytes(), TOPIC_ARN).unwrap();
    assert_eq!(message.certificate_request().unwrap().uri(), url);
    for elsewhere in [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d0.pem",
        "https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-01d0.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-01d0.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-01d0.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d0.pem",
        "https://sns.eu-west-1.amazonaws.com/evil.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d0.pem?x=.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-../../bucket/evil.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-01d0.pem",
    ] {
        let body = NOTIFICATION.replace(url, elsewhere);
        let refused = TopicMessage::read(body.as_bytes(), TOPIC_ARN).err();
        assert_eq!(refused, Some(BadCallback::Forged), "{elsewhere}");
    }
}

#[test]
fn other_topics_old_messages_and_old_signatures_are_rejected() {
    let another = TOPIC_ARN.replace("ses-events", "others");
    let refused = TopicMessage::read(NOTIFICATION.as_bytes(), &another).err();
    assert_eq!(refused, Some(BadCallback::Forged));
    let version_1 =
        NOTIFICATION.replace("\"SignatureVersion\": \"2\"", "\"SignatureVersion\": \"1\"");
    assert_eq!(shown(&version_1), "Forged");
    for (late, is_stale) in [(64, false), (66, true), (-66, true)] {
        let heard = hear_at(NOTIFICATION, now() + SignedDuration::from_mins(late));
        assert_eq!(
            heard.err(),
            is_stale.then_some(BadCallback::Stale),
            "{late}"
        );
    }
    let message = TopicMessage::read(NOTIFICATION.as_bytes(), TOPIC_ARN).unwrap();
    for certificate in [
        b"".as_slice(),
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    ] {
        let heard = message.verify(certificate, Vendor::Ses, now());
        assert_eq!(heard.err(), Some(BadCallback::Forged));
    }
}

#[test]
fn changed_messages_are_rejected() {
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(NOTIFICATION).unwrap();
    let mut dice = fastrand::Rng::with_seed(7);
    // The unsubscribe URL is not signed, and it is not used here.
    let names: Vec<&String> = fields
        .keys()
        .filter(|name| *name != "UnsubscribeURL")
        .collect();
    for _ in 0..1_000 {
        let mut changed = fields.clone();
        let name = names[dice.usize(..names.len())];
        let mut value = changed[name].as_str().unwrap().as_bytes().to_vec();
        let place = dice.usize(..value.len());
        value[place] ^= 1 << dice.u8(..6);
        let Ok(value) = String::from_utf8(value) else {
            continue;
        };
        changed.insert(name.clone(), value.clone().into());
        let body = serde_json::to_string(&changed).unwrap();
        // Another SNS certificate could be named, but it would not be the one fetched here.
        if name != "SigningCertURL" {
            assert!(events(&body).is_err(), "{name}: {value}");
        }
    }
}

#[test]
fn a_topic_must_be_a_valid_arn() {
    for right in [
        TOPIC_ARN,
        "arn:aws-cn:sns:cn-north-1:123456789012:a",
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:A_b-c",
    ] {
        assert!(FIELD.accepts(right), "{right}");
    }
    for wrong in [
        "",
        "arn:aws:sqs:eu-west-1:123456789012:a",
        "arn:aws:sns:eu-west-1:1234:a",
        "arn:aws:sns:evil.example/:123456789012:a",
        "arn:aws:sns:eu-west-1:123456789012:a:b",
        "arn:aws:sns::123456789012:a",
    ] {
        assert!(!FIELD.accepts(wrong), "{wrong}");
    }
}
