//! Callers who know no address of ours.
//!
//! Anybody can call a public function at no cost to themselves, and each byte of a log is paid for. So a call at an address
//! that is nobody's leaves no line: it is counted, and the number stands in one line a minute at most.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use carillon_telemetry::{Line, Outcome};
use http::StatusCode;

/// A line is written so often at most, by each execution environment.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// How many strangers have called since the last line about them.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    calls: usize,
    told_at: Option<Instant>,
}

impl Strangers {
    /// Ends the line of a call that is answered with this status. One of a stranger (404) leaves none of its own.
    pub fn end(&self, mut line: Line, status: StatusCode) {
        if status == StatusCode::NOT_FOUND {
            let Some(calls) = self.count(Instant::now()) else {
                return;
            };
            line.note("strangers", calls);
        }
        line.set("status", usize::from(status.as_u16()));
        line.end(match status.is_server_error() {
            true => Outcome::Failed,
            false => Outcome::Done,
        });
    }

    /// Counts one more; gives how many there were if it is time for a line about them.
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
    fn a_flood_of_strangers_leaves_one_line_a_minute_that_counts_them_all() {
        let (strangers, begin) = (Strangers::default(), Instant::now());
        let mut lines = Vec::new();
        // A thousand a second, for three minutes.
        for call in 0..180_000 {
            let now = begin + Duration::from_millis(call);
            lines.extend(strangers.count(now));
        }
        assert_eq!(lines, [1, 60_000, 60_000]);
        assert_eq!(
            strangers.count(begin + Duration::from_secs(180)),
            Some(60_000)
        );
    }
}
