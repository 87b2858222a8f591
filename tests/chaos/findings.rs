//! The findings of a row.

use std::collections::BTreeSet;

use serde::Serialize;

/// The numbers and problems of a row.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Findings {
    /// Receivers added, of all campaigns.
    pub(crate) receivers: usize,
    /// Provider calls.
    pub(crate) provider_calls: usize,
    /// Accepted calls beyond one per receiver and channel.
    pub(crate) repeated: usize,
    /// Deliveries shown as sent without an accepted call, and missing receivers.
    pub(crate) lost: usize,
    /// Deliveries in the state unknown.
    pub(crate) unknown: usize,
    /// Deliveries in the state failed.
    pub(crate) failed: usize,
    /// The functions' calls to the local AWS.
    pub(crate) aws_calls: usize,
    /// Killed processes.
    pub(crate) kills: usize,
    /// Failed sweeps; the next one catches up.
    pub(crate) sweeps_failed: usize,
    /// Notes.
    pub(crate) notes: Vec<String>,
    /// Problems; empty if the row holds.
    pub(crate) problems: Vec<String>,
    /// Whether totals may be corrected, because records were too late to tell whether they were counted.
    #[serde(skip)]
    pub(crate) may_mend: bool,
    /// Queues that may have messages left.
    #[serde(skip)]
    pub(crate) explained: BTreeSet<String>,
    /// Addresses of the checked deliveries.
    #[serde(skip)]
    pub(crate) known: BTreeSet<String>,
}

impl Findings {
    pub(crate) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds a problem unless a condition holds.
    pub(crate) fn require(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.problem(otherwise());
        }
    }

    /// The promise of most rows: nothing lost, nothing repeated.
    pub(crate) fn require_none_repeated_or_lost(&mut self) {
        let (repeated, lost) = (self.repeated, self.lost);
        self.require(repeated == 0, || format!("{repeated} calls were repeated"));
        self.require(lost == 0, || format!("{lost} deliveries are lost"));
    }

    /// The same, with nothing unknown either.
    pub(crate) fn require_all_sent(&mut self) {
        self.require_none_repeated_or_lost();
        let (unknown, failed) = (self.unknown, self.failed);
        self.require(unknown == 0, || format!("{unknown} deliveries are unknown"));
        self.require(failed == 0, || format!("{failed} deliveries failed"));
    }
}
