use std::collections::BTreeMap;

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use serde_json::{Value, json};

use super::*;
use crate::push::tests::{
    APNS_DEVICE, NOW, account, answer, assert_wrong_device, browser, head, known, named, shown,
};

/// Generated for the tests and the simulator; no subscription uses them.
const PRIVATE_KEY: &str = "usodzDX0gvpfNl9lSvV-Zoiy_CXKY3OBTnpLV24G2os";
const PUBLIC_KEY: &str =
    "BD51yKarCLYFPWuxsUFeIxpWGzmi-DYM5hDctaSequ8_eTrcZfb3TsxsrM0-I5edO9JPe0fZGbWGVf5ZwNcE-FA";

fn secret() -> String {
    json!({ "private_key": PRIVATE_KEY, "public_key": PUBLIC_KEY }).to_string()
}

fn settings() -> BTreeMap<String, String> {
    named(&[
        ("contact", "mailto:push@example.com"),
        ("hosts", "push.example.net, push.carillon.example"),
    ])
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The sender from the example in RFC 8291, appendix A.
fn sender() -> Sender {
    let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
    let key = decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    let key = PrivateKey::from_private_key(&ECDH_P256, &key).unwrap();
    Sender::known(key, salt)
}

fn subscription(text: &str) -> WebSubscription {
    match PushAddress::parse(text) {
        Ok(PushAddress::Web(subscription)) => subscription,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_standards_example_is_reproduced() {
    let body = encryption::encrypt(
        b"When I grow up, I want to be a watermelon",
        &subscription(&browser()),
        &sender(),
    );
    assert_eq!(
        URL_SAFE_NO_PAD.encode(body.unwrap()),
        concat!(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml",
            "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT",
            "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
        )
    );
}

#[test]
fn a_message_must_fit_in_one_record() {
    let browser = subscription(&browser());
    let encrypt = |bytes: usize| encryption::encrypt(&vec![b'x'; bytes], &browser, &sender());
    assert_eq!(encryption::MOST_BYTES, 3_993);
    assert_eq!(encrypt(3_993).unwrap().len(), 4_096);
    assert!(encrypt(3_994).is_err());
}

#[test]
fn every_message_is_encrypted_differently() {
    let browser = subscription(&browser());
    let encrypt = || encryption::encrypt(b"x", &browser, &Sender::generate().unwrap()).unwrap();
    let (one, other) = (encrypt(), encrypt());
    assert_ne!(one[..16], other[..16]);
    assert_ne!(one[21..86], other[21..86]);
    assert_ne!(one[86..], other[86..]);
}

#[test]
fn a_submission_is_signed_for_its_push_service() {
    let (settings, secret, known) = (settings(), secret(), known(&browser()));
    let sending = WebPush::new(&account(&settings, &secret, None)).unwrap();
    let request = sending
        .request_with(&known.push(), &subscription(&browser()), &sender())
        .unwrap();
    let authorization = request.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    let topic = topic(&known.push().reference);
    let shown = head(&request).replace(&authorization, "{authorization}");
    insta::assert_snapshot!(shown.replace(&topic, "{topic}"), @r"
    POST https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV
    authorization: {authorization}
    ttl: 259200
    urgency: high
    topic: {topic}
    content-encoding: aes128gcm
    content-type: application/octet-stream
    ");
    assert_eq!(topic.len(), 32);
    let token = authorization.strip_prefix("vapid t=").unwrap();
    let (token, key) = token.split_once(", k=").unwrap();
    assert_eq!(key, PUBLIC_KEY);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| -> Value { serde_json::from_slice(&decode(part)).unwrap() };
    assert_eq!(read(header), json!({ "typ": "JWT", "alg": "ES256" }));
    assert_eq!(
        read(claims),
        json!({
            "aud": "https://push.example.net",
            "exp": NOW + 43_200,
            "sub": "mailto:push@example.com",
        })
    );
    let public_key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(PUBLIC_KEY));
    let signature = decode(signature);
    assert!(public_key.verify(signed.as_bytes(), &signature).is_ok());
    let other = signed.replace('.', "");
    assert!(public_key.verify(other.as_bytes(), &signature).is_err());
}

#[test]
fn the_page_gets_the_notification() {
    let known = known(&browser());
    let payload = |push: &Push<'_>| serde_json::to_value(Payload::new(push)).unwrap();
    let tag = topic(&known.push().reference);
    assert_eq!(
        payload(&known.push()),
        json!({
            "title": "Γεια σου, Zoë 🔔",
            "body": "The bell rings at nine.",
            "icon": "https://example.org/bell.png",
            "url": "https://example.org/tonight",
            "tag": tag,
        })
    );
    let bare = Push {
        icon: None,
        url: None,
        ..known.push()
    };
    assert_eq!(
        payload(&bare),
        json!({ "title": "Γεια σου, Zoë 🔔", "body": "The bell rings at nine.", "tag": tag })
    );
}

#[test]
fn invalid_messages_are_rejected() {
    let (settings, secret) = (settings(), secret());
    let sending = WebPush::new(&account(&settings, &secret, None)).unwrap();
    let code = |push: &Push<'_>| shown(&Outcome::from(sending.request(push).unwrap_err()));
    assert_wrong_device(sending.request(&known(APNS_DEVICE).push()));
    let to = known(&browser());
    let long = "x".repeat(4_000);
    let long = Push {
        body: &long,
        ..to.push()
    };
    assert_eq!(code(&long), ("rejected", "too_long".to_owned()));
    // 65 bytes with the prefix of a point, but not a point.
    let no_point = URL_SAFE_NO_PAD.encode([&[4_u8][..], &[1; 64]].concat());
    let keys = json!({ "p256dh": no_point, "auth": "BTBZMqHH6r4Tts7J_aSIgg" });
    let text = json!({ "endpoint": "https://push.example.net/x", "keys": keys }).to_string();
    let to = known(&format!("web:{text}"));
    let expected = ("rejected", "invalid_subscription".to_owned());
    assert_eq!(code(&to.push()), expected);
    assert!(sending.request(&known(&browser()).push()).is_ok());
}

#[test]
fn only_push_services_are_called() {
    let (secret, settings) = (secret(), settings());
    let account = account(&settings, &secret, None);
    let web_push = WebPush::new(&account).unwrap();
    for (origin, expected) in [
        ("https://fcm.googleapis.com", true),
        ("https://updates.push.services.mozilla.com", true),
        ("https://web.push.apple.com", true),
        ("https://wns2-par02p.notify.windows.com", true),
        ("https://push.example.net", true),
        ("https://a.push.carillon.example", true),
        ("https://evil.example", false),
        ("https://evilfcm.googleapis.com.example", false),
        ("https://notfcm.googleapis.com", false),
        ("https://fcm.googleapis.com:8443", false),
    ] {
        assert_eq!(web_push.is_service(origin), expected, "{origin}");
    }
    for (hosts, expected) in [
        ("push.example.com", true),
        ("a.b, c.d", true),
        ("", false),
        ("https://a.b", false),
        ("a.b,", false),
        ("127.1", false),
        ("push.local", false),
        ("push.example.com, metadata.google.internal", false),
    ] {
        assert_eq!(are_hosts(hosts), expected, "{hosts}");
    }
}

#[test]
fn an_account_has_a_key_pair_and_a_contact() {
    let (right, with_contact) = (secret(), settings());
    let pair = |private: &str, public: &str| {
        json!({ "private_key": private, "public_key": public }).to_string()
    };
    for bad in [
        "{}".to_owned(),
        pair("hidden", PUBLIC_KEY),
        pair(PRIVATE_KEY, "hidden"),
        // Another key pair's public key.
        pair(
            PRIVATE_KEY,
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        ),
    ] {
        let error = WebPush::new(&account(&with_contact, &bad, None)).unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{error:?}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    let padded = pair(&format!("{PRIVATE_KEY}="), &format!("{PUBLIC_KEY}="));
    assert!(WebPush::new(&account(&with_contact, &padded, None)).is_ok());
    for contact in [
        "",
        "push@example.com",
        "mailto:",
        "mailto:@example.com",
        "http://a.example",
        "https://",
        "https://a b.example",
    ] {
        let settings = named(&[("contact", contact)]);
        let error = WebPush::new(&account(&settings, &right, None)).unwrap_err();
        assert!(matches!(error, Unusable::Setting { .. }), "{contact}");
    }
    assert!(is_contact("https://example.com/contact"));
}

#[test]
fn secrets_are_not_printed() {
    let (settings, secret) = (settings(), secret());
    let sending = WebPush::new(&account(&settings, &secret, None)).unwrap();
    let request = sending.request(&known(&browser()).push()).unwrap();
    let printed = format!("{sending:?} {:?}", request.headers());
    for secret in ["usodz", "vapid", "eyJ"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let (settings, secret, known) = (settings(), secret(), known(&browser()));
    let sending = WebPush::new(&account(&settings, &secret, None)).unwrap();
    sending.outcome(&known.push(), &answer(status, headers, body))
}

#[test]
fn an_accepted_message_has_the_push_services_id() {
    let topic = topic(&known(&browser()).push().reference);
    let long = format!("https://push.example.net/m/{}", "x".repeat(129));
    for (location, expected) in [
        (
            Some("https://push.example.net/message/qDIYHNcfAIPP"),
            "qDIYHNcfAIPP",
        ),
        (Some("/m/qDIYHNcfAIPP"), "qDIYHNcfAIPP"),
        (Some("https://push.example.net/"), topic.as_str()),
        (Some(long.as_str()), topic.as_str()),
        (None, topic.as_str()),
    ] {
        let headers: Vec<_> = location.map(|it| ("location", it)).into_iter().collect();
        let taken = outcome(201, &headers, "");
        assert_eq!(shown(&taken), ("accepted", expected.to_owned()));
    }
}

#[test]
fn refusals_are_attributed_to_the_browser_or_the_account() {
    let mozilla = |errno: u32, message: &str| {
        json!({ "code": 0, "errno": errno, "error": "E", "message": message }).to_string()
    };
    let apple = |reason: &str| json!({ "reason": reason }).to_string();
    let other_key = "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n";
    for (status, body, expected, code) in [
        (
            404,
            mozilla(102, "Endpoint Not Found"),
            "unreachable",
            "errno_102",
        ),
        (
            410,
            mozilla(106, "No such subscription"),
            "unreachable",
            "errno_106",
        ),
        (
            410,
            "push subscription has unsubscribed or expired.\n".to_owned(),
            "unreachable",
            "http_410",
        ),
        (410, apple("Unregistered"), "unreachable", "Unregistered"),
        (
            400,
            mozilla(110, "Invalid crypto keys specified"),
            "rejected",
            "errno_110",
        ),
        (
            400,
            apple("VapidPkHashMismatch"),
            "rejected",
            "VapidPkHashMismatch",
        ),
        (
            401,
            mozilla(109, "VAPID public key mismatch"),
            "rejected",
            "errno_109",
        ),
        (
            401,
            mozilla(109, "Invalid authentication"),
            "throttled",
            "errno_109",
        ),
        (403, other_key.to_owned(), "rejected", "http_403"),
        (403, apple("BadJwtToken"), "throttled", "BadJwtToken"),
        (
            413,
            mozilla(104, "Data payload too large"),
            "rejected",
            "errno_104",
        ),
        (429, String::new(), "throttled", "http_429"),
        (500, mozilla(999, "Unknown error"), "unknown", "errno_999"),
        (502, "<html>".to_owned(), "unknown", "http_502"),
        (
            503,
            mozilla(201, "Use exponential back-off for retries"),
            "throttled",
            "errno_201",
        ),
        (301, String::new(), "unknown", "http_301"),
    ] {
        let outcome = outcome(status, &[], &body);
        assert_eq!(
            shown(&outcome),
            (expected, code.to_owned()),
            "{status} {body}"
        );
    }
    let reason = outcome(502, &[], "<html>").reason().cloned();
    assert_eq!(reason, Some(Reason::new("http_502", NO_REASON)));
    let text = outcome(403, &[], other_key).reason().cloned().unwrap().text;
    assert!(text.starts_with("the VAPID credentials"), "{text}");
}

#[test]
fn the_requested_pause_is_kept() {
    let throttled = outcome(429, &[("retry-after", "120")], "");
    let Outcome::Throttled { after, .. } = throttled else {
        panic!("{throttled:?}");
    };
    assert_eq!(after.map(|pause| pause.as_secs()), Some(120));
}

#[test]
fn every_line_of_the_table_is_recognized_in_a_response() {
    for line in crate::codes::of(Vendor::WebPush, crate::codes::CodeSource::Answers) {
        let (status, body) = match line.code.strip_prefix("http_") {
            Some(status) => (status.parse().unwrap(), ""),
            None => (403, r#"{"reason": "VapidPkHashMismatch"}"#),
        };
        let outcome = outcome(status, &[], body);
        let reason = outcome.reason().unwrap().clone();
        assert_eq!(outcome, line.cause.outcome(None, reason), "{}", line.code);
    }
}
