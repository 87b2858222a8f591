//! What the fault harness and the benchmark stand on: the local stack with a clock that can be set, and a Lambda that they
//! play themselves.

#![allow(
    dead_code,
    unused_imports,
    reason = "the fault harness and the benchmark each use a part of this"
)]

pub(crate) mod clock;
pub(crate) mod feed;
pub(crate) mod functions;
pub(crate) mod lambda;
pub(crate) mod scene;
pub(crate) mod stage;

use std::process::Command;

use carillon_local::workspace;

/// The commit that is checked out, and whether something was changed since, apart from a report.
pub(crate) fn commit(report: &str) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .current_dir(workspace::root())
            .args(arguments)
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    // The report itself is what the last run changed.
    let changed = git(&["status", "--porcelain", "--", &format!(":!{report}")]);
    match changed.as_deref() {
        Some("") => commit,
        _ => format!("{commit} with changes"),
    }
}
