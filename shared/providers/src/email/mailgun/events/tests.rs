use std::collections::BTreeMap;

use carillon_domain::{
    address::EmailAddress, suppressions::SuppressionSource, transports::EmailSender,
};
use http::{HeaderMap, Method};

use super::*;
use crate::{
    email::mailgun::Mailgun,
    vendor::{Account, Callbacks as _},
};

/// The documentation's key, for the timestamp and the token of its example.
const SECRET: &str =
    r#"{"api_key": "a", "webhook_signing_key": "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"}"#;
const SIGNATURE: &str = "3f9f9869e390626cfa401e164e5cd201b24d153eafc2004a69d41c945dc93c1e";
const TOKEN: &str = "e0b5477167110d68991efc6b9f89f0a11066af27834600e123";
const SIGNED_AT: i64 = 1_770_920_772;

static POST: Method = Method::POST;

const DELIVERED: &str = include_str!("../fixtures/event-delivered.json");

fn callback<'a>(body: &'a str, headers: &'a HeaderMap, seconds_later: i64) -> Callback<'a> {
    Callback {
        method: &POST,
        url: "https://hooks.example.org/callbacks/demo/email-1/0",
        headers,
        body: body.as_bytes(),
        now: Timestamp::from_second(SIGNED_AT + seconds_later).unwrap(),
    }
}

