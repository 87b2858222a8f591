//! Callers that use an address we never issued.
//!
//! Anybody can call a public function for free, but every byte of log costs us. So a call to an unknown address writes
//! no log line: such calls are counted, and the count is logged at most once a minute.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use carillon_telemetry::{Line, Outcome};
use http::StatusCode;

/// How often the count is logged at most, per execution environment.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Unknown callers since the last log line about them.
#[derive(Debug, Default)]
pub struct UnknownCallers(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    calls: usize,
    told_at: Option<Instant>,
}

impl UnknownCallers {
    /// Ends the log line of a call answered with this status. A call from an unknown caller (404) writes no line of its
    /// own.
    pub fn end(&self, mut line: Line, status: StatusCode) {
        if status == StatusCode::NOT_FOUND {
            let Some(calls) = self.count(Instant::now()) else {
                return;
            };
            line.note("unknown_callers", calls);
        }
        line.set("status", usize::from(status.as_u16()));
        line.end(match status.is_server_error() {
            true => Outcome::Failed,
            false => Outcome::Done,
        });
    }

    /// Counts one more; returns the count if it is time to log it.
    fn count(&self, now: Instant) -> Option<usize> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.calls = counted.calls.saturating_add(1);
        let is_early = counted
            .told_at
            .is_some_and(|at| now.saturating_duration_since(at) < BETWEEN_LINES);
        if is_early {
            return None;
        }
        counted.told_at = Some(now);
        Some(std::mem::take(&mut counted.calls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_unknown_callers_is_counted_in_one_line_a_minute() {
        let (unknown_callers, begin) = (UnknownCallers::default(), Instant::now());
        let mut lines = Vec::new();
        // A thousand a second, for three minutes.
        for call in 0..180_000 {
            let now = begin + Duration::from_millis(call);
            lines.extend(unknown_callers.count(now));
        }
        assert_eq!(lines, [1, 60_000, 60_000]);
        assert_eq!(
            unknown_callers.count(begin + Duration::from_secs(180)),
            Some(60_000)
        );
    }
}
