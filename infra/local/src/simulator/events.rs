//! What SES tells of a mail after it took it, put on the event bus of the local AWS, and what End User
//! Messaging tells of a text message, published to a topic there.
//!
//! Like them, the simulator tells by itself only of messages that name a configuration set. On request it
//! tells anything of any message, in any order and as often as it is asked to.

mod emission;
mod text;
mod wire;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use emission::Emission;
pub use emission::EmitError;

use super::calls::Call;

/// What is told of a call's message, without the envelope of the way that it goes. `None` if it is never told.
pub(super) fn said(call: &Call, kind: EventKind) -> Option<Value> {
    wire::detail(call, kind).or_else(|| text::notice(call, kind))
}

/// Something that SES can tell of a mail, and End User Messaging part of it of a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// SES took it and will try to deliver it.
    Sent,
    /// SES cannot deliver it for now, and keeps trying.
    Delayed,
    /// The receiver's mail system took it.
    Delivered,
    /// The receiver's mail system refused it for good.
    Bounced,
    /// The receiver's mail system answered by itself, which SES reports as a bounce.
    OutOfOffice,
    /// It was opened.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The receiver called it spam.
    Complained,
    /// SES took it and then found that it will not deliver it.
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

/// Which events to send, as it is asked for over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmitRequest {
    /// The call that sent the mail.
    pub call: u64,
    /// What to tell of it, in this order; the same may stand there more than once.
    pub kinds: Vec<EventKind>,
}

/// How many events were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emitted {
    /// How many.
    pub emitted: usize,
}

/// Where events go, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventBus {
    /// The address of the AWS that the event bus belongs to; none if events go nowhere.
    pub endpoint: Option<String>,
    /// How long after it took a mail SES tells of it by itself. A person sees what was before.
    #[serde(default = "usual_delay")]
    pub delay_milliseconds: u64,
}

/// Long enough to look at a delivery before anything is heard of it.
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

/// What is told by itself. The addresses of its own mailbox simulator end as they are named:
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
