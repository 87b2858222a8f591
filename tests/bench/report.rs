//! Writes the results to `docs/`.

use std::{collections::BTreeMap, fmt::Write as _, process::Command};

use carillon_local::stack::workspace;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    figures::{Bounds, Figure, number},
    harness::{
        commit,
        json::{list, text},
    },
    measure::Price,
};

/// All figures of a run.
pub(crate) struct Report {
    is_short: bool,
    pub(crate) figures: Vec<Figure>,
    pub(crate) parts: Vec<Price>,
    pub(crate) calls: BTreeMap<(String, String), u64>,
    pub(crate) prices_of: String,
}

/// The versions of the tools and the commands that print them.
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
        }
    }

    /// The figures worse than their bounds.
    pub(crate) fn worse(&self, bounds: &Bounds) -> Vec<&Figure> {
        let figures = self.figures.iter();
        figures
            .filter(|figure| !bounds.of(figure).holds(figure.value, self.is_short))
            .collect()
    }

    /// Writes `docs/benchmark.json` and `docs/benchmark.md`.
    pub(crate) fn write(&self, bounds: &Bounds) {
        let directory = workspace::root().join("docs");
        let (commit, tools, at) = (commit(), tools(), Timestamp::now());
        let before = read("benchmark.json").unwrap_or_default();
        let mut figures: BTreeMap<String, Value> = list(&before["figures"])
            .map(|figure| (text(&figure["name"]).to_owned(), figure.clone()))
            .collect();
        for figure in &self.figures {
            let bound = bounds.of(figure);
            let taken = json!({
                "name": figure.name,
                "title": bound.title,
                "value": figure.value,
                "unit": figure.unit,
                "bound": bound.in_words(false),
                "holds": bound.holds(figure.value, false),
                "stands": bound.stands,
                "how": figure.how,
                "commit": commit,
            });
            figures.insert(figure.name.to_owned(), taken);
        }
        // In the order of the bounds, without figures that have none any more.
        let figures: Vec<Value> = bounds
            .names()
            .filter_map(|name| figures.remove(name))
            .collect();
        let calls: BTreeMap<String, u64> = self
            .calls
            .iter()
            .map(|((function, operation), count)| (format!("{function} {operation}"), *count))
            .collect();
        let json = json!({
            "commit": commit,
            "finished_at": at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            "tools": tools,
            "prices_of": self.prices_of,
            "figures": figures,
            "dollars_per_million": if self.parts.is_empty() { before["dollars_per_million"].clone() } else { json!(self.parts) },
            "calls": if calls.is_empty() { before["calls"].clone() } else { json!(calls) },
        });
        let mut json = serde_json::to_string_pretty(&json).unwrap();
        json.push('\n');
        std::fs::write(directory.join("benchmark.json"), json).unwrap();
        write_page();
    }
}

/// Writes `docs/benchmark.md` from the results of the last runs.
pub(crate) fn write_page() {
    let mut page = read("benchmark.json").map_or_else(String::new, |report| figures_page(&report));
    if let Some(peers) = read("benchmark-peers.json") {
        page.push_str(&peers_page(&peers));
    }
    std::fs::write(workspace::root().join("docs/benchmark.md"), page).unwrap();
}

/// The results of an earlier run.
fn read(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(workspace::root().join("docs").join(name)).ok()?;
    serde_json::from_str(&text).ok()
}

