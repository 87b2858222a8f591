//! The basis of the fault harness and the benchmark: the local stack with a settable clock, and their own implementation of
//! Lambda.

#![allow(
    dead_code,
    unused_imports,
    reason = "the fault harness and the benchmark each use a part of this"
)]

pub(crate) mod clock;
pub(crate) mod feed;
pub(crate) mod functions;
pub(crate) mod json;
pub(crate) mod lambda;
pub(crate) mod scene;
pub(crate) mod stage;

use std::{path::PathBuf, process::Command, sync::OnceLock};

use carillon_local::stack::workspace;

static NAME: OnceLock<String> = OnceLock::new();

/// Sets the name of this process's stack. Each has its own clock and log, so that concurrent ones do not interfere.
pub(crate) fn set_name(name: String) {
    NAME.set(name).expect("a process has one stack");
}

fn name() -> &'static str {
    NAME.get().expect("the stack has a name")
}

/// The directory of this process's stack.
pub(crate) fn directory() -> PathBuf {
    let directory = workspace::local_directory()
        .join("test")
        .join(format!("{}-harness", name()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// The checked-out commit, and whether anything differs from it, apart from the reports of the harness and the benchmark.
pub(crate) fn commit() -> String {
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
    let reports = [":!docs/chaos*", ":!docs/benchmark*"];
    let changed = git(&["status", "--porcelain", "--", reports[0], reports[1]]);
    match changed.as_deref() {
        Some("") => commit,
        _ => format!("{commit} with changes"),
    }
}
