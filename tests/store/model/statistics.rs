//! Statistics of a run, because a run proves nothing about outcomes that never occurred.

use std::collections::BTreeMap;

use carillon_store::Claimed;

use super::writes::Outcome;

/// Counts of outcomes.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    pub(super) cases: usize,
    pub(super) operations: usize,
    pub(super) calls: usize,
    pub(super) outcomes: BTreeMap<String, usize>,
}

/// Outcomes that every run must contain.
const EXPECTED: [&str; 9] = [
    "Won",
    "Lost",
    "Done",
    "Stale",
    "settled",
    "Applied",
    "NothingNew",
    "NotOurs",
    "TooEarly",
];

impl Statistics {
    /// Counts the result of a write.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        let names: Vec<String> = match outcome {
            Outcome::Claimed(each) => each
                .iter()
                .map(|one| match one {
                    Claimed::Won => "Won".to_owned(),
                    Claimed::Lost(_) => "Lost".to_owned(),
                })
                .collect(),
            Outcome::Recorded(each) => each.iter().map(|one| format!("{one:?}")).collect(),
            Outcome::Receipts(each) => each.iter().map(|one| format!("{one:?}")).collect(),
            Outcome::Settled(each) => each.iter().map(|_| "settled".to_owned()).collect(),
            Outcome::GivenUp(number) => vec!["given up".to_owned(); *number],
        };
        for name in names {
            *self.outcomes.entry(name).or_default() += 1;
        }
    }

    /// Adds the counts of another case.
    pub(super) fn add(&mut self, other: Statistics) {
        self.cases += 1;
        self.operations += other.operations;
        self.calls += other.calls;
        for (name, number) in other.outcomes {
            *self.outcomes.entry(name).or_default() += number;
        }
    }

    /// Outcomes that never occurred.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        EXPECTED
            .into_iter()
            .filter(|name| !self.outcomes.contains_key(*name))
            .collect()
    }
}
