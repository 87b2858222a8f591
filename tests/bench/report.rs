//! What a run leaves in `docs/`.

use std::{collections::BTreeMap, fmt::Write as _, process::Command};

use carillon_local::workspace;
use jiff::Timestamp;
use serde_json::json;

use crate::{
    figures::{Bounds, Figure, number},
    harness::commit,
    measure::Price,
};

/// All figures of a run.
pub(crate) struct Report {
    is_short: bool,
    pub(crate) figures: Vec<Figure>,
    pub(crate) parts: Vec<Price>,
    pub(crate) calls: BTreeMap<(String, String), u64>,
    pub(crate) prices_of: String,
    pub(crate) seconds: f64,
}

/// What the program prints of itself, and how it is asked.
const TOOLS: [(&str, &[&str]); 4] = [
    ("rustc", &["--version"]),
    ("valgrind", &["--version"]),
    (".local/python/bin/cargo-lambda", &["lambda", "--version"]),
    (
        ".local/python/bin/python",
        &[
            "-c",
            "import importlib.metadata as m; print('ministack', m.version('ministack'), 'ziglang', m.version('ziglang'))",
        ],
    ),
];

impl Report {
    pub(crate) fn new(is_short: bool) -> Self {
        Self {
            is_short,
            figures: Vec::new(),
            parts: Vec::new(),
            calls: BTreeMap::new(),
            prices_of: String::new(),
            seconds: 0.0,
        }
    }

    /// The figures that are worse than their bounds.
    pub(crate) fn worse(&self, bounds: &Bounds) -> Vec<&Figure> {
        let figures = self.figures.iter();
        figures
            .filter(|figure| !bounds.of(figure).holds(figure.value, self.is_short))
            .collect()
    }

    /// Writes `docs/benchmark.json` and `docs/benchmark.md`.
    pub(crate) fn write(&self, bounds: &Bounds) {
        let directory = workspace::root().join("docs");
        let (commit, tools, at) = (commit("docs/benchmark.*"), tools(), Timestamp::now());
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|figure| {
                let bound = bounds.of(figure);
                json!({ "figure": figure, "bound": bound, "holds": bound.holds(figure.value, false) })
            })
            .collect();
        let calls: BTreeMap<String, u64> = self
            .calls
            .iter()
            .map(|((function, operation), count)| (format!("{function} {operation}"), *count))
            .collect();
        let json = json!({
            "commit": commit,
            "finished_at": at.to_string(),
            "seconds": self.seconds,
            "tools": tools,
            "prices_of": self.prices_of,
            "figures": figures,
            "dollars_per_million": self.parts.iter().copied().collect::<BTreeMap<_, _>>(),
            "calls": calls,
        });
        let mut json = serde_json::to_string_pretty(&json).unwrap();
        json.push('\n');
        std::fs::write(directory.join("benchmark.json"), json).unwrap();
        let page = self.page(bounds, &commit, &tools, at);
        std::fs::write(directory.join("benchmark.md"), page).unwrap();
    }

    fn page(&self, bounds: &Bounds, commit: &str, tools: &[String], at: Timestamp) -> String {
        let mut page = format!(
            "# The benchmark\n\n\
             Written by `cargo bench-report`: commit {commit}, finished {} after {:.0} s, with {}. \
             `cargo bench-report --check` fails when a figure is worse than its bound in \
             [bounds.toml](../tests/bench/bounds.toml). All numbers are in [benchmark.json](benchmark.json).\n\n\
             The functions are the release binaries for Amazon Linux, fed by the harness in Lambda's place. Their calls go \
             through a proxy that counts them to the local AWS, and to the simulator in the providers' place. Calls, units and \
             bytes are counted; instructions are counted by callgrind; only the ratio of starts is a time.\n\n\
             | figure | value | bound | |\n|---|--:|--:|---|\n",
            at.strftime("%Y-%m-%d %H:%M UTC"),
            self.seconds,
            tools.join(", "),
        );
        for figure in &self.figures {
            let bound = bounds.of(figure);
            let verdict = if bound.holds(figure.value, false) {
                ""
            } else {
                "**not met**"
            };
            let (title, value) = (&bound.title, number(figure.value));
            writeln!(
                page,
                "| {title} | {value} {} | {} | {verdict} |",
                figure.unit,
                bound.in_words(false)
            )
            .unwrap();
        }
        page.push_str("\n## How each was taken\n\n");
        for figure in &self.figures {
            let title = &bounds.of(figure).title;
            writeln!(page, "- **{title}**: {}.", figure.how).unwrap();
        }
        let standing: Vec<_> = self
            .figures
            .iter()
            .filter_map(|figure| {
                Some((&bounds.of(figure).title, bounds.of(figure).stands.as_ref()?))
            })
            .collect();
        if !standing.is_empty() {
            page.push_str("\n## What is not met, and why it stands\n\n");
            for (title, why) in standing {
                writeln!(page, "- **{title}**: {why}").unwrap();
            }
        }
        write!(page, "\n## The price of a million receivers\n\nList prices in us-east-1 as of {}, from [prices.toml](../tests/bench/prices.toml).\n\n| part | dollars |\n|---|--:|\n", self.prices_of).unwrap();
        for (part, dollars) in &self.parts {
            writeln!(page, "| {part} | {dollars:.3} |").unwrap();
        }
        page.push_str("\n## Calls to AWS\n\n| function | operation | calls |\n|---|---|--:|\n");
        for ((function, operation), calls) in &self.calls {
            let operation = operation
                .rsplit_once('.')
                .map_or(operation.as_str(), |(_, name)| name);
            writeln!(
                page,
                "| {function} | {operation} | {} |",
                number(*calls as f64)
            )
            .unwrap();
        }
        page
    }
}

fn tools() -> Vec<String> {
    TOOLS
        .iter()
        .filter_map(|(program, arguments)| {
            let path = if program.contains('/') {
                workspace::root().join(program)
            } else {
                (*program).into()
            };
            let output = Command::new(path).args(*arguments).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            (!text.is_empty()).then_some(text)
        })
        .collect()
}
