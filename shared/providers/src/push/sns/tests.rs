use aws_sdk_sns::error::ErrorMetadata;
use serde_json::{Value, json};

use super::*;
use crate::push::tests::{ENDPOINT, known as notification, shown};

/// A message, with the JSON strings in it parsed.
fn read(platform: Platform) -> Value {
    let to = notification(ENDPOINT);
    let message = platform.message(&to.push()).unwrap();
    let mut message: Value = serde_json::from_str(&message).unwrap();
    for (name, text) in message.as_object_mut().unwrap() {
        if name != "default" {
            *text = serde_json::from_str(text.as_str().unwrap()).unwrap();
        }
    }
    message
}

#[test]
fn the_platform_is_parsed_from_the_arn() {
    for (name, expected) in [
        ("GCM", Platform::Fcm),
        ("APNS", Platform::Apns),
        ("APNS_SANDBOX", Platform::ApnsSandbox),
        ("ADM", Platform::Other),
        ("APNS_VOIP", Platform::Other),
    ] {
        let arn = ENDPOINT.replace("/APNS/", &format!("/{name}/"));
        assert_eq!(Platform::of(&arn), expected, "{arn}");
    }
}

#[test]
fn apple_gets_the_same_payload_as_directly() {
    let payload = json!({
        "aps": {
            "alert": { "title": "Γεια σου, Zoë 🔔", "body": "The bell rings at nine." },
            "sound": "default",
            "mutable-content": 1,
        },
        "url": "https://example.org/tonight",
        "icon": "https://example.org/bell.png",
    });
    assert_eq!(
        read(Platform::Apns),
        json!({ "default": "The bell rings at nine.", "APNS": payload })
    );
    assert_eq!(
        read(Platform::ApnsSandbox),
        json!({ "default": "The bell rings at nine.", "APNS_SANDBOX": payload })
    );
}

#[test]
fn fcm_gets_an_api_message_without_a_token() {
    let message = &read(Platform::Fcm)["GCM"]["fcmV1Message"]["message"];
    assert!(message.get("token").is_none(), "{message}");
    assert_eq!(message["notification"]["title"], "Γεια σου, Zoë 🔔");
    assert_eq!(message["data"]["url"], "https://example.org/tonight");
}

#[test]
fn others_get_the_text() {
    assert_eq!(
        read(Platform::Other),
        json!({ "default": "The bell rings at nine." })
    );
}

#[test]
fn headers_for_apple_are_attributes() {
    let to = notification(ENDPOINT);
    let push = to.push();
    let names = |platform: Platform| -> Vec<&'static str> {
        let attributes = platform.attributes(&push);
        for (name, value) in &attributes {
            assert!(!value.is_empty() && value.len() <= 64, "{name}");
        }
        attributes.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(
        names(Platform::Apns),
        [
            "AWS.SNS.MOBILE.APNS.PUSH_TYPE",
            "AWS.SNS.MOBILE.APNS.COLLAPSE_ID",
            "AWS.SNS.MOBILE.APNS.TTL",
        ]
    );
    assert!(names(Platform::ApnsSandbox).contains(&"AWS.SNS.MOBILE.APNS_SANDBOX.TTL"));
    assert!(names(Platform::Fcm).is_empty());
    assert!(names(Platform::Other).is_empty());
}

/// An error as returned by the SDK.
struct Failure(ErrorMetadata);

impl ProvideErrorMetadata for Failure {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[test]
fn errors_about_endpoints_are_classified() {
    let judged = |code: &str, message: &str| {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        known(&Failure(metadata)).map(|(cause, reason)| shown(&cause.outcome(None, reason)).0)
    };
    let missing =
        "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified";
    for (code, message, expected) in [
        (
            "EndpointDisabled",
            "Endpoint is disabled",
            Some("unreachable"),
        ),
        ("NotFound", "Endpoint does not exist", Some("unreachable")),
        ("InvalidParameter", missing, Some("unreachable")),
        (
            "InvalidParameter",
            "Invalid parameter: Message too long",
            Some("rejected"),
        ),
        (
            "PlatformApplicationDisabled",
            "Platform application is disabled",
            Some("throttled"),
        ),
        ("AuthorizationError", "Not authorized", Some("throttled")),
        ("InternalError", "Internal failure", None),
    ] {
        assert_eq!(judged(code, message), expected, "{code}");
    }
}

#[test]
fn every_line_of_the_table_is_recognized_in_a_response() {
    for line in codes::of(Vendor::SnsPush, codes::CodeSource::Answers) {
        let (code, message) = match line.code.split_once(", ") {
            Some((code, _)) => (code, "No endpoint found for the target arn specified"),
            None => (line.code, "Words"),
        };
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        let (cause, _) = known(&Failure(metadata)).unwrap();
        assert_eq!(cause, line.cause, "{}", line.code);
    }
}
