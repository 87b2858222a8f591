use std::collections::BTreeMap;

use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::*;
use crate::known::{answer, email, head, rejected, sender, throttled, unknown};

const CONSENT: &str = r#"{
    "client_id": "your_client_id",
    "client_secret": "your+secret",
    "refresh_token": "1//refresh"
}"#;
const PRIVATE_KEY: &str = include_str!("fixtures/simulated-service-account.pem");
/// When the documentation's assertion was issued.
const ISSUED_AT: i64 = 1_328_550_785;
/// OpenSSL's result for the same claims and key.
const SIGNATURE: &str = concat!(
    "PSqI9q3jD-MwO_ywUjEnz13a9OGPgX3tSudc6VodkmqXoSz4rEmYEjue0P-yGr6ao1IES-K0JUcwcEi0c_1Aa2rwS3zJmHdC",
    "HdlNkQ-opc7EjIdFd8ke2c8sh2dj5OwRvow32l2_EYlIzks-_5H5fMvkV2CmkC55CsRS4xgxDqxoN5Ys7CGxF85nQHgszRH1",
    "v4EHDKhcnr2XGaNV2HT0c1YApn-qMLBFzspW9f-eHoeg8FLJsuFh59k2xDi7F0yK7DGeZmkOB8Rj7c-7rQZ51IzUJHBQ-ZZF",
    "PyTbkfHfQFlYcS7o1PP97G-Wo8r3ja_eUydpg1hAfB4cmcTRR4jNuw",
);

/// The documentation's service account, with another key.
fn delegation() -> String {
    json!({
        "client_email": "761326798069-r5mljlln1rd4lrbhg75efgigp36m78j5@developer.gserviceaccount.com",
        "private_key": PRIVATE_KEY,
        "subject": "some.user@example.com",
    })
    .to_string()
}

/// The data that the responses in `fixtures/` refer to.
struct Known {
    from: EmailSender,
    settings: BTreeMap<String, String>,
}

fn known() -> Known {
    Known {
        from: sender("news@example.org"),
        settings: BTreeMap::new(),
    }
}

/// A mail with an unsubscribe link.
fn linked_email() -> Email<'static> {
    Email {
        unsubscribe_url: Some("https://example.org/unsubscribe/x"),
        ..email()
    }
}

impl Known {
    fn with<'a>(
        &'a self,
        secret: &'a str,
        access_token: Option<&'a str>,
    ) -> Result<Google<'a>, Unusable> {
        Google::new(&Account {
            from: Some(&self.from),
            sender_id: None,
            settings: &self.settings,
            secret,
            access_token,
            callback_url: None,
            now: Timestamp::from_second(ISSUED_AT).unwrap(),
        })
    }

    fn account(&self) -> Google<'_> {
        self.with(CONSENT, Some("1/fFBGRNJru1FQd44AzqT3Zg"))
            .unwrap()
    }
}

