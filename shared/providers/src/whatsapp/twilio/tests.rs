use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    reason::Reason,
    suppressions::SuppressionSource,
};
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::*;
use crate::whatsapp::known::{
    CALLBACK_URL, Known, REFERENCE, answer, delivery, rejected, template, throttled, unknown,
    unreadable, written,
};

const SECRET: &str = r#"{
    "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "auth_token": "12345"
}"#;
const CONTENT_SID: &str = "HXbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn known() -> Known {
    Known::new(&[("sender", "+15005550006")], SECRET)
}

#[test]
fn free_text_carries_its_callback_url() {
    let known = known();
    let account = TwilioWhatsApp::new(&known.account()).unwrap();
    let request = account.request(&known.text()).unwrap();
    insta::assert_snapshot!(written(&request), @r"
    POST https://api.twilio.com/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Messages.json
    authorization: Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYToxMjM0NQ==
    content-type: application/x-www-form-urlencoded

    To=whatsapp%3A%2B14155552345
    &From=whatsapp%3A%2B15005550006
    &Body=%CE%93%CE%B5%CE%B9%CE%B1+%CF%83%CE%BF%CF%85%2C+Zo%C3%AB+%F0%9F%94%94
    &StatusCallback=https%3A%2F%2Fexample.com%2Fcallbacks%2Fdemo%2Fwhatsapp%2Ft0ken%3Fdelivery%3D019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef
    ");
}

/// The fields of the form that a template becomes.
fn form_of(template: &WhatsAppTemplate) -> BTreeMap<String, String> {
    let mut known = known();
    known.callback_url = None;
    let account = TwilioWhatsApp::new(&known.account()).unwrap();
    let message = known.message(Body::Template(template));
    let request = account.request(&message).unwrap();
    form_urlencoded::parse(request.body())
        .into_owned()
        .collect()
}

#[test]
fn placeholders_are_numbered_consecutively() {
    let form = form_of(&template(CONTENT_SID));
    let names: Vec<&str> = form.keys().map(String::as_str).collect();
    assert_eq!(names, ["ContentSid", "ContentVariables", "From", "To"]);
    assert_eq!(form["ContentSid"], CONTENT_SID);
    assert_eq!(
        form["ContentVariables"],
        r#"{"1":"https://example.com/files/timetable.pdf?v=2","2":"Zoë","3":"7:30 \"sharp\"","4":"timetable/42","5":"I am OK"}"#
    );
}

#[test]
fn a_template_without_placeholders_has_no_variables() {
    let plain = WhatsAppTemplate {
        header: None,
        body: Vec::new(),
        buttons: Vec::new(),
        ..template(CONTENT_SID)
    };
    assert!(!form_of(&plain).contains_key("ContentVariables"));
}

#[test]
fn an_incomplete_account_is_rejected() {
    for (sender, secret) in [
        ("+15005550006", r#"{"auth_token": "12345"}"#),
        ("+15005550006", "12345"),
        ("whatsapp:+15005550006", SECRET),
        ("Carillon", SECRET),
        ("", SECRET),
    ] {
        let known = Known::new(&[("sender", sender)], secret);
        let error = TwilioWhatsApp::new(&known.account()).unwrap_err();
        assert!(!error.to_string().contains("12345"), "{error}");
    }
    let known = Known::new(&[], SECRET);
    let error = TwilioWhatsApp::new(&known.account()).unwrap_err();
    assert!(matches!(error, Unusable::Setting { .. }), "{error}");
}

#[test]
fn secrets_are_not_printed() {
    let known = known();
    let account = TwilioWhatsApp::new(&known.account()).unwrap();
    let request = account.request(&known.text()).unwrap();
    let printed = format!("{account:?} {:?}", request.headers());
    for secret in ["12345\"", "t0ken", "QUNh"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn judged(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let known = known();
    let account = TwilioWhatsApp::new(&known.account()).unwrap();
    account.outcome(&known.text(), &answer(status, retry_after, body))
}

#[test]
fn responses_are_classified() {
    let accepted = include_str!("fixtures/accepted.json");
    let nothing = "The provider gave no reason.";
    for (status, retry_after, body, expected) in [
        (
            201,
            None,
            accepted,
            Outcome::Accepted {
                provider_id: "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
            },
        ),
        (201, None, &accepted[..60], unreadable()),
        (
            400,
            None,
            include_str!("fixtures/outside-window.json"),
            rejected(
                "outside_window",
                "Failed to send freeform message because you are outside the allowed window.",
            ),
        ),
        (
            201,
            None,
            r#"{"sid": "SM1", "status": "failed", "error_code": 63016, "error_message": null}"#,
            rejected("outside_window", nothing),
        ),
        (401, None, "", throttled(None, "http_401", nothing)),
        (429, Some("2"), "", throttled(Some(2), "http_429", nothing)),
        (503, None, "", throttled(None, "http_503", nothing)),
        (500, None, "", unknown("http_500", nothing)),
    ] {
        assert_eq!(
            judged(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn codes_are_classified() {
    let judged = |code: u32| judged(400, None, &format!(r#"{{"code": {code}, "message": "m"}}"#));
    for code in [
        63001, 63002, 63007, 63008, 63017, 63018, 63020, 63022, 63038, 63112,
    ] {
        assert_eq!(judged(code), throttled(None, &code.to_string(), "m"));
    }
    for code in [
        21211, 21619, 21655, 21656, 21910, 63003, 63005, 63013, 63019, 63021, 63024, 63027, 63028,
        63030, 63032, 63040, 63041, 63042, 63049,
    ] {
        assert_eq!(judged(code), rejected(&code.to_string(), "m"));
    }
    for code in [21610, 63014] {
        let unreachable = Outcome::Unreachable {
            reason: Reason::new(code.to_string(), "m"),
            source: SuppressionSource::Unsubscribed,
        };
        assert_eq!(judged(code), unreachable);
    }
    for code in [63010, 63012, 63023] {
        assert_eq!(judged(code), unknown(&code.to_string(), "m"));
    }
}

/// Parses it with a key's signature over these fields, whatever the body contains.
fn heard(
    url: &str,
    key: &str,
    signed: &str,
    body: &str,
) -> Result<Vec<ProviderEvent>, BadCallback> {
    let mut fields: Vec<_> = form_urlencoded::parse(signed.as_bytes()).collect();
    fields.sort();
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, format!("{url}{fields}").as_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert("x-twilio-signature", signature.parse().unwrap());
    let known = known();
    let account = TwilioWhatsApp::new(&known.account()).unwrap();
    account.events(&Callback {
        method: &Method::POST,
        url,
        headers: &headers,
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
    })
}

fn told(url: &str, body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    heard(url, "12345", body, body)
}

#[test]
fn statuses_are_classified() {
    let url = format!("{CALLBACK_URL}?delivery={REFERENCE}");
    let unsent = "Twilio accepted the message but did not send it.";
    let refused = |code: &str| StatusUpdate::Refused(Reason::new(code, unsent));
    for (status, expected) in [
        ("queued", Some(StatusUpdate::Accepted)),
        ("sent", Some(StatusUpdate::Accepted)),
        (
            "delivered",
            Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        ),
        (
            "read&EventType=READ",
            Some(StatusUpdate::Became(DeliveryStatus::Opened)),
        ),
        (
            "undelivered&ErrorCode=63024",
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
        ),
        (
            "undelivered&ErrorCode=63016",
            Some(refused("outside_window")),
        ),
        ("undelivered&ErrorCode=63049", Some(refused("63049"))),
        ("failed&ErrorCode=63016", Some(refused("outside_window"))),
        ("failed&ErrorCode=63027", Some(refused("63027"))),
        ("whatever", None),
    ] {
        let body = format!(
            "SmsSid=SM2&MessageStatus={status}&To=whatsapp%3A%2B14155552345&ChannelPrefix=whatsapp&MessageSid=SM2&AccountSid=ACa&From=whatsapp%3A%2B15005550006&ApiVersion=2010-04-01"
        );
        let expected = expected.map_or(ProviderEvent::Irrelevant, |news| ProviderEvent::Receipt {
            delivery: delivery(),
            provider_id: "SM2".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            news,
        });
        assert_eq!(told(&url, &body), Ok(vec![expected]), "{status}");
    }
}

const INBOUND: &str = "SmsMessageSid=SM3&NumMedia=0&ProfileName=Zo%C3%AB&MessageType=text&SmsSid=SM3&WaId=14155552345&SmsStatus=received&Body=%CE%95%CE%AF%CE%BC%CE%B1%CE%B9+%CE%BA%CE%B1%CE%BB%CE%AC&To=whatsapp%3A%2B15005550006&NumSegments=1&MessageSid=SM3&AccountSid=ACa&From=whatsapp%3A%2B14155552345&ApiVersion=2010-04-01";

#[test]
fn inbound_messages_have_numbers_without_the_prefix() {
    let expected = ProviderEvent::Inbound {
        from: "+14155552345".to_owned(),
        to: "+15005550006".to_owned(),
        text: "Είμαι καλά".to_owned(),
        provider_id: "SM3".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    assert_eq!(told(CALLBACK_URL, INBOUND), Ok(vec![expected]));
    for elsewhere in ["%2B14155552345", "messenger%3A42", "whatsapp%3A42"] {
        let other = INBOUND.replace("whatsapp%3A%2B14155552345", elsewhere);
        assert_eq!(
            told(CALLBACK_URL, &other),
            Ok(vec![ProviderEvent::Irrelevant])
        );
    }
}

#[test]
fn a_callback_needs_a_valid_signature() {
    for (key, body) in [
        ("12346", INBOUND.to_owned()),
        ("12345", INBOUND.replace("14155552345", "14155552346")),
        ("12345", format!("{INBOUND}&Extra=1")),
    ] {
        let heard = heard(CALLBACK_URL, key, INBOUND, &body);
        assert_eq!(heard, Err(BadCallback::Forged), "{body}");
    }
}
