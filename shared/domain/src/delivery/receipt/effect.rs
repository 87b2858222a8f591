//! How a receipt changes the row of its delivery.
//!
//! Receipts arrive repeatedly, late and in any order, so a row only ever moves up: to a message that the provider is known to have
//! accepted, then from status to status by rank, and finally to the provider's report that it did not accept the message after all. The
//! final row is the same for any order.

use jiff::Timestamp;

use super::{DeliveryStatus, Receipt};
use crate::{
    delivery::{Delivery, State},
    reason::Reason,
};

/// How a receipt changes the row of its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The row becomes this.
    Change(Box<Delivery>),
    /// The receipt adds nothing to the row.
    NothingNew,
    /// The receipt is about another message than the one the row follows.
    NotOurs,
    /// The provider call has not been recorded yet, so the receipt cannot be matched.
    TooEarly,
}

impl Receipt {
    /// The effect of this receipt, received at `now`, on a row.
    ///
    /// A row follows one message: the first one that the provider is known to have accepted. A delivery can have had several, if it was
    /// resent while the outcome of the first call was unknown; receipts for the others are ignored.
    pub fn effect(&self, before: &Delivery, now: Timestamp) -> Effect {
        let is_followed = before.provider_id.as_deref() == Some(self.provider_id.as_str());
        match before.state {
            State::Pending | State::Claimed => Effect::TooEarly,
            State::Sent if !is_assumed(before) && is_followed => self.follow(before, now),
            State::Sent if !is_assumed(before) => Effect::NotOurs,
            // The provider reported that it did not accept this message, and nothing outranks that.
            State::Failed if is_followed => Effect::NothingNew,
            // It was refused and is being resent; the id is kept so that its receipts are recognised.
            _ if is_followed => Effect::NotOurs,
            // About a message from before the last manual resend.
            _ if self.is_of_earlier(before) => Effect::NotOurs,
            // A failure at one transport says nothing about what another transport may have done since.
            _ if self.is_bad_news() && self.is_of_another_transport(before) => Effect::NotOurs,
            _ => self.settle(before, now),
        }
    }

    fn is_bad_news(&self) -> bool {
        self.news.refusal().is_some() || self.news.fate() == Some(DeliveryStatus::Bounced)
    }

    /// Whether it is about a message from before a manual resend, or may be where the resend went to another address: delivery to the
    /// old address says nothing about the right one.
    fn is_of_earlier(&self, row: &Delivery) -> bool {
        let is_known = row
            .earlier
            .iter()
            .any(|earlier| earlier.provider_id.as_deref() == Some(&self.provider_id));
        is_known || row.may_be_elsewhere()
    }

    /// Whether it is about a message sent through another transport than the row's last one.
    pub fn is_of_another_transport(&self, row: &Delivery) -> bool {
        let (told, last) = (self.transport.as_ref(), row.transport.as_ref());
        matches!((told, last), (Some(told), Some(last)) if told != last)
    }

    /// A further receipt for the message that the row follows.
    fn follow(&self, before: &Delivery, now: Timestamp) -> Effect {
        if let Some(reason) = self.news.refusal() {
            return self.refuse(before, reason, now);
        }
        let higher = |fate: &DeliveryStatus| is_higher(*fate, self.at, before);
        let Some(fate) = self.news.fate().filter(higher) else {
            return Effect::NothingNew;
        };
        let mut delivery = before.clone();
        delivery.fate = Some(fate);
        delivery.fate_at = Some(self.at);
        delivery.heard_at = Some(now);
        Effect::Change(Box::new(delivery))
    }

