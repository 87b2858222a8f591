//! The printed report, and the one that a large run writes to `docs/`.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use carillon_local::stack::workspace;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{
    findings::Findings,
    harness::json::{list, text},
    run::Size,
};

pub(crate) const HEADING: &str = "row              receivers provider-calls repeated  lost unknown failed AWS-calls kills  seconds";

/// The result of a row.
#[derive(Clone, Serialize)]
pub(crate) struct Result {
    pub(crate) row: u8,
    pub(crate) name: &'static str,
    pub(crate) fault: &'static str,
    pub(crate) promise: &'static str,
    #[serde(flatten)]
    pub(crate) findings: Findings,
    pub(crate) seconds: f64,
    /// The commit that it ran on.
    pub(crate) commit: String,
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

/// The result of a run.
#[derive(Serialize)]
pub(crate) struct Report {
    seed: u64,
    size: &'static str,
    finished_at: Timestamp,
    seconds: f64,
    rows: Vec<Result>,
}

impl Report {
    pub(crate) fn new(seed: u64, size: Size, rows: Vec<Result>, took: Duration) -> Self {
        Self {
            seed,
            size: size.pick("quick", "large"),
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

    /// Writes `docs/chaos.json` and `docs/chaos.md`. Rows that were not run keep their results from another run of this size
    /// and seed.
    pub(crate) fn write(&self) {
        let directory = workspace::root().join("docs");
        let before = std::fs::read_to_string(directory.join("chaos.json"));
        let before: Value = serde_json::from_str(&before.unwrap_or_default()).unwrap_or_default();
        let mut report = serde_json::to_value(self).unwrap();
        let mut rows = BTreeMap::new();
        if before["seed"] == report["seed"] && before["size"] == report["size"] {
            rows.extend(list(&before["rows"]).map(numbered));
        }
        rows.extend(list(&report["rows"]).map(numbered));
        report["rows"] = rows.into_values().collect();
        let mut json = serde_json::to_string_pretty(&report).unwrap();
        json.push('\n');
        std::fs::write(directory.join("chaos.json"), json).unwrap();
        std::fs::write(directory.join("chaos.md"), page(&report)).unwrap();
    }
}

fn numbered(row: &Value) -> (u64, Value) {
    (row["row"].as_u64().unwrap_or_default(), row.clone())
}

fn page(report: &Value) -> String {
    let size = text(&report["size"]);
    let mut page = format!(
        "# The fault harness\n\n\
         Written by `cargo chaos --report`: the {size} run with the seed {}. The same run again: `cargo chaos {}--seed {}`. Each row \
         names the commit that it was run on. The numbers with all notes are in [chaos.json](chaos.json); \
         [ARCHITECTURE.md](../ARCHITECTURE.md) says how the harness works.\n\n\
         | | fault | what must hold | receivers | provider calls | repeated | lost | unknown | failed | calls to AWS | kills | seconds | commit | verdict |\n\
         |--:|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|\n",
        report["seed"],
        if size == "quick" { "--quick " } else { "" },
        report["seed"],
    );
    for row in list(&report["rows"]) {
        let holds = list(&row["problems"]).next().is_none();
        let numbers = [
            "receivers",
            "provider_calls",
            "repeated",
            "lost",
            "unknown",
            "failed",
            "aws_calls",
            "kills",
        ];
        let numbers = numbers.map(|name| row[name].to_string()).join(" | ");
        writeln!(
            page,
            "| {} | {} | {} | {numbers} | {:.0} | {} | {} |",
            row["row"],
            text(&row["fault"]),
            text(&row["promise"]),
            row["seconds"].as_f64().unwrap_or_default(),
            text(&row["commit"]),
            if holds { "holds" } else { "FAILS" },
        )
        .unwrap();
    }
    for row in list(&report["rows"]) {
        let notes: Vec<&str> = list(&row["notes"]).map(text).collect();
        if !notes.is_empty() {
            write!(page, "\n{}. {}.", row["row"], notes.join("; ")).unwrap();
        }
    }
    page.push('\n');
    page
}
