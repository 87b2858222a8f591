//! `cargo policies`: what the roles of the template allow, against what the functions did.

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

/// Checks every kind of call that the tests, the fault harness and the benchmark recorded against the role that the
/// template gives the function, and lists what each statement is for.
///
/// The recordings are in .local/policies: `cargo test --workspace` and `cargo chaos` make them anew.
#[derive(Parser)]
#[command(name = "cargo policies")]
struct Arguments {
    /// Take each action out of each role in turn, and see that a recorded call or a rule notices.
    #[arg(long)]
    mutate: bool,
    /// Write docs/policies.md.
    #[arg(long)]
    report: bool,
    /// Print every statement with what needs it.
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
