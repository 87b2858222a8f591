use std::{collections::BTreeMap, time::Duration};

use carillon_domain::{address::PhoneNumber, channel::Channel};
use http::{HeaderMap, Method};

use super::*;
use crate::known::{CAMPAIGN, RECEIVER, answer_after, reference, written};

const SECRET: &str = r#"{"api_key": "fLDTZVGkTQmKVgQUbn9TgA=="}"#;

static SETTINGS_OF_NONE: BTreeMap<String, String> = BTreeMap::new();

fn integration<'a>(
    sender_id: Option<&'a SenderId>,
    secret: &'a str,
) -> Result<Clickatell<'a>, Unusable> {
    Clickatell::new(&Account {
        from: None,
        sender_id,
        settings: &SETTINGS_OF_NONE,
        secret,
        callback_url: None,
        access_token: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    })
}

/// The message from the documentation's example.
struct Known {
    to: PhoneNumber,
}

fn known() -> Known {
    Known {
        to: PhoneNumber::parse("+27831234567", None).unwrap(),
    }
}

impl Known {
    fn sms(&self) -> Sms<'_> {
        Sms {
            to: &self.to,
            text: "Here is my message",
            reference: reference(Channel::Sms),
        }
    }
}

#[test]
fn a_message_carries_its_delivery_reference() {
    let sender_id: SenderId = "Carillon".parse().unwrap();
    let integration = integration(Some(&sender_id), SECRET).unwrap();
    let request = integration.request(&known().sms()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://platform.clickatell.com/v1/message
    authorization: fLDTZVGkTQmKVgQUbn9TgA==
    content-type: application/json
    accept: application/json

    {
      "messages": [
        {
          "channel": "sms",
          "clientMessageId": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
          "content": "Here is my message",
          "from": "Carillon",
          "to": "27831234567"
        }
      ]
    }
    "#);
}

#[test]
fn the_integrations_default_sender_is_used() {
    let request = integration(None, SECRET).unwrap();
    let request = request.request(&known().sms()).unwrap();
    assert!(!written(&request).contains("from"));
}

#[test]
fn the_key_is_not_printed() {
    let integration = integration(None, SECRET).unwrap();
    let request = integration.request(&known().sms()).unwrap();
    let printed = format!("{integration:?} {request:?}");
    assert!(!printed.contains("fLDT"), "{printed}");
}

#[test]
fn a_malformed_secret_is_rejected() {
    for bad in [
        "",
        "fLDTZVGkTQmKVgQUbn9TgA==",
        "{}",
        r#"{"api_key": ""}"#,
        r#"{"api_key": "a\nb"}"#,
        r#"{"api_key": "a", "user": "b"}"#,
    ] {
        let error = integration(None, bad).unwrap_err();
        assert!(!error.to_string().contains("fLDT"), "{error}");
    }
}

fn outcome(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let answer = answer_after(status, retry_after, body);
    let integration = integration(None, SECRET).unwrap();
    integration.outcome(&known().sms(), &answer)
}

#[test]
fn responses_are_classified() {
    let accepted = include_str!("fixtures/accepted.json");
    let rejected = |code: &str, text| Outcome::Rejected(Reason::new(code, text));
    let unknown = |code: &str, text| Outcome::Unknown(Reason::new(code, text));
    let throttled = |seconds: Option<u64>, code: &str, text| Outcome::Throttled {
        after: seconds.map(Duration::from_secs),
        reason: Reason::new(code, text),
    };
    let unreadable = || {
        unknown(
            "unreadable_answer",
            "The provider's response could not be parsed.",
        )
    };
    for (status, retry_after, body, expected) in [
        (
            202,
            None,
            accepted,
            Outcome::Accepted {
                provider_id: "77fb29998253415fa5d66971d519d362".to_owned(),
            },
        ),
        (202, None, &accepted[..60], unreadable()),
        (202, None, "{}", unreadable()),
        (
            202,
            None,
            r#"{"messages": null, "error": null}"#,
            unreadable(),
        ),
        (
            200,
            None,
            "<html>Sign in to the network</html>",
            unreadable(),
        ),
        (
            400,
            None,
            include_str!("fixtures/invalid-recipient.json"),
            rejected("25", "Invalid recipient address: 2799900001"),
        ),
        (
            207,
            None,
            include_str!("fixtures/invalid-recipient.json"),
            rejected("25", "Invalid recipient address: 2799900001"),
        ),
        (
            401,
            None,
            include_str!("fixtures/invalid-key.json"),
            throttled(None, "1", "Invalid or missing integration API Key"),
        ),
        (402, None, "", throttled(None, "http_402", NO_REASON)),
        (404, None, "", rejected("http_404", NO_REASON)),
        (
            429,
            Some("30"),
            "",
            throttled(Some(30), "http_429", NO_REASON),
        ),
        (503, None, "", throttled(None, "http_503", NO_REASON)),
        (500, None, "", unknown("http_500", NO_REASON)),
        (502, None, "<html>", unknown("http_502", NO_REASON)),
    ] {
        assert_eq!(
            outcome(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

/// The whole table of errors, with their statuses.
#[test]
fn every_error_is_classified() {
    const THROTTLED: &str = "throttled";
    const REJECTED: &str = "rejected";
    const UNKNOWN: &str = "unknown";
    const UNREACHABLE: &str = "unreachable";
    for (code, status, expected) in [
        (1, 401, THROTTLED),
        (2, 400, THROTTLED),
        (3, 400, THROTTLED),
        (7, 401, THROTTLED),
        (18, 500, UNKNOWN),
        (19, 503, THROTTLED),
        (20, 402, THROTTLED),
        (21, 400, REJECTED),
        (22, 400, REJECTED),
        (23, 400, REJECTED),
        (24, 400, REJECTED),
        (25, 400, REJECTED),
        (26, 400, UNREACHABLE),
        (27, 400, REJECTED),
        (28, 400, THROTTLED),
        (30, 400, REJECTED),
        (31, 400, REJECTED),
        (32, 400, REJECTED),
        (33, 400, REJECTED),
        (38, 400, THROTTLED),
        (39, 400, THROTTLED),
        (40, 400, REJECTED),
        (41, 400, REJECTED),
        (42, 400, REJECTED),
        (43, 400, THROTTLED),
        (44, 400, THROTTLED),
        (45, 400, THROTTLED),
        (46, 400, THROTTLED),
        (100, 400, REJECTED),
        (101, 400, REJECTED),
        (110, 400, REJECTED),
        (111, 400, REJECTED),
        (999, 400, REJECTED),
        (999, 403, THROTTLED),
        (999, 207, REJECTED),
        (999, 500, UNKNOWN),
    ] {
        let problem = format!(r#"{{"code": {code}, "description": "d"}}"#);
        let of_call = format!(r#"{{"messages": [], "error": {problem}}}"#);
        let of_message = format!(
            r#"{{"messages": [{{"apiMessageId": null, "accepted": false, "to": "1", "error": {problem}}}], "error": null}}"#
        );
        for body in [of_call, of_message] {
            let meaning = match outcome(status, None, &body) {
                Outcome::Throttled { .. } => THROTTLED,
                Outcome::Rejected(_) => REJECTED,
                Outcome::Unknown(_) => UNKNOWN,
                Outcome::Unreachable { .. } => UNREACHABLE,
                other => panic!("{other:?}"),
            };
            assert_eq!(meaning, expected, "{code} {status}");
        }
    }
}

fn events(body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    integration(None, SECRET).unwrap().events(&Callback {
        method: &Method::POST,
        url: "https://carillon.example/callbacks/demo/sms/token",
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
    })
}

const STATUS: &str = include_str!("fixtures/status.json");
const REPLY: &str = include_str!("fixtures/reply.json");

fn receipt_of(news: StatusUpdate) -> ProviderEvent {
    ProviderEvent::Receipt {
        delivery: format!("{CAMPAIGN}.{RECEIVER}").parse().unwrap(),
        provider_id: "77fb29998253415fa5d66971d519d362".to_owned(),
        at: "2017-09-28T14:08:18Z".parse().unwrap(),
        news,
    }
}

#[test]
fn statuses_become_receipts() {
    let unsent = |status: &str| {
        Reason::new(
            status,
            "Clickatell accepted the message but did not send it.",
        )
    };
    let refused = |status: &str| StatusUpdate::Refused(unsent(status));
    let postponed = |status: &str| StatusUpdate::Postponed {
        reason: unsent(status),
        by_account: true,
    };
    for (status, news) in [
        ("QUEUED", StatusUpdate::Accepted),
        ("SCHEDULED", StatusUpdate::Accepted),
        ("SENT_TO_SUPPLIER", StatusUpdate::Accepted),
        (
            "DEVICE_ACK",
            StatusUpdate::Became(DeliveryStatus::Delivered),
        ),
        ("READ", StatusUpdate::Became(DeliveryStatus::Opened)),
        ("EXPIRED", StatusUpdate::Became(DeliveryStatus::Bounced)),
        (
            "DELIVERY_FAILURE",
            StatusUpdate::Became(DeliveryStatus::Bounced),
        ),
        ("RECIPIENT_DOES_NOT_EXIST", StatusUpdate::Gone),
        ("STOPPED_BY_USER", refused("STOPPED_BY_USER")),
        ("STOPPED_BY_ADMIN", refused("STOPPED_BY_ADMIN")),
        (
            "INSUFFICIENT_ACCOUNT_BALANCE",
            postponed("INSUFFICIENT_ACCOUNT_BALANCE"),
        ),
        ("VOLUME_LIMIT", postponed("VOLUME_LIMIT")),
        ("VOLUME_LIMIT_DAILY", postponed("VOLUME_LIMIT_DAILY")),
        ("VOLUME_LIMIT_MONTHLY", postponed("VOLUME_LIMIT_MONTHLY")),
        ("ROUTING_ERROR", refused("ROUTING_ERROR")),
    ] {
        let body = STATUS.replace("DEVICE_ACK", status);
        assert_eq!(events(&body), Ok(vec![receipt_of(news)]), "{status}");
    }
}

#[test]
fn replies_are_parsed() {
    assert_eq!(
        events(REPLY),
        Ok(vec![ProviderEvent::Inbound {
            from: "+2799900001".to_owned(),
            to: "+2799900002".to_owned(),
            text: "Text Content of the reply message".to_owned(),
            provider_id: "3a89680503414383af44dcd0e4e5f184".to_owned(),
            at: "2017-09-28T14:08:18Z".parse().unwrap(),
        }])
    );
    let to_short_code = REPLY.replace("\"2799900002\"", "\"31234\"");
    assert!(matches!(
        events(&to_short_code).unwrap().as_slice(),
        [ProviderEvent::Inbound { to, .. }] if to == "31234"
    ));
}

#[test]
fn foreign_callbacks_are_irrelevant() {
    for body in [
        include_str!("fixtures/other-event.json").to_owned(),
        STATUS.replace("DEVICE_ACK", "EMULATED"),
        STATUS.replace("DEVICE_ACK", "UNKNOWN"),
        STATUS.replace(&format!("\"{CAMPAIGN}.{RECEIVER}\""), "\"order-1\""),
        STATUS.replace(&format!("\"{CAMPAIGN}.{RECEIVER}\""), "null"),
        REPLY.replace("\"channel\": \"sms\"", "\"channel\": \"whatsapp\""),
    ] {
        assert_eq!(events(&body), Ok(vec![ProviderEvent::Irrelevant]), "{body}");
    }
}

#[test]
fn malformed_callbacks_are_rejected() {
    for body in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        STATUS[..200].to_owned(),
        STATUS.replace("1506607698000", "9223372036854775807"),
        REPLY.replace("1506607698000", "\"today\""),
    ] {
        assert_eq!(events(&body), Err(BadCallback::Unreadable), "{body}");
    }
}