fn events(secret: &str, body: &str, seconds_later: i64) -> Result<Vec<ProviderEvent>, BadCallback> {
    let from = EmailSender {
        address: EmailAddress::parse("news@example.org").unwrap(),
        name: None,
    };
    let settings = BTreeMap::from([("domain".to_owned(), "sample.mailgun.com".to_owned())]);
    let account = Account {
        from: Some(&from),
        sender_id: None,
        settings: &settings,
        secret,
        callback_url: None,
        access_token: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let headers = HeaderMap::new();
    Mailgun::new(&account)
        .unwrap()
        .events(&callback(body, &headers, seconds_later))
}

fn news(body: &str) -> Option<StatusUpdate> {
    let told = events(SECRET, body, 0).unwrap();
    let [
        ProviderEvent::Receipt {
            delivery,
            provider_id,
            at,
            news,
        },
    ] = told.as_slice()
    else {
        assert_eq!(told, [ProviderEvent::Irrelevant]);
        return None;
    };
    assert_eq!(
        delivery.to_string(),
        "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef"
    );
    assert_eq!(
        provider_id,
        "0123456789abcdef0123456789abcdef.019a0000-0000-7000-8000-000000000000@sample.mailgun.com"
    );
    assert!(
        (1_770_146_431..=SIGNED_AT).contains(&at.as_second()),
        "{at}"
    );
    Some(news.clone())
}

#[test]
fn events_are_classified() {
    let became = |fate| Some(StatusUpdate::Became(fate));
    for (body, expected) in [
        (
            include_str!("../fixtures/event-accepted.json"),
            Some(StatusUpdate::Accepted),
        ),
        (DELIVERED, became(DeliveryStatus::Delivered)),
        (
            include_str!("../fixtures/event-failed-temporary.json"),
            became(DeliveryStatus::Delayed),
        ),
        (
            include_str!("../fixtures/event-failed-permanent.json"),
            Some(StatusUpdate::Gone),
        ),
        (
            include_str!("../fixtures/event-opened.json"),
            became(DeliveryStatus::Opened),
        ),
        (
            include_str!("../fixtures/event-clicked.json"),
            became(DeliveryStatus::Clicked),
        ),
        (
            include_str!("../fixtures/event-complained.json"),
            became(DeliveryStatus::Complained),
        ),
        (
            include_str!("../fixtures/event-rejected.json"),
            Some(StatusUpdate::Postponed {
                reason: Reason::new(
                    "rejected",
                    "Mailgun accepted the mail and then rejected it: Sandbox subdomains are for test purposes only.",
                ),
                by_account: true,
            }),
        ),
        (
            include_str!("../fixtures/event-unsubscribed.json"),
            Some(StatusUpdate::OptedOut),
        ),
        // Foreign mail has no variables, which is encoded as an empty list.
        (include_str!("../fixtures/event-foreign.json"), None),
    ] {
        assert_eq!(news(body), expected, "{body}");
    }
}

#[test]
fn a_block_or_a_full_mailbox_does_not_suppress() {
    let failed = |reason: &str, enhanced: &str, message: &str| {
        let body = include_str!("../fixtures/event-failed-permanent.json")
            .replace(r#""reason": "bounce""#, &format!(r#""reason": "{reason}""#))
            .replace(
                r#""enhanced-code": "5.5.0""#,
                &format!(r#""enhanced-code": "{enhanced}""#),
            )
            .replace("5.5.0 Requested action not taken", message);
        news(&body)
    };
    for (reason, enhanced, message) in [
        ("espblock", "5.7.1", "Blocked"),
        ("espblock", "", "Blocked"),
        ("old", "", "Too old"),
        ("generic", "5.2.2", "Mailbox full"),
        ("generic", "", "5.2.2 The mailbox is over its quota"),
        ("generic", "", "Whatever"),
        ("bounce", "5.2.2", "Mailbox full"),
        ("bounce", "5.7.1", "Message rejected by policy"),
        ("bounce", "5.3.4", "Too large"),
    ] {
        let expected = Some(StatusUpdate::Became(DeliveryStatus::Bounced));
        assert_eq!(
            failed(reason, enhanced, message),
            expected,
            "{reason} {enhanced} {message}"
        );
    }
    for (reason, enhanced) in [
        ("bounce", "5.1.1"),
        ("bounce", ""),
        ("generic", "5.1.1"),
        ("generic", "5.1.10"),
    ] {
        let gone = failed(reason, enhanced, "No such user");
        assert_eq!(gone, Some(StatusUpdate::Gone), "{reason} {enhanced}");
    }
}

#[test]
fn mailguns_suppressions_keep_their_cause() {
    for (reason, source) in [
        ("suppress-unsubscribe", SuppressionSource::Unsubscribed),
        ("suppress-complaint", SuppressionSource::Complained),
        ("suppress-bounce", SuppressionSource::Bounced),
    ] {
        let body = include_str!("../fixtures/event-failed-permanent.json")
            .replace(r#""reason": "bounce""#, &format!(r#""reason": "{reason}""#));
        let told = news(&body).unwrap();
        assert_eq!(told.suppression(), Some(source), "{reason}");
        assert!(!told.is_undelivered(), "{reason} is tried nowhere else");
    }
}

#[test]
fn an_event_has_its_own_time() {
    let told = events(SECRET, DELIVERED, 0).unwrap();
    let Some(ProviderEvent::Receipt { at, .. }) = told.first() else {
        panic!("{told:?}");
    };
    assert_eq!(at.as_millisecond(), 1_770_146_431_658);
}

#[test]
fn a_callback_needs_a_valid_signature() {
    assert!(events(SECRET, DELIVERED, 32_400).is_ok());
    assert!(events(SECRET, DELIVERED, -32_400).is_ok());
    for seconds_later in [32_401, -32_401] {
        assert_eq!(
            events(SECRET, DELIVERED, seconds_later),
            Err(BadCallback::Stale)
        );
    }
    for (from, to) in [
        (TOKEN, "e0b5477167110d68991efc6b9f89f0a11066af27834600e124"),
        ("1770920772", "1770920773"),
        (
            SIGNATURE,
            "3f9f9869e390626cfa401e164e5cd201b24d153eafc2004a69d41c945dc93c1f",
        ),
        (SIGNATURE, ""),
        (SIGNATURE, "nothing hexadecimal"),
    ] {
        let forged = DELIVERED.replace(from, to);
        assert_eq!(events(SECRET, &forged, 0), Err(BadCallback::Forged), "{to}");
    }
    let unsigned = DELIVERED.replace(r#""signature": {"#, r#""other": {"#);
    assert_eq!(events(SECRET, &unsigned, 0), Err(BadCallback::Unsigned));
    let without_key = r#"{"api_key": "a"}"#;
    assert_eq!(
        events(without_key, DELIVERED, 0),
        Err(BadCallback::Unsigned)
    );
}

#[test]
fn a_timestamp_may_be_a_number() {
    let number = DELIVERED.replace(r#""1770920772""#, "1770920772");
    assert!(events(SECRET, &number, 0).is_ok());
}

#[test]
fn the_primary_account_signs_for_its_subaccounts() {
    let body = DELIVERED
        .replace(r#""signature": "3f"#, r#""parent-signature": "3f"#)
        .replace(r#""token""#, r#""signature": "00", "token""#);
    assert!(events(SECRET, &body, 0).is_ok());
}

#[test]
fn malformed_callbacks_are_rejected() {
    let without_event = DELIVERED.replace("event-data", "event");
    for bad in ["", "[]", "timestamp=1", "null", without_event.as_str()] {
        assert_eq!(
            events(SECRET, bad, 0),
            Err(BadCallback::Unreadable),
            "{bad}"
        );
    }
}

#[test]
fn a_webhook_has_a_token_of_its_own() {
    let headers = HeaderMap::new();
    let token = |body| replay_token(&callback(body, &headers, 0));
    assert_eq!(token(DELIVERED).as_deref(), Some(TOKEN));
    assert_eq!(token("{}"), None);
    assert_eq!(token("timestamp=1"), None);
}

/// Mailgun signs a token and a timestamp, not the event: the receiver of callbacks binds the event to its token.
#[test]
fn changed_signatures_are_rejected() {
    let right = [TOKEN, "1770920772", SIGNATURE];
    crate::changed::nothing_is_believed(&right, |texts| {
        let mut body = DELIVERED.to_owned();
        for (from, to) in right.iter().zip(texts) {
            body = body.replace(from, to);
        }
        events(SECRET, &body, 0)
    });
}
