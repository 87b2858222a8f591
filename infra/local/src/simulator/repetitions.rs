//! The providers' deduplication of accepted messages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::calls::Provider;
use super::state::Draft;

/// BulkSMS: "The ID expires after about 12 hours." Custom endpoints may promise more.
const MEMORY: SignedDuration = SignedDuration::from_hours(12);

/// An accepted message and its response.
#[derive(Clone)]
pub(super) struct Taken<A> {
    taken_at: Timestamp,
    pub(super) message_id: String,
    pub(super) answer: A,
}

/// Accepted messages by provider, account and the caller's key. The content is not compared.
pub(super) struct Repetitions<A> {
    taken: Mutex<HashMap<(Provider, String, String), Taken<A>>>,
}

impl<A> Default for Repetitions<A> {
    fn default() -> Self {
        Self {
            taken: Mutex::default(),
        }
    }
}

impl<A: Clone> Repetitions<A> {
    /// Stores a message, or returns the earlier one with the same key.
    pub(super) fn take(&self, draft: &Draft, key: String, answer: &A) -> Option<Taken<A>> {
        let now = draft.received_at;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (draft.provider, draft.account.clone(), key);
        let earlier = taken.get(&key);
        if let Some(earlier) = earlier.filter(|it| now.duration_since(it.taken_at) < MEMORY) {
            return Some(earlier.clone());
        }
        let message = Taken {
            taken_at: now,
            message_id: draft.message_id.clone(),
            answer: answer.clone(),
        };
        taken.insert(key, message);
        None
    }
}
