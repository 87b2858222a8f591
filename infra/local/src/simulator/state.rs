//! The shared state, and the processing of every call: decide, record, answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::calls::{Call, CallError, Message, Outcome, Provider};
use super::events::Emission;
use super::faults::{FaultKind, Faults, Reach, Strike, Target};
use super::journal::{Journal, Snapshot};
use super::refusal::Refusal;
use super::repetitions::Repetitions;
use super::server;
use super::smtp;
use super::topic::Subscriptions;
use super::vendors::{Answer, Vendor};
use super::windows::{FreeText, Windows};

/// The calls, the faults and the events of one simulator.
#[derive(Default)]
pub(super) struct State {
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    /// Messages accepted by BulkSMS.
    pub(super) submissions: Repetitions<Value>,
    /// Messages accepted by other deduplicating vendors.
    pub(super) repetitions: Repetitions<Answer>,
    /// Open WhatsApp reply windows.
    pub(super) windows: Windows,
    pub(super) events: Emission,
    /// Pending topic subscriptions.
    pub(super) subscriptions: Subscriptions,
}

/// The state shared by the routes.
pub(super) type SharedState = Arc<State>;

impl State {
    /// No code panics in the middle of a change while holding the lock, so a poisoned one is still valid.
    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A snapshot of the calls, so that the lock is not held while searching.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.journal().snapshot()
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies the faults to a call that the provider would accept.
    pub(super) fn judge(&self, draft: &Draft, reach: Reach) -> Verdict {
        let target = Target {
            provider: draft.provider,
            account: &draft.account,
            recipients: &draft.recipients,
        };
        let strike = self.faults().strike(&target, reach);
        Verdict::of_strike(draft, strike)
    }

    /// Records a call with the status about to be returned.
    pub(super) fn keep(&self, draft: Draft, verdict: &Verdict, status: Option<u16>) {
        let call = Call {
            id: 0,
            received_at: draft.received_at,
            provider: draft.provider,
            operation: draft.operation.to_owned(),
            account: draft.account,
            accepted: verdict.is_accepted(),
            outcome: verdict.outcome,
            status,
            error: verdict.refusal.as_ref().map(|refusal| CallError {
                code: refusal.code.clone(),
                message: refusal.message.clone(),
            }),
            message_id: verdict.has_message().then_some(draft.message_id),
            recipients: draft.recipients,
            content_hash: draft.message.as_ref().map(hash_content),
            message: draft.message,
            fault: verdict.fault,
            raw_size: 0,
        };
        let kept = {
            let mut journal = self.journal();
            let id = journal.keep(call, draft.raw);
            journal.call(id)
        };
        if let Some(call) = kept {
            self.events.expect(&call);
        }
    }
}

/// A call while it is being parsed.
pub(super) struct Draft {
    pub(super) received_at: Timestamp,
    pub(super) provider: Provider,
    pub(super) operation: &'static str,
    pub(super) account: String,
    pub(super) message_id: String,
    pub(super) recipients: Vec<String>,
    pub(super) message: Option<Message>,
    /// Free text, accepted only within the reply window.
    pub(super) free_text: Option<FreeText>,
    pub(super) raw: Option<Bytes>,
    /// The provider's error for a fault.
    words: Words,
}

type Words = fn(&FaultKind, &[String]) -> Option<Refusal>;

impl Draft {
    /// A call to an AWS service, or to another provider with its own route or listener.
    pub(super) fn new(provider: Provider, operation: &'static str) -> Self {
        let message_id = match provider {
            Provider::Ses => format!(
                "0100{:012x}-{}-000000",
                Timestamp::now().as_millisecond(),
                Uuid::new_v4()
            ),
            // 18 digits, like real ones.
            Provider::BulkSms => format!(
                "{:018}",
                Uuid::new_v4().as_u64_pair().0 % 1_000_000_000_000_000_000
            ),
            Provider::Smtp => smtp::queue_id(),
            _ => Uuid::new_v4().to_string(),
        };
        let words: Words = match provider {
            Provider::Ses => Refusal::of_ses,
            Provider::BulkSms => Refusal::of_bulksms,
            Provider::EndUserMessaging => Refusal::of_end_user_messaging,
            Provider::Smtp => smtp::words,
            _ => Refusal::of_sns,
        };
        Self::of(provider, operation, message_id, words)
    }

