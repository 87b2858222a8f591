use bytes::Bytes;
use jiff::Timestamp;

use crate::simulator::journal::Journal;
use crate::simulator::{Call, CallFilter, Outcome, Provider, Selection};

fn call() -> Call {
    Call {
        id: 0,
        received_at: Timestamp::now(),
        provider: Provider::Ses,
        operation: "SendEmail".to_owned(),
        account: "1".to_owned(),
        accepted: true,
        outcome: Outcome::Accepted,
        status: Some(200),
        error: None,
        message_id: None,
        recipients: vec!["a@example.com".to_owned(), "A@example.com".to_owned()],
        message: None,
        content_hash: None,
        fault: None,
        raw_size: 0,
    }
}

fn ids(journal: &Journal) -> Vec<u64> {
    let page = journal.snapshot().list(&CallFilter::default());
    page.calls.iter().map(|call| call.id).collect()
}

#[test]
fn the_oldest_calls_are_dropped_when_there_are_too_many() {
    let mut journal = Journal::bounded(3, usize::MAX);
    for _ in 0..5 {
        journal.keep(call(), None);
    }
    assert_eq!(ids(&journal), [3, 4, 5]);
    let summary = journal.snapshot().summary(&Selection::default());
    assert_eq!((summary.calls, summary.forgotten), (3, 2));
    assert!(journal.call(2).is_none());
    assert!(journal.call(3).is_some());
}

#[test]
fn the_oldest_calls_are_dropped_when_they_are_too_large() {
    let mut journal = Journal::bounded(usize::MAX, 10);
    for _ in 0..3 {
        journal.keep(call(), Some(Bytes::from_static(b"12345")));
    }
    assert_eq!(ids(&journal), [2, 3]);
    journal.keep(call(), Some(Bytes::from_static(b"larger than all")));
    assert_eq!(ids(&journal), [4], "the newest call is always kept");
    journal.clear(&Selection::default());
    journal.keep(call(), Some(Bytes::from_static(b"1234567890")));
    assert_eq!(ids(&journal), [5]);
}

#[test]
fn an_address_named_twice_in_one_call_is_not_a_repeat() {
    let mut journal = Journal::bounded(9, usize::MAX);
    journal.keep(call(), None);
    let summary = journal.snapshot().summary(&Selection::default());
    assert_eq!((summary.recipients, summary.repeated_recipients), (1, 0));
    assert_eq!(summary.repeated_contents, 0);
}
