use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::known::{answer, email, head, sender, throttled};

/// The documentation's credentials.
const SECRET: &str = r#"{
    "client_id": "535fb089-9ff3-47b6-9bfb-4f1264799865",
    "client_secret": "qWgdYAmab0YSkuL1qKv5bPX"
}"#;
const TENANT: &str = "a8990e1f-ff32-408a-9f8e-78d3b9139b95";
const NOTHING: &str = "The provider gave no reason.";

/// The data that the responses in `fixtures/` refer to.
struct Known {
    from: EmailSender,
    settings: BTreeMap<String, String>,
}

fn known(from: &str, directory: &str) -> Known {
    Known {
        from: sender(from),
        settings: BTreeMap::from([("directory".to_owned(), directory.to_owned())]),
    }
}

fn usual() -> Known {
    known("news@example.org", TENANT)
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
    ) -> Result<Microsoft<'a>, Unusable> {
        Microsoft::new(&Account {
            from: Some(&self.from),
            sender_id: None,
            settings: &self.settings,
            secret,
            access_token,
            callback_url: None,
            now: Timestamp::UNIX_EPOCH,
        })
    }

    fn account(&self) -> Microsoft<'_> {
        self.with(SECRET, Some("eyJ0eXAi")).unwrap()
    }
}

#[test]
fn a_submission_is_the_mail_in_base64() {
    let known = usual();
    let request = known.account().request(&linked_email()).unwrap();
    insta::assert_snapshot!(head(&request), @r"
    POST https://graph.microsoft.com/v1.0/users/news%40example.org/sendMail
    authorization: Bearer eyJ0eXAi
    accept: application/json
    content-type: text/plain
    ");
    let mail = String::from_utf8(STANDARD.decode(request.body()).unwrap()).unwrap();
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
fn a_mailbox_is_a_single_path_segment() {
    for (from, path) in [
        (
            "news+bells@example.org",
            "/v1.0/users/news%2Bbells%40example.org/sendMail",
        ),
        (
            "a/b@example.org",
            "/v1.0/users/a%2Fb%40example.org/sendMail",
        ),
        (
            "a?b#c@example.org",
            "/v1.0/users/a%3Fb%23c%40example.org/sendMail",
        ),
    ] {
        let known = known(from, TENANT);
        let request = known.account().request(&linked_email()).unwrap();
        assert_eq!(request.uri().path(), path);
        assert_eq!(request.uri().query(), None);
    }
}

#[test]
fn nothing_is_submitted_before_signing_in() {
    let known = usual();
    for token in [None, Some("a\nb")] {
        let account = known.with(SECRET, token).unwrap();
        let refused = account.request(&linked_email());
        assert!(
            matches!(refused, Err(BadRequest::NotSignedIn)),
            "{refused:?}"
        );
    }
}

#[test]
fn an_application_signs_in_with_its_secret() {
    let known = known("news@example.org", "contoso.onmicrosoft.com");
    let request = known.with(SECRET, None).unwrap().token_request().unwrap();
    let body = String::from_utf8(request.body().clone()).unwrap();
    insta::assert_snapshot!(format!("{}\n{body}", head(&request)), @r"
    POST https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    client_id=535fb089-9ff3-47b6-9bfb-4f1264799865&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret=qWgdYAmab0YSkuL1qKv5bPX&grant_type=client_credentials
    ");
}

#[test]
fn a_directory_is_an_id_or_a_domain() {
    for good in [
        TENANT,
        "A8990E1F-FF32-408A-9F8E-78D3B9139B95",
        "contoso.com",
    ] {
        assert!(SETUP.settings[0].accepts(good), "{good}");
    }
    let long = "a.".repeat(130);
    for bad in [
        "",
        "common",
        "organizations",
        "a8990e1f-ff32-408a-9f8e-78d3b9139b9",
        "a8990e1fff32408a9f8e78d3b9139b95",
        "g8990e1f-ff32-408a-9f8e-78d3b9139b95",
        "a/b.example",
        "a..b",
        "a b.c",
        "ä.example",
        long.as_str(),
    ] {
        assert!(!SETUP.settings[0].accepts(bad), "{bad}");
        let known = known("news@example.org", bad);
        let refused = known.with(SECRET, None);
        assert!(
            matches!(refused, Err(Unusable::Setting { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn secrets_are_not_printed() {
    let known = usual();
    let request = known.account().request(&linked_email()).unwrap();
    let printed = format!("{:?} {:?}", known.account(), request.headers());
    for secret in ["eyJ0", "qWgd", "535fb089"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_malformed_secret_is_rejected() {
    let known = usual();
    for bad in [
        "",
        "{}",
        r#"{"client_id": "hidden"}"#,
        r#"{"client_id": "hidden", "client_secret": ""}"#,
        r#"{"client_id": "", "client_secret": "hidden"}"#,
        r#"{"client_id": "hidden", "client_secret": "hidden", "tenant": "hidden"}"#,
    ] {
        let error = known.with(bad, None).unwrap_err();
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

#[test]
fn a_sender_address_is_required() {
    let known = usual();
    let refused = Microsoft::new(&Account {
        from: None,
        sender_id: None,
        settings: &known.settings,
        secret: SECRET,
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
    let known = usual();
    let answer = answer(200, &[], include_str!("fixtures/token.json"));
    let token = known.account().token(&answer).unwrap();
    assert!(token.text.starts_with("eyJ0eXAi"));
    assert_eq!(token.lifetime, Duration::from_secs(3599));
}

#[test]
fn sign_in_errors_contain_advice() {
    let known = usual();
    let refused = |status, body: &str| {
        let token = known.account().token(&answer(status, &[], body));
        token.unwrap_err()
    };
    let reason = refused(400, include_str!("fixtures/invalid-scope.json"));
    assert_eq!(reason.code, "invalid_scope");
    assert!(reason.text.contains("(AADSTS70011: "), "{}", reason.text);
    assert!(!reason.text.contains("Trace"), "{}", reason.text);
    for (status, code, words) in [
        (401, "invalid_client", "client secret"),
        (400, "unauthorized_client", "administrator"),
        (400, "invalid_request", "directory"),
        (400, "invalid_grant", "directory"),
        (400, "invalid_resource", "Mail.Send"),
        (400, "interaction_required", "conditional access"),
        (400, "temporarily_unavailable", "unavailable"),
        (503, "temporarily_unavailable", "unavailable"),
        (
            400,
            "unsupported_grant_type",
            "refused to sign the account in",
        ),
    ] {
        let reason = refused(status, &json!({ "error": code }).to_string());
        assert_eq!(reason.code, code);
        assert!(reason.text.contains(words), "{code}: {}", reason.text);
    }
    assert_eq!(refused(502, "<html>").code, "http_502");
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let known = usual();
    known
        .account()
        .outcome(&linked_email(), &answer(status, headers, body))
}

#[test]
fn an_accepted_message_is_identified_by_its_request() {
    let id = "9a9b1b4c-3f2d-4a52-a9a8-000000000000";
    let ours = "0123456789abcdef0123456789abcdef.019a0000-0000-7000-8000-000000000000@example.org";
    let both = [("client-request-id", "other"), ("request-id", id)];
    // A pause in the response is for the next message.
    let with_pause = [("request-id", id), ("retry-after", "7")];
    let cases: [(&[(&'static str, &str)], &str); 4] = [
        (&both, id),
        (&both[..1], "other"),
        (&with_pause, id),
        (&[], ours),
    ];
    for (headers, expected) in cases {
        let provider_id = expected.to_owned();
        assert_eq!(outcome(202, headers, ""), Outcome::Accepted { provider_id });
    }
    let reason = Reason::new("http_200", NOTHING);
    assert_eq!(outcome(200, &[], ""), Outcome::Unknown(reason));
}

#[test]
fn errors_are_attributed_to_the_message_or_the_account() {
    let denied = outcome(403, &[], include_str!("fixtures/send-as-denied.json"));
    assert_eq!(
        denied,
        throttled(
            None,
            "ErrorSendAsDenied",
            "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message."
        )
    );
    for (status, code) in [
        (401, "InvalidAuthenticationToken"),
        (403, "ErrorAccessDenied"),
        (404, "ErrorInvalidUser"),
        (404, "MailboxNotEnabledForRESTAPI"),
        (404, "ResourceNotFound"),
        (400, "ErrorExceededMessageLimit"),
        (400, "ErrorSubmissionQuotaExceeded"),
        (413, "ErrorQuotaExceeded"),
        (423, "notAllowed"),
        (429, "ApplicationThrottled"),
        (507, "ErrorQuotaExceeded"),
        (509, "activityLimitReached"),
    ] {
        let body = json!({ "error": { "code": code, "message": "Words." } }).to_string();
        let expected = throttled(None, code, "Words.");
        assert_eq!(outcome(status, &[], &body), expected, "{status} {code}");
    }
    for (status, code) in [
        (400, "ErrorInvalidRecipients"),
        (400, "ErrorMimeContentInvalidBase64String"),
        (413, "ErrorMessageSizeExceeded"),
        (415, "RequestBodyRead"),
    ] {
        let body = json!({ "error": { "code": code, "message": "Words." } }).to_string();
        let expected = Outcome::Rejected(Reason::new(code, "Words."));
        assert_eq!(outcome(status, &[], &body), expected, "{status} {code}");
    }
    // Exchange may have accepted it by then, whatever the error says.
    for (status, code) in [
        (500, "ErrorInternalServerError"),
        (503, "ErrorServerBusy"),
        (503, "serviceNotAvailable"),
        (504, "UnknownError"),
    ] {
        let body = json!({ "error": { "code": code, "message": "Words." } }).to_string();
        let expected = Outcome::Unknown(Reason::new(code, "Words."));
        assert_eq!(outcome(status, &[], &body), expected, "{status} {code}");
    }
}

#[test]
fn an_error_without_a_text_has_the_status() {
    for (status, expected) in [
        (400, Outcome::Rejected(Reason::new("http_400", NOTHING))),
        (401, throttled(None, "http_401", NOTHING)),
        (429, throttled(None, "http_429", NOTHING)),
        (502, Outcome::Unknown(Reason::new("http_502", NOTHING))),
        (302, Outcome::Unknown(Reason::new("http_302", NOTHING))),
    ] {
        assert_eq!(outcome(status, &[], "<html>"), expected, "{status}");
    }
}

#[test]
fn the_requested_pause_is_kept() {
    let body = json!({
        "error": {
            "code": "ApplicationThrottled",
            "message": "Application is over its MailboxConcurrency limit.",
        }
    });
    assert_eq!(
        outcome(429, &[("retry-after", "7")], &body.to_string()),
        throttled(
            Some(7),
            "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit."
        )
    );
}
