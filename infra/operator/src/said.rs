//! What a command says: lines for people, or one JSON document.

use std::{
    io::Write,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde_json::Value;

/// What a command has done or found.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// For people: lines without an end.
    pub lines: String,
    /// For programs.
    pub document: Value,
    /// Whether nothing is left to be done by a person.
    pub all_well: bool,
}

impl Said {
    pub(crate) fn new(lines: impl Into<String>, document: Value) -> Self {
        Self {
            lines: lines.into(),
            document,
            all_well: true,
        }
    }

    /// Prints the one or the other. The exit code is 0 if all is well, and 1 if something is left.
    pub(crate) fn print(&self, as_json: bool) -> ExitCode {
        match as_json {
            true => say(&format!("{:#}", self.document)),
            false => say(&self.lines),
        }
        match self.all_well {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(1),
        }
    }
}

/// Prints. Whoever reads it may have read enough, as `head` has, which is no error.
pub(crate) fn say(lines: &str) {
    let _ = writeln!(std::io::stdout(), "{lines}");
}

/// Columns as wide as their widest cell, without spaces at the end of a line.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let lines = rows.iter().map(|row| {
        let cells = row.iter().enumerate();
        let cells: Vec<String> = cells
            .map(|(column, cell)| format!("{cell:<0$}", width(column)))
            .collect();
        cells.join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Shows on the standard error how far long work has come. What is done at once says nothing.
#[derive(Debug)]
pub(crate) struct Progress {
    next: Instant,
}

impl Progress {
    const PAUSE: Duration = Duration::from_secs(1);

    pub(crate) fn new() -> Self {
        Self {
            next: Instant::now() + Self::PAUSE,
        }
    }

    /// Says it, unless something was said within the last second.
    pub(crate) fn at(&mut self, what: impl FnOnce() -> String) {
        if Instant::now() >= self.next {
            let _ = writeln!(std::io::stderr(), "{} …", what());
            self.next = Instant::now() + Self::PAUSE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let row = |cells: &[&str]| cells.iter().map(ToString::to_string).collect();
        let rows = [row(&["a", "long", ""]), row(&["größer", "b", "c"])];
        assert_eq!(table(&rows), "a       long\ngrößer  b     c");
        assert_eq!(table(&[]), "");
    }
}
