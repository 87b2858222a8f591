use carillon_domain::channel::Priority;
use carillon_providers::KeyKind;

use super::*;

const ACCOUNT: &str = "bulksms/bulksms";

fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

fn key() -> DeduplicationKey {
    DeduplicationKey {
        account: ACCOUNT.to_owned(),
        since: now(),
        number: Some(7),
    }
}

fn claim(attempt: u32) -> Delivery {
    Delivery {
        state: State::Claimed,
        attempt,
        begun_at: Some(now()),
        ..Delivery::unclaimed(1, now())
    }
}

/// A claim of an attempt that follows one of unknown outcome.
fn doubtful(attempt: u32) -> Delivery {
    Delivery {
        in_doubt: true,
        deduplication: Some(key()),
        ..claim(attempt)
    }
}

fn after(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn hold() -> Rules {
    Rules {
        policy: RetryPolicy::of(Priority::Normal),
        on_unknown: OnUnknown::Hold,
        account: ACCOUNT.to_owned(),
        deduplication: None,
        knows_attempts: false,
        failover: None,
        others: Vec::new(),
    }
}

fn deduplicates() -> Rules {
    let deduplication = Deduplication {
        remembers_for: SignedDuration::from_hours(11),
        key: KeyKind::Number,
    };
    Rules {
        deduplication: Some(deduplication),
        knows_attempts: true,
        ..hold()
    }
}

fn resend() -> Rules {
    Rules {
        on_unknown: OnUnknown::Resend,
        ..hold()
    }
}

fn reason() -> Reason {
    Reason::new("code", "text")
}

fn throttled() -> Outcome {
    Outcome::Throttled {
        after: None,
        reason: reason(),
    }
}

fn state(claim: &Delivery, outcome: &Outcome, rules: &Rules, minutes: i64) -> (State, bool) {
    let settled = settled(claim, outcome, rules, after(minutes));
    (settled.state, settled.in_doubt)
}

#[test]
fn each_failure_class_has_its_own_state() {
    let transient = Outcome::Transient(reason());
    let unknown = Outcome::Unknown(reason());
    let rejected = Outcome::Rejected(reason());
    let keyed = |attempt| Delivery {
        deduplication: Some(key()),
        ..claim(attempt)
    };
    for (claim, outcome, rules, minutes, expected) in [
        (claim(1), &rejected, resend(), 1, (State::Failed, false)),
        (claim(1), &throttled(), hold(), 1, (State::Retrying, false)),
        (claim(49), &transient, hold(), 1, (State::Retrying, false)),
        (claim(50), &transient, hold(), 1, (State::Failed, false)),
        (
            claim(1),
            &throttled(),
            hold(),
            25 * 60,
            (State::Failed, false),
        ),
        (claim(1), &unknown, hold(), 1, (State::Unknown, false)),
        (claim(1), &unknown, resend(), 1, (State::Retrying, true)),
        (claim(50), &unknown, resend(), 1, (State::Unknown, false)),
        (
            keyed(1),
            &unknown,
            deduplicates(),
            1,
            (State::Retrying, true),
        ),
        // The account has forgotten the key, or was never given it.
        (
            keyed(1),
            &unknown,
            deduplicates(),
            11 * 60,
            (State::Unknown, false),
        ),
        (
            claim(1),
            &unknown,
            deduplicates(),
            1,
            (State::Unknown, false),
        ),
    ] {
        let found = state(&claim, outcome, &rules, minutes);
        assert_eq!(
            found, expected,
            "{outcome:?} of {claim:?} after {minutes} minutes"
        );
    }
}

#[test]
fn doubt_lasts_until_the_provider_confirms_the_message() {
    let accepted = Outcome::Accepted {
        provider_id: "m-1".to_owned(),
    };
    let rejected = Outcome::Rejected(reason());
    for (outcome, rules, minutes, expected) in [
        (&accepted, deduplicates(), 1, (State::Sent, false)),
        (&throttled(), deduplicates(), 1, (State::Retrying, true)),
        (
            &throttled(),
            deduplicates(),
            12 * 60,
            (State::Unknown, false),
        ),
        (&throttled(), resend(), 12 * 60, (State::Retrying, true)),
        (&throttled(), hold(), 1, (State::Unknown, false)),
        // A provider that deduplicates would have said that it has it.
        (&rejected, deduplicates(), 1, (State::Failed, false)),
        (&rejected, resend(), 1, (State::Unknown, false)),
    ] {
        let found = state(&doubtful(2), outcome, &rules, minutes);
        assert_eq!(found, expected, "{outcome:?} after {minutes} minutes");
    }
    let gone_on = settled(&doubtful(2), &throttled(), &deduplicates(), after(1));
    assert_eq!(gone_on.deduplication, Some(key()), "the same key again");
}

#[test]
fn a_key_belongs_to_one_account_and_one_send_request() {
    let rules = deduplicates();
    let before = doubtful(1);
    assert!(rules.may_repeat(&before, after(1)));
    assert_eq!(rules.key(&before, after(1)), Some(key()));
    let fresh = Some(DeduplicationKey {
        since: after(1),
        number: None,
        ..key()
    });

    let mut elsewhere = before.clone();
    elsewhere.deduplication = Some(DeduplicationKey {
        account: "bulksms/another".to_owned(),
        ..key()
    });
    assert!(!rules.may_repeat(&elsewhere, after(1)));
    assert_eq!(rules.key(&elsewhere, after(1)), fresh);

    let asked_for = Delivery {
        begun_at: None,
        ..before
    };
    assert_eq!(rules.key(&asked_for, after(1)), fresh);
    assert_eq!(hold().key(&doubtful(1), after(1)), None);
}

#[test]
fn a_possibly_sent_delivery_ends_as_unknown() {
    let mut retrying = Delivery {
        reason: Some(reason()),
        ..doubtful(1)
    };
    assert!(end_doubt(&mut retrying));
    assert_eq!(
        (retrying.state, retrying.in_doubt, retrying.reason),
        (State::Unknown, false, Some(reason()))
    );
    let mut put_back = doubtful(1);
    assert!(end_doubt(&mut put_back));
    assert_eq!(put_back.reason, Some(not_recorded()));
    let mut certain = claim(1);
    assert!(!end_doubt(&mut certain));
    assert_eq!(certain, claim(1));
}

#[test]
fn a_pause_requested_by_the_provider_is_honored() {
    let throttled = Outcome::Throttled {
        after: Some(std::time::Duration::from_secs(90)),
        reason: reason(),
    };
    assert_eq!(
        settled(&claim(1), &throttled, &hold(), now()).retry_at,
        Some(now() + SignedDuration::from_secs(90))
    );
}

#[test]
fn a_non_ascii_address_fails_before_calling_a_vendor_without_support() {
    use carillon_domain::receivers::{NewReceiver, Source};

    let person = |email: &str| {
        let person = NewReceiver {
            email: Some(email.to_owned()),
            mobile: Some("+447414310001".to_owned()),
            ..NewReceiver::default()
        };
        person.parse(None, Source::Manual).unwrap()
    };
    let code = |channel, email, vendor| {
        let reason = beyond_ascii(channel, &person(email), vendor);
        reason.map(|reason| reason.code)
    };
    let (beyond, domain_only) = ("jörg@example.com", "ann@bücher.example");
    for vendor in [Vendor::Ses, Vendor::SendGrid] {
        let refused = code(Channel::Email, beyond, vendor);
        assert_eq!(refused.as_deref(), Some("no_smtputf8"), "{vendor:?}");
        assert_eq!(code(Channel::Email, domain_only, vendor), None);
    }
    for vendor in [
        Vendor::Mailgun,
        Vendor::Google,
        Vendor::Microsoft,
        Vendor::Smtp,
        Vendor::HttpEmail,
    ] {
        assert_eq!(code(Channel::Email, beyond, vendor), None, "{vendor:?}");
    }
    assert_eq!(code(Channel::Sms, beyond, Vendor::Ses), None);
}
