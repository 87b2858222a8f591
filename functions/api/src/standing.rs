//! Waiting until a send that was just forbidden cannot begin any more.

use std::time::Duration;

use carillon_domain::delivery::STANDING;
use jiff::{SignedDuration, Timestamp};

use crate::state::AppState;

/// How long to wait after it was written. A consumer begins no provider call later than [`STANDING`]
/// after it saw the send allowed, so what goes out after this wait was claimed before it. The half
/// second is for clocks and for the way of the write.
const UNTIL_NOTHING_BEGINS: Duration = STANDING.saturating_add(Duration::from_millis(500));
/// What was written longer ago than this needs no wait. No call to us takes so long.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(1);

/// Waits until no provider call begins any more that was forbidden at this time, and says whether
/// there was something to wait for. `None` is a time that nobody knows.
pub(crate) async fn until_nothing_begins(
    state: &AppState,
    forbidden_at: Option<Timestamp>,
) -> bool {
    let is_recent = forbidden_at.is_none_or(|at| state.clock.now().duration_since(at) < LONG_AGO);
    if is_recent {
        tokio::time::sleep(UNTIL_NOTHING_BEGINS).await;
    }
    is_recent
}
