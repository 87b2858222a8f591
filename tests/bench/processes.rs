//! The cost of starting and running a function: instructions, time and memory.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    binaries::program,
    harness::{self, stage::Stage},
    memory::peak_kilobytes,
    support::function::{Ended, Function, Setup},
};

fn environment(stage: &Stage, name: &str) -> Vec<(&'static str, String)> {
    let details = stage.stack.details();
    let mut environment = details.environment(None);
    // The template sets these for one function only.
    let own = stage.functions.get(name).map(|it| it.environment.clone());
    for (name, value) in own.into_iter().flatten() {
        environment.push((Box::leak(name.into_boxed_str()), value));
    }
    environment
}

async fn start(stage: &Stage, name: &str, under: Vec<String>) -> Function {
    let log = harness::directory().join("started.log");
    let setup = Setup {
        output: Some(std::fs::File::create(log).unwrap()),
        under,
        program: Some(program(name)),
        ..Setup::default()
    };
    Function::start_with(name, &environment(stage, name), setup).await
}

/// From starting the process to its first request for an event.
pub(crate) async fn start_time(stage: &Stage, name: &str) -> Duration {
    let began = Instant::now();
    let mut function = start(stage, name, Vec::new()).await;
    function.ready().await.duration_since(began)
}

/// The minimum of several starts of each function, interleaved so that other load affects all of them alike.
pub(crate) async fn least_start_times(
    stage: &Stage,
    names: &[&str],
    rounds: usize,
) -> Vec<Duration> {
    let mut least = vec![Duration::MAX; names.len()];
    for _ in 0..rounds {
        for (least, name) in least.iter_mut().zip(names) {
            *least = (*least).min(start_time(stage, name).await);
        }
    }
    least
}

/// The memory of a process waiting for its first event, in kilobytes; the minimum of several.
pub(crate) async fn least_memory_at_start(stage: &Stage, name: &str, rounds: usize) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..rounds {
        let mut function = start(stage, name, Vec::new()).await;
        function.ready().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        least = least.min(peak_kilobytes(function.pid()).unwrap());
    }
    least
}

/// The instructions of a process from its start until it has processed these events and requests the next.
pub(crate) async fn instructions(stage: &Stage, name: &str, events: &[Value]) -> u64 {
    let out = harness::directory().join("callgrind.out");
    let under = [
        "valgrind",
        "--tool=callgrind",
        "--quiet",
        &format!("--callgrind-out-file={}", out.display()),
    ];
    let mut function = start(stage, name, under.map(str::to_owned).to_vec()).await;
    function.ready().await;
    for event in events {
        let ended = function.invoke(event).await;
        assert!(matches!(ended, Ended::Answered(_)), "{name}: {ended:?}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    function.terminate().await;
    totals(&out)
}

/// The instructions of a program that exits by itself.
pub(crate) fn instructions_of(name: &str, arguments: &[&str]) -> u64 {
    let out = harness::directory().join("callgrind.out");
    let status = std::process::Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(crate::binaries::program(name))
        .args(arguments)
        .status();
    assert!(status.unwrap().success(), "{name} {arguments:?}");
    totals(&out)
}

/// The total of a profile ("Callgrind format specification", Valgrind documentation).
fn totals(path: &Path) -> u64 {
    let profile = std::fs::read_to_string(path).unwrap();
    let line = profile
        .lines()
        .find_map(|line| line.strip_prefix("totals: "));
    line.expect("callgrind writes a sum")
        .trim()
        .parse()
        .unwrap()
}