    /// A call to an HTTP provider.
    pub(super) fn of_vendor<V: Vendor>() -> Self {
        Self::of(V::PROVIDER, V::OPERATION, V::message_id(), V::words)
    }

    fn of(provider: Provider, operation: &'static str, message_id: String, words: Words) -> Self {
        Self {
            received_at: Timestamp::now(),
            provider,
            operation,
            account: String::new(),
            message_id,
            recipients: Vec::new(),
            message: None,
            free_text: None,
            raw: None,
            words,
        }
    }
}

/// The outcome of a call.
#[derive(Clone)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) refusal: Option<Refusal>,
    pub(super) fault: Option<u64>,
    pub(super) delay: Duration,
}

impl Verdict {
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self {
            outcome: refusal.outcome(),
            refusal: Some(refusal),
            fault: None,
            delay: Duration::ZERO,
        }
    }

    fn of_strike(draft: &Draft, strike: Strike) -> Self {
        let mut verdict = Self {
            outcome: Outcome::Accepted,
            refusal: None,
            fault: None,
            delay: strike.delay,
        };
        if let Some((id, kind)) = strike.fault {
            verdict.fault = Some(id);
            match kind {
                FaultKind::DropBefore => verdict.outcome = Outcome::DroppedBefore,
                FaultKind::DropAfter => verdict.outcome = Outcome::DroppedAfter,
                kind => {
                    verdict.refusal = (draft.words)(&kind, &draft.recipients);
                    verdict.outcome = verdict
                        .refusal
                        .as_ref()
                        .map_or(Outcome::Accepted, Refusal::outcome);
                }
            }
        }
        verdict
    }

    pub(super) fn is_accepted(&self) -> bool {
        matches!(self.outcome, Outcome::Accepted | Outcome::DroppedAfter)
    }

    /// The same for a repetition of an accepted call, which accepts nothing.
    pub(super) fn of_repetition(mut self) -> Self {
        self.outcome = match self.outcome {
            Outcome::Accepted => Outcome::Duplicate,
            Outcome::DroppedAfter => Outcome::DroppedBefore,
            other => other,
        };
        self
    }

    fn has_message(&self) -> bool {
        self.is_accepted() || self.outcome == Outcome::Duplicate
    }

    pub(super) fn is_dropped(&self) -> bool {
        matches!(self.outcome, Outcome::DroppedBefore | Outcome::DroppedAfter)
    }

    /// The response status of a call with one message.
    pub(super) fn status(&self) -> Option<u16> {
        if self.is_dropped() {
            return None;
        }
        Some(self.refusal.as_ref().map_or(200, |refusal| refusal.status))
    }

    /// Waits for the delay of the faults, then answers in the provider's format or drops the connection.
    pub(super) async fn conclude(
        self,
        success: impl FnOnce() -> Response,
        refuse: impl FnOnce(&Refusal) -> Response,
    ) -> Response {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if self.is_dropped() {
            return server::drop_connection();
        }
        match &self.refusal {
            Some(refusal) => refuse(refusal),
            None => success(),
        }
    }
}

/// A hash of the content without attachments and headers.
fn hash_content(message: &Message) -> String {
    let parts = match message {
        Message::Email(email) => [
            email.subject.as_str(),
            email.text.as_deref().unwrap_or_default(),
            email.html.as_deref().unwrap_or_default(),
        ],
        Message::Sms(sms) => [sms.text.as_str(), "", ""],
        Message::Push(push) => [push.title.as_str(), push.body.as_str(), ""],
    };
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    hex::encode(digest.get(..8).unwrap_or_default())
}

/// Names and values of tags or attributes.
pub(super) type Named = BTreeMap<String, String>;
