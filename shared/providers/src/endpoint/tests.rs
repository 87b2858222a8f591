use std::{fmt::Write as _, time::Duration};

use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    reason::Reason,
};
use http::StatusCode;

use super::*;
use crate::known::{head, reference, sender};

/// The key from the examples of Standard Webhooks' own libraries.
const SECRET: &str = r#"{
    "signing_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "header_authorization": "Bearer t0ken",
    "header_x-account": "7"
}"#;
/// The idempotency key of the text message.
const KEY: &str = "16296f2228cf692c0a646eb4b67d0974dab11c0ba57006bbacbc953669c70c2a";

pub(super) struct Known {
    number: PhoneNumber,
    address: EmailAddress,
    from: EmailSender,
    sender_id: Option<SenderId>,
    settings: BTreeMap<String, String>,
    secret: String,
}

pub(super) fn known() -> Known {
    let url = "https://sms.example.org/messages?account=7";
    Known {
        number: PhoneNumber::parse("+14155552345", None).unwrap(),
        address: EmailAddress::parse("zoe@example.com").unwrap(),
        from: sender("news@example.org"),
        sender_id: "447700900999".parse().ok(),
        settings: BTreeMap::from([(URL.to_owned(), url.to_owned())]),
        secret: SECRET.to_owned(),
    }
}

impl Known {
    fn with(mut self, settings: &[(&str, &str)]) -> Self {
        for (name, value) in settings {
            self.settings
                .insert((*name).to_owned(), (*value).to_owned());
        }
        self
    }

    fn reference(&self, channel: Channel) -> Reference<'_> {
        reference(channel)
    }

    pub(super) fn sms<'m>(&'m self, text: &'m str) -> Sms<'m> {
        Sms {
            to: &self.number,
            text,
            reference: self.reference(Channel::Sms),
        }
    }

    fn email(&self) -> Email<'_> {
        Email {
            to: &self.address,
            to_name: Some("Zoë"),
            subject: "Γεια \"σου\"",
            html: "<p>Γεια</p>",
            text: "Γεια\n",
            unsubscribe_url: Some("https://example.org/unsubscribe/x"),
            reply_to: None,
            reference: self.reference(Channel::Email),
        }
    }

    fn account(&self, channel: Channel) -> Result<Endpoint<'_>, Unusable> {
        let is_email = channel == Channel::Email;
        Endpoint::new(&Account {
            from: is_email.then_some(&self.from),
            sender_id: self.sender_id.as_ref().filter(|_| !is_email),
            settings: &self.settings,
            secret: &self.secret,
            callback_url: Some("https://example.com/callbacks/demo/sms/t1ken"),
            access_token: None,
            now: Timestamp::from_second(1_674_087_231).unwrap(),
        })
    }

    pub(super) fn for_sms(&self) -> Result<Endpoint<'_>, Unusable> {
        self.account(Channel::Sms)
    }

    fn for_email(&self) -> Result<Endpoint<'_>, Unusable> {
        self.account(Channel::Email)
    }
}

/// A request as sent, byte for byte: it is signed. Each member of its JSON is on its own line.
fn written(request: &Request<Vec<u8>>) -> String {
    let mut text = head(request);
    let body = std::str::from_utf8(request.body()).unwrap();
    write!(text, "\n{}", body.replace(",\"", ",\n\"")).unwrap();
    text
}

#[test]
fn a_text_message_is_submitted_with_all_fields() {
    let known = known();
    let sms = known.sms("Γεια σου, Zoë 🔔");
    let request = known.for_sms().unwrap().request(&sms).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://sms.example.org/messages?account=7
    content-type: application/json
    idempotency-key: 16296f2228cf692c0a646eb4b67d0974dab11c0ba57006bbacbc953669c70c2a
    webhook-id: 16296f2228cf692c0a646eb4b67d0974dab11c0ba57006bbacbc953669c70c2a
    webhook-timestamp: 1674087231
    webhook-signature: v1,3NLHSVYnVENDVeAMNOJrEueJbuAXJYAkW/z30Wzuu7E=
    authorization: Bearer t0ken
    x-account: 7

    {"to":"+14155552345",
    "sender_id":"+447700900999",
    "text":"Γεια σου, Zoë 🔔",
    "key":"16296f2228cf692c0a646eb4b67d0974dab11c0ba57006bbacbc953669c70c2a",
    "delivery":"019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
    "campaign":"019a0000-0000-7000-8000-000000000000",
    "callback_url":"https://example.com/callbacks/demo/sms/t1ken"}
    "#);
}

