use http::{HeaderMap, Method};

use super::{
    super::{signing::SigningKey, tests::known},
    *,
};
use crate::vendor::SIGNATURE_SECONDS;

const DELIVERY: &str = "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef";
/// The example from Standard Webhooks' own libraries:
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py>.
const EXAMPLE_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const EXAMPLE_SECOND: i64 = 1_614_265_330;
const EXAMPLE_BODY: &str = r#"{"test": 2432232314}"#;
const EXAMPLE_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// Received this many seconds after the example was signed.
fn heard(
    headers: &[(&'static str, &str)],
    body: &[u8],
    later: i64,
) -> Result<Vec<ProviderEvent>, BadCallback> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    known().for_sms().unwrap().events(&Callback {
        method: &Method::POST,
        url: "https://example.com/callbacks/demo/sms/t1ken",
        headers: &headers,
        body,
        now: Timestamp::from_second(EXAMPLE_SECOND + later).unwrap(),
    })
}

fn example(
    id: &str,
    second: &str,
    signature: &str,
    body: &str,
) -> Result<Vec<ProviderEvent>, BadCallback> {
    let headers = [
        ("webhook-id", id),
        ("webhook-timestamp", second),
        ("webhook-signature", signature),
    ];
    heard(&headers, body.as_bytes(), 0)
}

/// Parses it with its matching signature.
fn told(body: &str) -> Result<Vec<ProviderEvent>, BadCallback> {
    let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signature = key.sign("msg_1", EXAMPLE_SECOND, body.as_bytes());
    example("msg_1", &EXAMPLE_SECOND.to_string(), &signature, body)
}

/// The example passes verification but cannot be parsed: its body is not in our format.
#[test]
fn a_callback_needs_a_valid_signature() {
    let second = EXAMPLE_SECOND.to_string();
    let believed = Err(BadCallback::Unreadable);
    let right = EXAMPLE_SIGNATURE;
    let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
    for signature in [
        right.to_owned(),
        format!("{wrong} v2,Ceo5 v1a,hnO3 {right} {wrong}"),
    ] {
        let heard = example(EXAMPLE_ID, &second, &signature, EXAMPLE_BODY);
        assert_eq!(heard, believed, "{signature}");
    }

    let unversioned = right.trim_start_matches("v1,");
    let many = format!("{}{right}", format!("{wrong} ").repeat(8));
    for signature in [
        "",
        "v1,",
        wrong,
        "v1,not base64",
        "v1,g0hM9SsE",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=",
        unversioned,
        &format!("v2,{unversioned}"),
        &format!("v1a,{unversioned}"),
        &many,
    ] {
        let heard = example(EXAMPLE_ID, &second, signature, EXAMPLE_BODY);
        assert_eq!(heard, Err(BadCallback::Forged), "{signature}");
    }
    for (id, second, body) in [
        ("msg_p5jXN8AQM9LWM0D4loKWxJel", "1614265330", EXAMPLE_BODY),
        (EXAMPLE_ID, "1614265331", EXAMPLE_BODY),
        (EXAMPLE_ID, "1614265330", r#"{"test": 2432232315}"#),
        (EXAMPLE_ID, "1614265330", r#"{"test":2432232314}"#),
        (EXAMPLE_ID, "1614265330", ""),
    ] {
        let heard = example(id, second, right, body);
        assert_eq!(heard, Err(BadCallback::Forged), "{id} {second} {body}");
    }
}

#[test]
fn a_part_of_one_callback_is_not_another() {
    let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signature = key.sign("a", 7, format!("{EXAMPLE_SECOND}.[]").as_bytes());
    let moved = example("a.7", &EXAMPLE_SECOND.to_string(), &signature, "[]");
    assert_eq!(moved, Err(BadCallback::Forged));
    let moved = example("a", &format!("7.{EXAMPLE_SECOND}"), &signature, "[]");
    assert_eq!(moved, Err(BadCallback::Unreadable));
}

#[test]
fn an_unsigned_callback_is_rejected() {
    let headers = [
        ("webhook-id", EXAMPLE_ID),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", EXAMPLE_SIGNATURE),
    ];
    for missing in 0..3 {
        let mut headers = headers.to_vec();
        headers.remove(missing);
        let heard = heard(&headers, EXAMPLE_BODY.as_bytes(), 0);
        assert_eq!(heard, Err(BadCallback::Unsigned), "{missing}");
    }
}

#[test]
fn an_old_signature_is_rejected() {
    let headers = [
        ("webhook-id", EXAMPLE_ID),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", EXAMPLE_SIGNATURE),
    ];
    for (later, expected) in [
        (SIGNATURE_SECONDS, BadCallback::Unreadable),
        (-SIGNATURE_SECONDS, BadCallback::Unreadable),
        (SIGNATURE_SECONDS + 1, BadCallback::Stale),
        (-SIGNATURE_SECONDS - 1, BadCallback::Stale),
    ] {
        let heard = heard(&headers, EXAMPLE_BODY.as_bytes(), later);
        assert_eq!(heard, Err(expected), "{later}");
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(EXAMPLE_SECOND).unwrap()
}

fn receipt(provider_id: &str, at: Timestamp, news: StatusUpdate) -> ProviderEvent {
    ProviderEvent::Receipt {
        delivery: DELIVERY.parse().unwrap(),
        provider_id: provider_id.to_owned(),
        at,
        news,
    }
}

#[test]
fn statuses_are_classified() {
    let refused = |code: &str, text: &str| StatusUpdate::Refused(Reason::new(code, text));
    let unsent = "The endpoint accepted the message but did not send it.";
    for (status, expected) in [
        (r#""accepted""#, StatusUpdate::Accepted),
        (
            r#""delivered""#,
            StatusUpdate::Became(DeliveryStatus::Delivered),
        ),
        (
            r#""delayed""#,
            StatusUpdate::Became(DeliveryStatus::Delayed),
        ),
        (
            r#""bounced""#,
            StatusUpdate::Became(DeliveryStatus::Bounced),
        ),
        (r#""gone""#, StatusUpdate::Gone),
        (r#""opened""#, StatusUpdate::Became(DeliveryStatus::Opened)),
        (
            r#""clicked""#,
            StatusUpdate::Became(DeliveryStatus::Clicked),
        ),
        (
            r#""complained""#,
            StatusUpdate::Became(DeliveryStatus::Complained),
        ),
        (r#""refused""#, refused("refused", unsent)),
        (r#""refused", "reason": null"#, refused("refused", unsent)),
        (
            r#""refused", "reason": {"code": 21610, "text": "They left."}"#,
            refused("21610", "They left."),
        ),
        (
            r#""refused", "reason": {"code": "blocked"}"#,
            refused("blocked", unsent),
        ),
    ] {
        let body =
            format!(r#"{{"delivery": "{DELIVERY}", "provider_id": "m-1", "status": {status}}}"#);
        let expected = Ok(vec![receipt("m-1", now(), expected)]);
        assert_eq!(told(&body), expected, "{status}");
    }
}

#[test]
fn a_callback_may_contain_many_events() {
    let body = format!(
        r#"[
            {{"delivery": "{DELIVERY}", "provider_id": 42, "status": "delivered", "at": "2021-02-25T16:00:00+01:00", "more": 1}},
            {{"delivery": "another's", "provider_id": "m-2", "status": "delivered"}},
            {{"inbound": {{"from": "+14155552345", "to": "12345", "text": "STOP", "id": "m-3", "at": "2021-02-25T15:00:01Z"}}}},
            {{"inbound": {{"from": "zoe@example.com", "to": "news@example.org", "id": 4}}}}
        ]"#
    );
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let inbound =
        |from: &str, to: &str, text: &str, id: &str, at: Timestamp| ProviderEvent::Inbound {
            from: from.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            provider_id: id.to_owned(),
            at,
        };
    let expected = vec![
        receipt(
            "42",
            at("2021-02-25T15:00:00Z"),
            StatusUpdate::Became(DeliveryStatus::Delivered),
        ),
        ProviderEvent::Irrelevant,
        inbound(
            "+14155552345",
            "12345",
            "STOP",
            "m-3",
            at("2021-02-25T15:00:01Z"),
        ),
        inbound("zoe@example.com", "news@example.org", "", "4", now()),
    ];
    assert_eq!(told(&body), Ok(expected));
    assert_eq!(told("[]"), Ok(Vec::new()));
}

#[test]
fn other_formats_are_rejected() {
    let entry = |rest: &str| format!(r#"{{"delivery": "{DELIVERY}"{rest}}}"#);
    for body in [
        String::new(),
        "delivered".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[[]]".to_owned(),
        "{".to_owned(),
        "[".repeat(100_000),
        entry(""),
        entry(r#", "provider_id": "m-1""#),
        entry(r#", "status": "delivered""#),
        entry(r#", "provider_id": "", "status": "delivered""#),
        entry(r#", "provider_id": null, "status": "delivered""#),
        entry(r#", "provider_id": "m-1", "status": "gone fishing""#),
        entry(r#", "provider_id": "m-1", "status": "delivered", "at": "yesterday""#),
        r#"{"provider_id": "m-1", "status": "delivered"}"#.to_owned(),
        r#"{"inbound": {"from": "", "to": "12345", "id": "m-3"}}"#.to_owned(),
        r#"{"inbound": {"from": "+14155552345", "to": "12345"}}"#.to_owned(),
        format!(
            "[{}, {{}}]",
            entry(r#", "provider_id": "m-1", "status": "delivered""#)
        ),
    ] {
        let told = told(&body);
        let shown = body.get(..200).unwrap_or(&body);
        assert_eq!(told, Err(BadCallback::Unreadable), "{shown}");
    }
}

/// A request to the endpoint is signed with the same key but contains no events.
#[test]
fn our_own_request_is_not_a_callback() {
    use crate::vendor::Adapter as _;

    let known = known();
    let account = known.for_sms().unwrap();
    let request = account.request(&known.sms("delivered")).unwrap();
    let heard = account.events(&Callback {
        method: &Method::POST,
        url: "https://example.com/callbacks/demo/sms/t1ken",
        headers: request.headers(),
        body: request.body(),
        now: Timestamp::from_second(1_674_087_231).unwrap(),
    });
    assert_eq!(heard, Err(BadCallback::Unreadable));
}

#[test]
fn changed_callbacks_are_rejected() {
    let body =
        format!(r#"{{"delivery": "{DELIVERY}", "provider_id": "m-1", "status": "delivered"}}"#);
    let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signature = key.sign("msg_1", EXAMPLE_SECOND, body.as_bytes());
    let second = EXAMPLE_SECOND.to_string();
    crate::changed::nothing_is_believed(&["msg_1", &second, &signature, &body], |texts| {
        example(texts[0], texts[1], texts[2], texts[3])
    });
}
