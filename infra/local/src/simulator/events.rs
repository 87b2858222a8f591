//! Events of SES for emails, put on the local AWS's event bus, and of End User Messaging for text
//! messages, published to a topic there.
//!
//! Like the real services, the simulator publishes events by itself only for messages that name a
//! configuration set. On request it sends any event for any message, in any order and number.

mod emission;
mod text;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use emission::Emission;
pub use emission::EmitError;

use super::calls::Call;

/// The event for a call's message, without its envelope. `None` if this event is never sent for it.
pub(super) fn said(call: &Call, kind: EventKind) -> Option<Value> {
    wire::detail(call, kind).or_else(|| text::notice(call, kind))
}

/// An event of SES for an email, or, for some of them, of End User Messaging for a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// SES accepted it and will try to deliver it.
    Sent,
    /// SES cannot deliver it for now and keeps trying.
    Delayed,
    /// The receiver's mail server accepted it.
    Delivered,
    /// The receiver's mail server rejected it permanently.
    Bounced,
    /// The receiver's mail server sent an automatic reply, which SES reports as a bounce.
    OutOfOffice,
    /// The receiver opened it.
    Opened,
    /// The receiver followed a link in it.
    Clicked,
    /// The receiver reported it as spam.
    Complained,
    /// SES accepted it but then refused to deliver it.
    Rejected,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 9] = [
        EventKind::Sent,
        EventKind::Delayed,
        EventKind::Delivered,
        EventKind::Bounced,
        EventKind::OutOfOffice,
        EventKind::Opened,
        EventKind::Clicked,
        EventKind::Complained,
        EventKind::Rejected,
    ];
}

/// A request to send events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmitRequest {
    /// The call that sent the message.
    pub call: u64,
    /// The events, in order; repetitions are allowed.
    pub kinds: Vec<EventKind>,
}

/// How many events were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emitted {
    /// How many.
    pub emitted: usize,
}

/// The destination and delay of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventBus {
    /// The address of the AWS with the event bus; none to send no events.
    pub endpoint: Option<String>,
    /// How long after accepting an email SES publishes its events, so that a person can see the state before.
    #[serde(default = "usual_delay")]
    pub delay_milliseconds: u64,
}

/// Long enough to look at a delivery before its events arrive.
fn usual_delay() -> u64 {
    10_000
}

impl EventBus {
    /// The event bus of the AWS at an address.
    pub fn at(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: Some(endpoint.into()),
            delay_milliseconds: usual_delay(),
        }
    }
}

impl Default for EventBus {
    fn default() -> Self {
        Self {
            endpoint: None,
            delay_milliseconds: usual_delay(),
        }
    }
}

/// The events sent automatically. The addresses of SES's mailbox simulator behave as named:
/// <https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>.
fn usual(call: &Call) -> &'static [EventKind] {
    let simulated = call
        .recipients
        .iter()
        .filter_map(|address| address.strip_suffix("@simulator.amazonses.com"))
        .map(|local| local.split_once('+').map_or(local, |(name, _)| name))
        .next();
    match simulated {
        Some("bounce" | "suppressionlist") => &[EventKind::Sent, EventKind::Bounced],
        Some("complaint") => &[EventKind::Sent, EventKind::Delivered, EventKind::Complained],
        Some("ooto") => &[
            EventKind::Sent,
            EventKind::Delivered,
            EventKind::OutOfOffice,
        ],
        _ => &[EventKind::Sent, EventKind::Delivered],
    }
}
