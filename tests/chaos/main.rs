//! The fault harness: real function binaries, a simulated Lambda and an unreliable network, all driven by one seed.
//! `cargo chaos --help` shows its options; `docs/chaos.md` has the last large run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a harness that cannot go on should say where"
)]

mod check;
mod findings;
#[path = "../harness/mod.rs"]
mod harness;
mod report;
mod rows;
mod run;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use std::{panic::AssertUnwindSafe, process::ExitCode, time::Instant};

use carillon_local::simulator::{SENDGRID_API_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY, SMTP_PASSWORD};
use clap::Parser;
use futures::FutureExt;
use serde_json::{Value, json};

use crate::{
    findings::Findings,
    harness::stage::Stage,
    report::{Report, Result},
    rows::{ROWS, Row},
    run::{Run, Size},
};

/// Injects every fault of the fault table into Carillon, and compares the ledger with what providers received.
#[derive(Parser)]
#[command(name = "cargo chaos")]
struct Arguments {
    /// Run the small form, as in CI
    #[arg(long)]
    quick: bool,
    /// Repeat the run with this seed
    #[arg(long)]
    seed: Option<u64>,
    /// Run only these rows, by name or number
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// List the rows
    #[arg(long)]
    list: bool,
    /// The email provider
    #[arg(long, value_enum, default_value_t)]
    email: Email,
    /// Write docs/chaos.md and docs/chaos.json. Rows that are not run keep their results from another run of this size and seed
    #[arg(long)]
    report: bool,
    /// Passed by cargo; ignored
    #[arg(long, hide = true)]
    bench: bool,
}

/// The email provider
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Email {
    /// Amazon SES.
    #[default]
    Ses,
    /// SendGrid, an HTTP provider.
    Sendgrid,
    /// An SMTP relay.
    Smtp,
}

impl Email {
    /// The account, if it needs setup.
    fn account(self) -> Option<Value> {
        let (vendor, settings, credentials) = match self {
            Email::Ses => return None,
            Email::Sendgrid => {
                let credentials = json!({
                    "api_key": SENDGRID_API_KEY,
                    "webhook_public_key": SENDGRID_WEBHOOK_PUBLIC_KEY,
                });
                ("sendgrid", json!({}), credentials)
            }
            Email::Smtp => {
                let credentials = json!({ "username": "chaos", "password": SMTP_PASSWORD });
                ("smtp", json!({ "host": "smtp.relay.example" }), credentials)
            }
        };
        Some(json!({
            "vendor": vendor,
            "from": "news@carillon.example",
            "settings": settings,
            "credentials": credentials,
        }))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.report && arguments.email != Email::Ses {
        eprintln!("The report covers only email through Amazon SES.");
        return ExitCode::FAILURE;
    }
    if arguments.list {
        for row in ROWS {
            println!("{:>2}  {:<12} {}", row.number, row.name, row.fault);
        }
        return ExitCode::SUCCESS;
    }
    if !cfg!(target_os = "linux") {
        eprintln!("The harness runs only on Linux, because it sets clocks.");
        return ExitCode::FAILURE;
    }
    // Row 12 is about Amazon SES's own events. The connection to a relay is encrypted, so rows 0 and 11 cannot interfere with it.
    let left_out: &[u32] = match arguments.email {
        Email::Ses => &[],
        Email::Sendgrid => &[12],
        Email::Smtp => &[0, 11, 12],
    };
    if !left_out.is_empty() {
        println!("Rows {left_out:?} are skipped with this email provider.");
    }
    let wanted = |row: &&Row| {
        if left_out.contains(&row.number.into()) {
            return false;
        }
        let is_meant = |it: &String| *it == row.name || *it == row.number.to_string();
        arguments.only.is_empty() || arguments.only.iter().any(is_meant)
    };
    let rows: Vec<&Row> = ROWS.iter().filter(wanted).collect();
    if rows.is_empty() {
        eprintln!("No such row; --list shows all.");
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let report = runtime.block_on(run(&rows, &arguments));
    println!("{}", report.summary());
    match report.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

async fn run(rows: &[&Row], arguments: &Arguments) -> Report {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let size = if arguments.quick {
        Size::Quick
    } else {
        Size::Large
    };
    let started = Instant::now();
    let email = match arguments.email {
        Email::Ses => String::new(),
        other => format!("-{other:?}").to_lowercase(),
    };
    harness::set_name(format!("chaos-{}{email}", arguments.only.join("-")));
    let _removed = std::fs::remove_file(harness::functions::log());
    let mut stage = Stage::start().await;
    stage.email = arguments.email.account();
    println!(
        "The stack is up after {:.0} s; the seed is {seed}",
        started.elapsed().as_secs_f64()
    );
    println!("{}", report::HEADING);
    let mut results = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let result = run_row(&stage, row, place, seed, size).await;
        println!("{}", result.line());
        for problem in result.findings.problems.iter().take(10) {
            println!("      ✗ {problem}");
        }
        for note in &result.findings.notes {
            println!("      · {note}");
        }
        if !result.holds() {
            stage.clear().await;
        }
        results.push(result);
        // An interrupted run keeps its findings so far.
        if arguments.report {
            Report::new(seed, size, results.clone(), started.elapsed()).write();
        }
    }
    Report::new(seed, size, results, started.elapsed())
}

async fn run_row(stage: &Stage, row: &Row, place: usize, seed: u64, size: Size) -> Result {
    let started = Instant::now();
    let work = async {
        // A row's random numbers are the same whether it runs alone or with others.
        let mut run = Run::new(stage, place, seed ^ u64::from(row.number), size).await;
        (row.run)(&mut run).await;
        run.conclude().await
    };
    let findings = AssertUnwindSafe(work).catch_unwind().await;
    let findings = findings.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let mut findings = Findings::default();
        findings.problem(format!("the row broke off: {}", text.unwrap_or("a panic")));
        findings
    });
    Result {
        row: row.number,
        name: row.name,
        fault: row.fault,
        promise: row.promise,
        findings,
        seconds: started.elapsed().as_secs_f64(),
        commit: harness::commit(),
    }
}