#[test]
fn an_email_is_submitted_with_all_fields() {
    let known = known();
    let request = known.for_email().unwrap().request(&known.email()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://sms.example.org/messages?account=7
    content-type: application/json
    idempotency-key: c955a7b82f6044e63554d94ceccf559f15b5c3b619dcb3bf8d74ddedfee1b803
    webhook-id: c955a7b82f6044e63554d94ceccf559f15b5c3b619dcb3bf8d74ddedfee1b803
    webhook-timestamp: 1674087231
    webhook-signature: v1,LYxeb2wN/ofT0JcyVZmZxZtP00xcftXscx5klWM69iQ=
    authorization: Bearer t0ken
    x-account: 7

    {"to":"zoe@example.com",
    "to_name":"Zoë",
    "from":"news@example.org",
    "from_name":"Καμπάνα",
    "subject":"Γεια \"σου\"",
    "text":"Γεια\n",
    "html":"<p>Γεια</p>",
    "unsubscribe_url":"https://example.org/unsubscribe/x",
    "key":"c955a7b82f6044e63554d94ceccf559f15b5c3b619dcb3bf8d74ddedfee1b803",
    "delivery":"019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef",
    "campaign":"019a0000-0000-7000-8000-000000000000",
    "callback_url":"https://example.com/callbacks/demo/sms/t1ken"}
    "#);
}

#[test]
fn a_template_defines_the_body() {
    let known = known().with(&[(
        BODY,
        r#"{"messages": [{"to": "{{to}}", "from": "{{ sender_id }}", "body": "{{text}}", "ref": "c/{{delivery}}"}], "flash": false}"#,
    )]);
    let sms = known.sms("Say \"{{key}}\"");
    let request = known.for_sms().unwrap().request(&sms).unwrap();
    let body = std::str::from_utf8(request.body()).unwrap();
    assert_eq!(
        body,
        r#"{"flash":false,"messages":[{"body":"Say \"{{key}}\"","from":"+447700900999","ref":"c/019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef","to":"+14155552345"}]}"#
    );
}

#[test]
fn a_template_uses_its_channels_fields_only() {
    for (body, is_of_sms, is_of_email) in [
        ("\"{{to}} {{text}} {{key}} {{delivery}}\"", true, true),
        ("[\"{{campaign}}\", \"{{callback_url}}\"]", true, true),
        ("\"{{sender_id}}\"", true, false),
        ("{\"a\": [\"{{subject}}\"]}", false, true),
        ("\"{{html}}{{to_name}}{{from}}{{from_name}}\"", false, true),
        ("\"{{unsubscribe_url}}\"", false, true),
        ("\"{{subject}}{{sender_id}}\"", false, false),
    ] {
        let known = known().with(&[(BODY, body)]);
        assert_eq!(known.for_sms().is_ok(), is_of_sms, "{body}");
        assert_eq!(known.for_email().is_ok(), is_of_email, "{body}");
    }
}

#[test]
fn invalid_settings_are_rejected() {
    for (name, good, bad) in [
        (
            URL,
            vec!["https://sms.example.org"],
            vec!["http://sms.example.org", "https://127.0.0.1/"],
        ),
        (
            ID,
            vec!["/id", "/data/0/message~1id", "/"],
            vec!["", "id", "/~2", "/a~", "data/id"],
        ),
        (ACCEPTED, vec!["202", "200-204,409"], vec!["", "2xx", "100"]),
        (REJECTED, vec!["400-499"], vec!["499-400"]),
        (RETRY, vec!["409, 425"], vec!["409;425"]),
        (
            DEDUPLICATES_HOURS,
            vec!["1", "24", "720"],
            vec![
                "",
                "0",
                "721",
                "-1",
                "+1",
                "1.5",
                "a day",
                "99999999999999999999",
            ],
        ),
    ] {
        let setting = SMS_SETUP
            .settings
            .iter()
            .find(|it| it.name == name)
            .unwrap();
        assert_eq!(setting.is_required, name == URL);
        for good in good {
            assert!(setting.accepts(good), "{name} {good}");
            assert!(known().with(&[(name, good)]).for_sms().is_ok(), "{good}");
        }
        for bad in bad {
            assert!(!setting.accepts(bad), "{name} {bad}");
            let known = known().with(&[(name, bad)]);
            // The sender does not check the duration.
            let is_used = name != DEDUPLICATES_HOURS;
            assert_eq!(known.for_sms().is_err(), is_used, "{name} {bad}");
            assert_eq!(deduplication(&known.settings), None);
        }
    }
}

#[test]
fn contradictory_or_incomplete_settings_are_rejected() {
    let contradiction = known().with(&[(ACCEPTED, "200-299,409"), (RETRY, "409")]);
    let mut nowhere = known();
    nowhere.settings.clear();
    for known in [contradiction, nowhere] {
        let error = known.for_sms().unwrap_err();
        assert!(matches!(error, Unusable::Setting { .. }), "{error}");
    }
}

#[test]
fn a_key_is_relied_on_for_less_than_was_promised() {
    assert_eq!(deduplication(&known().settings), None);
    for (hours, minutes) in [("1", 55), ("24", 22 * 60), ("720", 660 * 60)] {
        let known = known().with(&[(DEDUPLICATES_HOURS, hours)]);
        let expected = Deduplication {
            remembers_for: SignedDuration::from_mins(minutes),
            key: KeyKind::Text,
        };
        assert_eq!(deduplication(&known.settings), Some(expected));
    }
}

#[test]
fn secrets_are_not_printed() {
    let known = known();
    let account = known.for_sms().unwrap();
    let request = account.request(&known.sms("Γεια")).unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer t0ken");
    assert_eq!(request.headers()["x-account"], "7");
    assert!(request.headers()["x-account"].is_sensitive());
    let printed = format!("{account:?} {:?}", request.headers());
    for secret in ["MfKQ", "t0ken", "t1ken", "account=7"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_secret_contains_a_key_and_headers() {
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let too_long = format!("whsec_{}", "AAAA".repeat(22));
    let longest = format!("whsec_{}AA==", "AAAA".repeat(21));
    for (secret, is_right) in [
        (format!(r#"{{"signing_key": "{key}"}}"#), true),
        (format!(r#"{{"signing_key": "{longest}"}}"#), true),
        (format!(r#"{{"signing_key": "{too_long}"}}"#), false),
        (String::new(), false),
        ("{}".to_owned(), false),
        (
            r#""whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw""#.to_owned(),
            false,
        ),
        (
            r#"{"header_authorization": "Bearer MfKQ"}"#.to_owned(),
            false,
        ),
        (
            r#"{"signing_key": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#.to_owned(),
            false,
        ),
        (
            r#"{"signing_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"}"#.to_owned(),
            false,
        ),
        (
            r#"{"signing_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2Lg"}"#.to_owned(),
            false,
        ),
        (
            format!(r#"{{"signing_key": "{key}", "token": "MfKQ"}}"#),
            false,
        ),
        (
            format!(r#"{{"signing_key": "{key}", "header_x": 7}}"#),
            false,
        ),
    ] {
        let mut known = known();
        known.secret = secret;
        let account = known.for_sms();
        assert_eq!(account.is_ok(), is_right, "{}", known.secret);
        if let Err(error) = account {
            assert!(matches!(error, Unusable::Secret { .. }), "{error}");
            assert!(!error.to_string().contains("MfKQ"), "{error}");
        }
    }
}

#[test]
fn reserved_headers_are_rejected() {
    for (name, value, is_right) in [
        ("authorization", "Bearer MfKQ", true),
        ("x-api-key", "k", true),
        ("accept", "application/json", true),
        ("", "k", false),
        ("X-Api-Key", "k", false),
        ("x api key", "k", false),
        ("x-api-key:", "k", false),
        ("x-κ", "k", false),
        ("x-api-key", "", false),
        ("x-api-key", "a\\r\\nx-b: c", false),
        ("x-api-key", "a\\u0000", false),
        ("x-api-key", "κ", false),
        ("host", "example.com", false),
        ("content-length", "0", false),
        ("content-type", "text/plain", false),
        ("content-encoding", "gzip", false),
        ("accept-encoding", "gzip", false),
        ("transfer-encoding", "chunked", false),
        ("connection", "close", false),
        ("keep-alive", "timeout=5", false),
        ("upgrade", "h2c", false),
        ("expect", "100-continue", false),
        ("te", "trailers", false),
        ("trailer", "x", false),
        ("proxy-authorization", "Basic eDp5", false),
        ("user-agent", "curl", false),
        ("idempotency-key", "k", false),
        ("webhook-id", "k", false),
        ("webhook-signature", "v1,", false),
    ] {
        let mut known = known();
        known.secret = format!(
            r#"{{"signing_key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "header_{name}": "{value}"}}"#
        );
        assert_eq!(known.for_sms().is_ok(), is_right, "{name}: {value}");
    }
}

fn outcome(settings: &[(&str, &str)], status: u16, body: &str) -> Outcome {
    let known = known().with(settings);
    let mut answer = Response::new(body.as_bytes().to_vec());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = answer.headers_mut();
    headers.insert(header::RETRY_AFTER, "7".parse().unwrap());
    let account = known.for_sms().unwrap();
    account.outcome(&known.sms("Γεια"), &answer)
}

/// Settings without anything about responses.
const USUAL: &[(&str, &str)] = &[];

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted {
        provider_id: id.to_owned(),
    }
}

#[test]
fn an_accepted_message_has_the_endpoints_id_or_ours() {
    let ours = &KEY[..32];
    let long = format!(r#"{{"id": "{}"}}"#, "x".repeat(129));
    for (settings, body, expected) in [
        (USUAL, r#"{"id": "m-1"}"#, "m-1"),
        (USUAL, r#"{"id": 42, "status": "queued"}"#, "42"),
        (USUAL, r#"{"id": ""}"#, ours),
        (USUAL, r#"{"id": null}"#, ours),
        (USUAL, r#"{"id": {"a": 1}}"#, ours),
        (USUAL, r#"{"id": "a\nb"}"#, ours),
        (USUAL, long.as_str(), ours),
        (USUAL, r#"{"message": "queued"}"#, ours),
        (USUAL, r#"{"id": "m-1"#, ours),
        (USUAL, "OK", ours),
        (USUAL, "", ours),
        (
            &[(ID, "/data/0/a~1b")][..],
            r#"{"data": [{"a/b": "m-2"}]}"#,
            "m-2",
        ),
        (&[(ID, "/0/id")][..], r#"[{"id": "m-3"}]"#, "m-3"),
        (&[(ID, "/data/id")][..], r#"{"id": "m-1"}"#, ours),
    ] {
        assert_eq!(outcome(settings, 200, body), accepted(expected), "{body}");
    }
}

#[test]
fn statuses_are_classified() {
    let reason =
        |status: u16| Reason::new(format!("http_{status}"), "The provider gave no reason.");
    let lists = [
        (ACCEPTED, "202,409"),
        (REJECTED, "403,500"),
        (RETRY, "404,502-504"),
    ];
    for (settings, statuses, expected) in [
        (USUAL, &[200, 201, 202, 204, 299][..], "accepted"),
        (USUAL, &[401, 403, 429, 503][..], "throttled"),
        (
            USUAL,
            &[400, 402, 404, 409, 410, 413, 422, 451][..],
            "rejected",
        ),
        (USUAL, &[301, 302, 307, 500, 502, 504, 599][..], "unknown"),
        (&lists[..], &[202, 409][..], "accepted"),
        (&lists[..], &[403, 500, 400, 410][..], "rejected"),
        (&lists[..], &[404, 502, 503, 504, 401, 429][..], "throttled"),
        (&lists[..], &[200, 204, 301, 501][..], "unknown"),
        (
            &[("deduplicates_hours", "24")][..],
            &[409, 425][..],
            "throttled",
        ),
    ] {
        for &status in statuses {
            let expected = match expected {
                "accepted" => accepted(&KEY[..32]),
                "rejected" => Outcome::Rejected(reason(status)),
                "throttled" => Outcome::Throttled {
                    after: Some(Duration::from_secs(7)),
                    reason: reason(status),
                },
                _ => Outcome::Unknown(reason(status)),
            };
            assert_eq!(outcome(settings, status, ""), expected, "{status}");
        }
    }
}

#[test]
fn a_refusal_has_the_endpoints_text() {
    for (body, code, text) in [
        (
            r#"{"reason": {"code": "blocked", "text": " They left. "}}"#,
            "blocked",
            "They left.",
        ),
        (
            r#"{"type": "about:blank", "title": "Invalid number", "detail": "To is not a number", "status": 422}"#,
            "http_422",
            "To is not a number",
        ),
        (
            r#"{"title": "Invalid number"}"#,
            "http_422",
            "Invalid number",
        ),
        (
            r#"{"error": {"code": 21211, "message": "Invalid 'To'"}}"#,
            "21211",
            "Invalid 'To'",
        ),
        (
            r#"{"code": "invalid_to", "message": "Invalid 'To'"}"#,
            "invalid_to",
            "Invalid 'To'",
        ),
        (r#"{"error": "Invalid"}"#, "http_422", "Invalid"),
        ("Invalid", "http_422", "The provider gave no reason."),
        (
            r#"{"reason": {"code": "", "text": " "}}"#,
            "http_422",
            "The provider gave no reason.",
        ),
    ] {
        let expected = Outcome::Rejected(Reason::new(code, text));
        assert_eq!(outcome(USUAL, 422, body), expected, "{body}");
    }
}
