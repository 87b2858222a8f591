use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::push::tests::{
    APNS_DEVICE, NOW, account, answer, assert_wrong_device, head, known, named, shown,
};

const PRIVATE_KEY: &str = include_str!("../../email/google/fixtures/simulated-service-account.pem");
const DEVICE: &str = "fcm:bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1";

fn secret() -> String {
    json!({ "client_email": "push@my-app.iam.gserviceaccount.com", "private_key": PRIVATE_KEY })
        .to_string()
}

fn settings() -> BTreeMap<String, String> {
    named(&[("project", "my-app-1a2b3")])
}

#[test]
fn a_message_is_for_a_token() {
    let (settings, secret, known) = (settings(), secret(), known(DEVICE));
    let fcm = Fcm::new(&account(&settings, &secret, Some("ya29.token"))).unwrap();
    let request = fcm.request(&known.push()).unwrap();
    insta::assert_snapshot!(head(&request), @r"
    POST https://fcm.googleapis.com/v1/projects/my-app-1a2b3/messages:send
    authorization: Bearer ya29.token
    accept: application/json
    content-type: application/json
    ");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(
        body,
        json!({
            "message": {
                "token": "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1",
                "notification": {
                    "title": "Γεια σου, Zoë 🔔",
                    "body": "The bell rings at nine.",
                    "image": "https://example.org/bell.png",
                },
                "data": { "url": "https://example.org/tonight" },
                "android": {
                    "priority": "HIGH",
                    "ttl": "259200s",
                    "notification": { "tag": known.push().reference.key() },
                },
                "webpush": { "fcm_options": { "link": "https://example.org/tonight" } },
            }
        })
    );
}

#[test]
fn missing_fields_are_left_out() {
    let (settings, secret, known) = (settings(), secret(), known(DEVICE));
    let fcm = Fcm::new(&account(&settings, &secret, Some("ya29.token"))).unwrap();
    let message = |url| {
        let push = Push {
            icon: None,
            url,
            ..known.push()
        };
        let request = fcm.request(&push).unwrap();
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        body["message"].clone()
    };
    let bare = message(None);
    for left_out in ["data", "webpush"] {
        assert!(bare.get(left_out).is_none(), "{bare}");
    }
    assert!(bare["notification"].get("image").is_none());
    let in_app = message(Some("my-app://tonight"));
    assert_eq!(in_app["data"]["url"], "my-app://tonight");
    assert!(in_app.get("webpush").is_none());
}

#[test]
fn nothing_is_submitted_before_signing_in_or_to_another_device() {
    let (settings, secret) = (settings(), secret());
    let signed_out = Fcm::new(&account(&settings, &secret, None)).unwrap();
    let refused = signed_out.request(&known(DEVICE).push());
    assert!(
        matches!(refused, Err(BadRequest::NotSignedIn)),
        "{refused:?}"
    );
    let fcm = Fcm::new(&account(&settings, &secret, Some("ya29.token"))).unwrap();
    assert_wrong_device(fcm.request(&known(APNS_DEVICE).push()));
}

