//! Waiting until a send that was just forbidden can no longer begin.

use std::time::Duration;

use carillon_domain::{access::Context, delivery::STILL_ALLOWED_FOR};
use carillon_http::{failure::Failure, share::Slot};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::state::AppState;

/// How long to wait after the write. A consumer begins no provider call later than [`STILL_ALLOWED_FOR`] after it saw the
/// send allowed, so anything sent after this wait was claimed before it. The half second covers clock differences
/// and the write itself.
const UNTIL_NOTHING_BEGINS: Duration = STILL_ALLOWED_FOR.saturating_add(Duration::from_millis(500));
/// Writes older than this need no wait. No request takes that long.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(1);

/// Outcome of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It was forbidden so long ago that no wait was needed.
    LongAgo,
    /// No new calls begin.
    Done,
    /// The tenant has no slot left for waiting; calls may begin for a few more seconds. The response is 202
    /// ([`Waited::status`]).
    NotHere,
}

impl Waited {
    /// The response status.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Waited::LongAgo | Waited::Done => StatusCode::OK,
            Waited::NotHere => StatusCode::ACCEPTED,
        }
    }
}

/// Waits until no provider call begins for sends forbidden at this time. `None` is an unknown time.
///
/// # Errors
/// If the store fails.
pub(crate) async fn until_nothing_begins(
    state: &AppState,
    context: &Context,
    forbidden_at: Option<Timestamp>,
) -> Result<Waited, Failure> {
    let is_recent = forbidden_at.is_none_or(|at| state.clock.now().duration_since(at) < LONG_AGO);
    if !is_recent {
        return Ok(Waited::LongAgo);
    }
    let gate = state.gate();
    let Some(place) = Slot::take(&gate, context).await? else {
        return Ok(Waited::NotHere);
    };
    tokio::time::sleep(UNTIL_NOTHING_BEGINS).await;
    place.give_back().await;
    Ok(Waited::Done)
}
