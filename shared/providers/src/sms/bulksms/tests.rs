use std::collections::BTreeMap;

use carillon_domain::{address::PhoneNumber, channel::Channel};

use super::*;
use crate::Reference;
use crate::known::{answer_after, reference, rejected, throttled, unknown, written};

/// The documentation's example.
const TOKEN: &str = r#"{
    "token_id": "BBDE1B476E03498AA768F66A286AABDC-01-B",
    "token_secret": "9jSbVDK20!MXdfRGiIIFu#ffUE8*S"
}"#;

/// The data that the responses in `fixtures/` refer to.
struct Known {
    to: PhoneNumber,
    sender_id: Option<SenderId>,
}

fn known(sender_id: Option<&str>) -> Known {
    Known {
        to: PhoneNumber::parse("+306912345678", None).unwrap(),
        sender_id: sender_id.map(|text| text.parse().unwrap()),
    }
}

impl Known {
    fn sms(&self, number: Option<u32>) -> Sms<'_> {
        Sms {
            to: &self.to,
            text: "Γεια σου, Zoë 🔔",
            reference: Reference {
                number,
                ..reference(Channel::Sms)
            },
        }
    }

    fn account(&self) -> BulkSms<'_> {
        account(self.sender_id.as_ref(), TOKEN).unwrap()
    }
}

fn account<'a>(sender_id: Option<&'a SenderId>, secret: &'a str) -> Result<BulkSms<'a>, Unusable> {
    static NO_SETTINGS: BTreeMap<String, String> = BTreeMap::new();
    BulkSms::new(&Account {
        from: None,
        sender_id,
        settings: &NO_SETTINGS,
        secret,
        callback_url: None,
        access_token: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    })
}

#[test]
fn a_submission_carries_its_number_and_its_own_id() {
    let known = known(Some("Carillon"));
    let request = known
        .account()
        .request(&known.sms(Some(2_147_483_647)))
        .unwrap();
    insta::assert_snapshot!(written(&request), @r#"
    POST https://api.bulksms.com/v1/messages?auto-unicode=true&deduplication-id=2147483647
    authorization: Basic QkJERTFCNDc2RTAzNDk4QUE3NjhGNjZBMjg2QUFCREMtMDEtQjo5alNiVkRLMjAhTVhkZlJHaUlJRnUjZmZVRTgqUw==
    content-type: application/json

    {
      "body": "Γεια σου, Zoë 🔔",
      "from": {
        "address": "Carillon",
        "type": "ALPHANUMERIC"
      },
      "longMessageMaxParts": 48,
      "to": "+306912345678",
      "userSuppliedId": "16296f2228cf692c0a64"
    }
    "#);
}

#[test]
fn the_accounts_default_sender_is_used() {
    let known = known(None);
    let request = known.account().request(&known.sms(Some(7))).unwrap();
    assert!(!written(&request).contains("from"));
    for (sender, kind) in [("+447700900999", "INTERNATIONAL"), ("12345", "SHORTCODE")] {
        let sender: SenderId = sender.parse().unwrap();
        assert_eq!(Sender::from(&sender).kind, kind);
    }
}

#[test]
fn a_submission_requires_a_number() {
    let known = known(None);
    let request = known.account().request(&known.sms(None));
    assert!(matches!(request, Err(BadRequest::NoKey)), "{request:?}");
}

#[test]
fn a_token_is_not_printed() {
    let known = known(None);
    let request = known.account().request(&known.sms(Some(7))).unwrap();
    let printed = format!("{:?} {request:?}", known.account());
    for secret in ["9jSb", "BBDE", "QkJERTFC"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_malformed_secret_is_rejected() {
    for bad in [
        "",
        "9jSbVDK20!MXdfRGiIIFu#ffUE8*S",
        r#"{"token_id": "a"}"#,
        r#"{"token_id": "a", "token_secret": ""}"#,
        r#"{"token_id": "a:b", "token_secret": "c"}"#,
        r#"{"token_id": "a", "token_secret": "c", "username": "d"}"#,
    ] {
        let error = account(None, bad).unwrap_err();
        assert!(!error.to_string().contains("9jSb"), "{error}");
    }
}

fn outcome(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let known = known(None);
    let answer = answer_after(status, retry_after, body);
    known.account().outcome(&known.sms(Some(7)), &answer)
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
                provider_id: "953262833859043328".to_owned(),
            },
        ),
        (
            201,
            None,
            include_str!("fixtures/accepted-without-own-id.json"),
            Outcome::Accepted {
                provider_id: "953262833859043328".to_owned(),
            },
        ),
        (
            201,
            None,
            include_str!("fixtures/blocked.json"),
            Outcome::Unreachable {
                reason: Reason::new(
                    "FAILED.BLOCKED",
                    "BulkSMS accepted the message but will not deliver it.",
                ),
                source: carillon_domain::suppressions::SuppressionSource::Unsubscribed,
            },
        ),
        (201, None, "[]", unreadable()),
        (201, None, &accepted[..100], unreadable()),
        (
            200,
            None,
            "<html>Sign in to the network</html>",
            unreadable(),
        ),
        (
            400,
            None,
            include_str!("fixtures/bad-request.json"),
            rejected(
                "bad-request",
                "Bad Request: 'to' field value '+306912345678' is invalid",
            ),
        ),
        (404, None, "", rejected("http_404", nothing)),
        (
            401,
            None,
            include_str!("fixtures/authentication-failed.json"),
            throttled(
                None,
                "authentication-failed",
                "Authentication Failed: Full authentication is required to access this resource",
            ),
        ),
        (
            403,
            None,
            include_str!("fixtures/insufficient-credits.json"),
            throttled(None, "insufficient-credits", "Insufficient Credits"),
        ),
        (
            429,
            Some("30"),
            "slow down",
            throttled(Some(30), "http_429", nothing),
        ),
        (503, None, "", throttled(None, "http_503", nothing)),
        (500, None, "", unknown("http_500", nothing)),
        (502, Some("5"), "<html>", unknown("http_502", nothing)),
        (504, None, "", unknown("http_504", nothing)),
        (301, None, "", unknown("http_301", nothing)),
    ] {
        assert_eq!(
            outcome(status, retry_after, body),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn a_response_about_another_message_is_detected() {
    let another = include_str!("fixtures/accepted.json").replace(&own_id_of_fixture(), "another");
    let Outcome::Rejected(reason) = outcome(201, None, &another) else {
        panic!("the message was not sent");
    };
    assert_eq!(reason.code, "taken_for_another");
}

fn own_id_of_fixture() -> String {
    let known = known(None);
    own_id(&known.sms(None).reference)
}

#[test]
fn long_codes_are_truncated() {
    let body = format!(r#"{{"type": "x#{}", "title": "t"}}"#, "c".repeat(10_000));
    let Outcome::Rejected(reason) = outcome(400, None, &body) else {
        panic!("a refusal");
    };
    assert!(reason.code.len() <= 64, "{}", reason.code.len());
}

#[test]
fn bulksms_placeholders_are_disabled() {
    for (text, expected) in [
        ("Hello {fn##}!", "Hello { fn##}!"),
        ("{F0##}{F12##none} {SN##x}", "{ F0##}{ F12##none} { SN##x}"),
        ("{{fn##}}", "{{ fn##}}"),
        (
            "Room #12 ## {code} {fn} {F##} {first##}",
            "Room #12 ## {code} {fn} {F##} {first##}",
        ),
        ("{", "{"),
        ("", ""),
    ] {
        assert_eq!(without_placeholders(text), expected);
    }
}