fn figures_page(report: &Value) -> String {
    let tools: Vec<&str> = list(&report["tools"]).map(text).collect();
    let mut page = format!(
        "# The benchmark\n\n\
         Written by `cargo bench-report`: commit {}, finished {}, with {}. \
         `cargo bench-report --check` fails when a figure is worse than its bound in \
         [bounds.toml](../tests/bench/bounds.toml). All numbers are in [benchmark.json](benchmark.json).\n\n\
         The functions are the release binaries for Amazon Linux, fed by the harness in Lambda's place. Their calls go \
         through a proxy that counts them, to the local AWS, and to the simulator in the providers' place. Calls, units and \
         bytes are counted; instructions are counted by callgrind; only the ratio of starts is a time.\n\n\
         | figure | value | bound | |\n|---|--:|--:|---|\n",
        text(&report["commit"]),
        text(&report["finished_at"]),
        tools.join(", "),
    );
    for figure in list(&report["figures"]) {
        let verdict = if figure["holds"] == true {
            ""
        } else {
            "**not met**"
        };
        writeln!(
            page,
            "| {} | {} {} | {} | {verdict} |",
            text(&figure["title"]),
            number(figure["value"].as_f64().unwrap_or_default()),
            text(&figure["unit"]),
            text(&figure["bound"]),
        )
        .unwrap();
    }
    page.push_str("\n## How each was taken\n\n");
    for figure in list(&report["figures"]) {
        let (title, how, commit) = (&figure["title"], &figure["how"], &figure["commit"]);
        writeln!(
            page,
            "- **{}** ({}): {}.",
            text(title),
            text(commit),
            text(how)
        )
        .unwrap();
    }
    let mut standing = list(&report["figures"])
        .filter(|it| it["stands"].is_string())
        .peekable();
    if standing.peek().is_some() {
        page.push_str("\n## What is not met or not as asked, and why it stands\n\n");
    }
    for figure in standing {
        writeln!(
            page,
            "- **{}**: {}",
            text(&figure["title"]),
            text(&figure["stands"])
        )
        .unwrap();
    }
    write!(
        page,
        "\n## The price of a million receivers\n\nList prices in us-east-1 as of {}, from \
         [prices.toml](../tests/bench/prices.toml). Storage is not in it.\n\n| part | dollars |\n|---|--:|\n",
        text(&report["prices_of"]),
    )
    .unwrap();
    for part in list(&report["dollars_per_million"]) {
        writeln!(
            page,
            "| {} | {} |",
            text(&part[0]),
            number(part[1].as_f64().unwrap_or_default())
        )
        .unwrap();
    }
    page.push_str("\n## Calls to AWS\n\n| function | operation | calls |\n|---|---|--:|\n");
    for (call, count) in report["calls"].as_object().into_iter().flatten() {
        let (function, operation) = call.split_once(' ').unwrap_or((call, ""));
        let operation = operation
            .rsplit_once('.')
            .map_or(operation, |(_, name)| name);
        writeln!(
            page,
            "| {function} | {operation} | {} |",
            number(count.as_f64().unwrap_or_default())
        )
        .unwrap();
    }
    page
}

fn peers_page(peers: &Value) -> String {
    let names: Vec<&str> = list(&peers["names"]).map(text).collect();
    let mut page = format!(
        "\n## Side by side\n\n\
         `cargo bench-report --peers`, commit {}: {} text messages, sent by one worker of each to the same simulated BulkSMS, one \
         after the other in one run; then {}, while the worker is killed {} times, each time right after the provider took a \
         message.\n\n\
         ![The same as bars](benchmark-peers.svg)\n\n| | {} |\n|---|{}\n",
        text(&peers["commit"]),
        number(peers["receivers"].as_f64().unwrap_or_default()),
        number(peers["receivers_of_kills"].as_f64().unwrap_or_default()),
        peers["kills"],
        names.join(" | "),
        "--:|".repeat(names.len()),
    );
    for row in list(&peers["rows"]) {
        let values: Vec<&str> = list(&row["values"])
            .map(|it| it.as_str().unwrap_or("–"))
            .collect();
        writeln!(page, "| {} | {} |", text(&row["title"]), values.join(" | ")).unwrap();
    }
    page.push_str(PEERS_NOTES);
    page
}

/// Remarks on the table.
const PEERS_NOTES: &str = "
What each is:

- **Carillon**: the function `sms` with BulkSMS, which takes a message with the same number only once. A call that is made again
  after a kill is no second message.
- **BullMQ on Redis** (`tests/bench/peers/bullmq`): a job for each receiver with an id that stands for the receiver, ten at a time,
  five attempts, the state of each receiver in a hash. Redis runs without persistence, which is the fastest that it has.
- **Naive functions** (`tests/naive`): a put and a message for each receiver, then a get, a call and an update, one after the other.

What cannot be compared: the time that a run takes, because Redis is itself and DynamoDB and SQS are an emulator in Python; so
CPU and memory are those of the worker alone, without Redis and without the emulator. A request to Redis costs nothing by itself,
and one to DynamoDB or SQS is billed. Carillon reads receivers from a file and checks them, keeps totals, and looks before each
claim whether it may still send; the others do nothing of that. BullMQ could be told to give BulkSMS a number as well; then it
would not send twice either, as long as the number is kept with the receiver.
With a provider that recognises nothing, such as SNS, Carillon calls nobody again either: what was claimed at a kill, at most a
batch, is shown as unknown, for a person or a receipt to settle (docs/chaos.md, row 2).
Instructions of the workers were not taken: this machine has no counter for them (`perf stat -e instructions` says `not
supported`), and callgrind was not tried with a runtime that compiles as it goes. Those of Carillon alone are above.
";

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
