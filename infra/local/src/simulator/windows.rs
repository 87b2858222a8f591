//! WhatsApp reply windows: free text is allowed only to those who have written to the sender within the last 24 hours
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::calls::{Kind, Provider};
use super::refusal::Refusal;
use super::state::Draft;

/// How long a window stays open after an inbound message.
const OPEN: SignedDuration = SignedDuration::from_hours(24);

/// Free text from a sender to a receiver, and the vendor's error outside the window.
pub(super) struct FreeText {
    sender: String,
    person: String,
    refusal: Refusal,
}

impl FreeText {
    pub(super) fn new(sender: &str, person: &str, refusal: Refusal) -> Self {
        Self {
            sender: bare(sender).to_owned(),
            person: bare(person).to_owned(),
            refusal,
        }
    }
}

/// The time of the last inbound message, by provider, sender and receiver.
#[derive(Default)]
pub(super) struct Windows {
    written: Mutex<HashMap<(Provider, String, String), Timestamp>>,
}

impl Windows {
    /// Records an inbound message.
    pub(super) fn open(&self, provider: Provider, sender: &str, person: &str, now: Timestamp) {
        if provider.kind() != Kind::WhatsApp {
            return;
        }
        let key = (provider, bare(sender).to_owned(), bare(person).to_owned());
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(key, now);
    }

    /// The error for free text outside the window.
    pub(super) fn refusal(&self, draft: &Draft) -> Option<Refusal> {
        let text = draft.free_text.as_ref()?;
        let key = (draft.provider, text.sender.clone(), text.person.clone());
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = written
            .get(&key)
            .is_some_and(|at| draft.received_at.duration_since(*at) < OPEN);
        (!is_open).then(|| text.refusal.clone())
    }
}

/// A number without vendor-specific prefixes.
fn bare(number: &str) -> &str {
    let number = number.strip_prefix("whatsapp:").unwrap_or(number);
    number.strip_prefix('+').unwrap_or(number)
}
