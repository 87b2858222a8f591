use carillon_domain::{
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    suppressions::SuppressionSource,
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
    r#"{"api_key": "0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef"}"#;
const BASE_URL: &str = "example.api.infobip.com";
const NOTHING: &str = "The provider gave no reason.";

fn known() -> Known {
    Known::new(
        &[("base_url", BASE_URL), ("sender", "+441134960000")],
        SECRET,
    )
}

#[test]
fn free_text_carries_its_callback_url() {
    let known = known();
    let account = InfobipWhatsApp::new(&known.account()).unwrap();
    let request = account.request(&known.text()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://example.api.infobip.com/whatsapp/1/message/text
    authorization: App 0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef
    content-type: application/json
    accept: application/json

    {
      "callbackData": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
      "content": {
        "text": "Γεια σου, Zoë 🔔"
      },
      "from": "441134960000",
      "notifyUrl": "https://example.com/callbacks/demo/whatsapp/t0ken?delivery=019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
      "to": "14155552345"
    }
    "#);
}

#[test]
fn a_template_has_typed_parts() {
    let mut known = known();
    known.callback_url = None;
    let account = InfobipWhatsApp::new(&known.account()).unwrap();
    let template = template("timetable_changed");
    let message = known.message(Body::Template(&template));
    let request = account.request(&message).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://example.api.infobip.com/whatsapp/1/message/template
    authorization: App 0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef
    content-type: application/json
    accept: application/json

    {
      "messages": [
        {
          "content": {
            "language": "en_US",
            "templateData": {
              "body": {
                "placeholders": [
                  "Zoë",
                  "7:30 \"sharp\""
                ]
              },
              "buttons": [
                {
                  "parameter": "timetable/42",
                  "type": "URL"
                },
                {
                  "parameter": "I am OK",
                  "type": "QUICK_REPLY"
                }
              ],
              "header": {
                "filename": "timetable.pdf",
                "mediaUrl": "https://example.com/files/timetable.pdf?v=2",
                "type": "DOCUMENT"
              }
            },
            "templateName": "timetable_changed"
          },
          "from": "441134960000",
          "to": "14155552345"
        }
      ]
    }
    "#);
}

#[test]
fn a_header_has_the_templates_media_type() {
    let header = |header| {
        let template = WhatsAppTemplate {
            header: Some(header),
            ..template("t")
        };
        serde_json::to_string(&Template::of(&template).template_data.header).unwrap()
    };
    let url = || "https://example.com/x".to_owned();
    assert_eq!(
        header(TemplateHeader::Text("Monday".to_owned())),
        r#"{"type":"TEXT","placeholder":"Monday"}"#
    );
    assert_eq!(
        header(TemplateHeader::Image(url())),
        r#"{"type":"IMAGE","mediaUrl":"https://example.com/x"}"#
    );
    assert_eq!(
        header(TemplateHeader::Video(url())),
        r#"{"type":"VIDEO","mediaUrl":"https://example.com/x"}"#
    );
}

#[test]
fn a_document_is_named_after_its_url() {
    for (url, expected) in [
        ("https://example.com/a/b.pdf", "b.pdf"),
        ("https://example.com/b.pdf?c=/d.pdf#e", "b.pdf"),
        ("https://example.com/a/", "document"),
        ("https://example.com", "document"),
    ] {
        assert_eq!(filename(url), expected, "{url}");
    }
    let long = format!("https://example.com/{}", "x".repeat(1_000));
    assert_eq!(filename(&long).len(), FILENAME_CHARACTERS);
}

#[test]
fn an_incomplete_account_is_rejected() {
    let right = ("base_url", BASE_URL);
    let sender = ("sender", "+441134960000");
    for (settings, secret) in [
        (vec![right], SECRET),
        (vec![sender], SECRET),
        (vec![right, ("sender", "InfoSMS")], SECRET),
        (vec![("base_url", "example.com"), sender], SECRET),
        (vec![right, sender], r#"{"api_key": ""}"#),
        (vec![right, sender], "01234567"),
    ] {
        let known = Known::new(&settings, secret);
        let error = InfobipWhatsApp::new(&known.account()).unwrap_err();
        assert!(!error.to_string().contains("01234567"), "{error}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let known = known();
    let account = InfobipWhatsApp::new(&known.account()).unwrap();
    let request = account.request(&known.text()).unwrap();
    let printed = format!("{account:?} {:?}", request.headers());
    for secret in ["01234567", "t0ken"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn judged(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let known = known();
    let account = InfobipWhatsApp::new(&known.account()).unwrap();
    account.outcome(&known.text(), &answer(status, retry_after, body))
}

#[test]
fn responses_are_classified() {
    let accepted = || Outcome::Accepted {
        provider_id: "a28dd97c-1ffb-4fcf-99f1-0b557ed381da".to_owned(),
    };
    let text = include_str!("fixtures/accepted-text.json");
    let templates = include_str!("fixtures/accepted-template.json");
    for (status, retry_after, body, expected) in [
        (200, None, text, accepted()),
        (200, None, templates, accepted()),
        (200, None, &text[..60], unreadable()),
        (200, None, r#"{"messages": []}"#, unreadable()),
        (200, None, "<html>Sign in</html>", unreadable()),
        (
            400,
            None,
            include_str!("fixtures/bad-request.json"),
            rejected("BAD_REQUEST", "Bad request"),
        ),
        (401, None, "", throttled(None, "http_401", NOTHING)),
        (403, None, "{}", throttled(None, "http_403", NOTHING)),
        (404, None, "", rejected("http_404", NOTHING)),
        (429, Some("1"), "", throttled(Some(1), "http_429", NOTHING)),
        (500, None, "", unknown("http_500", NOTHING)),
        (502, None, "<html>", unknown("http_502", NOTHING)),
        (503, None, "", throttled(None, "http_503", NOTHING)),
    ] {
        assert_eq!(
            judged(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

/// A status as in responses and reports.
fn status(group: u32, id: u32, words: &str) -> String {
    format!(r#"{{"groupId": {group}, "id": {id}, "name": "NAME", "description": "{words}"}}"#)
}

const TOO_LATE: &str = "More than 24 hours have passed since the recipient last replied.";

#[test]
fn message_statuses_are_classified() {
    for in_list in [false, true] {
        let answered = |group, id, words| {
            let status = status(group, id, words);
            let message = format!(r#"{{"messageId": "m", "status": {status}}}"#);
            let body = match in_list {
                true => format!(r#"{{"messages": [{message}]}}"#),
                false => message,
            };
            judged(200, None, &body)
        };
        let accepted = Outcome::Accepted {
            provider_id: "m".to_owned(),
        };
        for (group, id) in [(0, 0), (1, 7), (1, 26), (3, 5)] {
            assert_eq!(answered(group, id, "Words"), accepted, "{group} {id}");
        }
        for id in [11, 12, 13, 17, 19] {
            assert_eq!(answered(5, id, "Words"), throttled(None, "NAME", "Words"));
        }
        let transient = Outcome::Transient(Reason::new("NAME", "Words"));
        assert_eq!(answered(5, 21, "Words"), transient);
        for (group, id) in [(2, 9), (4, 15), (5, 6), (5, 52)] {
            assert_eq!(answered(group, id, "Words"), rejected("NAME", "Words"));
        }
        let opted_out = Outcome::Unreachable {
            reason: Reason::new("NAME", "Words"),
            source: SuppressionSource::Unsubscribed,
        };
        assert_eq!(answered(5, 14, "Words"), opted_out);
        assert_eq!(
            answered(5, 14, TOO_LATE),
            rejected("outside_window", TOO_LATE)
        );
        assert_eq!(answered(6, 1, "Words"), unreadable());
    }
}

fn events(url: &str, body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    let known = known();
    let account = InfobipWhatsApp::new(&known.account()).unwrap();
    account.events(&Callback {
        method: &Method::POST,
        url,
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
    })
}

fn receipt(id: &str, at: &str, news: StatusUpdate) -> ProviderEvent {
    ProviderEvent::Receipt {
        delivery: delivery(),
        provider_id: id.to_owned(),
        at: at.parse().unwrap(),
        news,
    }
}

#[test]
fn a_delivery_report_names_the_delivery() {
    let expected = receipt(
        "fb469d73-d362-463f-b30f-1e959b53badc",
        "2019-04-09T19:01:56.494Z",
        StatusUpdate::Became(DeliveryStatus::Delivered),
    );
    let report = include_str!("fixtures/report.json");
    assert_eq!(events(CALLBACK_URL, report), Ok(vec![expected]));
}

#[test]
fn a_seen_report_is_identified_by_its_url() {
    let url = format!("{CALLBACK_URL}?delivery={REFERENCE}");
    let expected = receipt(
        "1215f543ab19-345f-adbd-12ad31451ed25f35",
        "2018-12-12T11:21:58.251Z",
        StatusUpdate::Became(DeliveryStatus::Opened),
    );
    let seen = include_str!("fixtures/seen.json");
    assert_eq!(events(&url, seen), Ok(vec![expected]));
    for foreign in ["", "?delivery=42", "?other=1"] {
        let url = format!("{CALLBACK_URL}{foreign}");
        assert_eq!(events(&url, seen), Ok(vec![ProviderEvent::Irrelevant]));
    }
    let two = r#"{"results": [{"messageId": "a", "seenAt": "2018-12-12T11:21:58.251+0000"}, {"messageId": "b", "seenAt": "2018-12-12T11:21:58.251+0000"}]}"#;
    let nobody = vec![ProviderEvent::Irrelevant, ProviderEvent::Irrelevant];
    assert_eq!(events(&url, two), Ok(nobody));
}

#[test]
fn reports_are_classified() {
    let refused = |code: &str, words: &str| Some(StatusUpdate::Refused(Reason::new(code, words)));
    let none = status(0, 0, "No Error");
    let error = status(1, 7_000, "More");
    let late = status(1, 7_001, TOO_LATE);
    let no_session = status(2, 7_010, "No session");
    let left = status(2, 7_033, "No marketing");
    let locked = status(2, 7_003, "Locked");
    let opted_out = |words: &str| {
        Some(StatusUpdate::Unreachable {
            reason: Reason::new("NAME", words),
            source: SuppressionSource::Unsubscribed,
        })
    };
    let waits = |words: &str| {
        Some(StatusUpdate::Postponed {
            reason: Reason::new("NAME", words),
            by_account: true,
        })
    };
    for (group, id, error, expected) in [
        (1, 7, &none, Some(StatusUpdate::Accepted)),
        (
            3,
            5,
            &none,
            Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        ),
        (
            2,
            9,
            &error,
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
        ),
        (2, 31, &error, refused("NAME", "More")),
        (2, 9, &late, refused("outside_window", TOO_LATE)),
        (
            4,
            15,
            &none,
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
        ),
        (4, 29, &none, Some(StatusUpdate::Accepted)),
        (5, 6, &none, refused("NAME", "Words")),
        (2, 9, &no_session, refused("outside_window", "No session")),
        (2, 9, &left, opted_out("No marketing")),
        (5, 14, &none, opted_out("Words")),
        (2, 9, &locked, waits("Locked")),
        (5, 14, &late, refused("outside_window", TOO_LATE)),
        (6, 1, &none, None),
    ] {
        let status = status(group, id, "Words");
        let body = format!(
            r#"{{"results": [{{"messageId": "m", "status": {status}, "error": {error}, "callbackData": "{REFERENCE}"}}]}}"#
        );
        let expected = expected.map_or(ProviderEvent::Irrelevant, |news| {
            receipt("m", "1970-01-01T00:00:00Z", news)
        });
        assert_eq!(events(CALLBACK_URL, &body), Ok(vec![expected]), "{body}");
        let foreign = body.replace(REFERENCE, "42");
        assert_eq!(
            events(CALLBACK_URL, &foreign),
            Ok(vec![ProviderEvent::Irrelevant])
        );
    }
}

#[test]
fn inbound_messages_are_parsed() {
    let inbound = include_str!("fixtures/inbound.json");
    let expected = |text: &str| ProviderEvent::Inbound {
        from: "+385919998888".to_owned(),
        to: "+41793026731".to_owned(),
        text: text.to_owned(),
        provider_id: "ABEGOFl3VCQoAhBalbc6rTQT6mgS29EmGZ7a".to_owned(),
        at: "2019-07-19T11:33:47.568Z".parse().unwrap(),
    };
    assert_eq!(events(CALLBACK_URL, inbound), Ok(vec![expected("Support")]));
    let text = r#"{ "type": "TEXT", "text": "Support" }"#;
    for (message, said) in [
        (
            r#"{ "type": "BUTTON", "text": "I am OK", "payload": "ok" }"#,
            "I am OK",
        ),
        (
            r#"{ "type": "INTERACTIVE_BUTTON_REPLY", "id": "1", "title": "Yes" }"#,
            "Yes",
        ),
        (
            r#"{ "type": "IMAGE", "caption": "Look", "url": "https://example.com/1" }"#,
            "Look",
        ),
        (r#"{ "type": "VOICE", "url": "https://example.com/1" }"#, ""),
    ] {
        let body = inbound.replace(text, message);
        assert_ne!(body, inbound);
        assert_eq!(
            events(CALLBACK_URL, &body),
            Ok(vec![expected(said)]),
            "{said}"
        );
    }
    let from_nobody = inbound.replace("385919998888", "Frank");
    assert_eq!(
        events(CALLBACK_URL, &from_nobody),
        Ok(vec![ProviderEvent::Irrelevant])
    );
}

#[test]
fn malformed_callbacks_are_rejected() {
    for bad in ["", "{}", "[]", "null", "<xml/>", r#"{"results": [1]}"#] {
        assert_eq!(events(CALLBACK_URL, bad), Err(BadCallback::Unreadable));
    }
    assert_eq!(events(CALLBACK_URL, r#"{"results": []}"#), Ok(vec![]));
}
