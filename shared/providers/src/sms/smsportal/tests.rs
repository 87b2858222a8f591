use std::{collections::BTreeMap, time::Duration};

use aws_lc_rs::hmac;
use carillon_domain::{
    address::PhoneNumber,
    channel::Channel,
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    suppressions::SuppressionSource,
};
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::*;
use crate::known::{CAMPAIGN, RECEIVER, answer_after, reference, written};
use crate::vendor::{BadCallback, Callback, Callbacks, ProviderEvent};

const SECRET: &str = r#"{"client_id": "2c9f", "client_secret": "9jSbVDK20"}"#;
const SIGNING: &str =
    r#"{"client_id": "2c9f", "client_secret": "9jSbVDK20", "signature_key": "whk-7f1d"}"#;
const CALLBACK: &str = "https://carillon.example/callbacks/demo/sms/token";

static NO_SETTINGS: BTreeMap<String, String> = BTreeMap::new();

fn headers_are_named() -> BTreeMap<String, String> {
    [
        ("signature_header", "x-signature"),
        ("timestamp_header", "x-timestamp"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn account<'a>(
    sender_id: Option<&'a SenderId>,
    settings: &'a BTreeMap<String, String>,
    secret: &'a str,
) -> Result<SmsPortal<'a>, Unusable> {
    SmsPortal::new(&Account {
        from: None,
        sender_id,
        settings,
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
            text: "Hello John. Our new API is available. https://docs.smsportal.com/docs/rest to learn more",
            reference: reference(Channel::Sms),
        }
    }
}

#[test]
fn a_message_carries_its_delivery_reference() {
    let sender_id: SenderId = "Carillon".parse().unwrap();
    let account = account(Some(&sender_id), &NO_SETTINGS, SECRET).unwrap();
    let request = account.request(&known().sms()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://rest.smsportal.com/v3/BulkMessages
    authorization: Basic MmM5Zjo5alNiVkRLMjA=
    content-type: application/json
    accept: application/json

    {
      "messages": [
        {
          "content": "Hello John. Our new API is available. https://docs.smsportal.com/docs/rest to learn more",
          "customerId": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
          "destination": "27831234567"
        }
      ],
      "sendOptions": {
        "senderId": "Carillon"
      }
    }
    "#);
}

#[test]
fn the_accounts_default_sender_is_used() {
    let account = account(None, &NO_SETTINGS, SECRET).unwrap();
    let request = account.request(&known().sms()).unwrap();
    assert!(!written(&request).contains("sendOptions"));
}

#[test]
fn a_sender_id_is_short() {
    let sender_id: SenderId = "+306912345678".parse().unwrap();
    let refused = account(Some(&sender_id), &NO_SETTINGS, SECRET);
    assert!(matches!(refused, Err(Unusable::Setting { .. })));
}

#[test]
fn secrets_are_not_printed() {
    let settings = headers_are_named();
    let account = account(None, &settings, SIGNING).unwrap();
    let request = account.request(&known().sms()).unwrap();
    let printed = format!("{account:?} {request:?}");
    for secret in ["9jSb", "MmM5", "whk-"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_malformed_secret_is_rejected() {
    for bad in [
        "",
        "9jSbVDK20",
        r#"{"client_id": "a"}"#,
        r#"{"client_id": "a", "client_secret": ""}"#,
        r#"{"client_id": "a:b", "client_secret": "c"}"#,
        r#"{"client_id": "a", "client_secret": "c", "signature_key": ""}"#,
        r#"{"client_id": "a", "client_secret": "c", "token": "d"}"#,
    ] {
        let error = account(None, &NO_SETTINGS, bad).unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{bad}");
        assert!(!error.to_string().contains("9jSb"), "{error}");
    }
}

#[test]
fn a_signature_key_requires_the_header_settings() {
    let refused = account(None, &NO_SETTINGS, SIGNING);
    assert!(matches!(refused, Err(Unusable::Setting { .. })));
    for setting in SETUP.settings {
        assert!(setting.accepts("X-Signature"));
        assert!(!setting.accepts("not a header"));
        assert!(!setting.is_required);
    }
}

fn outcome(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let answer = answer_after(status, retry_after, body);
    let account = account(None, &NO_SETTINGS, SECRET).unwrap();
    account.outcome(&known().sms(), &answer)
}

fn error(code: &str) -> String {
    format!(r#"{{"statusCode": 400, "errors": [{{"errorCode": "{code}", "errorMessage": "m"}}]}}"#)
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
    let of_count = |name: &str| {
        accepted
            .replace(r#""messages": 1"#, r#""messages": 0"#)
            .replace(&format!(r#""{name}": 0"#), &format!(r#""{name}": 1"#))
    };
    let taken = || Outcome::Accepted {
        provider_id: "12345678901".to_owned(),
    };
    let without_report =
        r#"{"sendResponse": {"eventId": 12345678901, "messages": 1, "errorReport": null}}"#;
    for (status, after, body, expected) in [
        (200, None, accepted, taken()),
        (200, None, without_report, taken()),
        (200, None, &accepted[..100], unreadable()),
        (200, None, "{}", unreadable()),
        (200, None, "OK", unreadable()),
        (
            200,
            None,
            include_str!("fixtures/fault.json"),
            rejected("InvalidDestination", "The destination is invalid."),
        ),
        (
            200,
            None,
            include_str!("fixtures/opted-out.json"),
            Outcome::Unreachable {
                reason: Reason::new("optedOuts", "The receiver has opted out."),
                source: SuppressionSource::Unsubscribed,
            },
        ),
        (
            200,
            None,
            &*of_count("noNetwork"),
            rejected("noNetwork", "The number belongs to no network."),
        ),
        (
            200,
            None,
            &*of_count("noContents"),
            rejected("noContents", "The message has no text."),
        ),
        (
            200,
            None,
            &*of_count("contentToLong"),
            rejected("contentToLong", "The text is too long."),
        ),
        (
            200,
            None,
            &*of_count("duplicates"),
            rejected("duplicates", "The message is a duplicate."),
        ),
        (
            200,
            None,
            &*error("InvalidParameter.Format"),
            rejected("InvalidParameter.Format", "m"),
        ),
        (
            200,
            None,
            &*error("InsufficientCredits"),
            throttled(None, "InsufficientCredits", "m"),
        ),
        (
            400,
            None,
            &*error("InvalidParameter.Type"),
            rejected("InvalidParameter.Type", "m"),
        ),
        (
            400,
            None,
            &*error("EntityNotFound"),
            rejected("EntityNotFound", "m"),
        ),
        (
            400,
            None,
            include_str!("fixtures/missing-parameter.json"),
            rejected(
                "RequiredParameter.Missing",
                "A required parameter was not supplied.",
            ),
        ),
        (
            401,
            None,
            include_str!("fixtures/invalid-credentials.json"),
            throttled(
                None,
                "InvalidCredentials",
                "The given credentials are invalid.",
            ),
        ),
        (
            401,
            None,
            &*error("AuthenticationHeader.Missing"),
            throttled(None, "AuthenticationHeader.Missing", "m"),
        ),
        (403, None, "", throttled(None, "http_403", NO_REASON)),
        (404, None, "", rejected("http_404", NO_REASON)),
        (
            429,
            Some("30"),
            "",
            throttled(Some(30), "http_429", NO_REASON),
        ),
        (
            503,
            Some("5"),
            "",
            throttled(Some(5), "http_503", NO_REASON),
        ),
        (500, None, "", unknown("http_500", NO_REASON)),
        (502, None, "<html>", unknown("http_502", NO_REASON)),
    ] {
        assert_eq!(outcome(status, after, body), expected, "{status} {body}");
    }
}

#[test]
fn long_codes_are_truncated() {
    let Outcome::Rejected(reason) = outcome(400, None, &error(&"c".repeat(10_000))) else {
        panic!("a refusal");
    };
    assert!(reason.code.len() <= 64, "{}", reason.code.len());
}

const RECEIPT: &str = include_str!("fixtures/receipt.json");

fn post(body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    events(&Method::POST, CALLBACK, body)
}

fn events(method: &Method, url: &str, body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    let account = account(None, &NO_SETTINGS, SECRET).unwrap();
    account.events(&Callback {
        method,
        url,
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
        now: "2026-11-22T06:00:00Z".parse().unwrap(),
    })
}

fn receipt_of(news: StatusUpdate) -> ProviderEvent {
    ProviderEvent::Receipt {
        delivery: format!("{CAMPAIGN}.{RECEIVER}").parse().unwrap(),
        provider_id: "12345678901".to_owned(),
        at: "2018-06-26T11:51:47Z".parse().unwrap(),
        news,
    }
}

#[test]
fn statuses_become_receipts() {
    let refused = |status, text| StatusUpdate::Refused(Reason::new(status, text));
    for (status, news) in [
        ("DELIVRD", StatusUpdate::Became(DeliveryStatus::Delivered)),
        ("UNDELIV", StatusUpdate::Became(DeliveryStatus::Bounced)),
        ("EXPIRED", StatusUpdate::Became(DeliveryStatus::Bounced)),
        ("SUBMITD", StatusUpdate::Accepted),
        ("STAGED", StatusUpdate::Accepted),
        (
            "BLIST",
            StatusUpdate::Unreachable {
                reason: Reason::new(
                    "BLIST",
                    "Messages to the number are restricted by its owner or by WASPA.",
                ),
                source: SuppressionSource::Unsubscribed,
            },
        ),
        (
            "NOROUTE",
            refused("NOROUTE", "SMS Portal has no route to the number."),
        ),
        (
            "CANCELLED",
            refused("CANCELLED", "The message was canceled at SMS Portal."),
        ),
    ] {
        let body = RECEIPT.replace("DELIVRD", status);
        assert_eq!(post(&body), Ok(vec![receipt_of(news)]), "{status}");
    }
}

#[test]
fn receipts_of_all_default_templates_are_parsed() {
    let reference = format!("{CAMPAIGN}.{RECEIVER}");
    let version_2 = include_str!("fixtures/receipt-version-2.json")
        .replace("5b3228ad6c8d84001a6e6707", &reference)
        .replace("1179504595", "12345678901");
    let delivered = || receipt_of(StatusUpdate::Became(DeliveryStatus::Delivered));
    assert_eq!(post(&version_2), Ok(vec![delivered()]));
    let in_milliseconds = RECEIPT.replace("1530013907", "\"1530013907000\"");
    assert_eq!(post(&in_milliseconds), Ok(vec![delivered()]));

    // The documentation's URL, with our reference and a status from its table.
    let url = format!(
        "{CALLBACK}?ID=322004213&EventID=12345678901&Phonenumber=27830123456&DataType=SMS\
         &Data=This+is+sample+text&SentDataTime=1%2FJan%2F2021+14%3A04%3A22&Status=DELIVRD&CustomerID={reference}"
    );
    let told = events(&Method::GET, &url, "").unwrap();
    let ProviderEvent::Receipt { at, news, .. } = &told[0] else {
        panic!("{told:?}");
    };
    assert_eq!(*news, StatusUpdate::Became(DeliveryStatus::Delivered));
    assert_eq!(*at, "2026-11-22T06:00:00Z".parse::<Timestamp>().unwrap());
}

#[test]
fn replies_are_parsed() {
    let url = format!(
        "{CALLBACK}?IncomingID=123456&Phonenumber=27821234567&IncomingData=Example+reply+message\
         &IncomingDataTime=01%2fJan%2f2021+00%3a00%3a00&SentID=654321&EventID=987654\
         &SentData=Original+outbound+message&SentDataTime=01%2fJan%2f2000+00%3a00%3a00&CustomerID=customerid&Campaign="
    );
    assert_eq!(
        events(&Method::GET, &url, ""),
        Ok(vec![ProviderEvent::Inbound {
            from: "+27821234567".to_owned(),
            to: String::new(),
            text: "Example reply message".to_owned(),
            provider_id: "123456".to_owned(),
            at: "2026-11-22T06:00:00Z".parse().unwrap(),
        }])
    );
}

#[test]
fn foreign_callbacks_are_irrelevant() {
    for body in [
        include_str!("fixtures/receipt-version-2.json").to_owned(),
        RECEIPT.replace("DELIVRD", "CLICKED"),
        RECEIPT.replace(CAMPAIGN, "order"),
        RECEIPT.replace("eventId", "other"),
        "{}".to_owned(),
        String::new(),
    ] {
        assert_eq!(post(&body), Ok(vec![ProviderEvent::Irrelevant]), "{body}");
    }
}

#[test]
fn malformed_callbacks_are_rejected() {
    for body in ["[]", "status=DELIVRD", &RECEIPT[..40]] {
        assert_eq!(post(body), Err(BadCallback::Unreadable), "{body}");
    }
}

/// Computed according to the documentation, which shows no signature.
fn sign(timestamp: &str, body: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"whk-7f1d");
    let signed = format!("v1:{timestamp}|POST|{CALLBACK}|{body}");
    hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
}

const SIGNED_AT: &str = "1530013907";

fn hear_signed(
    signature: Option<&str>,
    timestamp: &str,
    url: &str,
    body: &str,
    now: i64,
) -> Result<Vec<ProviderEvent>, BadCallback> {
    let mut headers = HeaderMap::new();
    headers.insert("x-timestamp", timestamp.parse().unwrap());
    if let Some(signature) = signature {
        headers.insert("x-signature", signature.parse().unwrap());
    }
    let settings = headers_are_named();
    let account = account(None, &settings, SIGNING).unwrap();
    account.events(&Callback {
        method: &Method::POST,
        url,
        headers: &headers,
        body: body.as_bytes(),
        now: Timestamp::from_second(now).unwrap(),
    })
}

#[test]
fn a_signed_callback_is_accepted() {
    let signature = sign(SIGNED_AT, RECEIPT);
    let told = Ok(vec![receipt_of(StatusUpdate::Became(
        DeliveryStatus::Delivered,
    ))]);
    for signature in [hex::encode(&signature), STANDARD.encode(&signature)] {
        for now in [1_530_013_907, 1_530_013_607, 1_530_014_207] {
            let heard = hear_signed(Some(&signature), SIGNED_AT, CALLBACK, RECEIPT, now);
            assert_eq!(heard, told, "{now}");
        }
    }
}

#[test]
fn a_callback_with_an_invalid_signature_is_rejected() {
    let now = 1_530_013_907;
    let signature = hex::encode(sign(SIGNED_AT, RECEIPT));
    let changed = RECEIPT.replace("DELIVRD", "DELIVRE");
    let elsewhere = format!("{CALLBACK}?status=DELIVRD");
    let forged = hex::encode([7; 32]);
    for (signature, timestamp, url, body, now, expected) in [
        (
            None,
            SIGNED_AT,
            CALLBACK,
            RECEIPT,
            now,
            BadCallback::Unsigned,
        ),
        (
            Some("not a signature"),
            SIGNED_AT,
            CALLBACK,
            RECEIPT,
            now,
            BadCallback::Forged,
        ),
        (
            Some(&*forged),
            SIGNED_AT,
            CALLBACK,
            RECEIPT,
            now,
            BadCallback::Forged,
        ),
        (
            Some(&*signature),
            "1530013908",
            CALLBACK,
            RECEIPT,
            now,
            BadCallback::Forged,
        ),
        (
            Some(&*signature),
            SIGNED_AT,
            &*elsewhere,
            RECEIPT,
            now,
            BadCallback::Forged,
        ),
        (
            Some(&*signature),
            SIGNED_AT,
            CALLBACK,
            &*changed,
            now,
            BadCallback::Forged,
        ),
        (
            Some(&*signature),
            SIGNED_AT,
            CALLBACK,
            RECEIPT,
            now + 301,
            BadCallback::Stale,
        ),
        (
            Some(&*signature),
            SIGNED_AT,
            CALLBACK,
            RECEIPT,
            now - 301,
            BadCallback::Stale,
        ),
    ] {
        let heard = hear_signed(signature, timestamp, url, body, now);
        assert_eq!(heard, Err(expected), "{timestamp} {url} {now}");
    }
}

#[test]
fn changed_callbacks_are_rejected() {
    let signature = hex::encode(sign(SIGNED_AT, RECEIPT));
    let right = [signature.as_str(), SIGNED_AT, CALLBACK, RECEIPT];
    crate::changed::nothing_is_believed(&right, |texts| {
        hear_signed(Some(texts[0]), texts[1], texts[2], texts[3], 1_530_013_907)
    });
}
