//! The recorded calls, bounded in number and size.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::calls::{Call, CallFilter, CallPage, Message, Order, Outcome, Provider, Selection};

/// Maximum number of recorded calls.
pub const MAXIMUM_CALLS: usize = 200_000;

/// Maximum bytes of raw and parsed messages.
pub const MAXIMUM_BYTES: usize = 1 << 30;

/// Maximum repeats listed in a summary; all of them are counted.
const LISTED_REPEATS: usize = 100;

/// A summary of calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many recorded calls match.
    pub calls: usize,
    /// How many of them the provider accepted.
    pub accepted: usize,
    /// How many old calls were dropped to make room, regardless of the selection.
    pub forgotten: u64,
    /// The number of calls by provider and outcome.
    pub outcomes: BTreeMap<Provider, BTreeMap<Outcome, usize>>,
    /// How many different addresses have at least one accepted call.
    pub recipients: usize,
    /// How many addresses have more than one accepted call.
    pub repeated_recipients: usize,
    /// How many times an address was accepted again with the same content.
    pub repeated_contents: usize,
    /// The first hundred groups of accepted calls with the same address and content.
    pub repeats: Vec<Repeat>,
}

/// Accepted calls with the same recipient and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// The service.
    pub provider: Provider,
    /// The recipient.
    pub address: String,
    /// The hash of the content.
    pub content_hash: String,
    /// The calls, oldest first.
    pub calls: Vec<u64>,
}

struct Kept {
    call: Arc<Call>,
    raw: Option<Bytes>,
    size: usize,
}

/// The calls in order of arrival.
pub(super) struct Journal {
    kept: VecDeque<Kept>,
    bytes: usize,
    next_id: u64,
    forgotten: u64,
    maximum_calls: usize,
    maximum_bytes: usize,
}

impl Default for Journal {
    fn default() -> Self {
        Self::bounded(MAXIMUM_CALLS, MAXIMUM_BYTES)
    }
}

impl Journal {
    pub(super) fn bounded(maximum_calls: usize, maximum_bytes: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            next_id: 1,
            forgotten: 0,
            maximum_calls,
            maximum_bytes,
        }
    }

    /// Records a call, assigns its id, and drops the oldest ones if there is no room.
    pub(super) fn keep(&mut self, mut call: Call, raw: Option<Bytes>) -> u64 {
        call.id = self.next_id;
        call.raw_size = raw.as_ref().map_or(0, Bytes::len);
        let size = call.raw_size + call.message.as_ref().map_or(0, text_size);
        self.next_id += 1;
        self.bytes += size;
        let id = call.id;
        let call = Arc::new(call);
        self.kept.push_back(Kept { call, raw, size });
        while self.kept.len() > self.maximum_calls
            || (self.bytes > self.maximum_bytes && self.kept.len() > 1)
        {
            if let Some(oldest) = self.kept.pop_front() {
                self.bytes -= oldest.size;
                self.forgotten += 1;
            }
        }
        id
    }

    /// A snapshot of the calls, so that the lock is not held while searching.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            calls: self
                .kept
                .iter()
                .map(|kept| Arc::clone(&kept.call))
                .collect(),
            forgotten: self.forgotten,
        }
    }

    pub(super) fn call(&self, id: u64) -> Option<Arc<Call>> {
        self.find(id).map(|kept| Arc::clone(&kept.call))
    }

    pub(super) fn raw(&self, id: u64) -> Option<(Provider, Bytes)> {
        let kept = self.find(id)?;
        Some((kept.call.provider, kept.raw.clone()?))
    }

    fn find(&self, id: u64) -> Option<&Kept> {
        let place = self.kept.binary_search_by_key(&id, |kept| kept.call.id);
        self.kept.get(place.ok()?)
    }

    /// Removes the selected calls and returns their number.
    pub(super) fn clear(&mut self, selection: &Selection) -> usize {
        let before = self.kept.len();
        self.kept.retain(|kept| !selection.matches(&kept.call));
        self.bytes = self.kept.iter().map(|kept| kept.size).sum();
        if *selection == Selection::default() {
            self.forgotten = 0;
        }
        before - self.kept.len()
    }
}

/// A snapshot of the calls.
pub(super) struct Snapshot {
    calls: Vec<Arc<Call>>,
    forgotten: u64,
}

impl Snapshot {
    pub(super) fn list(&self, filter: &CallFilter) -> CallPage {
        let matching = || self.calls.iter().filter(|call| filter.matches(call));
        let limit = filter.limit.unwrap_or(usize::MAX);
        let copy = |call: &Arc<Call>| Call::clone(call);
        let calls: Vec<Call> = match filter.order {
            Order::Ascending => matching().take(limit).map(copy).collect(),
            Order::Descending => matching().rev().take(limit).map(copy).collect(),
        };
        let matched = if calls.len() < limit {
            calls.len()
        } else {
            matching().count()
        };
        CallPage { calls, matched }
    }

    pub(super) fn summary(&self, selection: &Selection) -> Summary {
        let mut summary = Summary {
            forgotten: self.forgotten,
            ..Summary::default()
        };
        let mut by_recipient: HashMap<(Provider, String), usize> = HashMap::new();
        let mut by_content: HashMap<(Provider, String, &str), Vec<u64>> = HashMap::new();
        for call in &self.calls {
            if !selection.matches(call) {
                continue;
            }
            summary.calls += 1;
            let outcomes = summary.outcomes.entry(call.provider).or_default();
            *outcomes.entry(call.outcome).or_default() += 1;
            if !call.accepted {
                continue;
            }
            summary.accepted += 1;
            // An address in both To and Cc of one call gets it once.
            let recipients: HashSet<String> = call
                .recipients
                .iter()
                .map(|recipient| recipient.to_lowercase())
                .collect();
            for recipient in recipients {
                let content = call.content_hash.as_deref().unwrap_or_default();
                by_content
                    .entry((call.provider, recipient.clone(), content))
                    .or_default()
                    .push(call.id);
                *by_recipient.entry((call.provider, recipient)).or_default() += 1;
            }
        }
        summary.recipients = by_recipient.len();
        summary.repeated_recipients = by_recipient.values().filter(|count| **count > 1).count();
        let mut repeats: Vec<Repeat> = by_content
            .into_iter()
            .filter(|(_, calls)| calls.len() > 1)
            .map(|((provider, address, content), calls)| Repeat {
                provider,
                address,
                content_hash: content.to_owned(),
                calls,
            })
            .collect();
        summary.repeated_contents = repeats.iter().map(|repeat| repeat.calls.len() - 1).sum();
        repeats.sort_by(|left, right| left.calls.cmp(&right.calls));
        repeats.truncate(LISTED_REPEATS);
        summary.repeats = repeats;
        summary
    }
}

fn text_size(message: &Message) -> usize {
    match message {
        Message::Email(email) => {
            let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            email.subject.len() + length(&email.text) + length(&email.html)
        }
        Message::Sms(sms) => sms.text.len(),
        Message::Push(push) => push.title.len() + push.body.len(),
    }
}
