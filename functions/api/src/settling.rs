//! Waiting until a send that was just forbidden cannot begin any more.

use std::time::Duration;

use carillon_domain::{delivery::STANDING, id::TenantId};
use carillon_http::{failure::Failure, share::Place};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::state::AppState;

/// How long to wait after it was written. A consumer begins no provider call later than [`STANDING`]
/// after it saw the send allowed, so what goes out after this wait was claimed before it. The half
/// second is for clocks and for the way of the write.
const UNTIL_NOTHING_BEGINS: Duration = STANDING.saturating_add(Duration::from_millis(500));
/// What was written longer ago than this needs no wait. No call to us takes so long.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(1);

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It was forbidden so long ago that there was nothing to wait for.
    LongAgo,
    /// Nothing begins any more.
    Done,
    /// As many requests of the tenant wait as may; calls begin for a few seconds more. It is to be answered with
    /// 202 ([`Waited::status`]).
    NotHere,
}

impl Waited {
    /// The status of the answer.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Waited::LongAgo | Waited::Done => StatusCode::OK,
            Waited::NotHere => StatusCode::ACCEPTED,
        }
    }
}

/// Waits until no provider call begins any more that was forbidden at this time. `None` is a time that nobody knows.
///
/// # Errors
/// If the store does not answer.
pub(crate) async fn until_nothing_begins(
    state: &AppState,
    tenant: &TenantId,
    forbidden_at: Option<Timestamp>,
) -> Result<Waited, Failure> {
    let is_recent = forbidden_at.is_none_or(|at| state.clock.now().duration_since(at) < LONG_AGO);
    if !is_recent {
        return Ok(Waited::LongAgo);
    }
    let gate = state.gate();
    let Some(place) = Place::take(&gate, tenant).await? else {
        return Ok(Waited::NotHere);
    };
    tokio::time::sleep(UNTIL_NOTHING_BEGINS).await;
    place.give_back().await;
    Ok(Waited::Done)
}
