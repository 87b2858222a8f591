//! `cargo policies`: compares the permissions of the template's roles with the recorded calls of the functions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a check that cannot go on should say where"
)]

mod mutate;
mod report;

use std::process::ExitCode;

use carillon_template::{
    forbidden,
    policy::Verdict,
    recording::{self, Recorded},
    resolve::Template,
    roles::Roles,
    services,
};
use clap::Parser;

use crate::report::Report;

/// Checks every kind of call recorded by the tests, the fault harness and the benchmark against the function's role in the
/// template, and lists what each statement is for.
///
/// The recordings are in .local/policies; `cargo test --workspace` and `cargo chaos` refresh them.
#[derive(Parser)]
#[command(name = "cargo policies")]
struct Arguments {
    /// Remove each action from each role in turn, and check that a recorded call or a rule detects it
    #[arg(long)]
    mutate: bool,
    /// Write docs/policies.md
    #[arg(long)]
    report: bool,
    /// Print every statement with the calls that need it
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let template = Template::read(&[
        ("AlarmEmail", "ops@example.com"),
        ("EndUserMessaging", "true"),
    ]);
    let roles = Roles::read(&template);
    let recordings = recording::all();
    let calls: Vec<Recorded> = recordings.values().flatten().cloned().collect();
    if calls.is_empty() {
        eprintln!(
            "There are no recordings in .local/policies. Run `cargo test --workspace` first."
        );
        return ExitCode::from(2);
    }
    for (name, calls) in &recordings {
        println!("{:>5} kinds of calls recorded by {name}", calls.len());
    }
    let mut problems = Vec::new();
    for call in &calls {
        let role = roles.of_function(&call.kind.function);
        if roles.verdict(role, &call.kind.request()) != Verdict::Allowed {
            problems.push(format!(
                "{role} does not allow {} on {} {:?} (seen in {})",
                call.kind.action,
                call.kind.resource,
                call.kind.context,
                call.test.as_deref().unwrap_or("a run")
            ));
        }
    }
    let needed = services::needed(&template, &roles);
    for it in &needed {
        if it.verdict(&roles) != Verdict::Allowed {
            problems.push(format!(
                "{} needs {} on {}",
                it.by, it.request.action, it.request.resource
            ));
        }
    }
    for (role, why, request) in forbidden::requests() {
        if roles.verdict(role, &request) == Verdict::Allowed {
            problems.push(format!(
                "{role} allows {} on {} {:?}: {why}",
                request.action, request.resource, request.context
            ));
        }
    }
    let report = Report::new(&roles, &calls, &needed);
    if arguments.list {
        println!("{}", report.statements());
    }
    println!("{}", report.summary());
    problems.extend(report.unexplained());
    if arguments.mutate {
        let mutations = mutate::all(&roles, &calls, &needed);
        println!("{}", mutate::summary(&mutations));
        problems.extend(
            mutations
                .iter()
                .filter(|it| it.is_a_problem())
                .map(ToString::to_string),
        );
        if arguments.report {
            report.write(&mutations);
        }
    }
    for problem in &problems {
        println!("✗ {problem}");
    }
    match problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