#[test]
fn a_service_account_acts_for_no_user() {
    let (settings, secret) = (settings(), secret());
    let fcm = Fcm::new(&account(&settings, &secret, None)).unwrap();
    let request = fcm.token_request().unwrap();
    insta::assert_snapshot!(head(&request), @r"
    POST https://oauth2.googleapis.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded
    ");
    let form: BTreeMap<String, String> = form_urlencoded::parse(request.body())
        .into_owned()
        .collect();
    let claims = form["assertion"].split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(
        claims,
        json!({
            "iss": "push@my-app.iam.gserviceaccount.com",
            "scope": "https://www.googleapis.com/auth/firebase.messaging",
            "aud": "https://oauth2.googleapis.com/token",
            "exp": NOW + 3600,
            "iat": NOW,
        })
    );
    assert!(fcm.local_token().is_none());
}

#[test]
fn sign_in_errors_contain_advice() {
    let (settings, secret) = (settings(), secret());
    let fcm = Fcm::new(&account(&settings, &secret, None)).unwrap();
    for (code, advice) in [
        ("invalid_grant", "private key"),
        ("invalid_client", "Cloud console"),
        ("access_denied", "role"),
        ("invalid_scope", "firebase.messaging"),
        ("invalid_request", "refused to sign the account in"),
    ] {
        let body = json!({ "error": code }).to_string();
        let reason = fcm.token(&answer(400, &[], &body)).unwrap_err();
        assert_eq!(reason.code, code);
        assert!(reason.text.contains(advice), "{}", reason.text);
    }
}

#[test]
fn an_account_has_a_project_and_a_service_account() {
    let (right, with_project) = (secret(), settings());
    for bad in [
        "{}".to_owned(),
        json!({ "client_email": "hidden", "private_key": "hidden" }).to_string(),
        json!({ "client_email": "", "private_key": PRIVATE_KEY }).to_string(),
        json!({ "client_email": "a", "private_key": PRIVATE_KEY, "type": "hidden" }).to_string(),
    ] {
        let error = Fcm::new(&account(&with_project, &bad, None)).unwrap_err();
        assert!(matches!(error, Unusable::Secret { .. }), "{error:?}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    for bad in [
        BTreeMap::new(),
        named(&[("project", "")]),
        named(&[("project", "../other")]),
        named(&[("project", "My App")]),
    ] {
        let error = Fcm::new(&account(&bad, &right, None)).unwrap_err();
        assert!(matches!(error, Unusable::Setting { .. }), "{error:?}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let (settings, secret) = (settings(), secret());
    let fcm = Fcm::new(&account(&settings, &secret, Some("ya29.token"))).unwrap();
    let request = fcm.request(&known(DEVICE).push()).unwrap();
    let printed = format!("{fcm:?} {:?}", request.headers());
    for secret in ["ya29", "iam.gserviceaccount", "MII"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let (settings, secret, known) = (settings(), secret(), known(DEVICE));
    let fcm = Fcm::new(&account(&settings, &secret, Some("ya29.token"))).unwrap();
    fcm.outcome(&known.push(), &answer(status, headers, body))
}

fn error(status: u16, canonical: &str, details: &Value) -> String {
    let error =
        json!({ "code": status, "message": "Words.", "status": canonical, "details": details });
    json!({ "error": error }).to_string()
}

/// A detail with FCM's error code.
fn of_fcm(code: &str) -> Value {
    json!([{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code }])
}

fn of_field(field: &str) -> Value {
    let violations = json!([{ "field": field, "description": "Invalid value" }]);
    json!([{ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations }])
}

#[test]
fn an_accepted_message_has_an_id() {
    let body = r#"{"name": "projects/my-app-1a2b3/messages/0:1500415314455276%31bd1c9631bd1c96"}"#;
    assert_eq!(
        shown(&outcome(200, &[], body)),
        ("accepted", "0:1500415314455276%31bd1c9631bd1c96".to_owned())
    );
    for body in [
        "",
        "{}",
        "<html>",
        r#"{"name": "projects/my-app/messages/"}"#,
    ] {
        let expected = ("unknown", "unreadable_answer".to_owned());
        assert_eq!(shown(&outcome(200, &[], body)), expected, "{body}");
    }
}

#[test]
fn documented_errors_are_classified() {
    for (status, canonical, details, expected, code) in [
        (
            404,
            "NOT_FOUND",
            of_fcm("UNREGISTERED"),
            "unreachable",
            "UNREGISTERED",
        ),
        (404, "NOT_FOUND", json!([]), "unreachable", "NOT_FOUND"),
        (
            400,
            "INVALID_ARGUMENT",
            of_fcm("INVALID_ARGUMENT"),
            "rejected",
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            of_field("message.token"),
            "unreachable",
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            of_field("message.data[0].value"),
            "rejected",
            "INVALID_ARGUMENT",
        ),
        (
            401,
            "UNAUTHENTICATED",
            of_fcm("THIRD_PARTY_AUTH_ERROR"),
            "rejected",
            "THIRD_PARTY_AUTH_ERROR",
        ),
        (
            401,
            "UNAUTHENTICATED",
            json!([]),
            "throttled",
            "UNAUTHENTICATED",
        ),
        (
            403,
            "PERMISSION_DENIED",
            of_fcm("SENDER_ID_MISMATCH"),
            "rejected",
            "SENDER_ID_MISMATCH",
        ),
        (
            403,
            "PERMISSION_DENIED",
            json!([]),
            "throttled",
            "PERMISSION_DENIED",
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            of_fcm("QUOTA_EXCEEDED"),
            "throttled",
            "QUOTA_EXCEEDED",
        ),
        (500, "INTERNAL", of_fcm("INTERNAL"), "unknown", "INTERNAL"),
        (502, "", json!([]), "unknown", "http_502"),
        (
            503,
            "UNAVAILABLE",
            of_fcm("UNAVAILABLE"),
            "unknown",
            "UNAVAILABLE",
        ),
    ] {
        let body = error(status, canonical, &details);
        assert_eq!(
            shown(&outcome(status, &[], &body)),
            (expected, code.to_owned()),
            "{body}"
        );
    }
    let invalid = json!({ "error": {
        "code": 400,
        "message": "The registration token is not a valid FCM registration token",
        "status": "INVALID_ARGUMENT",
        "details": of_fcm("INVALID_ARGUMENT"),
    } });
    let (what, _) = shown(&outcome(400, &[], &invalid.to_string()));
    assert_eq!(what, "unreachable");
    for (status, expected) in [(302, "unknown"), (400, "rejected"), (413, "rejected")] {
        let code = format!("http_{status}");
        assert_eq!(shown(&outcome(status, &[], "<html>")), (expected, code));
    }
}

#[test]
fn the_requested_pause_is_kept_or_defaults_to_a_minute() {
    let after = |status, headers: &[(&'static str, &str)]| match outcome(status, headers, "") {
        Outcome::Throttled { after, .. } => after.map(|pause| pause.as_secs()),
        other => panic!("{other:?}"),
    };
    assert_eq!(after(429, &[("retry-after", "7")]), Some(7));
    assert_eq!(after(429, &[]), Some(60));
    assert_eq!(after(503, &[("retry-after", "30")]), Some(30));
}

#[test]
fn every_line_of_the_table_is_recognized_in_a_response() {
    for line in crate::codes::of(Vendor::Fcm, crate::codes::CodeSource::Answers) {
        let body = match line.code.split_once(", ") {
            Some((canonical, field)) => {
                let violation =
                    json!([{ "fieldViolations": [{ "field": format!("message.{field}") }] }]);
                error(400, canonical, &violation)
            }
            None => error(400, "", &json!([{ "errorCode": line.code }])),
        };
        let outcome = outcome(400, &[], &body);
        let reason = outcome.reason().unwrap().clone();
        assert_eq!(outcome, line.cause.outcome(None, reason), "{}", line.code);
    }
}

#[test]
fn an_app_is_addressed_by_its_kind_of_registration() {
    for (registration, field) in [
        ("cIIVTl3GTcGIpBgHHpC0Kr", "fid"),
        (
            "cIIVTl3GTcGIpBgHHpC0Kr:APA91bHPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ",
            "token",
        ),
    ] {
        let (settings, secret) = (settings(), secret());
        let known = known(&format!("fcm:{registration}"));
        let fcm = Fcm::new(&account(&settings, &secret, Some("ya29.token"))).unwrap();
        let request = fcm.request(&known.push()).unwrap();
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let (fid, token) = (&body["message"]["fid"], &body["message"]["token"]);
        let (set, unset) = match field {
            "fid" => (fid, token),
            _ => (token, fid),
        };
        assert_eq!((set.as_str(), unset), (Some(registration), &Value::Null));
    }
}
