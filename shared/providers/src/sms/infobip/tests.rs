use std::collections::BTreeMap;

use carillon_domain::{
    address::PhoneNumber,
    channel::Channel,
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    reason::Reason,
    suppressions::SuppressionSource,
};
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::*;
use crate::known::{
    REFERENCE, answer_after, reference, rejected, throttled, unknown, unreadable, written,
};
use crate::{
    answer::CODE_CHARACTERS,
    infobip::BASE_URL,
    vendor::{BadCallback, Callback, Callbacks as _, DeliveryReference, ProviderEvent},
};

const SECRET: &str =
    r#"{"api_key": "0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef"}"#;

/// The data that the responses in `fixtures/` refer to.
struct Known {
    to: PhoneNumber,
    sender_id: Option<SenderId>,
    settings: BTreeMap<String, String>,
    secret: &'static str,
    callback_url: Option<&'static str>,
}

fn known() -> Known {
    let base_url = "example.api.infobip.com".to_owned();
    Known {
        to: PhoneNumber::parse("+41793026727", None).unwrap(),
        sender_id: "InfoSMS".parse().ok(),
        settings: BTreeMap::from([(BASE_URL.to_owned(), base_url)]),
        secret: SECRET,
        callback_url: Some("https://example.com/callbacks/demo/sms/t0ken"),
    }
}

impl Known {
    fn sms(&self) -> Sms<'_> {
        Sms {
            to: &self.to,
            text: "This is a sample message",
            reference: reference(Channel::Sms),
        }
    }

    fn account(&self) -> Result<Infobip<'_>, Unusable> {
        Infobip::new(&Account {
            from: None,
            sender_id: self.sender_id.as_ref(),
            settings: &self.settings,
            secret: self.secret,
            callback_url: self.callback_url,
            access_token: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        })
    }
}