    /// The first receipt for a message. Once the provider is known to have accepted one of this delivery's messages, every state is
    /// settled except those that a claim protects: a delivery that failed or waits for another attempt was in fact sent by an earlier
    /// attempt.
    fn settle(&self, before: &Delivery, now: Timestamp) -> Effect {
        if let Some(reason) = self.news.refusal() {
            return match before.state {
                State::Unknown | State::Sent => self.refuse(before, reason, now),
                State::Failed if before.provider_id.is_none() => self.refuse(before, reason, now),
                // The row already says that it was not sent.
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

/// Whether an admin assumed that it was sent, so that the message is not known.
fn is_assumed(delivery: &Delivery) -> bool {
    delivery.state == State::Sent && delivery.reason.is_some()
}

/// At equal rank the earliest event counts, so that the order of arrival does not matter.
fn is_higher(fate: DeliveryStatus, at: Timestamp, before: &Delivery) -> bool {
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
    use crate::{channel::Channel, delivery::receipt::StatusUpdate};

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn receipt(id: &str, seconds: i64, news: StatusUpdate) -> Receipt {
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

    /// The row after applying all of them in sequence.
    fn after<'a>(mut row: Delivery, receipts: impl IntoIterator<Item = &'a Receipt>) -> Delivery {
        for receipt in receipts {
            if let Effect::Change(next) = receipt.effect(&row, now()) {
                row = *next;
            }
        }
        row
    }

    #[test]
    fn receipts_for_a_wrong_address_do_not_settle_the_right_one() {
        let unknown = row(State::Unknown, None).again(true, now());
        for news in [
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Delivered),
            StatusUpdate::Became(DeliveryStatus::Bounced),
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
        // A resend to the same address is settled as usual.
        let same = row(State::Unknown, None).again(false, now());
        let settled = after(same, [&receipt("m-1", 1, StatusUpdate::Accepted)]);
        assert_eq!(settled.state, State::Sent);
    }

    #[test]
    fn any_sign_of_acceptance_settles_an_unknown_delivery() {
        for news in [
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Delayed),
            StatusUpdate::Became(DeliveryStatus::Bounced),
        ] {
            let row = after(row(State::Unknown, None), [&receipt("m-1", 1, news)]);
            assert_eq!((row.state, row.reason), (State::Sent, None));
            assert_eq!(row.provider_id.as_deref(), Some("m-1"));
        }
        let refused = StatusUpdate::Refused(Reason::new("Reject", "Bad content"));
        let row = after(row(State::Unknown, None), [&receipt("m-1", 1, refused)]);
        assert_eq!(row.state, State::Failed);
        assert_eq!(row.reason.unwrap().code, "Reject");
    }

    #[test]
    fn a_failure_at_one_transport_does_not_settle_another_transports_attempt() {
        let refused = StatusUpdate::Refused(Reason::new("Reject", "Bad content"));
        for (news, counts) in [
            (refused, false),
            (StatusUpdate::Became(DeliveryStatus::Bounced), false),
            (StatusUpdate::Gone, false),
            (StatusUpdate::Became(DeliveryStatus::Delivered), true),
            (StatusUpdate::Accepted, true),
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
    fn a_receipt_during_a_call_is_too_early() {
        let news = receipt("m-1", 1, StatusUpdate::Became(DeliveryStatus::Delivered));
        assert_eq!(
            news.effect(&row(State::Claimed, None), now()),
            Effect::TooEarly
        );
    }

    #[test]
    fn receipts_for_another_message_of_the_delivery_are_ignored() {
        let sent = row(State::Sent, Some("m-2"));
        for news in [
            StatusUpdate::Accepted,
            StatusUpdate::Became(DeliveryStatus::Complained),
        ] {
            assert_eq!(
                receipt("m-1", 1, news).effect(&sent, now()),
                Effect::NotOurs
            );
        }
    }

    #[test]
    fn a_resend_is_not_settled_by_the_refused_message() {
        for state in [State::Retrying, State::Unknown] {
            let again = row(state, Some("m-1"));
            let old = receipt("m-1", 1, StatusUpdate::Accepted);
            assert_eq!(old.effect(&again, now()), Effect::NotOurs, "{state}");
            let new = receipt("m-2", 1, StatusUpdate::Became(DeliveryStatus::Delivered));
            let settled = after(again, [&new, &old]);
            assert_eq!(settled.state, State::Sent);
            assert_eq!(settled.provider_id.as_deref(), Some("m-2"));
        }
    }

    #[test]
    fn a_waiting_attempt_is_settled_by_an_accepted_earlier_one() {
        let waiting = Delivery {
            retry_at: Some(now()),
            ..row(State::Retrying, None)
        };
        let refused = StatusUpdate::Refused(Reason::new("Reject", "Bad content"));
        assert_eq!(
            receipt("m-1", 1, refused).effect(&waiting, now()),
            Effect::NothingNew
        );
        let settled = after(
            waiting,
            [&receipt(
                "m-1",
                1,
                StatusUpdate::Became(DeliveryStatus::Delivered),
            )],
        );
        assert_eq!((settled.state, settled.retry_at), (State::Sent, None));
    }

    #[test]
    fn an_assumption_is_confirmed_or_corrected() {
        let assumed = || Delivery {
            reason: Some(Reason::new("assumed_sent", "assumed")),
            ..row(State::Sent, None)
        };
        let confirmed = after(assumed(), [&receipt("m-1", 1, StatusUpdate::Accepted)]);
        assert_eq!((confirmed.state, confirmed.reason), (State::Sent, None));
        let refused = StatusUpdate::Refused(Reason::new("Reject", "Bad content"));
        let corrected = after(assumed(), [&receipt("m-1", 1, refused)]);
        assert_eq!(corrected.state, State::Failed);
    }

    fn news() -> impl Strategy<Value = StatusUpdate> {
        prop_oneof![
            2 => Just(StatusUpdate::Accepted),
            1 => Just(StatusUpdate::Refused(Reason::new("Reject", "Bad content"))),
            8 => prop::sample::select(DeliveryStatus::ALL.as_slice()).prop_map(StatusUpdate::Became),
            1 => Just(StatusUpdate::Gone),
        ]
    }

    fn state() -> impl Strategy<Value = State> {
        prop::sample::select(vec![State::Unknown, State::Sent, State::Failed])
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(
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
            prop_assert_eq!(&once, &after(once.clone(), &shuffled), "receipts can repeat");
        }

        #[test]
        fn rows_never_move_down(
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
