//! What a receipt does to the row of its delivery.
//!
//! Receipts come repeated, late and in any order. So a row only ever goes up: to a message that the
//! provider is known to have taken, then from fate to fate by rank, and at the top to the provider's
//! word that it did not take the message after all. Whatever the order, the last row is the same.

use jiff::Timestamp;

use super::{Fate, Receipt};
use crate::{
    delivery::{Delivery, State},
    reason::Reason,
};

/// What a receipt does to the row of its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The row becomes this.
    Change(Box<Delivery>),
    /// It says what the row says already, or less.
    NothingNew,
    /// It speaks of another message than the one that the row follows.
    NotOurs,
    /// The provider call has not been recorded yet; nobody can tell before.
    TooEarly,
}

impl Receipt {
    /// What this receipt does to a row, heard at a time.
    ///
    /// A row follows one message: the first one of which it is known that the provider took it. A
    /// delivery can have had more, if it was sent again although nobody knew how the first call had
    /// ended; what is heard of those is left alone.
    pub fn effect(&self, before: &Delivery, now: Timestamp) -> Effect {
        let is_followed = before.provider_id.as_deref() == Some(self.provider_id.as_str());
        match before.state {
            State::Pending | State::Claimed => Effect::TooEarly,
            State::Sent if !is_assumed(before) && is_followed => self.follow(before, now),
            State::Sent if !is_assumed(before) => Effect::NotOurs,
            // The provider said that it did not take this one, and nothing outranks that.
            State::Failed if is_followed => Effect::NothingNew,
            // It was refused, and is being sent again; the id is there so that it is known.
            _ if is_followed => Effect::NotOurs,
            // It is of a message before the last time that somebody had it sent again.
            _ if self.is_of_earlier(before) => Effect::NotOurs,
            // That one transport did not bring it there says nothing of what another one may have done since.
            _ if self.is_bad_news() && self.is_of_another_transport(before) => Effect::NotOurs,
            _ => self.settle(before, now),
        }
    }

    fn is_bad_news(&self) -> bool {
        self.news.refusal().is_some() || self.news.fate() == Some(Fate::Bounced)
    }

    /// Whether it speaks of a message from before somebody had the delivery sent again, or may do so where that went to another address:
    /// what arrived there says nothing of the right one.
    fn is_of_earlier(&self, row: &Delivery) -> bool {
        let is_known = row
            .earlier
            .iter()
            .any(|earlier| earlier.provider_id.as_deref() == Some(&self.provider_id));
        is_known || row.may_be_elsewhere()
    }

    /// Whether it speaks of a message that went through another transport than the row's last one.
    pub fn is_of_another_transport(&self, row: &Delivery) -> bool {
        let (told, last) = (self.transport.as_ref(), row.transport.as_ref());
        matches!((told, last), (Some(told), Some(last)) if told != last)
    }

    /// More about the message that the row follows.
    fn follow(&self, before: &Delivery, now: Timestamp) -> Effect {
        if let Some(reason) = self.news.refusal() {
            return self.refuse(before, reason, now);
        }
        let higher = |fate: &Fate| is_higher(*fate, self.at, before);
        let Some(fate) = self.news.fate().filter(higher) else {
            return Effect::NothingNew;
        };
        let mut delivery = before.clone();
        delivery.fate = Some(fate);
        delivery.fate_at = Some(self.at);
        delivery.heard_at = Some(now);
        Effect::Change(Box::new(delivery))
    }

    /// The first thing that is known of a message. That the provider took one of this delivery's
    /// messages settles every state but those that a claim protects: what failed or waits for
    /// another attempt was, it turns out, handed over by an earlier one.
    fn settle(&self, before: &Delivery, now: Timestamp) -> Effect {
        if let Some(reason) = self.news.refusal() {
            return match before.state {
                State::Unknown | State::Sent => self.refuse(before, reason, now),
                State::Failed if before.provider_id.is_none() => self.refuse(before, reason, now),
                // It is not handed over as it is.
                _ => Effect::NothingNew,
            };
        }
        let fate = self.news.fate();
        let mut delivery = before.clone();
        delivery.state = State::Sent;
        delivery.in_doubt = false;
        delivery.provider_id = Some(self.provider_id.clone());
        delivery.reason = None;
        delivery.lease_until = None;
        delivery.retry_at = None;
        delivery.fate = fate;
        delivery.fate_at = fate.map(|_| self.at);
        delivery.heard_at = Some(now);
        delivery.changed_at = now;
        Effect::Change(Box::new(delivery))
    }