#[test]
fn a_submission_is_the_mail_itself() {
    let known = known();
    let request = known.account().request(&linked_email()).unwrap();
    insta::assert_snapshot!(head(&request), @r"
    POST https://gmail.googleapis.com/upload/gmail/v1/users/me/messages/send?uploadType=media
    authorization: Bearer 1/fFBGRNJru1FQd44AzqT3Zg
    accept: application/json
    content-type: message/rfc822
    ");
    let mail = String::from_utf8(request.body().clone()).unwrap();
    let message_id = format!("<{}>", linked_email().message_id(&known.from));
    for part in [
        message_id.as_str(),
        "multipart/alternative",
        "List-Unsubscribe: <https://example.org/unsubscribe/x>\r\n",
    ] {
        assert!(mail.contains(part), "{mail}");
    }
}

#[test]
fn nothing_is_submitted_before_signing_in() {
    let known = known();
    for token in [None, Some("a\nb")] {
        let account = known.with(CONSENT, token).unwrap();
        let refused = account.request(&linked_email());
        assert!(
            matches!(refused, Err(BadRequest::NotSignedIn)),
            "{refused:?}"
        );
    }
}

#[test]
fn a_refresh_token_gets_an_access_token() {
    let known = known();
    let request = known.with(CONSENT, None).unwrap().token_request().unwrap();
    let body = String::from_utf8(request.body().clone()).unwrap();
    insta::assert_snapshot!(format!("{}\n{body}", head(&request)), @r"
    POST https://oauth2.googleapis.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    client_id=your_client_id&client_secret=your%2Bsecret&refresh_token=1%2F%2Frefresh&grant_type=refresh_token
    ");
}

#[test]
fn a_service_account_signs_its_request() {
    let known = known();
    let secret = delegation();
    let request = known.with(&secret, None).unwrap().token_request().unwrap();
    insta::assert_snapshot!(head(&request), @r"
    POST https://oauth2.googleapis.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded
    ");
    let form: BTreeMap<String, String> = form_urlencoded::parse(request.body())
        .into_owned()
        .collect();
    assert_eq!(
        form["grant_type"],
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    let parts: Vec<&str> = form["assertion"].split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(read(parts[0]), json!({ "alg": "RS256", "typ": "JWT" }));
    assert_eq!(
        read(parts[1]),
        json!({
            "iss": "761326798069-r5mljlln1rd4lrbhg75efgigp36m78j5@developer.gserviceaccount.com",
            "sub": "some.user@example.com",
            "scope": "https://www.googleapis.com/auth/gmail.send",
            "aud": "https://oauth2.googleapis.com/token",
            "exp": 1_328_554_385,
            "iat": 1_328_550_785,
        })
    );
    assert_eq!(parts[2..], [SIGNATURE]);
}

#[test]
fn the_signature_covers_the_claims() {
    let text: String = PRIVATE_KEY
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let key = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(text).unwrap());
    let key = key.unwrap();
    let public_key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key());
    let service_account = ServiceAccount::new(
        "a@b.example".to_owned(),
        Some("c@d.example".to_owned()),
        SCOPE,
        PRIVATE_KEY,
    )
    .unwrap();
    let assertion = service_account
        .assertion("https://example.com/token", Timestamp::UNIX_EPOCH)
        .unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public_key.verify(signed.as_bytes(), &signature).unwrap();
    let other = signed.replace('.', "");
    assert!(public_key.verify(other.as_bytes(), &signature).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let known = known();
    let secret = delegation();
    let request = known.account().request(&linked_email()).unwrap();
    let printed = format!(
        "{:?} {:?} {:?}",
        known.account(),
        known.with(&secret, Some("1/fFBGRNJru1FQd44AzqT3Zg")),
        request.headers()
    );
    for secret in ["fFBG", "your", "refresh", "761326798069", "MII"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_secret_is_consent_or_a_service_account() {
    let known = known();
    let changed = |change: Value| {
        let mut secret: Value = serde_json::from_str(&delegation()).unwrap();
        secret
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        secret.to_string()
    };
    for bad in [
        String::new(),
        "{}".to_owned(),
        r#"{"client_id": "hidden", "client_secret": "hidden"}"#.to_owned(),
        r#"{"client_id": "hidden", "client_secret": "hidden", "refresh_token": ""}"#.to_owned(),
        r#"{"client_id": "hidden", "client_secret": "hidden", "refresh_token": "r", "scope": "s"}"#
            .to_owned(),
        changed(json!({ "subject": "" })),
        changed(json!({ "private_key": "hidden" })),
        changed(json!({ "private_key": PRIVATE_KEY.replace("MII", "MIJ") })),
        changed(json!({ "private_key": PRIVATE_KEY.replace(" PRIVATE", " RSA PRIVATE") })),
        changed(json!({ "type": "service_account" })),
    ] {
        let error = known.with(&bad, None).unwrap_err();
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    for good in [CONSENT.to_owned(), delegation(), changed(json!({}))] {
        assert!(known.with(&good, None).is_ok(), "{good}");
    }
}

#[test]
fn a_sender_address_is_required() {
    let known = known();
    let refused = Google::new(&Account {
        from: None,
        sender_id: None,
        settings: &known.settings,
        secret: CONSENT,
        access_token: None,
        callback_url: None,
        now: Timestamp::UNIX_EPOCH,
    });
    assert!(
        matches!(refused, Err(Unusable::Setting { .. })),
        "{refused:?}"
    );
}

#[test]
fn tokens_expire() {
    let known = known();
    let body = r#"{
        "access_token": "1/fFAGRNJru1FTz70BzhT3Zg",
        "expires_in": 3920,
        "scope": "https://www.googleapis.com/auth/gmail.send",
        "token_type": "Bearer"
    }"#;
    let token = known.account().token(&answer(200, &[], body)).unwrap();
    assert_eq!(token.text, "1/fFAGRNJru1FTz70BzhT3Zg");
    assert_eq!(token.lifetime, Duration::from_secs(3920));
}

#[test]
fn sign_in_errors_contain_advice() {
    let known = known();
    let secret = delegation();
    let refused = |secret: &str, code: &str| {
        let body = json!({ "error": code, "error_description": "Words." }).to_string();
        let account = known.with(secret, None).unwrap();
        let reason = account.token(&answer(400, &[], &body)).unwrap_err();
        assert_eq!(reason.code, code);
        assert!(reason.text.ends_with("(Words.)"), "{}", reason.text);
        reason.text
    };
    for (code, consent, delegation) in [
        ("invalid_grant", "consent again", "private key"),
        ("invalid_client", "Cloud console", "Cloud console"),
        ("deleted_client", "Cloud console", "Cloud console"),
        ("disabled_client", "Cloud console", "Cloud console"),
        ("unauthorized_client", "another client", "Admin console"),
        (
            "access_denied",
            "refused to sign the account in",
            "Admin console",
        ),
        ("admin_policy_enforced", "administrator", "administrator"),
        ("org_internal", "organization", "organization"),
        ("invalid_scope", "gmail.send", "gmail.send"),
        (
            "invalid_request",
            "refused to sign the account in",
            "refused to sign the account in",
        ),
    ] {
        let text = refused(CONSENT, code);
        assert!(text.contains(consent), "{code}: {text}");
        let text = refused(&secret, code);
        assert!(text.contains(delegation), "{code}: {text}");
    }
    let busy = known.account().token(&answer(503, &[], "<html>"));
    assert_eq!(busy.unwrap_err().code, "http_503");
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let known = known();
    known
        .account()
        .outcome(&linked_email(), &answer(status, headers, body))
}

fn error(status: u16, reason: &str, message: &str) -> String {
    json!({
        "error": {
            "code": status,
            "message": message,
            "errors": [{ "message": message, "domain": "global", "reason": reason }],
        }
    })
    .to_string()
}

#[test]
fn an_accepted_message_has_an_id() {
    let taken = outcome(200, &[], include_str!("fixtures/accepted.json"));
    let provider_id = "18c2f0a1b2c3d4e5".to_owned();
    assert_eq!(taken, Outcome::Accepted { provider_id });
    for body in ["", "{}", "<html>", r#"{"id": ""}"#] {
        assert_eq!(
            outcome(200, &[], body),
            unknown(
                "unreadable_answer",
                "The provider's response could not be parsed."
            ),
        );
    }
}

#[test]
fn documented_errors_are_classified() {
    let sorting = "Sorting is not supported for queries with fullText terms. Results are always in descending relevance order.";
    for (status, body, expected) in [
        (
            400,
            include_str!("fixtures/bad-request.json"),
            rejected("badRequest", sorting),
        ),
        (
            400,
            include_str!("fixtures/mail-service-not-enabled.json"),
            throttled(None, "failedPrecondition", "Mail service not enabled"),
        ),
        (
            401,
            include_str!("fixtures/invalid-credentials.json"),
            throttled(None, "authError", "Invalid Credentials"),
        ),
        (
            403,
            include_str!("fixtures/daily-limit-exceeded.json"),
            throttled(None, "dailyLimitExceeded", "Daily Limit Exceeded"),
        ),
    ] {
        assert_eq!(outcome(status, &[], body), expected, "{status}");
    }
}

#[test]
fn errors_are_attributed_to_the_message_or_the_account() {
    for (status, code) in [
        (403, "userRateLimitExceeded"),
        (403, "rateLimitExceeded"),
        (403, "domainPolicy"),
        (403, "insufficientPermissions"),
        (404, "notFound"),
        (429, "rateLimitExceeded"),
        (429, "userRateLimitExceeded"),
    ] {
        let body = error(status, code, "Words.");
        let expected = throttled(None, code, "Words.");
        assert_eq!(outcome(status, &[], &body), expected, "{status} {code}");
    }
    for (status, code) in [(400, "invalidArgument"), (413, "uploadTooLarge")] {
        let body = error(status, code, "Words.");
        let expected = rejected(code, "Words.");
        assert_eq!(outcome(status, &[], &body), expected, "{status} {code}");
    }
    for status in [500, 502, 503, 504] {
        let body = error(status, "backendError", "Words.");
        let expected = unknown("backendError", "Words.");
        assert_eq!(outcome(status, &[], &body), expected, "{status}");
    }
    let nothing = "The provider gave no reason.";
    assert_eq!(outcome(302, &[], ""), unknown("http_302", nothing));
    assert_eq!(outcome(400, &[], "<html>"), rejected("http_400", nothing));
}

#[test]
fn the_requested_pause_is_kept() {
    let words = "User-rate limit exceeded.  Retry after 2015-10-22T17:37:51.123Z (Mail sending)";
    let body = error(429, "rateLimitExceeded", words);
    let date = ("date", "Thu, 22 Oct 2015 17:37:21 GMT");
    let after = |headers: &[(&'static str, &str)]| match outcome(429, headers, &body) {
        Outcome::Throttled { after, .. } => after,
        other => panic!("{other:?}"),
    };
    assert_eq!(after(&[date]), Some(Duration::from_millis(30_123)));
    assert_eq!(
        after(&[date, ("retry-after", "7")]),
        Some(Duration::from_secs(7))
    );
    assert_eq!(after(&[]), None);
    let later = ("date", "Thu, 22 Oct 2015 17:38:21 GMT");
    assert_eq!(after(&[later]), Some(Duration::ZERO));
}
