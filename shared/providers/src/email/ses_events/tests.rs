use carillon_domain::suppressions::SuppressionSource;

use super::*;

/// An event in AWS's documented format, for a mail with our tags.
macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<SesEvent>(include_str!(concat!("fixtures/", $name, ".json")))
            .unwrap()
            .read()
    };
}

fn heard(news: StatusUpdate, at: &str) -> EventSubject {
    EventSubject::Receipt(Receipt {
        tenant: "demo".parse().unwrap(),
        campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
        receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        channel: Channel::Email,
        transport: None,
        provider_id: "0100019abcde0123-5f0c7c1e-2d4b-4c55-9d0e-3f6a7b8c9d0e-000000".to_owned(),
        at: at.parse().unwrap(),
        news,
    })
}

fn became(fate: DeliveryStatus, at: &str) -> EventSubject {
    heard(StatusUpdate::Became(fate), at)
}

const SENT_AT: &str = "2026-11-21T09:00:01.125Z";

#[test]
fn mail_events_become_delivery_statuses() {
    for (event, expected) in [
        (fixture!("send"), heard(StatusUpdate::Accepted, SENT_AT)),
        (
            fixture!("delivery"),
            became(DeliveryStatus::Delivered, "2026-11-21T09:00:03.5Z"),
        ),
        (
            fixture!("delivery-delay"),
            became(DeliveryStatus::Delayed, "2026-11-21T09:10:01.5Z"),
        ),
        (
            fixture!("open"),
            became(DeliveryStatus::Opened, "2026-11-21T10:00:00.5Z"),
        ),
        (
            fixture!("click"),
            became(DeliveryStatus::Clicked, "2026-11-21T10:01:00.5Z"),
        ),
    ] {
        assert_eq!(event, expected);
    }
}

#[test]
fn a_bounce_is_final_whatever_its_type() {
    assert_eq!(
        fixture!("bounce"),
        heard(StatusUpdate::Gone, "2026-11-21T09:00:04.5Z")
    );
    let given_up = "2026-11-21T23:00:01.5Z";
    assert_eq!(
        fixture!("bounce-mailbox-full"),
        became(DeliveryStatus::Bounced, given_up)
    );
    assert_eq!(
        fixture!("bounce-general"),
        became(DeliveryStatus::Bounced, given_up)
    );
}

#[test]
fn an_automatic_reply_is_not_a_bounce() {
    let at = "2026-11-21T09:00:05.5Z";
    assert_eq!(
        fixture!("bounce-out-of-office"),
        heard(StatusUpdate::Accepted, at)
    );
    assert_eq!(
        fixture!("bounce-undetermined"),
        heard(StatusUpdate::Accepted, at)
    );
}

#[test]
fn only_real_complaints_count() {
    assert_eq!(
        fixture!("complaint"),
        became(DeliveryStatus::Complained, "2026-11-21T12:00:00.5Z")
    );
    assert_eq!(
        fixture!("complaint-not-spam"),
        became(DeliveryStatus::Delivered, "2026-11-21T12:00:00.5Z")
    );
    assert_eq!(
        fixture!("complaint-suppressed"),
        heard(
            StatusUpdate::Unreachable {
                reason: Reason::new(
                    "OnAccountSuppressionList",
                    "SES sends nothing to an address on the account's suppression list for complaints.",
                ),
                source: SuppressionSource::Complained,
            },
            "2026-11-21T09:00:02.5Z"
        )
    );
}

#[test]
fn a_mail_rejected_later_has_a_reason() {
    let reject = Reason::new(
        "Reject",
        "Amazon SES accepted the mail and then rejected it: Bad content",
    );
    assert_eq!(
        fixture!("reject"),
        heard(StatusUpdate::Refused(reject), SENT_AT)
    );
    let rendering = Reason::new(
        "RenderingFailure",
        "Attribute 'name' is not present in the rendering data.",
    );
    assert_eq!(
        fixture!("rendering-failure"),
        heard(StatusUpdate::Refused(rendering), SENT_AT)
    );
}

#[test]
fn events_without_a_delivery_are_distinguished() {
    assert_eq!(
        fixture!("subscription"),
        heard(StatusUpdate::OptedOut, "2026-11-21T10:02:00.5Z")
    );
    let partly = include_str!("fixtures/subscription.json")
        .replace("\"unsubscribeAll\": true", "\"unsubscribeAll\": false");
    let partly: SesEvent = serde_json::from_str(&partly).unwrap();
    assert_eq!(partly.read(), EventSubject::Irrelevant);
    assert_eq!(fixture!("foreign"), EventSubject::Foreign);
    let strange = include_str!("fixtures/delivery.json").replace("\"demo\"", "\"Not A Tenant\"");
    let strange: SesEvent = serde_json::from_str(&strange).unwrap();
    assert_eq!(
        strange.read(),
        EventSubject::Foreign,
        "the tags of another system"
    );
}

#[test]
fn malformed_events_are_rejected() {
    let delivery = include_str!("fixtures/delivery.json");
    for broken in [
        "{}",
        "[]",
        &delivery.replace("\"mail\"", "\"post\""),
        &delivery.replace("\"delivery\"", "\"deliver\""),
        &delivery.replace("2026-11-21T09:00:03.500Z", "yesterday"),
    ] {
        assert!(
            serde_json::from_str::<SesEvent>(broken).is_err(),
            "{broken}"
        );
    }
}

#[test]
fn no_personal_data_is_kept() {
    let event: SesEvent = serde_json::from_str(include_str!("fixtures/click.json")).unwrap();
    let printed = format!("{event:?}");
    for personal in ["ann", "192.0.2", "Spring", "Example Mail"] {
        assert!(!printed.contains(personal), "{personal}: {printed}");
    }
}
