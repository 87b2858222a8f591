//! What the tests of all push services share, and tests that hold for all of them.

use std::collections::BTreeMap;

use carillon_domain::{channel::Channel, delivery::Outcome, suppressions::SuppressionSource};
use http::Request;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::known::reference;
pub(super) use crate::known::{answer, head, named};

/// 2026-11-21T09:10:00Z.
pub(super) const NOW: i64 = 1_795_252_200;

pub(super) const APNS_DEVICE: &str =
    "apns:00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
pub(super) const ENDPOINT: &str = "sns:arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/app/7c7f8d0e-0000-4000-8000-000000000000";

/// The browser from the example in RFC 8291, 5.
pub(super) fn browser() -> String {
    let keys = json!({
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    });
    let endpoint = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV";
    format!("web:{}", json!({ "endpoint": endpoint, "keys": keys }))
}

/// The notifications used in the tests.
pub(super) struct Known {
    to: PushAddress,
}

pub(super) fn known(to: &str) -> Known {
    Known {
        to: PushAddress::parse(to).unwrap(),
    }
}

impl Known {
    pub(super) fn push(&self) -> Push<'_> {
        Push {
            to: &self.to,
            title: "Γεια σου, Zoë 🔔",
            body: "The bell rings at nine.",
            icon: Some("https://example.org/bell.png"),
            url: Some("https://example.org/tonight"),
            reference: reference(Channel::Push),
        }
    }
}

pub(super) fn account<'a>(
    settings: &'a BTreeMap<String, String>,
    secret: &'a str,
    access_token: Option<&'a str>,
) -> Account<'a> {
    Account {
        from: None,
        sender_id: None,
        settings,
        secret,
        access_token,
        callback_url: None,
        now: Timestamp::from_second(NOW).unwrap(),
    }
}

/// The kind of an outcome and the code of its reason.
pub(super) fn shown(outcome: &Outcome) -> (&'static str, String) {
    let (what, code) = match outcome {
        Outcome::Accepted { provider_id } => ("accepted", provider_id),
        Outcome::Rejected(reason) => ("rejected", &reason.code),
        Outcome::Throttled { reason, .. } => ("throttled", &reason.code),
        Outcome::Transient(reason) => ("transient", &reason.code),
        Outcome::Unknown(reason) => ("unknown", &reason.code),
        Outcome::Unreachable { reason, source } => {
            assert_eq!(*source, SuppressionSource::Bounced);
            ("unreachable", &reason.code)
        }
    };
    (what, code.clone())
}

/// A device of another push service is rejected without a call.
pub(super) fn assert_wrong_device(refused: Result<Request<Vec<u8>>, BadRequest>) {
    let outcome = Outcome::from(refused.unwrap_err());
    assert_eq!(shown(&outcome), ("rejected", WRONG_DEVICE.to_owned()));
}

#[test]
fn no_push_service_deduplicates_or_calls_back() {
    let settings = BTreeMap::new();
    for vendor in [Vendor::Fcm, Vendor::Apns, Vendor::SnsPush, Vendor::WebPush] {
        assert!(deduplication(&Transport::new(vendor)).is_none());
        let heard = callbacks(vendor, &account(&settings, "", None)).unwrap();
        assert!(heard.is_none());
    }
}
