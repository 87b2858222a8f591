//! What a row has found.

use std::collections::BTreeSet;

use serde::Serialize;

/// The numbers of a row, and what is wrong.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Findings {
    /// Receivers that were added, of all campaigns.
    pub(crate) receivers: usize,
    /// Calls that reached a provider.
    pub(crate) provider_calls: usize,
    /// Calls that a provider took beyond one for each receiver and channel.
    pub(crate) repeated: usize,
    /// Deliveries that are shown as sent and that no provider took, and receivers that are not there.
    pub(crate) lost: usize,
    /// Deliveries in the state unknown.
    pub(crate) unknown: usize,
    /// Deliveries in the state failed.
    pub(crate) failed: usize,
    /// Calls of the functions to the local AWS.
    pub(crate) aws_calls: usize,
    /// Processes that were killed.
    pub(crate) kills: usize,
    /// Sweeps that ended in an error; the next one makes up for them.
    pub(crate) sweeps_failed: usize,
    /// What else there is to say.
    pub(crate) notes: Vec<String>,
    /// What is wrong. Nothing, if the row holds.
    pub(crate) problems: Vec<String>,
    /// Whether totals may be mended, because records were so late that nobody could say whether they were counted.
    #[serde(skip)]
    pub(crate) may_mend: bool,
    /// Queues in which messages may be left.
    #[serde(skip)]
    pub(crate) explained: BTreeSet<String>,
    /// Addresses of the deliveries that were looked at.
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

    /// Says what is wrong unless something holds.
    pub(crate) fn require(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.problem(otherwise());
        }
    }

    /// What most rows promise: nobody is left out, and nobody is told twice.
    pub(crate) fn require_none_repeated_or_lost(&mut self) {
        let (repeated, lost) = (self.repeated, self.lost);
        self.require(repeated == 0, || format!("{repeated} calls were repeated"));
        self.require(lost == 0, || format!("{lost} deliveries are lost"));
    }

    /// The same, where nothing may be in doubt either.
    pub(crate) fn require_all_sent(&mut self) {
        self.require_none_repeated_or_lost();
        let (unknown, failed) = (self.unknown, self.failed);
        self.require(unknown == 0, || format!("{unknown} deliveries are unknown"));
        self.require(failed == 0, || format!("{failed} deliveries failed"));
    }
}
