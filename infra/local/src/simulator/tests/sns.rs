use aws_sdk_sns::error::ProvideErrorMetadata as _;
use aws_sdk_sns::types::MessageAttributeValue;

use super::{ACCOUNT, all_calls, only_call, sns, start};
use crate::simulator::{Fault, FaultKind, Outcome, Provider};

fn text_value(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_text_message_is_recorded_with_its_attributes() {
    let simulator = start().await;
    let answer = sns(&simulator)
        .publish()
        .phone_number("+306912345678")
        .message("Γειά σου & <καλημέρα> 100% + 1")
        .message_attributes("AWS.SNS.SMS.SMSType", text_value("Transactional"))
        .message_attributes("AWS.SNS.SMS.SenderID", text_value("Carillon"))
        .send()
        .await
        .unwrap();
    let call = only_call(&simulator);
    assert_eq!(call.provider, Provider::Sns);
    assert_eq!(call.operation, "Publish");
    assert_eq!(call.account, ACCOUNT);
    assert!(call.accepted);
    assert_eq!(call.message_id.as_deref(), answer.message_id());
    assert_eq!(call.recipients, ["+306912345678"]);
    let sms = call.sms().unwrap();
    assert_eq!(sms.text, "Γειά σου & <καλημέρα> 100% + 1");
    assert_eq!(sms.attributes["AWS.SNS.SMS.SMSType"], "Transactional");
    assert_eq!(sms.attributes["AWS.SNS.SMS.SenderID"], "Carillon");
    assert!(
        simulator
            .raw(call.id)
            .unwrap()
            .starts_with(b"Action=Publish")
    );
}

#[tokio::test]
async fn sns_errors_have_its_format() {
    let simulator = start().await;
    for (number, text, message) in [
        (
            "+999",
            "Hello",
            "Invalid parameter: PhoneNumber Reason: +999 is not valid to publish to",
        ),
        (
            "306912345678",
            "Hello",
            "Invalid parameter: PhoneNumber Reason: 306912345678 is not valid to publish to",
        ),
        (
            "+3069123<&>678",
            "Hello",
            "Invalid parameter: PhoneNumber Reason: +3069123<&>678 is not valid to publish to",
        ),
        (
            "+3069123456789012",
            "Hello",
            "Invalid parameter: PhoneNumber Reason: +3069123456789012 is not valid to publish to",
        ),
        ("+306912345678", "", "Invalid parameter: Empty message"),
        (
            "+306912345678",
            &"β".repeat(1_601),
            "Invalid parameter: Message too long",
        ),
    ] {
        let error = sns(&simulator)
            .publish()
            .phone_number(number)
            .message(text)
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert!(error.is_invalid_parameter_exception(), "{error:?}");
        assert_eq!(error.message(), Some(message));
    }
    let longest = "β".repeat(1_600);
    sns(&simulator)
        .publish()
        .phone_number("+306912345678")
        .message(longest)
        .send()
        .await
        .unwrap();
    let accepted: Vec<bool> = all_calls(&simulator)
        .iter()
        .map(|call| call.accepted)
        .collect();
    assert_eq!(accepted, [false, false, false, false, false, false, true]);
}

#[tokio::test]
async fn attributes_are_checked() {
    let simulator = start().await;
    for (name, value) in [
        ("AWS.SNS.SMS.SMSType", "Urgent"),
        ("AWS.SNS.SMS.SenderID", "far too long a name"),
        ("AWS.SNS.SMS.SenderID", "12345"),
        ("AWS.SNS.SMS.MaxPrice", "cheap"),
    ] {
        let error = sns(&simulator)
            .publish()
            .phone_number("+306912345678")
            .message("Hello")
            .message_attributes(name, text_value(value))
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert!(error.is_invalid_parameter_exception(), "{name} {value}");
    }
}

#[tokio::test]
async fn topics_are_not_simulated() {
    let simulator = start().await;
    let error = sns(&simulator)
        .publish()
        .topic_arn("arn:aws:sns:us-east-1:111122223333:news")
        .message("Hello")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_not_found_exception());
    let error = sns(&simulator)
        .publish()
        .message("Hello")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_invalid_parameter_exception());
}

#[tokio::test]
async fn each_error_is_known_to_the_sdk() {
    let simulator = start().await;
    let reject = |code: &str| FaultKind::Reject {
        code: Some(code.to_owned()),
        message: None,
    };
    let cases = [
        (
            reject("InvalidParameter"),
            400,
            "InvalidParameter",
            Outcome::Rejected,
        ),
        (reject("OptedOut"), 400, "OptedOut", Outcome::Rejected),
        (
            reject("AuthorizationError"),
            403,
            "AuthorizationError",
            Outcome::Rejected,
        ),
        (reject("Throttled"), 429, "Throttled", Outcome::Throttled),
        (
            FaultKind::Throttle {
                retry_after_seconds: None,
                status: None,
            },
            400,
            "Throttling",
            Outcome::Throttled,
        ),
        (
            FaultKind::Throttle {
                retry_after_seconds: Some(3),
                status: Some(429),
            },
            429,
            "Throttling",
            Outcome::Throttled,
        ),
        (
            FaultKind::ServerError { status: 500 },
            500,
            "InternalError",
            Outcome::Failed,
        ),
        (
            FaultKind::ServerError { status: 503 },
            503,
            "ServiceUnavailable",
            Outcome::Failed,
        ),
    ];
    for (kind, status, code, outcome) in cases {
        simulator.clear();
        simulator.add_fault(Fault::new(kind).times(1)).unwrap();
        let error = sns(&simulator)
            .publish()
            .phone_number("+306912345678")
            .message("Hello")
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            error.raw_response().unwrap().status().as_u16(),
            status,
            "{code}"
        );
        assert_eq!(error.as_service_error().unwrap().code(), Some(code));
        let call = only_call(&simulator);
        assert_eq!(
            (call.outcome, call.status, call.accepted),
            (outcome, Some(status), false)
        );
    }
}

#[tokio::test]
async fn an_unsigned_request_is_rejected_in_xml() {
    let simulator = start().await;
    let answer = reqwest::Client::new()
        .post(simulator.url())
        .body("Action=Publish&PhoneNumber=%2B306912345678&Message=Hello")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.headers()["content-type"], "text/xml");
    let body = answer.text().await.unwrap();
    assert!(
        body.contains("<Code>MissingAuthenticationToken</Code>"),
        "{body}"
    );
    assert!(!only_call(&simulator).accepted);
}
