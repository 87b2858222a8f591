//! The benchmark: the cost of a receiver in calls, units, bytes and instructions, and the cost of starting a function.
//! `cargo bench-report --help` shows its options; `docs/benchmark.md` has the last run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on should say where"
)]

mod binaries;
mod campaign;
mod dynamodb;
mod figures;
#[path = "../harness/mod.rs"]
mod harness;
mod measure;
mod memory;
mod meter;
mod peers;
mod processes;
mod report;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use std::{collections::HashMap, process::ExitCode, time::Instant};

use clap::Parser;

use crate::{
    campaign::{Audience, Binaries, send},
    figures::{Bounds, Figure, number},
    harness::stage::Stage,
    measure::Prices,
    report::Report,
};

/// Measures what Carillon costs and compares it with the bounds in `tests/bench/bounds.toml`.
#[derive(Parser)]
#[command(name = "cargo bench-report")]
struct Arguments {
    /// Fail if a figure is worse than its bound
    #[arg(long)]
    check: bool,
    /// Run the short form, as in CI: a small campaign with the binaries that cargo built for the tests
    #[arg(long)]
    quick: bool,
    /// Measure only these groups and keep the other figures of the report: processes, campaign, growth, throttled, idle,
    /// keys, addresses, instructions, rendering, import
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Compare with alternatives; needs Node.js with npm, and redis-server
    #[arg(long)]
    peers: bool,
    /// Do not rebuild the functions for Amazon Linux
    #[arg(long)]
    no_build: bool,
    /// Passed by cargo; ignored
    #[arg(long, hide = true)]
    bench: bool,
}

/// Receivers of the measured campaign.
const RECEIVERS: usize = 10_000;
/// The same in the short form.
const FEW: usize = 2_000;
/// The functions measured as deployed, and the baseline for their starts.
const DEPLOYED: [&str; 12] = [
    "api",
    "bare",
    "email",
    "fanout",
    "jobs",
    "naive",
    "push",
    "release",
    "rendering",
    "sms",
    "tally",
    "whatsapp",
];

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !cfg!(target_os = "linux") {
        eprintln!("The benchmark needs Linux, because it sets clocks and counts instructions.");
        return ExitCode::FAILURE;
    }
    let groups = match arguments.peers {
        true => "peers".to_owned(),
        false => arguments.only.join("-"),
    };
    harness::set_name(format!("bench-{groups}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    if arguments.peers {
        runtime.block_on(compare(&arguments));
        return ExitCode::SUCCESS;
    }
    let bounds = Bounds::read();
    let report = runtime.block_on(run(&arguments, &bounds));
    let worse = report.worse(&bounds);
    if !arguments.quick {
        report.write(&bounds);
    }
    for figure in &worse {
        println!(
            "{} is {}, and its bound is {}",
            figure.name,
            number(figure.value),
            bounds.of(figure).in_words(arguments.quick)
        );
    }
    match worse.is_empty() || !arguments.check {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

async fn compare(arguments: &Arguments) {
    if !arguments.no_build {
        binaries::build(&DEPLOYED);
    }
    let stage = Stage::start().await;
    let compared = peers::compare(&stage).await;
    peers::write(&compared);
}

async fn run(arguments: &Arguments, bounds: &Bounds) -> Report {
    let started = Instant::now();
    let _removed = std::fs::remove_file(harness::functions::log());
    let mut report = Report::new(arguments.quick);
    let is_wanted = |group: &str| {
        let is_named = arguments.only.iter().any(|it| it == group);
        is_named
            || arguments.only.is_empty()
                && (!arguments.quick || ["campaign", "throttled", "idle", "keys"].contains(&group))
    };
    let deployed = Binaries((!arguments.quick).then_some(binaries::program as fn(&str) -> _));
    if !arguments.quick && !arguments.no_build {
        binaries::build(&DEPLOYED);
    }
    let stage = Stage::start().await;
    let mut show = |figures: Vec<Figure>| {
        for figure in figures {
            let bound = bounds.of(&figure);
            let verdict = if bound.holds(figure.value, arguments.quick) {
                ""
            } else {
                "  WORSE"
            };
            println!(
                "{:<28} {:>14} {:<12} {:<14} {:.0} s{verdict}",
                figure.name,
                number(figure.value),
                figure.unit,
                bound.in_words(arguments.quick),
                started.elapsed().as_secs_f64()
            );
            println!("      · {}", figure.how);
            report.figures.push(figure);
        }
    };

    if is_wanted("processes") {
        show(measure::of_processes(&stage).await);
    }
    let memory: HashMap<String, f64> = stage
        .functions
        .iter()
        .map(|(name, it)| (name.clone(), it.memory_gigabytes))
        .collect();
    let price_list = Prices::read();
    let mut parts = Vec::new();
    let mut calls_of_many = None;
    if is_wanted("campaign") {
        let receivers = if arguments.quick { FEW } else { RECEIVERS };
        let taken = send(&stage, 0, Audience::of(receivers), deployed).await;
        parts = measure::prices(&taken, &price_list, &memory);
        show(measure::of_campaign(&taken, &parts));
        if !arguments.quick {
            let peak = taken.peaks["email"];
            show(vec![Figure {
                name: "memory_sending",
                value: measure::megabytes(peak),
                unit: "MB",
                how: format!(
                    "VmHWM of email after {receivers} receivers: {peak} kB; all: {:?}",
                    taken.peaks
                ),
            }]);
        }
        calls_of_many = Some(taken.meter.calls());
    }
    if is_wanted("idle") {
        show(vec![measure::idle(&stage, deployed).await]);
    }
    if is_wanted("keys") {
        show(measure::keys(&stage, 11, deployed).await);
    }
    if is_wanted("throttled") {
        let receivers = if arguments.quick { 300 } else { 1_000 };
        show(vec![
            measure::throttled(&stage, 1, receivers, deployed).await,
        ]);
    }
    if is_wanted("addresses") {
        show(vec![measure::two_addresses(&stage, 3, deployed).await]);
    }
    if is_wanted("instructions") {
        show(measure::instructions(&stage, 4).await);
    }
    if is_wanted("rendering") {
        show(measure::rendering());
    }
    if is_wanted("growth") {
        show(vec![measure::growth(&stage, 7, deployed).await]);
    }
    if is_wanted("import") {
        show(vec![measure::import_memory(&stage, 9, deployed).await]);
    }
    report.parts = parts;
    report.calls = calls_of_many.unwrap_or_default();
    report.prices_of = price_list.date;
    report
}
