use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    address::PhoneNumber,
    channel::Channel,
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    reason::Reason,
    suppressions::{SuppressionSource, keyword::Keyword},
};
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::*;
use crate::known::{answer_after, reference, rejected, throttled, unknown, written};
use crate::vendor::DeliveryReference;

const SECRET: &str = r#"{
    "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "auth_token": "12345"
}"#;
const KEY_SECRET: &str = r#"{
    "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "auth_token": "12345",
    "api_key_sid": "SKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "api_key_secret": "67890"
}"#;
const CALLBACK_URL: &str = "https://example.com/callbacks/demo/sms/t0ken";
const STATUS_URL: &str = "https://example.com/callbacks/demo/sms/t0ken?delivery=019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef";

/// The data that the responses in `fixtures/` refer to.
struct Known {
    to: PhoneNumber,
    sender_id: Option<SenderId>,
    settings: BTreeMap<String, String>,
    secret: &'static str,
}

fn known() -> Known {
    Known {
        to: PhoneNumber::parse("+14155552345", None).unwrap(),
        sender_id: "+14155552345".parse().ok(),
        settings: BTreeMap::new(),
        secret: SECRET,
    }
}

impl Known {
    fn sms(&self) -> Sms<'_> {
        Sms {
            to: &self.to,
            text: "Γεια σου, Zoë 🔔",
            reference: reference(Channel::Sms),
        }
    }

    fn account(&self) -> Result<Twilio<'_>, Unusable> {
        Twilio::new(&Account {
            from: None,
            sender_id: self.sender_id.as_ref(),
            settings: &self.settings,
            secret: self.secret,
            callback_url: Some(CALLBACK_URL),
            access_token: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        })
    }
}

fn delivery() -> DeliveryReference {
    let (_, reference) = STATUS_URL.split_once('=').unwrap();
    reference.parse().unwrap()
}