    fn refuse(&self, before: &Delivery, reason: &Reason, now: Timestamp) -> Effect {
        let mut delivery = before.clone();
        delivery.state = State::Failed;
        delivery.in_doubt = false;
        delivery.provider_id = Some(self.provider_id.clone());
        delivery.reason = Some(reason.clone());
        delivery.fate = None;
        delivery.fate_at = None;
        delivery.heard_at = Some(now);
        delivery.changed_at = now;
        Effect::Change(Box::new(delivery))
    }
}

/// Whether a person assumed that it was sent, and nobody knows as which message.
fn is_assumed(delivery: &Delivery) -> bool {
    delivery.state == State::Sent && delivery.reason.is_some()
}

/// Of the same rank, what happened first counts, so that the order in which it is heard does not.
fn is_higher(fate: Fate, at: Timestamp, before: &Delivery) -> bool {
    match before.fate {
        Some(known) if known == fate => before.fate_at.is_none_or(|known| at < known),
        Some(known) => fate > known,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;
    use crate::{channel::Channel, delivery::receipt::News};

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn receipt(id: &str, seconds: i64, news: News) -> Receipt {
        Receipt {
            tenant: "demo".parse().unwrap(),
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            channel: Channel::Email,
            transport: None,
            provider_id: id.to_owned(),
            at: now() + seconds.seconds(),
            news,
        }
    }

    fn row(state: State, provider_id: Option<&str>) -> Delivery {
        Delivery {
            state,
            attempt: 1,
            provider_id: provider_id.map(str::to_owned),
            reason: state.needs_attention().then(|| Reason::new("old", "old")),
            ..Delivery::unclaimed(1, now())
        }
    }

    /// The row after all of them, one after the other.
    fn after<'a>(mut row: Delivery, receipts: impl IntoIterator<Item = &'a Receipt>) -> Delivery {
        for receipt in receipts {
            if let Effect::Change(next) = receipt.effect(&row, now()) {
                row = *next;
            }
        }
        row
    }

    #[test]
    fn news_of_a_message_to_a_wrong_address_settle_nothing_of_the_right_one() {
        let unknown = row(State::Unknown, None).again(true, now());
        for news in [
            News::Accepted,
            News::Became(Fate::Delivered),
            News::Became(Fate::Bounced),
        ] {
            for state in [State::Retrying, State::Failed, State::Unknown] {
                let before = Delivery {
                    state,
                    ..unknown.clone()
                };
                let effect = receipt("m-1", 1, news.clone()).effect(&before, now());
                assert_eq!(effect, Effect::NotOurs, "{state}");
            }
        }
        // To the same address, it is as good as ever.
        let same = row(State::Unknown, None).again(false, now());
        let settled = after(same, [&receipt("m-1", 1, News::Accepted)]);
        assert_eq!(settled.state, State::Sent);
    }

    #[test]
    fn any_news_that_it_was_taken_settles_what_nobody_knew() {
        for news in [
            News::Accepted,
            News::Became(Fate::Delayed),
            News::Became(Fate::Bounced),
        ] {
            let row = after(row(State::Unknown, None), [&receipt("m-1", 1, news)]);
            assert_eq!((row.state, row.reason), (State::Sent, None));
            assert_eq!(row.provider_id.as_deref(), Some("m-1"));
        }
        let refused = News::Refused(Reason::new("Reject", "Bad content"));
        let row = after(row(State::Unknown, None), [&receipt("m-1", 1, refused)]);
        assert_eq!(row.state, State::Failed);
        assert_eq!(row.reason.unwrap().code, "Reject");
    }

    #[test]
    fn bad_news_of_one_transport_does_not_settle_what_another_may_have_done() {
        let refused = News::Refused(Reason::new("Reject", "Bad content"));
        for (news, counts) in [
            (refused, false),
            (News::Became(Fate::Bounced), false),
            (News::Gone, false),
            (News::Became(Fate::Delivered), true),
            (News::Accepted, true),
        ] {
            for (told_by, counts) in [("first", counts), ("second", true)] {
                let receipt = Receipt {
                    transport: told_by.parse().ok(),
                    ..receipt("m-1", 1, news.clone())
                };
                let before = Delivery {
                    transport: "second".parse().ok(),
                    ..row(State::Unknown, None)
                };
                let effect = receipt.effect(&before, now());
                assert_eq!(effect != Effect::NotOurs, counts, "{told_by}: {news:?}");
            }
        }
    }

    #[test]
    fn a_call_under_way_is_waited_for() {
        let news = receipt("m-1", 1, News::Became(Fate::Delivered));
        assert_eq!(
            news.effect(&row(State::Claimed, None), now()),
            Effect::TooEarly
        );
    }

    #[test]
    fn another_message_of_the_same_delivery_is_left_alone() {
        let sent = row(State::Sent, Some("m-2"));
        for news in [News::Accepted, News::Became(Fate::Complained)] {
            assert_eq!(
                receipt("m-1", 1, news).effect(&sent, now()),
                Effect::NotOurs
            );
        }
    }

    #[test]
    fn what_was_refused_and_is_sent_again_is_not_settled_by_the_message_before() {
        for state in [State::Retrying, State::Unknown] {
            let again = row(state, Some("m-1"));
            let old = receipt("m-1", 1, News::Accepted);
            assert_eq!(old.effect(&again, now()), Effect::NotOurs, "{state}");
            let new = receipt("m-2", 1, News::Became(Fate::Delivered));
            let settled = after(again, [&new, &old]);
            assert_eq!(settled.state, State::Sent);
            assert_eq!(settled.provider_id.as_deref(), Some("m-2"));
        }
    }

    #[test]
    fn an_attempt_that_waits_is_not_needed_when_an_earlier_one_was_taken() {
        let waiting = Delivery {
            retry_at: Some(now()),
            ..row(State::Retrying, None)
        };
        let refused = News::Refused(Reason::new("Reject", "Bad content"));
        assert_eq!(
            receipt("m-1", 1, refused).effect(&waiting, now()),
            Effect::NothingNew
        );
        let settled = after(waiting, [&receipt("m-1", 1, News::Became(Fate::Delivered))]);
        assert_eq!((settled.state, settled.retry_at), (State::Sent, None));
    }

    #[test]
    fn an_assumption_is_confirmed_or_corrected() {
        let assumed = || Delivery {
            reason: Some(Reason::new("assumed_sent", "assumed")),
            ..row(State::Sent, None)
        };
        let confirmed = after(assumed(), [&receipt("m-1", 1, News::Accepted)]);
        assert_eq!((confirmed.state, confirmed.reason), (State::Sent, None));
        let refused = News::Refused(Reason::new("Reject", "Bad content"));
        let corrected = after(assumed(), [&receipt("m-1", 1, refused)]);
        assert_eq!(corrected.state, State::Failed);
    }

    fn news() -> impl Strategy<Value = News> {
        prop_oneof![
            2 => Just(News::Accepted),
            1 => Just(News::Refused(Reason::new("Reject", "Bad content"))),
            8 => prop::sample::select(Fate::ALL.as_slice()).prop_map(News::Became),
            1 => Just(News::Gone),
        ]
    }

    fn state() -> impl Strategy<Value = State> {
        prop::sample::select(vec![State::Unknown, State::Sent, State::Failed])
    }

    proptest! {
        #[test]
        fn the_order_does_not_matter_nor_how_often(
            (receipts, shuffled) in prop::collection::vec((0_i64..5, news()), 1..8).prop_flat_map(|heard| {
                let receipts: Vec<Receipt> = heard
                    .into_iter()
                    .map(|(seconds, news)| receipt("m-1", seconds, news))
                    .collect();
                let repeated: Vec<Receipt> = receipts.iter().chain(&receipts).cloned().collect();
                (Just(receipts), Just(repeated).prop_shuffle())
            }),
            state in state(),
            known in any::<bool>(),
        ) {
            let row = row(state, (known && state == State::Sent).then_some("m-1"));
            let once = after(row.clone(), &receipts);
            prop_assert_eq!(&once, &after(row, &shuffled));
            prop_assert_eq!(&once, &after(once.clone(), &shuffled), "they can come again");
        }

        #[test]
        fn nothing_ever_goes_back(
            heard in prop::collection::vec((0_i64..5, news()), 1..8),
            state in state(),
        ) {
            let rank = |row: &Delivery| {
                let state = match row.state {
                    State::Sent => 1,
                    State::Failed if row.provider_id.is_some() => 2,
                    _ => 0,
                };
                (state, row.fate)
            };
            let mut row = row(state, None);
            if state == State::Sent {
                row.provider_id = Some("m-1".to_owned());
            }
            for (seconds, news) in heard {
                let next = after(row.clone(), [&receipt("m-1", seconds, news)]);
                prop_assert!(rank(&next) >= rank(&row), "{:?} after {:?}", next, row);
                row = next;
            }
        }
    }
}
