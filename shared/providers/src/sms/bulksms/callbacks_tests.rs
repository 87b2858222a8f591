use std::collections::BTreeMap;

use carillon_domain::suppressions::SuppressionSource;
use http::{HeaderMap, Method};

use super::*;
use crate::vendor::Account;

const RECEIPT: &str = include_str!("fixtures/webhook-receipt.json");
const REPLY: &str = include_str!("fixtures/webhook-reply.json");
const GUIDE: &str = include_str!("fixtures/webhook-guide.json");
const NOW: &str = "2026-11-22T06:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn with_callback<T>(event: &str, body: &str, then: impl Fn(&Callback<'_>) -> T) -> T {
    let mut headers = HeaderMap::new();
    headers.insert("X-BulkSMS-Event", event.parse().unwrap());
    then(&Callback {
        method: &Method::POST,
        url: "https://carillon.example/callbacks/demo/sms/token",
        headers: &headers,
        body: body.as_bytes(),
        now: at(NOW),
    })
}

fn heard(event: &str, body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    with_callback(event, body, read)
}

fn receipt_of(news: StatusUpdate) -> ProviderEvent {
    ProviderEvent::ReceiptOfNamed {
        name: "16296f2228cf692c0a64".to_owned(),
        provider_id: "953262833859043328".to_owned(),
        at: at(NOW),
        news,
    }
}

fn reply() -> ProviderEvent {
    ProviderEvent::Inbound {
        from: "+306912345678".to_owned(),
        to: "+44123456789".to_owned(),
        text: "I am OK".to_owned(),
        provider_id: "953262833859043999".to_owned(),
        at: at("2026-11-21T09:05:00Z"),
    }
}

#[test]
fn statuses_become_receipts() {
    let refused = |code, text| StatusUpdate::Refused(Reason::new(code, text));
    for (kind, subtype, news) in [
        ("ACCEPTED", "null", StatusUpdate::Accepted),
        ("SCHEDULED", "null", StatusUpdate::Accepted),
        ("SENT", "null", StatusUpdate::Accepted),
        (
            "DELIVERED",
            "null",
            StatusUpdate::Became(DeliveryStatus::Delivered),
        ),
        (
            "FAILED",
            "null",
            StatusUpdate::Became(DeliveryStatus::Bounced),
        ),
        (
            "FAILED",
            "\"EXPIRED\"",
            StatusUpdate::Became(DeliveryStatus::Bounced),
        ),
        (
            "FAILED",
            "\"HANDSET_ERROR\"",
            StatusUpdate::Became(DeliveryStatus::Bounced),
        ),
        (
            "FAILED",
            "\"BLOCKED\"",
            StatusUpdate::Unreachable {
                reason: Reason::new(
                    "FAILED.BLOCKED",
                    "The receiver asked BulkSMS to send no more messages.",
                ),
                source: SuppressionSource::Unsubscribed,
            },
        ),
        (
            "FAILED",
            "\"NOT_SENT\"",
            refused(
                "FAILED.NOT_SENT",
                "BulkSMS did not attempt to deliver the message.",
            ),
        ),
    ] {
        let body = RECEIPT
            .replace("\"DELIVERED\"", &format!("\"{kind}\""))
            .replace("\"subtype\": null", &format!("\"subtype\": {subtype}"));
        let expected = Ok(vec![receipt_of(news)]);
        assert_eq!(heard("status-report", &body), expected, "{kind} {subtype}");
    }
    let unknown = RECEIPT.replace("\"DELIVERED\"", "\"UNKNOWN\"");
    assert_eq!(heard("status-report", &unknown), Ok(vec![]));
}

#[test]
fn replies_are_parsed() {
    let expected = Ok(vec![reply()]);
    assert_eq!(heard("incoming-message", REPLY), expected);
}

#[test]
fn both_webhook_formats_are_parsed() {
    assert_eq!(
        heard("status-report", GUIDE),
        Ok(vec![ProviderEvent::ReceiptOfNamed {
            name: "abcd1234".to_owned(),
            provider_id: "312123871239124".to_owned(),
            at: at("2014-06-01T13:10:00Z"),
            news: StatusUpdate::Accepted,
        }])
    );
    assert_eq!(
        heard("incoming-message", GUIDE),
        Ok(vec![ProviderEvent::Inbound {
            from: "+27000000000".to_owned(),
            to: "+44000000000".to_owned(),
            text: "Hello World".to_owned(),
            provider_id: "312123871239124".to_owned(),
            at: at("2014-06-01T12:15:00Z"),
        }])
    );
}

#[test]
fn a_test_call_contains_no_events() {
    assert_eq!(heard("status-report", "[]"), Ok(vec![]));
}

#[test]
fn an_account_reports_receipts_and_replies() {
    let settings = BTreeMap::new();
    let account = BulkSms::new(&Account {
        from: None,
        sender_id: None,
        settings: &settings,
        secret: r#"{"token_id": "a", "token_secret": "b"}"#,
        callback_url: None,
        access_token: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    })
    .unwrap();
    let events = |body: &str| with_callback("", body, |callback| account.events(callback));
    assert_eq!(events(REPLY), Ok(vec![reply()]));
    let delivered = receipt_of(StatusUpdate::Became(DeliveryStatus::Delivered));
    assert_eq!(events(RECEIPT), Ok(vec![delivered]));
}

#[test]
fn malformed_callbacks_are_rejected() {
    for body in ["", "{}", "[{}]", &RECEIPT[..80]] {
        let refused = Err(BadCallback::Unreadable);
        assert_eq!(heard("status-report", body), refused, "{body}");
    }
}
