use carillon_domain::suppressions::SuppressionSource;

use super::*;

fn news(body: &[u8]) -> Vec<Option<StatusUpdate>> {
    let told = read(body, Timestamp::UNIX_EPOCH).unwrap();
    told.into_iter()
        .map(|told| match told {
            ProviderEvent::Receipt {
                delivery,
                provider_id,
                at,
                news,
            } => {
                assert_eq!(
                    delivery.to_string(),
                    "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef"
                );
                assert_eq!(provider_id, "14c5d75ce93");
                assert_eq!(at.as_second(), 1_513_299_569);
                Some(news)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn events_are_classified() {
    let became = |fate| Some(StatusUpdate::Became(fate));
    let dropped = StatusUpdate::Unreachable {
        reason: Reason::new(
            "dropped",
            "SendGrid accepted the mail and then dropped it: Bounced Address",
        ),
        source: SuppressionSource::Bounced,
    };
    assert_eq!(
        news(include_bytes!("../fixtures/events.json")),
        [
            Some(StatusUpdate::Accepted),
            became(DeliveryStatus::Delayed),
            became(DeliveryStatus::Delivered),
            became(DeliveryStatus::Opened),
            None,
            became(DeliveryStatus::Clicked),
            Some(StatusUpdate::Gone),
            became(DeliveryStatus::Bounced),
            Some(dropped),
            became(DeliveryStatus::Complained),
            Some(StatusUpdate::OptedOut),
            Some(StatusUpdate::OptedOut),
            None,
        ]
    );
}

#[test]
fn a_full_mailbox_or_a_block_is_not_an_unknown_address() {
    let bounce = |more: &str| {
        let body = format!(
            r#"[{{"event": "bounce", "timestamp": 1513299569, "sg_message_id": "14c5d75ce93.a.0", {more},
            "delivery": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef"}}]"#
        );
        news(body.as_bytes()).pop().flatten()
    };
    for more in [
        r#""type": "blocked", "status": "5.1.1""#,
        r#""type": "bounce", "status": "5.2.2""#,
        r#""type": "bounce", "bounce_classification": "Mailbox Unavailable", "status": "5.2.2""#,
        r#""type": "bounce", "bounce_classification": "Reputation", "status": "5.1.1""#,
        r#""type": "bounce", "bounce_classification": "Content""#,
        r#""type": "bounce", "bounce_classification": "Unclassified", "status": "5.7.1""#,
    ] {
        assert_eq!(
            bounce(more),
            Some(StatusUpdate::Became(DeliveryStatus::Bounced)),
            "{more}"
        );
    }
    for more in [
        r#""type": "bounce""#,
        r#""type": "bounce", "status": "5.1.1""#,
        r#""type": "bounce", "bounce_classification": "Invalid Address", "status": "5.7.1""#,
        r#""type": "bounce", "bounce_classification": "Mailbox Unavailable", "status": "5.1.1""#,
    ] {
        assert_eq!(bounce(more), Some(StatusUpdate::Gone), "{more}");
    }
}

#[test]
fn foreign_events_do_not_hide_ours() {
    let ours = r#"{"event": "delivered", "timestamp": 1513299569, "sg_message_id": "14c5d75ce93.a.0",
        "delivery": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef"}"#;
    let without_id = ours.replace("14c5d75ce93.a.0", "");
    for foreign in [
        "7",
        r#"{"event": "delivered"}"#,
        r#"{"event": "delivered", "delivery": "monday", "sg_message_id": "a.0"}"#,
        r#"{"event": "delivered", "delivery": 7, "sg_message_id": "a.0"}"#,
        without_id.as_str(),
    ] {
        let body = format!("[{foreign}, {ours}]");
        assert_eq!(
            news(body.as_bytes()),
            [None, Some(StatusUpdate::Became(DeliveryStatus::Delivered))],
            "{foreign}"
        );
    }
    for bad in ["", "{}", "[", "null"] {
        let heard = read(bad.as_bytes(), Timestamp::UNIX_EPOCH);
        assert_eq!(heard, Err(BadCallback::Unreadable), "{bad}");
    }
}

#[test]
fn an_asynchronous_bounce_is_identified_by_its_smtp_id() {
    let bounce = |smtp_id: &str| {
        let body = format!(
            r#"[{{"event": "bounce", "timestamp": 1513299569, "smtp-id": "{smtp_id}",
            "delivery": "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef"}}]"#
        );
        news(body.as_bytes())
    };
    assert_eq!(
        bounce("<14c5d75ce93@ismtpd0039p1iad1.sendgrid.net>"),
        [Some(StatusUpdate::Gone)]
    );
    assert_eq!(bounce("<0123.019a@example.org>"), [None]);
}
