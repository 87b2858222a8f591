//! The submissions that are remembered, so that none is taken twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::simulator::state::Draft;

/// "The ID expires after about 12 hours."
const MEMORY: SignedDuration = SignedDuration::from_hours(12);

/// A submission that was taken.
#[derive(Clone)]
pub(super) struct Taken {
    taken_at: Timestamp,
    pub(super) message_id: String,
    pub(super) answer: Value,
}

/// What was taken, by account and deduplication id. What else a submission holds is not looked at.
#[derive(Default)]
pub(in crate::simulator) struct Submissions {
    taken: Mutex<HashMap<(String, i32), Taken>>,
}

impl Submissions {
    /// Remembers a submission, or gives back the one that was taken before under the same id.
    pub(super) fn take(&self, draft: &Draft, id: i32, answer: &Value) -> Option<Taken> {
        let now = draft.received_at;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (draft.account.clone(), id);
        let earlier = taken.get(&key);
        if let Some(earlier) = earlier.filter(|it| now.duration_since(it.taken_at) < MEMORY) {
            return Some(earlier.clone());
        }
        let submission = Taken {
            taken_at: now,
            message_id: draft.message_id.clone(),
            answer: answer.clone(),
        };
        taken.insert(key, submission);
        None
    }
}
