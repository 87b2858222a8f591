use aws_lc_rs::hmac;
use carillon_domain::{
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    suppressions::{SuppressionSource, keyword::Keyword},
};
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::*;
use crate::{
    vendor::{BadCallback, Callback, Callbacks as _, ProviderEvent},
    whatsapp::known::{
        CALLBACK_URL, Known, REFERENCE, answer, delivery, rejected, template, throttled, unknown,
        unreadable, written,
    },
};

const SECRET: &str =
    r#"{"access_token": "EAAtoken", "app_secret": "s3cret", "verify_token": "meatyhamhock"}"#;
const NUMBER: &str = "106540352242922";

fn known() -> Known {
    Known::new(&[("phone_number_id", NUMBER)], SECRET)
}

#[test]
fn free_text_carries_its_delivery_reference() {
    let known = known();
    let account = Meta::new(&known.account()).unwrap();
    let request = account.request(&known.text()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://graph.facebook.com/v23.0/106540352242922/messages
    authorization: Bearer EAAtoken
    content-type: application/json

    {
      "biz_opaque_callback_data": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
      "messaging_product": "whatsapp",
      "recipient_type": "individual",
      "text": {
        "body": "Γεια σου, Zoë 🔔"
      },
      "to": "+14155552345",
      "type": "text"
    }
    "#);
}

#[test]
fn a_template_has_a_component_per_part_with_values() {
    let known = known();
    let account = Meta::new(&known.account()).unwrap();
    let template = template("timetable_changed");
    let message = known.message(Body::Template(&template));
    let request = account.request(&message).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://graph.facebook.com/v23.0/106540352242922/messages
    authorization: Bearer EAAtoken
    content-type: application/json

    {
      "biz_opaque_callback_data": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
      "messaging_product": "whatsapp",
      "recipient_type": "individual",
      "template": {
        "components": [
          {
            "parameters": [
              {
                "document": {
                  "link": "https://example.com/files/timetable.pdf?v=2"
                },
                "type": "document"
              }
            ],
            "type": "header"
          },
          {
            "parameters": [
              {
                "text": "Zoë",
                "type": "text"
              },
              {
                "text": "7:30 \"sharp\"",
                "type": "text"
              }
            ],
            "type": "body"
          },
          {
            "index": "0",
            "parameters": [
              {
                "text": "timetable/42",
                "type": "text"
              }
            ],
            "sub_type": "url",
            "type": "button"
          },
          {
            "index": "2",
            "parameters": [
              {
                "payload": "I am OK",
                "type": "payload"
              }
            ],
            "sub_type": "quick_reply",
            "type": "button"
          }
        ],
        "language": {
          "code": "en_US"
        },
        "name": "timetable_changed"
      },
      "to": "+14155552345",
      "type": "template"
    }
    "#);
}

#[test]
fn a_template_without_values_has_no_components() {
    let plain = WhatsAppTemplate {
        header: None,
        body: Vec::new(),
        buttons: Vec::new(),
        ..template("hello_world")
    };
    assert_eq!(
        serde_json::to_string(&Template::of(&plain)).unwrap(),
        r#"{"name":"hello_world","language":{"code":"en_US"}}"#
    );
}

#[test]
fn a_header_has_the_templates_media_type() {
    let header = |header| {
        let template = WhatsAppTemplate {
            header: Some(header),
            body: Vec::new(),
            buttons: Vec::new(),
            ..template("t")
        };
        serde_json::to_string(&Template::of(&template).components).unwrap()
    };
    let url = || "https://example.com/x".to_owned();
    for (header, expected) in [
        (
            header(TemplateHeader::Text("Monday".to_owned())),
            r#"{"type":"text","text":"Monday"}"#,
        ),
        (
            header(TemplateHeader::Image(url())),
            r#"{"type":"image","image":{"link":"https://example.com/x"}}"#,
        ),
        (
            header(TemplateHeader::Video(url())),
            r#"{"type":"video","video":{"link":"https://example.com/x"}}"#,
        ),
    ] {
        let expected = format!(r#"[{{"type":"header","parameters":[{expected}]}}]"#);
        assert_eq!(header, expected);
    }
}

#[test]
fn an_incomplete_account_is_rejected() {
    for secret in [
        "",
        "EAAtoken",
        r#"{"access_token": "EAAtoken", "app_secret": "s3cret"}"#,
        r#"{"access_token": "", "app_secret": "s3cret", "verify_token": "meatyhamhock"}"#,
        r#"{"access_token": "EAA\ntoken", "app_secret": "s3cret", "verify_token": "meatyhamhock"}"#,
        r#"{"access_token": "EAAtoken", "app_secret": "s3cret", "verify_token": "meatyhamhock", "app_id": "1"}"#,
    ] {
        let known = Known::new(&[("phone_number_id", NUMBER)], secret);
        let error = Meta::new(&known.account()).unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{secret}");
        assert!(!error.to_string().contains("token\": \"E"), "{error}");
    }
    for bad in ["", "42", "+15550783881", "106540352242922/../1", "me"] {
        let known = Known::new(&[("phone_number_id", bad)], SECRET);
        let error = Meta::new(&known.account()).unwrap_err();
        assert!(matches!(error, Unusable::Setting { .. }), "{bad}");
    }
    let known = Known::new(&[], SECRET);
    assert!(Meta::new(&known.account()).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let known = known();
    let account = Meta::new(&known.account()).unwrap();
    let request = account.request(&known.text()).unwrap();
    let printed = format!("{account:?} {:?}", request.headers());
    for secret in ["EAAtoken", "s3cret", "meatyhamhock", "t0ken"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn judged(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let known = known();
    let account = Meta::new(&known.account()).unwrap();
    account.outcome(&known.text(), &answer(status, retry_after, body))
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
                provider_id: "wamid.HBgLMTQxNTU1NTIzNDUVAgARGBJBNTg5RkNDN0UyMzZBMkZBMUUA"
                    .to_owned(),
            },
        ),
        (200, None, &accepted[..60], unreadable()),
        (200, None, r#"{"messages": []}"#, unreadable()),
        (200, None, "<html>Sign in</html>", unreadable()),
        (
            400,
            None,
            include_str!("fixtures/re-engagement.json"),
            rejected(
                "outside_window",
                "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
            ),
        ),
        (
            400,
            None,
            include_str!("fixtures/no-such-number.json"),
            throttled(
                None,
                "100",
                "Unsupported post request. Object with ID '106540352242922' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
            ),
        ),
        (
            401,
            None,
            include_str!("fixtures/not-signed-in.json"),
            throttled(
                None,
                "190",
                "Error validating access token: Session has expired.",
            ),
        ),
        (400, None, "", rejected("http_400", nothing)),
        (403, None, "", throttled(None, "http_403", nothing)),
        (404, None, "{}", rejected("http_404", nothing)),
        (429, Some("3"), "", throttled(Some(3), "http_429", nothing)),
        (500, None, "", unknown("http_500", nothing)),
        (503, None, "", throttled(None, "http_503", nothing)),
    ] {
        assert_eq!(
            judged(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn codes_take_precedence_over_statuses() {
    for status in [400, 403, 404, 500] {
        let judged = |code: i64| {
            let body = format!(r#"{{"error": {{"code": {code}, "message": "m"}}}}"#);
            judged(status, None, &body)
        };
        for code in [
            0, 3, 4, 10, 33, 190, 200, 299, 368, 80_007, 130_429, 131_005, 131_030, 131_031,
            131_037, 131_042, 131_045, 131_048, 131_057, 133_000, 133_010, 133_016,
        ] {
            assert_eq!(judged(code), throttled(None, &code.to_string(), "m"));
        }
        for code in [1, 131_000, 131_016] {
            assert_eq!(judged(code), unknown(&code.to_string(), "m"));
        }
        for code in [130_497, 132_000, 132_001, 132_012, 132_015, 132_016] {
            assert_eq!(judged(code), rejected(&code.to_string(), "m"));
        }
        assert_eq!(judged(131_047), rejected("outside_window", "m"));
        let opted_out = Outcome::Unreachable {
            reason: Reason::new("131050", "m"),
            source: SuppressionSource::Unsubscribed,
        };
        assert_eq!(judged(131_050), opted_out);
        let transient = Outcome::Transient(Reason::new("131056", "m"));
        assert_eq!(judged(131_056), transient);
    }
    for code in [
        100, 130_472, 131_008, 131_009, 131_021, 131_026, 131_049, 131_051, 131_053,
    ] {
        let body = format!(r#"{{"error": {{"code": {code}, "message": "m"}}}}"#);
        assert_eq!(judged(400, None, &body), rejected(&code.to_string(), "m"));
    }
}

fn sign(key: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signature = hmac::sign(&key, body.as_bytes());
    format!("sha256={}", hex::encode(signature))
}

fn heard(signature: Option<&str>, body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    let mut headers = HeaderMap::new();
    if let Some(signature) = signature {
        headers.insert("x-hub-signature-256", signature.parse().unwrap());
    }
    let known = known();
    let account = Meta::new(&known.account()).unwrap();
    account.events(&Callback {
        method: &Method::POST,
        url: CALLBACK_URL,
        headers: &headers,
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
    })
}

/// Parses it with its matching signature.
fn told(body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    heard(Some(&sign("s3cret", body)), body)
}

const STATUSES: &str = include_str!("fixtures/statuses.json");
const INBOUND: &str = include_str!("fixtures/inbound.json");

#[test]
fn a_callback_mixes_our_statuses_and_foreign_ones() {
    let expected = ProviderEvent::Receipt {
        delivery: delivery(),
        provider_id: "wamid.1".to_owned(),
        at: Timestamp::from_second(1_750_030_073).unwrap(),
        news: StatusUpdate::Became(DeliveryStatus::Delivered),
    };
    assert_eq!(
        told(STATUSES),
        Ok(vec![expected, ProviderEvent::Irrelevant])
    );
}

#[test]
fn a_callback_needs_a_valid_signature() {
    let right = sign("s3cret", STATUSES);
    let changed = STATUSES.replacen("delivered", "Delivered", 1);
    for (signature, body) in [
        (right.as_str(), changed.as_str()),
        (right.as_str(), STATUSES.trim_end()),
        (sign("s3crets", STATUSES).as_str(), STATUSES),
        (sign("", STATUSES).as_str(), STATUSES),
        (right.replace("sha256=", "").as_str(), STATUSES),
        (right.replace("sha256=", "sha1=").as_str(), STATUSES),
        (&right[..right.len() - 2], STATUSES),
        ("sha256=not hexadecimal", STATUSES),
        ("sha256=", STATUSES),
        ("", STATUSES),
    ] {
        let heard = heard(Some(signature), body);
        assert_eq!(heard, Err(BadCallback::Forged), "{signature}");
    }
    assert_eq!(heard(None, STATUSES), Err(BadCallback::Unsigned));
}

#[test]
fn statuses_are_classified() {
    let late = "More than 24 hours have passed.";
    let error = |code: i64, words: &str| {
        format!(
            r#"[{{"code": {code}, "title": "Title", "message": "Message", "error_data": {{"details": "{words}"}}, "href": "https://example.com"}}]"#
        )
    };
    let refused = |code: &str, words: &str| Some(StatusUpdate::Refused(Reason::new(code, words)));
    for (status, errors, expected) in [
        ("sent", "[]".to_owned(), Some(StatusUpdate::Accepted)),
        (
            "delivered",
            "[]".to_owned(),
            Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        ),
        (
            "read",
            "[]".to_owned(),
            Some(StatusUpdate::Became(DeliveryStatus::Opened)),
        ),
        (
            "played",
            "[]".to_owned(),
            Some(StatusUpdate::Became(DeliveryStatus::Opened)),
        ),
        (
            "failed",
            error(131_026, "Not on WhatsApp"),
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
        ),
        (
            "failed",
            error(131_047, late),
            refused("outside_window", late),
        ),
        (
            "failed",
            error(131_049, "Chosen"),
            refused("131049", "Chosen"),
        ),
        ("failed", error(131_049, ""), refused("131049", "Message")),
        (
            "failed",
            error(131_050, "No marketing"),
            Some(StatusUpdate::Unreachable {
                reason: Reason::new("131050", "No marketing"),
                source: SuppressionSource::Unsubscribed,
            }),
        ),
        (
            "failed",
            error(131_042, "Not paid for"),
            Some(StatusUpdate::Postponed {
                reason: Reason::new("131042", "Not paid for"),
                by_account: true,
            }),
        ),
        (
            "failed",
            "[]".to_owned(),
            refused("failed", "The provider gave no reason."),
        ),
        ("deleted", "[]".to_owned(), None),
    ] {
        let body = format!(
            r#"{{"entry": [{{"changes": [{{"field": "messages", "value": {{"statuses": [{{"id": "wamid.1", "status": "{status}", "timestamp": "0", "biz_opaque_callback_data": "{REFERENCE}", "errors": {errors}}}]}}}}]}}]}}"#
        );
        let expected = expected.map_or(ProviderEvent::Irrelevant, |news| ProviderEvent::Receipt {
            delivery: delivery(),
            provider_id: "wamid.1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            news,
        });
        assert_eq!(told(&body), Ok(vec![expected]), "{status}");
        let foreign = body.replace(REFERENCE, "42");
        assert_eq!(told(&foreign), Ok(vec![ProviderEvent::Irrelevant]));
    }
}

#[test]
fn a_failed_message_is_identified_by_its_id() {
    let status = |status: &str| {
        format!(
            r#"{{"entry": [{{"changes": [{{"field": "messages", "value": {{"statuses": [{{"id": "wamid.1", "status": "{status}", "timestamp": "0", "errors": [{{"code": 131050, "title": "No marketing"}}]}}]}}}}]}}]}}"#
        )
    };
    let failed = ProviderEvent::ReceiptOfMessage {
        provider_id: "wamid.1".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        news: StatusUpdate::Unreachable {
            reason: Reason::new("131050", "No marketing"),
            source: SuppressionSource::Unsubscribed,
        },
    };
    assert_eq!(told(&status("failed")), Ok(vec![failed]));
    for others in ["sent", "delivered", "read"] {
        assert_eq!(
            told(&status(others)),
            Ok(vec![ProviderEvent::Irrelevant]),
            "{others}"
        );
    }
}

fn wrote(text: &str) -> ProviderEvent {
    ProviderEvent::Inbound {
        from: "+16505551234".to_owned(),
        to: "+15550783881".to_owned(),
        text: text.to_owned(),
        provider_id: "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=".to_owned(),
        at: Timestamp::from_second(1_749_416_383).unwrap(),
    }
}

#[test]
fn inbound_messages_are_parsed() {
    let words = "Does it come in another color?";
    assert_eq!(told(INBOUND), Ok(vec![wrote(words)]));
    let text = r#""type": "text",
                "text": { "body": "Does it come in another color?" }"#;
    for (message, expected) in [
        (
            r#""type": "button", "button": { "payload": "ok", "text": "I am OK" }"#,
            Some("I am OK"),
        ),
        (
            r#""type": "interactive", "interactive": { "type": "button_reply", "button_reply": { "id": "1", "title": "Yes" } }"#,
            Some("Yes"),
        ),
        (
            r#""type": "interactive", "interactive": { "type": "list_reply", "list_reply": { "id": "1", "title": "No" } }"#,
            Some("No"),
        ),
        (
            r#""type": "image", "image": { "caption": "Look", "id": "1" }"#,
            Some("Look"),
        ),
        (r#""type": "audio", "audio": { "id": "1" }"#, Some("")),
        (r#""type": "reaction", "reaction": { "emoji": "👍" }"#, None),
        (r#""type": "unsupported", "errors": []"#, None),
    ] {
        let body = INBOUND.replace(text, message);
        assert_ne!(body, INBOUND);
        let expected = expected.map_or(ProviderEvent::Irrelevant, wrote);
        assert_eq!(told(&body), Ok(vec![expected]), "{message}");
    }
}

#[test]
fn other_numbers_and_system_events_are_irrelevant() {
    for body in [
        INBOUND.replace(NUMBER, "106540352242923"),
        INBOUND.replace(r#""from": "16505551234","#, ""),
        INBOUND.replace(
            r#""from": "16505551234""#,
            r#""from": "US.13491208655302741918""#,
        ),
    ] {
        assert_eq!(told(&body), Ok(vec![ProviderEvent::Irrelevant]), "{body}");
    }
    let other = r#"{"object": "whatsapp_business_account", "entry": [{"id": "1", "time": 1, "changes": [{"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}}]}]}"#;
    assert_eq!(told(other), Ok(vec![]));
}

#[test]
fn malformed_callbacks_are_rejected() {
    for bad in ["", "{}", "[]", "null", "<xml/>", r#"{"entry": [1]}"#] {
        assert_eq!(told(bad), Err(BadCallback::Unreadable), "{bad}");
    }
}

fn greeting(method: &Method, query: &str) -> Option<String> {
    let known = known();
    let account = Meta::new(&known.account()).unwrap();
    account.greeting(&Callback {
        method,
        url: &format!("{CALLBACK_URL}{query}"),
        headers: &HeaderMap::new(),
        body: b"",
        now: Timestamp::UNIX_EPOCH,
    })
}

#[test]
fn the_handshake_returns_the_challenge() {
    let right = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
    assert_eq!(greeting(&Method::GET, right), Some("1158201444".to_owned()));
    for wrong in [
        "",
        "?hub.mode=subscribe&hub.challenge=1158201444",
        "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=",
        "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhocks",
        "?hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock",
        "?hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=meatyhamhock",
        "?hub.mode=subscribe&hub.challenge=&hub.verify_token=meatyhamhock",
        "?hub.mode=subscribe&hub.verify_token=meatyhamhock",
    ] {
        assert_eq!(greeting(&Method::GET, wrong), None, "{wrong}");
    }
    assert_eq!(greeting(&Method::POST, right), None);
    let long = right.replace("1158201444", &"1".repeat(1_000));
    assert_eq!(greeting(&Method::GET, &long), None);
}

#[test]
fn changed_callbacks_are_rejected() {
    let signature = sign("s3cret", STATUSES);
    crate::changed::nothing_is_believed(&[&signature, STATUSES], |texts| {
        heard(Some(texts[0]), texts[1])
    });
}

#[test]
fn turning_marketing_off_in_whatsapp_is_an_opt_out() {
    let preferences = |number: &str, category: &str, value: &str, time: &str| {
        let body = format!(
            r#"{{"entry": [{{"changes": [{{"field": "user_preferences", "value": {{"metadata": {{"phone_number_id": "{number}"}}, "user_preferences": [{{"wa_id": "16505551234", "category": "{category}", "value": "{value}", "timestamp": {time}}}]}}}}]}}]}}"#
        );
        told(&body).unwrap()
    };
    for (value, keyword) in [("stop", Keyword::Stop), ("resume", Keyword::Start)] {
        for time in ["1731705721", r#""1731705721""#] {
            let asked = ProviderEvent::Asked {
                from: "+16505551234".to_owned(),
                keyword,
                provider_id: "preference-16505551234-1731705721".to_owned(),
                at: Timestamp::from_second(1_731_705_721).unwrap(),
            };
            let heard = preferences(NUMBER, "marketing_messages", value, time);
            assert_eq!(heard, [asked], "{value} {time}");
        }
    }
    for (number, category, value) in [
        ("1", "marketing_messages", "stop"),
        (NUMBER, "something_else", "stop"),
        (NUMBER, "marketing_messages", "maybe"),
    ] {
        let heard = preferences(number, category, value, "1731705721");
        assert_eq!(
            heard,
            [ProviderEvent::Irrelevant],
            "{number} {category} {value}"
        );
    }
}
