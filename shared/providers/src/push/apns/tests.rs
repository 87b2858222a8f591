use std::collections::BTreeMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::push::tests::{
    APNS_DEVICE, NOW, account, answer, assert_wrong_device, head, known, named, shown,
};

/// Generated for the tests and the simulator; no account uses it.
const PRIVATE_KEY: &str = include_str!("fixtures/simulated-key.p8");

fn secret() -> String {
    json!({ "key_id": "ABC123DEFG", "team_id": "DEF123GHIJ", "private_key": PRIVATE_KEY })
        .to_string()
}

fn settings() -> BTreeMap<String, String> {
    named(&[("topic", "com.example.app")])
}

#[test]
fn a_notification_is_for_a_device() {
    let (settings, secret, known) = (settings(), secret(), known(APNS_DEVICE));
    let apns = Apns::new(&account(
        &settings,
        &secret,
        Some("header.claims.signature"),
    ))
    .unwrap();
    let request = apns.request(&known.push()).unwrap();
    assert_eq!(request.version(), Version::HTTP_2);
    let key = known.push().reference.key();
    let shown = head(&request).replace(&key, "{key}");
    let shown = shown.replace(&notification_id(&known.push().reference), "{id}");
    insta::assert_snapshot!(shown, @r"
    POST https://api.push.apple.com/3/device/00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0
    authorization: bearer header.claims.signature
    apns-topic: com.example.app
    apns-push-type: alert
    apns-id: {id}
    apns-priority: 10
    apns-expiration: 1795511400
    apns-collapse-id: {key}
    content-type: application/json
    ");
    let body = String::from_utf8(request.body().clone()).unwrap();
    insta::assert_snapshot!(body, @r#"{"aps":{"alert":{"title":"Γεια σου, Zoë 🔔","body":"The bell rings at nine."},"sound":"default","mutable-content":1},"url":"https://example.org/tonight","icon":"https://example.org/bell.png"}"#);

    let bare = Push {
        icon: None,
        url: None,
        ..known.push()
    };
    let body = apns.request(&bare).unwrap().into_body();
    let body = String::from_utf8(body).unwrap();
    insta::assert_snapshot!(body, @r#"{"aps":{"alert":{"title":"Γεια σου, Zoë 🔔","body":"The bell rings at nine."},"sound":"default"}}"#);
}

#[test]
fn development_apps_use_the_sandbox_host() {
    let settings = named(&[("topic", "com.example.app"), ("environment", "sandbox")]);
    let (secret, known) = (secret(), known(APNS_DEVICE));
    let apns = Apns::new(&account(&settings, &secret, Some("token"))).unwrap();
    let request = apns.request(&known.push()).unwrap();
    assert_eq!(request.uri().host(), Some("api.sandbox.push.apple.com"));
}

#[test]
fn the_id_is_a_uuid_and_stable_across_attempts() {
    let known = known(APNS_DEVICE);
    let push = known.push();
    let id = notification_id(&push.reference);
    assert_eq!(id, notification_id(&push.reference));
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
    assert_eq!(id.as_bytes()[14], b'8', "{id}");
    assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
    let digits = id.replace('-', "");
    let key = push.reference.key();
    assert_eq!(digits[..12], key[..12]);
    assert_eq!(digits[17..], key[17..32]);
    let again = Reference {
        resend: 1,
        ..push.reference
    };
    assert_ne!(id, notification_id(&again));
}

#[test]
fn nothing_is_submitted_before_signing_in_or_to_another_device() {
    let (settings, secret) = (settings(), secret());
    for token in [None, Some("a\nb")] {
        let apns = Apns::new(&account(&settings, &secret, token)).unwrap();
        let refused = apns.request(&known(APNS_DEVICE).push());
        assert!(
            matches!(refused, Err(BadRequest::NotSignedIn)),
            "{refused:?}"
        );
    }
    let apns = Apns::new(&account(&settings, &secret, Some("token"))).unwrap();
    assert_wrong_device(apns.request(&known("fcm:dA1:APA91b").push()));
}

#[test]
fn an_account_signs_its_token_itself() {
    let (settings, secret) = (settings(), secret());
    let apns = Apns::new(&account(&settings, &secret, None)).unwrap();
    let token = apns.local_token().unwrap().unwrap();
    let parts: Vec<&str> = token.text.split('.').collect();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let read = |part: &str| -> Value { serde_json::from_slice(&decode(part)).unwrap() };
    assert_eq!(
        read(parts[0]),
        json!({ "alg": "ES256", "kid": "ABC123DEFG" })
    );
    // 09:00, the start of the half hour.
    assert_eq!(
        read(parts[1]),
        json!({ "iss": "DEF123GHIJ", "iat": NOW - 600 })
    );
    let (signed, signature) = token.text.rsplit_once('.').unwrap();
    let public_key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, apns.key.public_key());
    let signature = decode(signature);
    assert!(public_key.verify(signed.as_bytes(), &signature).is_ok());
    let other = signed.replace('.', "");
    assert!(public_key.verify(other.as_bytes(), &signature).is_err());
    assert!(apns.token_request().is_err(), "no request is made for it");
}

#[test]
fn a_token_is_renewed_with_the_half_hour_and_never_an_hour_old() {
    let (settings, secret) = (settings(), secret());
    let at = |seconds: i64| {
        let account = Account {
            now: Timestamp::from_second(seconds).unwrap(),
            ..account(&settings, &secret, None)
        };
        let token = Apns::new(&account).unwrap().token_of_now().unwrap();
        let claims = token.text.split('.').nth(1).unwrap().to_owned();
        (claims, token.lifetime.as_secs())
    };
    let begin = NOW - 600;
    let (claims, lifetime) = at(begin);
    assert_eq!(lifetime, 3_300);
    assert_eq!(at(begin + 1_799), (claims.clone(), 1_501));
    let (next, lifetime) = at(begin + 1_800);
    assert_ne!(next, claims);
    assert_eq!(lifetime, 3_300);
}

#[test]
fn an_account_has_an_app_and_a_key() {
    let (right, with_topic) = (secret(), settings());
    let changed = |change: Value| {
        let mut secret: Value = serde_json::from_str(&right).unwrap();
        secret
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        secret.to_string()
    };
    for bad in [
        "{}".to_owned(),
        changed(json!({ "key_id": "hidden" })),
        changed(json!({ "team_id": "hidden!!!!" })),
        changed(json!({ "private_key": "hidden" })),
        changed(json!({ "private_key": PRIVATE_KEY.replace("MIG", "MIH") })),
        changed(json!({ "bundle": "hidden" })),
    ] {
        let error = Apns::new(&account(&with_topic, &bad, None)).unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{error:?}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    for bad in [
        BTreeMap::new(),
        named(&[("topic", "com example")]),
        named(&[("topic", "")]),
        named(&[("topic", "com.example.app"), ("environment", "staging")]),
    ] {
        let error = Apns::new(&account(&bad, &right, None)).unwrap_err();
        assert!(matches!(error, Unusable::Setting { .. }), "{error:?}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let (settings, secret) = (settings(), secret());
    let apns = Apns::new(&account(&settings, &secret, Some("hidden-token"))).unwrap();
    let request = apns.request(&known(APNS_DEVICE).push()).unwrap();
    let printed = format!("{apns:?} {:?} {:?}", request.headers(), apns.local_token());
    for secret in ["hidden", "ABC123DEFG", "DEF123GHIJ", "MIG", "eyJ"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let (settings, secret, known) = (settings(), secret(), known(APNS_DEVICE));
    let apns = Apns::new(&account(&settings, &secret, Some("token"))).unwrap();
    apns.outcome(&known.push(), &answer(status, headers, body))
}

#[test]
fn an_accepted_notification_has_an_id() {
    let id = "eabeae54-14a8-11e5-b60b-1697f925ec7b";
    assert_eq!(
        shown(&outcome(200, &[("apns-id", id)], "")),
        ("accepted", id.to_owned())
    );
    let ours = notification_id(&known(APNS_DEVICE).push().reference);
    assert_eq!(shown(&outcome(200, &[], "")), ("accepted", ours));
    let (what, _) = shown(&outcome(202, &[], ""));
    assert_eq!(what, "unknown");
}

#[test]
fn documented_reasons_are_classified() {
    for (status, code, expected) in [
        (400, "BadCollapseId", "rejected"),
        (400, "BadDeviceToken", "rejected"),
        (400, "BadExpirationDate", "rejected"),
        (400, "BadMessageId", "rejected"),
        (400, "BadPriority", "rejected"),
        (400, "BadTopic", "throttled"),
        (400, "DeviceTokenNotForTopic", "rejected"),
        (400, "DuplicateHeaders", "rejected"),
        (400, "IdleTimeout", "transient"),
        (400, "InvalidPushType", "rejected"),
        (400, "MissingDeviceToken", "rejected"),
        (400, "MissingTopic", "throttled"),
        (400, "PayloadEmpty", "rejected"),
        (400, "TopicDisallowed", "throttled"),
        (403, "BadCertificate", "throttled"),
        (403, "BadCertificateEnvironment", "throttled"),
        (403, "BadEnvironmentKeyIdInToken", "throttled"),
        (403, "ExpiredProviderToken", "throttled"),
        (403, "Forbidden", "throttled"),
        (403, "InvalidProviderToken", "throttled"),
        (403, "MissingProviderToken", "throttled"),
        (403, "UnrelatedKeyIdInToken", "throttled"),
        (404, "BadPath", "rejected"),
        (405, "MethodNotAllowed", "rejected"),
        (410, "ExpiredToken", "unreachable"),
        (410, "Unregistered", "unreachable"),
        (413, "PayloadTooLarge", "rejected"),
        (429, "TooManyProviderTokenUpdates", "throttled"),
        (429, "TooManyRequests", "transient"),
        (500, "InternalServerError", "unknown"),
        (503, "ServiceUnavailable", "throttled"),
        (503, "Shutdown", "throttled"),
    ] {
        let body = json!({ "reason": code, "timestamp": 1_454_948_015_990_u64 }).to_string();
        let outcome = outcome(status, &[], &body);
        assert_eq!(shown(&outcome), (expected, code.to_owned()), "{status}");
    }
    for (status, expected) in [
        (302, "unknown"),
        (400, "rejected"),
        (410, "unreachable"),
        (502, "unknown"),
    ] {
        let code = format!("http_{status}");
        assert_eq!(shown(&outcome(status, &[], "<html>")), (expected, code));
    }
}

#[test]
fn every_line_of_the_table_is_recognized_in_a_response() {
    for line in crate::codes::of(Vendor::Apns, crate::codes::CodeSource::Answers) {
        let outcome = outcome(400, &[], &format!(r#"{{"reason": "{}"}}"#, line.code));
        let reason = outcome.reason().unwrap().clone();
        assert_eq!(outcome, line.cause.outcome(None, reason), "{}", line.code);
    }
}
