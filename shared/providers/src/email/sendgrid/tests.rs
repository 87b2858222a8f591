use std::collections::BTreeMap;

use carillon_domain::address::EmailAddress;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::known::{answer, email, rejected, sender, throttled, unknown, written};

/// The test vector of SendGrid's own libraries:
/// <https://github.com/sendgrid/sendgrid-python/blob/main/test/unit/test_eventwebhook.py>.
const SECRET: &str = r#"{
    "api_key": "SG.abc.def",
    "webhook_public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
}"#;
const SIGNED: &str = concat!(
    r#"[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","#,
    r#""sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","#,
    r#""sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","#,
    r#""smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]"#,
    "\r\n",
);
const SIGNED_WITH: &str = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
const SIGNED_AT: i64 = 1_600_112_502;

/// The data that the responses and events in `fixtures/` refer to.
struct Known {
    from: EmailSender,
    settings: BTreeMap<String, String>,
}

fn known(region: Option<&str>) -> Known {
    Known {
        from: sender("news@example.org"),
        settings: region
            .map(|region| ("region".to_owned(), region.to_owned()))
            .into_iter()
            .collect(),
    }
}

impl Known {
    fn with<'a>(&'a self, secret: &'a str) -> Result<SendGrid<'a>, Unusable> {
        SendGrid::new(&Account {
            from: Some(&self.from),
            sender_id: None,
            settings: &self.settings,
            secret,
            callback_url: None,
            access_token: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    fn account(&self) -> SendGrid<'_> {
        self.with(SECRET).unwrap()
    }
}

#[test]
fn replies_go_to_the_reply_to_address() {
    let known = known(None);
    let reply_to = EmailAddress::parse("service@example.org").unwrap();
    let email = Email {
        reply_to: Some(&reply_to),
        ..email()
    };
    let request = known.account().request(&email).unwrap();
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(
        body["reply_to"],
        serde_json::json!({ "email": "service@example.org" })
    );
}

#[test]
fn a_submission_names_the_delivery() {
    let known = known(None);
    let request = known.account().request(&email()).unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://api.sendgrid.com/v3/mail/send
    authorization: Bearer SG.abc.def
    accept: application/json
    content-type: application/json

    {
      "content": [
        {
          "type": "text/plain",
          "value": "Γεια"
        },
        {
          "type": "text/html",
          "value": "<p>Γεια</p>"
        }
      ],
      "from": {
        "email": "news@example.org",
        "name": "Καμπάνα"
      },
      "headers": {
        "Message-ID": "<0123456789abcdef0123456789abcdef.019a0000-0000-7000-8000-000000000000@example.org>"
      },
      "personalizations": [
        {
          "custom_args": {
            "delivery": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef"
          },
          "to": [
            {
              "email": "zoe@example.com",
              "name": "Zoë"
            }
          ]
        }
      ],
      "subject": "Γεια σου, Zoë 🔔"
    }
    "#);
}

#[test]
fn a_region_has_a_host_of_its_own() {
    for (region, host) in [
        (None, "api.sendgrid.com"),
        (Some("global"), "api.sendgrid.com"),
        (Some("eu"), "api.eu.sendgrid.com"),
    ] {
        let known = known(region);
        let request = known.account().request(&email()).unwrap();
        assert_eq!(request.uri().host(), Some(host), "{region:?}");
    }
    let accepts = |value| SETUP.settings[0].accepts(value);
    assert!(accepts("eu") && accepts("global") && !accepts("EU") && !accepts(""));
}

#[test]
fn a_part_without_content_is_left_out() {
    let known = known(None);
    let email = Email {
        text: "",
        ..email()
    };
    let request = known.account().request(&email).unwrap();
    let text = written(&request);
    assert!(
        !text.contains("text/plain") && text.contains("text/html"),
        "{text}"
    );
}

#[test]
fn the_key_is_not_printed() {
    let known = known(None);
    let request = known.account().request(&email()).unwrap();
    let printed = format!("{:?} {request:?}", known.account());
    assert!(!printed.contains("SG."), "{printed}");
}

#[test]
fn a_malformed_secret_is_rejected() {
    let known = known(None);
    for bad in [
        "",
        "SG.abc.def",
        "{}",
        r#"{"api_key": ""}"#,
        r#"{"api_key": "SG.abc\n"}"#,
        r#"{"api_key": "SG.abc.def", "username": "apikey"}"#,
        r#"{"api_key": "SG.abc.def", "webhook_public_key": "not base64"}"#,
    ] {
        let error = known.with(bad).unwrap_err();
        assert!(!error.to_string().contains("abc"), "{error}");
    }
    assert!(known.with(r#"{"api_key": "SG.abc.def"}"#).is_ok());
}

#[test]
fn a_sender_address_is_required() {
    let known = known(None);
    let account = Account {
        from: None,
        sender_id: None,
        settings: &known.settings,
        secret: SECRET,
        callback_url: None,
        access_token: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    assert!(matches!(
        SendGrid::new(&account),
        Err(Unusable::Setting { .. })
    ));
}

fn outcome(status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
    let known = known(None);
    let answer = answer(status, headers, body);
    known.account().outcome(&email(), &answer)
}

/// Status, headers and body of a response, and its expected outcome.
type Case<'a> = (u16, &'a [(&'static str, &'a str)], &'a str, Outcome);

#[test]
fn responses_are_classified() {
    let nothing = "The provider gave no reason.";
    let subject = "The subject of your email must be a string at least one character in length.";
    let at_its_limit = [
        ("date", "Wed, 19 Feb 2014 13:07:13 GMT"),
        ("x-ratelimit-limit", "150"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1392815263"),
    ];
    let cases: &[Case<'_>] = &[
        (
            202,
            &[("x-message-id", "LRzXl_NHStOGhQ4kofSm_A")],
            "",
            Outcome::Accepted {
                provider_id: "LRzXl_NHStOGhQ4kofSm_A".to_owned(),
            },
        ),
        (
            202,
            &[],
            "",
            unknown(
                "unreadable_answer",
                "The provider's response contains no message id.",
            ),
        ),
        (
            200,
            &[],
            "",
            rejected(
                "not_queued",
                "SendGrid validated the message but did not queue it.",
            ),
        ),
        (
            400,
            &[],
            include_str!("fixtures/bad-request.json"),
            rejected("http_400", subject),
        ),
        (
            401,
            &[],
            include_str!("fixtures/unauthorized.json"),
            throttled(None, "http_401", "authorization required"),
        ),
        (
            401,
            &at_its_limit,
            include_str!("fixtures/credits-exceeded.json"),
            throttled(None, "http_401", "Maximum credits exceeded"),
        ),
        (
            403,
            &[],
            include_str!("fixtures/forbidden.json"),
            throttled(None, "http_403", "access forbidden"),
        ),
        (404, &[], "", rejected("http_404", nothing)),
        (405, &[], "", rejected("http_405", nothing)),
        (406, &[], "", rejected("http_406", nothing)),
        (
            413,
            &[],
            include_str!("fixtures/too-large.json"),
            rejected("http_413", "content too large"),
        ),
        (415, &[], "", rejected("http_415", nothing)),
        (
            429,
            &at_its_limit,
            include_str!("fixtures/too-many-requests.json"),
            throttled(Some(30), "http_429", "too many requests"),
        ),
        (
            429,
            &[("retry-after", "7")],
            "",
            throttled(Some(7), "http_429", nothing),
        ),
        (429, &[], "<html>", throttled(None, "http_429", nothing)),
        (451, &[], "", throttled(None, "http_451", nothing)),
        (
            500,
            &[],
            include_str!("fixtures/server-error.json"),
            unknown("http_500", "internal server error"),
        ),
        (502, &[], "<html>", unknown("http_502", nothing)),
        (503, &[], "", throttled(None, "http_503", nothing)),
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

fn events(
    secret: &str,
    headers: &[(&'static str, &str)],
    body: &[u8],
    seconds_later: i64,
) -> Result<Vec<ProviderEvent>, BadCallback> {
    let known = known(None);
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    known.with(secret).unwrap().events(&Callback {
        method: &Method::POST,
        url: "https://hooks.example.org/callbacks/demo/email-1/0",
        headers: &map,
        body,
        now: Timestamp::from_second(SIGNED_AT + seconds_later).unwrap(),
    })
}

#[test]
fn a_callback_needs_a_valid_signature() {
    let signed = [(SIGNATURE, SIGNED_WITH), (TIMESTAMP, "1600112502")];
    let body = SIGNED.as_bytes();
    // It concerns a mail that is not ours.
    assert_eq!(
        events(SECRET, &signed, body, 0),
        Ok(vec![ProviderEvent::Irrelevant])
    );
    assert_eq!(
        events(SECRET, &signed, body, 300),
        Ok(vec![ProviderEvent::Irrelevant])
    );
    for seconds_later in [301, -301] {
        assert_eq!(
            events(SECRET, &signed, body, seconds_later),
            Err(BadCallback::Stale)
        );
    }

    let mut changed = body.to_vec();
    changed[3] ^= 1;
    assert_eq!(
        events(SECRET, &signed, &changed, 0),
        Err(BadCallback::Forged)
    );
    let without_its_end = body.trim_ascii_end();
    assert_eq!(
        events(SECRET, &signed, without_its_end, 0),
        Err(BadCallback::Forged)
    );
    for forged in [
        [(SIGNATURE, SIGNED_WITH), (TIMESTAMP, "1600112503")],
        [
            (SIGNATURE, "bm90IGEgc2lnbmF0dXJl"),
            (TIMESTAMP, "1600112502"),
        ],
        [(SIGNATURE, "not base64"), (TIMESTAMP, "1600112502")],
        [
            (
                SIGNATURE,
                "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH3j/0=",
            ),
            (TIMESTAMP, "1600112502"),
        ],
    ] {
        assert_eq!(events(SECRET, &forged, body, 0), Err(BadCallback::Forged));
    }
    for unsigned in [&signed[..1], &signed[1..], &signed[..0]] {
        assert_eq!(
            events(SECRET, unsigned, body, 0),
            Err(BadCallback::Unsigned)
        );
    }
    let without_key = r#"{"api_key": "SG.abc.def"}"#;
    assert_eq!(
        events(without_key, &signed, body, 0),
        Err(BadCallback::Unsigned)
    );
}

#[test]
fn changed_callbacks_are_rejected() {
    let right = [SIGNED_WITH, "1600112502", SIGNED];
    crate::changed::nothing_is_believed(&right, |texts| {
        let headers = [(SIGNATURE, texts[0]), (TIMESTAMP, texts[1])];
        events(SECRET, &headers, texts[2].as_bytes(), 0)
    });
}
