//! What a run prints, and what a large one leaves in `docs/`.

use std::{fmt::Write as _, time::Duration};

use carillon_local::workspace;
use jiff::Timestamp;
use serde::Serialize;

use crate::{findings::Findings, harness::commit, run::Size};

pub(crate) const HEADING: &str = "row              receivers provider-calls repeated  lost unknown failed AWS-calls kills  seconds";

/// What came of a row.
#[derive(Clone, Serialize)]
pub(crate) struct Result {
    pub(crate) row: u8,
    pub(crate) name: &'static str,
    pub(crate) fault: &'static str,
    pub(crate) promise: &'static str,
    #[serde(flatten)]
    pub(crate) findings: Findings,
    pub(crate) seconds: f64,
}

impl Result {
    pub(crate) fn holds(&self) -> bool {
        self.findings.problems.is_empty()
    }

    fn verdict(&self) -> &'static str {
        if self.holds() { "holds" } else { "FAILS" }
    }

    pub(crate) fn line(&self) -> String {
        let found = &self.findings;
        format!(
            "{:>2} {:<13} {:>9} {:>14} {:>8} {:>5} {:>7} {:>6} {:>9} {:>5} {:>8.1}  {}",
            self.row,
            self.name,
            found.receivers,
            found.provider_calls,
            found.repeated,
            found.lost,
            found.unknown,
            found.failed,
            found.aws_calls,
            found.kills,
            self.seconds,
            self.verdict(),
        )
    }
}

/// What came of a run.
#[derive(Serialize)]
pub(crate) struct Report {
    seed: u64,
    size: &'static str,
    commit: String,
    finished_at: Timestamp,
    seconds: f64,
    rows: Vec<Result>,
}

impl Report {
    pub(crate) fn new(seed: u64, size: Size, rows: Vec<Result>, took: Duration) -> Self {
        Self {
            seed,
            size: size.pick("quick", "large"),
            commit: commit(),
            finished_at: Timestamp::now(),
            seconds: took.as_secs_f64(),
            rows,
        }
    }

    pub(crate) fn holds(&self) -> bool {
        self.rows.iter().all(Result::holds)
    }

    pub(crate) fn summary(&self) -> String {
        let failed: Vec<&str> = self
            .rows
            .iter()
            .filter(|row| !row.holds())
            .map(|row| row.name)
            .collect();
        let (rows, seconds, seed) = (self.rows.len(), self.seconds, self.seed);
        if failed.is_empty() {
            return format!("All {rows} rows hold ({seconds:.0} s).");
        }
        let failed = failed.join(",");
        format!(
            "Failed: {failed} ({seconds:.0} s). Again: cargo chaos --seed {seed} --only {failed}"
        )
    }

    /// Writes `docs/chaos.json` and `docs/chaos.md`.
    pub(crate) fn write(&self) {
        let directory = workspace::root().join("docs");
        let mut json = serde_json::to_string_pretty(self).unwrap();
        json.push('\n');
        std::fs::write(directory.join("chaos.json"), json).unwrap();
        std::fs::write(directory.join("chaos.md"), self.page()).unwrap();
    }

    fn page(&self) -> String {
        let mut page = format!(
            "# The fault harness\n\n\
             Written by `cargo chaos --report`: the {} run of commit {} with the seed {}, finished {} after {:.0} s. \
             The same run again: `cargo chaos {}--seed {}`. The numbers with all notes are in [chaos.json](chaos.json); \
             [ARCHITECTURE.md](../ARCHITECTURE.md) says how the harness works.\n\n\
             | | fault | what must hold | receivers | provider calls | repeated | lost | unknown | failed | calls to AWS | kills | verdict |\n\
             |--:|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|\n",
            self.size,
            self.commit,
            self.seed,
            self.finished_at.strftime("%Y-%m-%d %H:%M UTC"),
            self.seconds,
            if self.size == "quick" { "--quick " } else { "" },
            self.seed,
        );
        for row in &self.rows {
            let found = &row.findings;
            let (number, fault, promise) = (row.row, row.fault, row.promise);
            writeln!(
                page,
                "| {number} | {fault} | {promise} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                found.receivers,
                found.provider_calls,
                found.repeated,
                found.lost,
                found.unknown,
                found.failed,
                found.aws_calls,
                found.kills,
                row.verdict(),
            )
            .unwrap();
        }
        let noted = self
            .rows
            .iter()
            .filter(|row| !row.findings.notes.is_empty());
        for row in noted {
            let notes = row.findings.notes.join("; ");
            write!(page, "\n{}. {notes}.", row.row).unwrap();
        }
        page.push('\n');
        page
    }
}
