use std::collections::BTreeMap;

use super::*;
use crate::known::{answer, email, named, rejected, sender, throttled, unknown};

/// The documentation's key.
const SECRET: &str = r#"{
    "api_key": "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
    "webhook_signing_key": "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
}"#;

/// The data that the responses in `fixtures/` refer to.
struct Known {
    from: EmailSender,
    settings: BTreeMap<String, String>,
}

fn known(settings: &[(&str, &str)]) -> Known {
    Known {
        from: sender("news@example.org"),
        settings: named(settings),
    }
}

fn usual() -> Known {
    known(&[("domain", "samples.mailgun.org")])
}

impl Known {
    fn with<'a>(&'a self, secret: &'a str) -> Result<Mailgun<'a>, Unusable> {
        Mailgun::new(&Account {
            from: Some(&self.from),
            sender_id: None,
            settings: &self.settings,
            secret,
            callback_url: None,
            access_token: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    fn account(&self) -> Mailgun<'_> {
        self.with(SECRET).unwrap()
    }
}

#[test]
fn a_submission_is_a_form_with_the_mail_as_a_file() {
    let known = usual();
    let request = known.account().request(&email()).unwrap();
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    let body = String::from_utf8(request.body().clone()).unwrap();
    // The mail contains its time of writing.
    let (head, mail) = body.split_once("message/rfc822\r\n\r\n").unwrap();
    text.push_str(&format!("\n{head}message/rfc822").replace("\r\n", "\n"));
    insta::assert_snapshot!(text, @r#"
    POST https://api.mailgun.net/v3/samples.mailgun.org/messages.mime
    authorization: Basic YXBpOmtleS0zYXg2eG5qcDI5amQ2ZmRzNGdjMzczc2d2anh0ZW9sMA==
    content-type: multipart/form-data; boundary=carillon-00000000

    --carillon-00000000
    Content-Disposition: form-data; name="to"

    zoe@example.com
    --carillon-00000000
    Content-Disposition: form-data; name="v:delivery"

    019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef
    --carillon-00000000
    Content-Disposition: form-data; name="message"; filename="message.eml"
    Content-Type: message/rfc822
    "#);
    let mail = mail.strip_suffix("\r\n--carillon-00000000--\r\n").unwrap();
    let message_id = format!("<{}>", email().message_id(&known.from));
    assert!(mail.contains(&message_id), "{mail}");
    assert!(mail.contains("multipart/alternative"), "{mail}");
}

#[test]
fn a_boundary_does_not_occur_in_the_content() {
    let cases: &[(&[&[u8]], &str)] = &[
        (&[b"", b"carillon-"], "carillon-00000000"),
        (&[b"carillon-00000001"], "carillon-00000000"),
        (&[b"carillon-00000000"], "carillon-00000001"),
        (
            &[b"--carillon-000000001", b"xcarillon-00000001x"],
            "carillon-00000002",
        ),
    ];
    for (contents, expected) in cases {
        assert_eq!(&form::boundary(contents), expected, "{contents:?}");
    }
}

#[test]
fn a_region_has_a_host_of_its_own() {
    for (region, host) in [("us", "api.mailgun.net"), ("eu", "api.eu.mailgun.net")] {
        let known = known(&[("domain", "samples.mailgun.org"), ("region", region)]);
        let request = known.account().request(&email()).unwrap();
        assert_eq!(request.uri().host(), Some(host), "{region}");
    }
}

#[test]
fn a_domain_must_be_valid() {
    assert!(is_domain("mg.example.org") && is_domain("xn--4ca.example"));
    let long = "a.".repeat(130);
    for bad in [
        "",
        "localhost",
        "a/b.example",
        "a..b",
        ".a",
        "a b.c",
        "ä.example",
        long.as_str(),
    ] {
        assert!(!is_domain(bad), "{bad}");
        let known = known(&[("domain", bad)]);
        let refused = known.with(SECRET);
        assert!(
            matches!(refused, Err(Unusable::Setting { .. })),
            "{refused:?}"
        );
    }
    assert!(known(&[]).with(SECRET).is_err());
}

#[test]
fn the_key_is_not_printed() {
    let known = usual();
    let request = known.account().request(&email()).unwrap();
    let head = (request.uri(), request.headers());
    let printed = format!("{:?} {head:?}", known.account());
    for secret in ["key-", "3ax6", "YXBp"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_malformed_secret_is_rejected() {
    let known = usual();
    for bad in [
        "",
        "key-3ax6",
        "{}",
        r#"{"api_key": ""}"#,
        r#"{"api_key": "key-3ax6", "webhook_signing_key": ""}"#,
        r#"{"api_key": "key-3ax6", "username": "api"}"#,
    ] {
        let error = known.with(bad).unwrap_err();
        assert!(!error.to_string().contains("3ax6"), "{error}");
    }
    assert!(known.with(r#"{"api_key": "key-3ax6"}"#).is_ok());
}

#[test]
fn a_sender_address_is_required() {
    let known = usual();
    let account = Account {
        from: None,
        sender_id: None,
        settings: &known.settings,
        secret: SECRET,
        callback_url: None,
        access_token: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let refused = Mailgun::new(&account);
    assert!(
        matches!(refused, Err(Unusable::Setting { .. })),
        "{refused:?}"
    );
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let known = usual();
    let answer = answer(status, headers, body);
    known.account().outcome(&email(), &answer)
}

/// Status, headers and body of a response, and its expected outcome.
type Case<'a> = (u16, &'a [(&'static str, &'a str)], &'a str, Outcome);

#[test]
fn responses_are_classified() {
    let nothing = "The provider gave no reason.";
    let limit = "Domain mail.cslpay.io is not allowed to send: recipient limit exceeded, try again after Mon, 25 Aug 2025 07:00:31 UTC";
    let unreadable = || {
        unknown(
            "unreadable_answer",
            "The provider's response could not be parsed.",
        )
    };
    let cases: &[Case<'_>] = &[
        (
            200,
            &[],
            include_str!("fixtures/accepted.json"),
            Outcome::Accepted {
                provider_id: "20111114174239.25659.5817@samples.mailgun.org".to_owned(),
            },
        ),
        (200, &[], "Mailgun Magnificent API", unreadable()),
        (
            200,
            &[],
            r#"{"message": "Queued. Thank you."}"#,
            unreadable(),
        ),
        (200, &[], "", unreadable()),
        (
            400,
            &[],
            include_str!("fixtures/invalid-address.json"),
            rejected(
                "http_400",
                "'to' parameter is not a valid address. please check documentation",
            ),
        ),
        (
            400,
            &[],
            include_str!("fixtures/account-disabled.json"),
            throttled(
                None,
                "http_400",
                "Domain samples.mailgun.org is not allowed to send: Account disabled",
            ),
        ),
        (401, &[], "Forbidden", throttled(None, "http_401", nothing)),
        (402, &[], "", throttled(None, "http_402", nothing)),
        (
            403,
            &[],
            include_str!("fixtures/account-disabled.json"),
            throttled(
                None,
                "http_403",
                "Domain samples.mailgun.org is not allowed to send: Account disabled",
            ),
        ),
        (
            404,
            &[],
            include_str!("fixtures/domain-not-found.json"),
            throttled(None, "http_404", "Domain not found: samples.mailgun.org"),
        ),
        (413, &[], "", rejected("http_413", nothing)),
        (
            420,
            &[("date", "Mon, 25 Aug 2025 07:00:02 GMT")],
            include_str!("fixtures/limit-exceeded.json"),
            throttled(Some(29), "http_420", limit),
        ),
        (
            420,
            &[],
            include_str!("fixtures/limit-exceeded.json"),
            throttled(None, "http_420", limit),
        ),
        (
            429,
            &[("retry-after", "7")],
            "",
            throttled(Some(7), "http_429", nothing),
        ),
        (500, &[], "", unknown("http_500", nothing)),
        (502, &[], "<html>", unknown("http_502", nothing)),
        (
            503,
            &[],
            "",
            Outcome::Unknown(Reason::new("http_503", nothing)),
        ),
        (504, &[], "", unknown("http_504", nothing)),
        (301, &[], "", unknown("http_301", nothing)),
    ];
    for (status, headers, body, expected) in cases {
        assert_eq!(
            &outcome(*status, headers, body),
            expected,
            "{status} {body}"
        );
    }
}