#[test]
fn a_message_carries_its_callback_url() {
    let known = known();
    let request = known.account().unwrap().request(&known.sms()).unwrap();
    insta::assert_snapshot!(written(&request), @r"
    POST https://api.twilio.com/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Messages.json
    authorization: Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYToxMjM0NQ==
    content-type: application/x-www-form-urlencoded

    To=%2B14155552345
    &From=%2B14155552345
    &Body=%CE%93%CE%B5%CE%B9%CE%B1+%CF%83%CE%BF%CF%85%2C+Zo%C3%AB+%F0%9F%94%94
    &StatusCallback=https%3A%2F%2Fexample.com%2Fcallbacks%2Fdemo%2Fsms%2Ft0ken%3Fdelivery%3D019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef
    ");
}

#[test]
fn a_messaging_service_and_an_api_key_are_used() {
    let mut known = known();
    known.secret = KEY_SECRET;
    known.sender_id = None;
    let unusable = known.account().unwrap_err();
    assert!(matches!(unusable, Unusable::Setting { .. }), "{unusable}");

    let service = "MGaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
    known.settings.insert(MESSAGING_SERVICE.to_owned(), service);
    let request = known.account().unwrap().request(&known.sms()).unwrap();
    let text = written(&request);
    assert!(text.contains("&MessagingServiceSid=MGaaaa"), "{text}");
    assert!(!text.contains("&From="), "{text}");
    let pair = STANDARD.encode("SKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:67890");
    assert!(text.contains(&pair), "{text}");
}

#[test]
fn senders_are_in_twilios_format() {
    for (text, expected) in [
        ("+447700900999", "+447700900999"),
        ("12345", "12345"),
        ("Carillon", "Carillon"),
    ] {
        let sender: SenderId = text.parse().unwrap();
        assert_eq!(sender_address(&sender), expected);
    }
}

#[test]
fn a_messaging_service_must_be_a_valid_sid() {
    let [setting] = SETUP.settings else {
        panic!("one setting");
    };
    assert!(setting.accepts("MG0123456789abcdef0123456789abcdef"));
    for bad in ["", "MG", "AC0123456789abcdef0123456789abcdef", "MG01/../x"] {
        assert!(!setting.accepts(bad), "{bad}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let mut known = known();
    for secret in [SECRET, KEY_SECRET] {
        known.secret = secret;
        let account = known.account().unwrap();
        let request = account.request(&known.sms()).unwrap();
        let printed = format!("{account:?} {:?}", request.headers());
        for secret in ["12345\"", "67890", "t0ken", "QUNh", "U0th"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[test]
fn a_malformed_secret_is_rejected() {
    let mut known = known();
    for bad in [
        "",
        "12345",
        r#"{"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
        r#"{"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "auth_token": ""}"#,
        r#"{"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "auth_token": "12345", "api_key_secret": "67890"}"#,
        r#"{"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "auth_token": "12345", "password": "67890"}"#,
    ] {
        known.secret = bad;
        let error = known.account().unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{bad}");
        assert!(!error.to_string().contains("12345"), "{error}");
    }
}

#[test]
fn identifiers_have_the_format_of_twilio() {
    let mut known = known();
    for bad in [
        r#"{"account_sid": "AC12345", "auth_token": "12345"}"#,
        r#"{"account_sid": "AC/../aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "auth_token": "12345"}"#,
        r#"{"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "api_key_sid": "12345", "api_key_secret": "67890"}"#,
    ] {
        known.secret = bad;
        let error = known.account().unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{bad}");
        assert!(!error.to_string().contains("12345"), "{error}");
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
    let unreadable = || {
        unknown(
            "unreadable_answer",
            "The provider's response could not be parsed.",
        )
    };
    for (status, retry_after, body, expected) in [
        (
            201,
            None,
            accepted,
            Outcome::Accepted {
                provider_id: "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
            },
        ),
        (
            201,
            None,
            include_str!("fixtures/failed.json"),
            rejected("30003", "Unreachable destination handset"),
        ),
        (201, None, &accepted[..60], unreadable()),
        (200, None, "<html>Sign in</html>", unreadable()),
        (
            400,
            None,
            include_str!("fixtures/opted-out.json"),
            Outcome::Unreachable {
                reason: Reason::new("21610", "Attempt to send to unsubscribed recipient"),
                source: SuppressionSource::Unsubscribed,
            },
        ),
        (
            400,
            None,
            include_str!("fixtures/invalid-number.json"),
            rejected("21211", "The 'To' number 123 is not a valid phone number."),
        ),
        (
            400,
            None,
            include_str!("fixtures/not-mobile.json"),
            rejected("21614", "To number: +15005550009, is not a mobile number"),
        ),
        (
            400,
            None,
            include_str!("fixtures/region-not-enabled.json"),
            rejected(
                "21408",
                "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: +1877780XXXX",
            ),
        ),
        (
            401,
            None,
            include_str!("fixtures/not-signed-in.json"),
            throttled(
                None,
                "20003",
                "Authentication Error - No credentials provided",
            ),
        ),
        (
            429,
            None,
            include_str!("fixtures/queue-full.json"),
            throttled(None, "21611", "SMS queue is full."),
        ),
        (
            429,
            Some("2"),
            include_str!("fixtures/too-many-requests.json"),
            throttled(Some(2), "20429", "Too Many Requests"),
        ),
        (403, None, "", throttled(None, "http_403", nothing)),
        (503, None, "", throttled(None, "http_503", nothing)),
        (404, None, "", rejected("http_404", nothing)),
        (500, None, "", unknown("http_500", nothing)),
        (502, Some("5"), "<html>", unknown("http_502", nothing)),
        (504, None, "", unknown("http_504", nothing)),
    ] {
        assert_eq!(
            outcome(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn codes_are_classified() {
    let judged = |code: u32| outcome(400, None, &format!(r#"{{"code": {code}, "message": "m"}}"#));
    for code in [
        10001, 20003, 20404, 20429, 21601, 21608, 21611, 21660, 21730, 30001, 30002, 63017, 63018,
        63038,
    ] {
        assert_eq!(judged(code), throttled(None, &code.to_string(), "m"));
    }
    for code in [
        21211, 21408, 21602, 21604, 21606, 21612, 21703, 21614, 21617, 21635, 21658, 21659, 30003,
        30004, 30005, 30006, 30007, 30008,
    ] {
        assert_eq!(judged(code), rejected(&code.to_string(), "m"));
    }
}

fn sign(key: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

fn heard(
    url: &str,
    signature: Option<&str>,
    body: &str,
) -> Result<Vec<ProviderEvent>, BadCallback> {
    let mut headers = HeaderMap::new();
    if let Some(signature) = signature {
        headers.insert("x-twilio-signature", signature.parse().unwrap());
    }
    let known = known();
    known.account().unwrap().events(&Callback {
        method: &Method::POST,
        url,
        headers: &headers,
        body: body.as_bytes(),
        now: Timestamp::UNIX_EPOCH,
    })
}

/// Parses it with its matching signature.
fn told(url: &str, body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    let mut fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
    fields.sort();
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    heard(url, Some(&sign("12345", &format!("{url}{fields}"))), body)
}

/// The examples of the documentation and of Twilio's own libraries. They concern phone calls, so they pass verification
/// but cannot be parsed.
#[test]
fn a_callback_needs_a_valid_signature() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let call = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B12349013030&To=%2B18005551212&Caller=%2B12349013030";
    let signature = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";
    let library = call.replace("2349013030", "4158675309");
    let library = library.as_str();
    let repeated = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    for (url, signature, body) in [
        (url, signature, call),
        (url, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", library),
        (url, "kvajT1Ptam85bY51eRf/AJRuM3w=", library),
        (
            "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            library,
        ),
        (
            "http://mycompany.com/myapp.php?foo=1&bar=2",
            "0ZXoZLH/DfblKGATFgpif+LLRf4=",
            library,
        ),
        (url, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", repeated),
    ] {
        let heard = heard(url, Some(signature), body);
        assert_eq!(heard, Err(BadCallback::Unreadable), "{url} {body}");
    }
    for (url, signature, body) in [
        (url, "1/KCTR6DLpKmkAf8muzZqo1nDgQ=", call),
        (url, "not base64", call),
        (url, "", call),
        (url, signature, call.replace("1234&", "1235&").as_str()),
        (url, signature, format!("{call}&Extra=1").as_str()),
        ("https://mycompany.com/myapp.php?foo=1", signature, call),
    ] {
        let heard = heard(url, Some(signature), body);
        assert_eq!(heard, Err(BadCallback::Forged), "{url} {body}");
    }
    assert_eq!(heard(url, None, call), Err(BadCallback::Unsigned));
}

#[test]
fn without_an_auth_token_no_callback_is_accepted() {
    let mut known = known();
    known.secret = r#"{
        "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "api_key_sid": "SKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "api_key_secret": "67890"
    }"#;
    let mut headers = HeaderMap::new();
    let signature = sign("", "https://example.com/");
    headers.insert("x-twilio-signature", signature.parse().unwrap());
    let heard = known.account().unwrap().events(&Callback {
        method: &Method::POST,
        url: "https://example.com/",
        headers: &headers,
        body: b"",
        now: Timestamp::UNIX_EPOCH,
    });
    assert_eq!(heard, Err(BadCallback::Unsigned));
}

#[test]
fn statuses_are_classified() {
    let refused = |code: &str, text: &str| Some(StatusUpdate::Refused(Reason::new(code, text)));
    let unsent = "Twilio accepted the message but did not send it.";
    let opted_out = |text: &str| {
        Some(StatusUpdate::Unreachable {
            reason: Reason::new("21610", text),
            source: SuppressionSource::Unsubscribed,
        })
    };
    for (status, expected) in [
        ("accepted", Some(StatusUpdate::Accepted)),
        ("queued", Some(StatusUpdate::Accepted)),
        ("sending", Some(StatusUpdate::Accepted)),
        ("sent", Some(StatusUpdate::Accepted)),
        (
            "delivered",
            Some(StatusUpdate::Became(DeliveryStatus::Delivered)),
        ),
        ("read", Some(StatusUpdate::Became(DeliveryStatus::Opened))),
        (
            "undelivered",
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
        ),
        (
            "undelivered&ErrorCode=30003",
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
        ),
        ("undelivered&ErrorCode=21610", opted_out(unsent)),
        (
            "failed&ErrorCode=21610&ErrorMessage=STOP",
            opted_out("STOP"),
        ),
        (
            "failed&ErrorCode=30001&ErrorMessage=Queue+overflow",
            Some(StatusUpdate::Postponed {
                reason: Reason::new("30001", "Queue overflow"),
                by_account: true,
            }),
        ),
        ("failed", refused("failed", unsent)),
        ("canceled", refused("canceled", unsent)),
        ("receiving", None),
        ("whatever", None),
    ] {
        let body = format!(
            "SmsSid=SM2&MessageStatus={status}&To=%2B14155552345&MessageSid=SM2&AccountSid=ACa&From=%2B14155552345&ApiVersion=2010-04-01"
        );
        let expected = expected.map_or(ProviderEvent::Irrelevant, |news| ProviderEvent::Receipt {
            delivery: delivery(),
            provider_id: "SM2".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            news,
        });
        assert_eq!(told(STATUS_URL, &body), Ok(vec![expected]), "{status}");
    }
}

#[test]
fn foreign_references_are_irrelevant() {
    let body = "MessageSid=SM2&MessageStatus=delivered";
    for url in [
        CALLBACK_URL.to_owned(),
        format!("{CALLBACK_URL}?delivery=42"),
        format!("{CALLBACK_URL}?other=1"),
    ] {
        assert_eq!(
            told(&url, body),
            Ok(vec![ProviderEvent::Irrelevant]),
            "{url}"
        );
    }
}

#[test]
fn inbound_messages_are_parsed() {
    let body = "ToCountry=US&SmsMessageSid=SM3&NumMedia=0&SmsSid=SM3&SmsStatus=received&Body=%CE%95%CE%AF%CE%BC%CE%B1%CE%B9+%CE%BA%CE%B1%CE%BB%CE%AC&FromCountry=US&To=12345&NumSegments=1&MessageSid=SM3&AccountSid=ACa&From=%2B14155552345&ApiVersion=2010-04-01";
    let expected = ProviderEvent::Inbound {
        from: "+14155552345".to_owned(),
        to: "12345".to_owned(),
        text: "Είμαι καλά".to_owned(),
        provider_id: "SM3".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    assert_eq!(told(CALLBACK_URL, body), Ok(vec![expected]));
    for channel in ["whatsapp%3A%2B14155552345", "54321"] {
        let other = body.replace("From=%2B14155552345", &format!("From={channel}"));
        assert_eq!(
            told(CALLBACK_URL, &other),
            Ok(vec![ProviderEvent::Irrelevant])
        );
    }
    for unreadable in ["", "MessageSid=SM3", "MessageSid=SM3&From=%2B1", "{}"] {
        let told = told(CALLBACK_URL, unreadable);
        assert_eq!(told, Err(BadCallback::Unreadable), "{unreadable}");
    }
}

#[test]
fn changed_callbacks_are_rejected() {
    let url = STATUS_URL;
    let body = "MessageSid=SM1&MessageStatus=delivered&To=%2B14155552345&AccountSid=AC1";
    let mut fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
    fields.sort();
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    let signature = sign("12345", &format!("{url}{fields}"));
    crate::changed::nothing_is_believed(&[url, &signature, body], |texts| {
        heard(texts[0], Some(texts[1]), texts[2])
    });
}

#[test]
fn twilios_own_keywords_are_applied() {
    let told_of = |body: &str| {
        let told = told(CALLBACK_URL, body).unwrap();
        assert!(matches!(told[0], ProviderEvent::Inbound { .. }), "{told:?}");
        let [_, rest @ ..] = told.as_slice() else {
            panic!("{told:?}");
        };
        rest.to_vec()
    };
    let from = "From=%2B14155552345&To=%2B15005550006&MessageSid=SM1";
    let asked = |keyword| {
        vec![ProviderEvent::Asked {
            from: "+14155552345".to_owned(),
            keyword,
            provider_id: "SM1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        }]
    };
    for (text, kind, expected) in [
        ("LEAVE+ME", "&OptOutType=STOP", asked(Keyword::Stop)),
        ("JOIN", "&OptOutType=START", asked(Keyword::Start)),
        ("STOP", "&OptOutType=STOP", vec![]),
        ("Hello", "", vec![]),
        ("Hello", "&OptOutType=", vec![]),
    ] {
        let body = format!("{from}&Body={text}{kind}");
        assert_eq!(told_of(&body), expected, "{body}");
    }
}
