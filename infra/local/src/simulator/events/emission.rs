//! Sends events: at once on request, or automatically after a delay.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{EventBus, EventKind, text, usual, wire};
use crate::aws;
use crate::simulator::calls::Call;

/// Maximum events per PutEvents (API reference).
const BATCH: usize = 10;

/// How often the simulator checks for due events.
const PACE: Duration = Duration::from_millis(250);

/// Maximum number of waiting events.
const MOST_WAITING: usize = 100_000;

/// Why events were not sent.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// No destination is set.
    #[error("no event bus is set")]
    NoBus,
    /// The call is not recorded, or this event is never sent for it.
    #[error("call {0} is not recorded, or this event is never sent for it")]
    NoMail(u64),
    /// The event bus or the topic could not be reached.
    #[error("the event bus or the topic does not answer")]
    Unreachable {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The event bus rejected them.
    #[error("the event bus rejected {0} events")]
    Refused(usize),
}

struct Waiting {
    due: Instant,
    event: Event,
}

/// An event by destination.
#[derive(Clone)]
enum Event {
    /// An entry for the event bus.
    Entry(Value),
    /// A message for the topic of text messages.
    Notice(Value),
}

impl Event {
    /// `None` if this event is never sent for the call.
    fn of(call: &Call, kind: EventKind) -> Option<Self> {
        let entry = wire::entry(call, kind).map(Self::Entry);
        entry.or_else(|| text::notice(call, kind).map(Self::Notice))
    }
}

/// Pending events.
#[derive(Default)]
pub(in crate::simulator) struct Emission {
    bus: Mutex<EventBus>,
    waiting: Mutex<VecDeque<Waiting>>,
}

/// PutEvents's response.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    failed_entry_count: usize,
}

impl Emission {
    /// Sets the destination and delay of events.
    pub(in crate::simulator) fn direct_to(&self, bus: EventBus) {
        *lock(&self.bus) = bus;
    }

    /// Where events go, and when.
    pub(in crate::simulator) fn bus(&self) -> EventBus {
        lock(&self.bus).clone()
    }

    /// Schedules the events of an accepted message, if any would be sent automatically.
    pub(in crate::simulator) fn expect(&self, call: &Call) {
        let names_a_set = call
            .email()
            .is_some_and(|email| email.configuration_set.is_some())
            || text::names_a_set(call);
        let bus = self.bus();
        if !call.accepted || !names_a_set || bus.endpoint.is_none() {
            return;
        }
        let due = Instant::now() + Duration::from_millis(bus.delay_milliseconds);
        let entries = usual(call)
            .iter()
            .filter_map(|kind| Event::of(call, *kind))
            .map(|event| Waiting { due, event });
        let mut waiting = lock(&self.waiting);
        waiting.extend(entries);
        let excess = waiting.len().saturating_sub(MOST_WAITING);
        waiting.drain(..excess);
    }

    /// Sends events for a call, and waits until the event bus has accepted them.
    pub(in crate::simulator) async fn emit(
        &self,
        call: &Call,
        kinds: &[EventKind],
    ) -> Result<usize, EmitError> {
        let events: Vec<Event> = kinds
            .iter()
            .map(|kind| Event::of(call, *kind).ok_or(EmitError::NoMail(call.id)))
            .collect::<Result<_, _>>()?;
        self.tell(&client()?, &events).await?;
        Ok(events.len())
    }

    /// Sends due events, for as long as it runs.
    pub(in crate::simulator) async fn run(&self) {
        let http = match client() {
            Ok(http) => http,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no events are sent"
                );
                return;
            }
        };
        loop {
            tokio::time::sleep(PACE).await;
            loop {
                let due = self.due();
                if due.is_empty() {
                    break;
                }
                if let Err(error) = self.tell(&http, &due).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        events = due.len(),
                        "events were lost"
                    );
                    break;
                }
            }
        }
    }

    /// Takes due events, as many as fit into one call.
    fn due(&self) -> Vec<Event> {
        let now = Instant::now();
        let mut waiting = lock(&self.waiting);
        let ready = waiting
            .iter()
            .take(BATCH)
            .take_while(|waiting| waiting.due <= now)
            .count();
        waiting
            .drain(..ready)
            .map(|waiting| waiting.event)
            .collect()
    }

    /// Sends events, each to its destination, in order per destination.
    async fn tell(&self, http: &reqwest::Client, events: &[Event]) -> Result<(), EmitError> {
        let endpoint = self.bus().endpoint.ok_or(EmitError::NoBus)?;
        let entries: Vec<&Value> = events
            .iter()
            .filter_map(|event| match event {
                Event::Entry(entry) => Some(entry),
                Event::Notice(_) => None,
            })
            .collect();
        put(http, &endpoint, &entries).await?;
        for event in events {
            if let Event::Notice(notice) = event {
                publish(http, &endpoint, notice).await?;
            }
        }
        Ok(())
    }
}

/// Puts entries on the event bus.
async fn put(http: &reqwest::Client, endpoint: &str, entries: &[&Value]) -> Result<(), EmitError> {
    for batch in entries.chunks(BATCH) {
        let answer: Answer = http
            .post(endpoint)
            .header("authorization", aws::authorization("events"))
            .header("x-amz-target", "AWSEvents.PutEvents")
            .header("content-type", "application/x-amz-json-1.1")
            .body(json!({ "Entries": batch }).to_string())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(unreachable)?
            .json()
            .await
            .map_err(unreachable)?;
        if answer.failed_entry_count > 0 {
            return Err(EmitError::Refused(answer.failed_entry_count));
        }
    }
    Ok(())
}

/// Publishes one event to the topic of text messages.
async fn publish(http: &reqwest::Client, endpoint: &str, notice: &Value) -> Result<(), EmitError> {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "Publish")
        .append_pair("Version", "2010-03-31")
        .append_pair("TopicArn", &text::topic())
        .append_pair("Message", &notice.to_string())
        .finish();
    http.post(endpoint)
        .header("authorization", aws::authorization("sns"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map(|_| ())
        .map_err(unreachable)
}

fn unreachable(source: reqwest::Error) -> EmitError {
    EmitError::Unreachable { source }
}

/// A client for the current runtime, without a proxy, which could not reach this machine's loopback.
fn client() -> Result<reqwest::Client, EmitError> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .map_err(unreachable)
}

/// No code panics in the middle of a change while holding a lock, so a poisoned one is still valid.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