#[test]
fn a_message_carries_its_callback_url() {
    let known = known();
    let request = known.account().unwrap().request(&known.sms()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://example.api.infobip.com/sms/3/messages
    authorization: App 0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef
    content-type: application/json
    accept: application/json

    {
      "messages": [
        {
          "content": {
            "text": "This is a sample message"
          },
          "destinations": [
            {
              "to": "41793026727"
            }
          ],
          "sender": "InfoSMS",
          "webhooks": {
            "callbackData": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
            "contentType": "application/json",
            "delivery": {
              "url": "https://example.com/callbacks/demo/sms/t0ken"
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn without_a_callback_url_no_reports_are_requested() {
    let mut known = known();
    known.callback_url = None;
    let request = known.account().unwrap().request(&known.sms()).unwrap();
    assert!(!written(&request).contains("webhooks"));
}

#[test]
fn the_key_is_sent_to_infobip_only() {
    let [setting] = SETUP.settings else {
        panic!("one setting");
    };
    for (text, is_right) in [
        ("example.api.infobip.com", true),
        ("e1zz23.api.infobip.com", true),
        ("api.infobip.com", false),
        (".api.infobip.com", false),
        ("https://example.api.infobip.com", false),
        ("example.api.infobip.com/", false),
        ("example.com/.api.infobip.com", false),
        ("example.com?.api.infobip.com", false),
        ("me@example.api.infobip.com", false),
        ("a.b.api.infobip.com", false),
        ("example.api.infobip.com.example.com", false),
        ("exampleapi.infobip.com", false),
        ("", false),
    ] {
        assert_eq!(setting.accepts(text), is_right, "{text}");
        let mut known = known();
        known.settings.insert(BASE_URL.to_owned(), text.to_owned());
        assert_eq!(known.account().is_ok(), is_right, "{text}");
    }
}

#[test]
fn an_incomplete_account_is_rejected() {
    let mut without_url = known();
    without_url.settings.clear();
    let mut without_sender = known();
    without_sender.sender_id = None;
    for known in [without_url, without_sender] {
        let error = known.account().unwrap_err();
        assert!(matches!(error, Unusable::Setting { .. }), "{error}");
    }
    for bad in [
        "",
        "01234567",
        r#"{"api_key": ""}"#,
        r#"{"api_key": "01234567\r\nx: y"}"#,
        r#"{"api_key": "01234567", "user": "a"}"#,
    ] {
        let mut known = known();
        known.secret = bad;
        let error = known.account().unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{bad}");
        assert!(!error.to_string().contains("0123"), "{error}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let known = known();
    let account = known.account().unwrap();
    let request = account.request(&known.sms()).unwrap();
    let printed = format!("{account:?} {:?}", request.headers());
    for secret in ["01234567", "t0ken"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn outcome(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let known = known();
    let answer = answer_after(status, retry_after, body);
    known.account().unwrap().outcome(&known.sms(), &answer)
}

#[test]
fn responses_are_classified() {
    let accepted = include_str!("fixtures/accepted.json");
    let nothing = "The provider gave no reason.";
    for (status, retry_after, body, expected) in [
        (
            200,
            None,
            accepted,
            Outcome::Accepted {
                provider_id: "2250be2d4219-3af1-78856-aabe-1362af1edfd2".to_owned(),
            },
        ),
        (200, None, &accepted[..100], unreadable()),
        (200, None, r#"{"messages": []}"#, unreadable()),
        (200, None, "<html>Sign in</html>", unreadable()),
        (
            400,
            None,
            include_str!("fixtures/bad-request.json"),
            rejected("E400", "Request cannot be processed."),
        ),
        (
            400,
            None,
            include_str!("fixtures/violations.json"),
            rejected(
                "E400",
                "Request cannot be processed. messages[0].content.text: invalid text",
            ),
        ),
        (
            400,
            None,
            include_str!("fixtures/bad-request-older.json"),
            rejected("BAD_REQUEST", "Bad request"),
        ),
        (401, None, "", throttled(None, "http_401", nothing)),
        (403, None, "{}", throttled(None, "http_403", nothing)),
        (404, None, "", rejected("http_404", nothing)),
        (429, Some("1"), "", throttled(Some(1), "http_429", nothing)),
        (
            500,
            None,
            include_str!("fixtures/server-error.json"),
            unknown("E500", "Something went wrong."),
        ),
        (502, None, "<html>", unknown("http_502", nothing)),
        (503, None, "", throttled(None, "http_503", nothing)),
    ] {
        assert_eq!(
            outcome(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

/// A status as in responses and reports.
fn status(group: u32, id: u32) -> String {
    format!(r#"{{"groupId": {group}, "id": {id}, "name": "NAME", "description": "Words"}}"#)
}

#[test]
fn message_statuses_are_classified() {
    let answered = |group, id| {
        let status = status(group, id);
        let body = format!(r#"{{"messages": [{{"messageId": "m", "status": {status}}}]}}"#);
        outcome(200, None, &body)
    };
    let accepted = Outcome::Accepted {
        provider_id: "m".to_owned(),
    };
    for (group, id) in [(0, 0), (1, 3), (1, 7), (1, 26), (3, 2), (3, 5)] {
        assert_eq!(answered(group, id), accepted, "{group} {id}");
    }
    for id in [11, 12, 13, 17, 18, 19] {
        assert_eq!(answered(5, id), throttled(None, "NAME", "Words"), "{id}");
    }
    for id in [20, 21, 100] {
        let transient = Outcome::Transient(Reason::new("NAME", "Words"));
        assert_eq!(answered(5, id), transient, "{id}");
    }
    for (group, id) in [(2, 4), (2, 9), (2, 31), (4, 15), (4, 29)] {
        assert_eq!(answered(group, id), rejected("NAME", "Words"), "{id}");
    }
    for id in [10, 14] {
        let expected = Outcome::Unreachable {
            reason: Reason::new("NAME", "Words"),
            source: SuppressionSource::Unsubscribed,
        };
        assert_eq!(answered(5, id), expected, "{id}");
    }
    for id in [6, 8, 23, 24, 25, 51, 52, 87, 99] {
        assert_eq!(answered(5, id), rejected("NAME", "Words"), "{id}");
    }
    assert_eq!(answered(6, 1), unreadable());
    let without_id = r#"{"messages": [{"status": {"groupId": 1, "id": 26}}]}"#;
    assert_eq!(outcome(200, None, without_id), unreadable());
    let without_words = r#"{"messages": [{"status": {"groupId": 5, "id": 52}}]}"#;
    assert_eq!(
        outcome(200, None, without_words),
        rejected("status_52", "The provider gave no reason.")
    );
}

#[test]
fn long_codes_are_truncated() {
    let body = format!(r#"{{"errorCode": "{}"}}"#, "c".repeat(10_000));
    let Outcome::Rejected(reason) = outcome(400, None, &body) else {
        panic!("a refusal");
    };
    assert_eq!(reason.code.len(), CODE_CHARACTERS);
}

fn events(body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    let known = known();
    known.account().unwrap().events(&Callback {
        method: &Method::POST,
        url: "https://example.com/callbacks/demo/sms/t0ken",
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
    })
}

fn delivery() -> DeliveryReference {
    REFERENCE.parse().unwrap()
}

#[test]
fn a_callback_mixes_our_reports_and_foreign_ones() {
    let expected = ProviderEvent::Receipt {
        delivery: delivery(),
        provider_id: "MESSAGE-ID-123-xyz".to_owned(),
        at: "2019-11-09T16:00:00Z".parse().unwrap(),
        news: StatusUpdate::Became(DeliveryStatus::Delivered),
    };
    let reports = include_str!("fixtures/reports.json");
    assert_eq!(
        events(reports),
        Ok(vec![expected, ProviderEvent::Irrelevant])
    );
}

#[test]
fn reports_are_classified() {
    let refused = || Some(StatusUpdate::Refused(Reason::new("NAME", "Words")));
    let opted_out = || {
        Some(StatusUpdate::Unreachable {
            reason: Reason::new("NAME", "Words"),
            source: SuppressionSource::Unsubscribed,
        })
    };
    for (group, id, expected) in [
        (0, 0, Some(StatusUpdate::Accepted)),
        (1, 7, Some(StatusUpdate::Accepted)),
        (3, 2, Some(StatusUpdate::Became(DeliveryStatus::Delivered))),
        (3, 5, Some(StatusUpdate::Became(DeliveryStatus::Delivered))),
        (2, 4, Some(StatusUpdate::Became(DeliveryStatus::Bounced))),
        (2, 9, Some(StatusUpdate::Became(DeliveryStatus::Bounced))),
        (2, 31, refused()),
        (4, 15, Some(StatusUpdate::Became(DeliveryStatus::Bounced))),
        (4, 29, Some(StatusUpdate::Accepted)),
        (5, 6, refused()),
        (
            5,
            12,
            Some(StatusUpdate::Postponed {
                reason: Reason::new("NAME", "Words"),
                by_account: true,
            }),
        ),
        (5, 14, opted_out()),
        (6, 1, None),
    ] {
        let status = status(group, id);
        let body = format!(
            r#"{{"results": [{{"messageId": "m", "status": {status}, "callbackData": "{REFERENCE}"}}]}}"#
        );
        let expected = expected.map_or(ProviderEvent::Irrelevant, |news| ProviderEvent::Receipt {
            delivery: delivery(),
            provider_id: "m".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            news,
        });
        assert_eq!(events(&body), Ok(vec![expected]), "{group} {id}");
        let foreign = body.replace(REFERENCE, "transactionId=100");
        assert_eq!(events(&foreign), Ok(vec![ProviderEvent::Irrelevant]));
    }
}

#[test]
fn a_report_error_can_be_an_opt_out() {
    for (group, id) in [(2, 9), (5, 6), (4, 15)] {
        for error in [573, 603] {
            let (status, error) = (status(group, id), status(2, error));
            let body = format!(
                r#"{{"results": [{{"messageId": "m", "status": {status}, "error": {error}, "callbackData": "{REFERENCE}"}}]}}"#
            );
            let told = events(&body).unwrap();
            let [ProviderEvent::Receipt { news, .. }] = told.as_slice() else {
                panic!("{told:?}");
            };
            let source = Some(SuppressionSource::Unsubscribed);
            assert_eq!(news.suppression(), source, "{body}");
            assert!(!news.is_undelivered(), "{body}");
        }
    }
}

#[test]
fn inbound_messages_are_parsed() {
    let inbound = include_str!("fixtures/inbound.json");
    let expected = |to: &str| ProviderEvent::Inbound {
        from: "+385916242493".to_owned(),
        to: to.to_owned(),
        text: "QUIZ Correct answer is Paris".to_owned(),
        provider_id: "817790313235066447".to_owned(),
        at: "2016-10-06T09:28:39.220Z".parse().unwrap(),
    };
    assert_eq!(events(inbound), Ok(vec![expected("+385921004026")]));
    let to_short_code = inbound.replace("385921004026", "12345");
    assert_eq!(events(&to_short_code), Ok(vec![expected("12345")]));
    let from_short_code = inbound.replace("385916242493", "54321");
    assert_eq!(
        events(&from_short_code),
        Ok(vec![ProviderEvent::Irrelevant])
    );
}

#[test]
fn malformed_callbacks_are_rejected() {
    for bad in ["", "{}", "[]", "null", "<xml/>", r#"{"results": [1]}"#] {
        assert_eq!(events(bad), Err(BadCallback::Unreadable), "{bad}");
    }
    let changed =
        include_str!("fixtures/reports.json").replacen("\"groupId\": 3", "\"groupId\": \"3\"", 1);
    assert_eq!(events(&changed), Err(BadCallback::Unreadable));
    assert_eq!(events(r#"{"results": []}"#), Ok(vec![]));
}
