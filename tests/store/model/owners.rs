//! Owners: what they read, what they hold, and the rows that they write.
//!
//! An owner keeps its token for its whole life, although in production each invocation has a new one.
//! So only the attempt distinguishes a record of an earlier attempt from a later one.

use std::collections::BTreeMap;

use carillon_domain::{
    campaigns::{OnUnknown, Status},
    delivery::{DeduplicationKey, Delivery, State},
    reason::Reason,
};
use jiff::{SignedDuration, Timestamp};

use super::operations::{Answer, Place};

const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Clocks may differ by this much.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
const PAUSE: SignedDuration = SignedDuration::from_secs(20);
/// The maximum time from the first attempt to the last.
const DEADLINE: SignedDuration = SignedDuration::from_hours(24);

/// An owner's view of a delivery and its campaign.
#[derive(Clone)]
pub(super) struct View {
    pub(super) row: Option<Delivery>,
    pub(super) status: Status,
    pub(super) generation: u32,
}

/// A claim without a record.
pub(super) struct Held {
    pub(super) place: Place,
    pub(super) claim: Delivery,
    /// Whether it was won.
    pub(super) is_ours: bool,
    /// The outcome of the call, if it was made.
    pub(super) answer: Option<(Answer, String)>,
}

/// An owner.
pub(super) struct Owner {
    pub(super) token: String,
    pub(super) views: BTreeMap<Place, View>,
    pub(super) held: Vec<Held>,
}

impl Owner {
    /// The token, unique to the owner.
    pub(super) fn new(token: String) -> Self {
        Self {
            token,
            views: BTreeMap::new(),
            held: Vec::new(),
        }
    }

    /// The row that follows from its view, or `None` if there is nothing to do.
    pub(super) fn wants(
        &self,
        view: &View,
        on_unknown: OnUnknown,
        now: Timestamp,
    ) -> Option<Delivery> {
        let may_send = view.status == Status::Published;
        let Some(row) = &view.row else {
            let first = Delivery::unclaimed(view.generation, now);
            return may_send.then(|| self.claim(&first, view, now));
        };
        let may_repeat = on_unknown == OnUnknown::Resend && !is_used_up(row, now);
        match row.state {
            State::Claimed
                if row
                    .lease_until
                    .is_some_and(|until| now <= until + TOLERANCE) =>
            {
                None
            }
            State::Claimed if may_send && may_repeat => Some(self.claim(row, view, now)),
            State::Claimed => Some(ended(row, State::Unknown, "lapsed", now)),
            // `canceled` would hide that the receiver may have got it.
            State::Retrying if view.status == Status::Canceled && row.in_doubt => {
                Some(ended(row, State::Unknown, "lapsed", now))
            }
            State::Retrying if !may_send || row.retry_at.is_some_and(|due| due > now) => None,
            State::Retrying if is_used_up(row, now) => {
                Some(ended(row, State::Failed, "given_up", now))
            }
            State::Retrying => Some(self.claim(row, view, now)),
            _ => None,
        }
    }

    fn claim(&self, before: &Delivery, view: &View, now: Timestamp) -> Delivery {
        Delivery {
            state: State::Claimed,
            generation: view.generation,
            attempt: before.attempt + 1,
            begun_at: before.begun_at.or(Some(now)),
            in_doubt: before.in_doubt || before.state == State::Claimed,
            deduplication: Some(DeduplicationKey {
                account: "ses".to_owned(),
                since: now,
                number: Some(before.attempt),
            }),
            owner: Some(self.token.clone()),
            lease_until: Some(now + LEASE),
            retry_at: None,
            transport: "ses".parse().ok(),
            digest: Some("digest".to_owned()),
            reason: None,
            changed_at: now,
            ..before.clone()
        }
    }
}

/// A final delivery. If an attempt may have been accepted, it is unknown, whatever ends it.
pub(super) fn ended(before: &Delivery, state: State, why: &str, now: Timestamp) -> Delivery {
    Delivery {
        state: if before.in_doubt {
            State::Unknown
        } else {
            state
        },
        in_doubt: false,
        lease_until: None,
        retry_at: None,
        reason: Some(Reason::new(why, "")),
        changed_at: now,
        ..before.clone()
    }
}

/// A claim released before its call.
pub(super) fn put_back(claim: &Delivery, now: Timestamp) -> Delivery {
    Delivery {
        state: State::Retrying,
        lease_until: None,
        retry_at: Some(now),
        changed_at: now,
        ..claim.clone()
    }
}

/// A claim after its call.
pub(super) fn recorded(
    claim: &Delivery,
    answer: Answer,
    message: &str,
    on_unknown: OnUnknown,
    now: Timestamp,
) -> Delivery {
    let in_doubt = claim.in_doubt || answer == Answer::Lost;
    let may_repeat = !in_doubt || on_unknown == OnUnknown::Resend;
    match answer {
        Answer::Accepted => Delivery {
            state: State::Sent,
            in_doubt: false,
            provider_id: Some(message.to_owned()),
            lease_until: None,
            changed_at: now,
            ..claim.clone()
        },
        Answer::Throttled | Answer::Lost if may_repeat && !is_used_up(claim, now) => Delivery {
            state: State::Retrying,
            in_doubt,
            lease_until: None,
            retry_at: Some(now + PAUSE),
            reason: Some(Reason::new("to_be_tried_again", "")),
            changed_at: now,
            ..claim.clone()
        },
        Answer::Rejected | Answer::Throttled => ended(claim, State::Failed, "not_taken", now),
        Answer::Lost => ended(claim, State::Unknown, "connection_lost", now),
    }
}

fn is_used_up(row: &Delivery, now: Timestamp) -> bool {
    row.begun_at
        .is_some_and(|begun| now.duration_since(begun) > DEADLINE)
}
