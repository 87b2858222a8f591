//! The same work done by what a team would use instead, in the same run and against the same simulated provider.

mod bullmq;
mod carillon;
mod naive;
mod page;

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_local::simulator::{BULKSMS_TOKEN_SECRET, CallFilter};
use serde::Serialize;

use crate::{
    harness::stage::Stage,
    support::proxy::{Fate, Seen, Side},
};

pub(crate) use self::page::write;

/// Receivers of the run in which nothing is killed.
const RECEIVERS: usize = 5_000;
/// Receivers of the run in which the worker is killed.
const RECEIVERS_OF_KILLS: usize = 2_000;
/// How often it is killed, each time right after the provider took a message.
const KILLS: usize = 5;
/// What the others send; ours has the same words with names of its own.
const TEMPLATE: &str = "Dear {{first_name}}, your contribution (number {{number}}) of {{amount}} is due on {{due}}. Thank you!";

/// What one of them took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// CPU seconds of the worker for each thousand receivers, start included.
    pub(crate) cpu_seconds: f64,
    /// The most memory that the worker had, in MB of 1,024 kilobytes.
    pub(crate) memory: f64,
    /// From starting the worker until it takes work, in milliseconds.
    pub(crate) start: f64,
    /// Requests to queue and store for each receiver, all parts together.
    pub(crate) requests: f64,
    pub(crate) kills: Kills,
}

/// What the run took in which nothing was killed.
struct Undisturbed {
    /// CPU seconds of the worker.
    cpu_seconds: f64,
    /// The most memory that the worker had, in MB.
    memory: f64,
    start: Duration,
    /// All requests to queue and store.
    requests: f64,
}

impl Undisturbed {
    /// What a worker that has done all the work has had until now.
    fn of_worker(pid: u32, start: Duration, requests: f64) -> Self {
        Self {
            cpu_seconds: cpu_seconds(pid),
            memory: memory(pid),
            start,
            requests,
        }
    }
}

impl Peer {
    fn new(name: &'static str, undisturbed: &Undisturbed, kills: Kills) -> Self {
        let receivers = RECEIVERS as f64;
        Self {
            name,
            cpu_seconds: undisturbed.cpu_seconds / receivers * 1_000.0,
            memory: undisturbed.memory,
            start: undisturbed.start.as_secs_f64() * 1_000.0,
            requests: undisturbed.requests / receivers,
            kills,
        }
    }
}

/// What came of killing the worker.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Kills {
    /// Calls to the provider beyond one for each receiver.
    pub(crate) called_again: usize,
    /// Messages that the provider took beyond one for each receiver.
    pub(crate) got_it_twice: usize,
    /// Receivers for whom the provider took nothing.
    pub(crate) lost: usize,
    /// Receivers who got it, and the store does not say so.
    pub(crate) not_recorded: usize,
}

/// Runs all of them.
pub(crate) async fn compare(stage: &Stage) -> Vec<Peer> {
    let mut peers = Vec::new();
    for number in 0..3 {
        let peer = match number {
            0 => carillon::run(stage).await,
            1 => bullmq::run(stage).await,
            _ => naive::run(stage).await,
        };
        println!("{peer:?}");
        peers.push(peer);
    }
    peers
}

/// The header with which the simulated BulkSMS is called.
fn authorization() -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("peer-token:{BULKSMS_TOKEN_SECRET}"))
    )
}

/// What the provider got for numbers that begin so.
#[derive(Debug, Clone, Copy)]
struct Got {
    calls: usize,
    taken: usize,
    reached: usize,
}

fn got(stage: &Stage, numbers: &str) -> Got {
    let mut calls = stage.simulator().calls(&CallFilter::default());
    calls.retain(|call| {
        call.recipients
            .iter()
            .any(|it| it.trim_start_matches('+').starts_with(numbers))
    });
    let taken: Vec<_> = calls.iter().filter(|call| call.accepted).collect();
    let reached: HashSet<&String> = taken.iter().flat_map(|call| &call.recipients).collect();
    Got {
        calls: calls.len(),
        taken: taken.len(),
        reached: reached.len(),
    }
}

impl Got {
    fn kills(self, receivers: usize, recorded: usize) -> Kills {
        Kills {
            called_again: self.calls.saturating_sub(receivers),
            got_it_twice: self.taken - self.reached,
            lost: receivers - self.reached,
            not_recorded: self.reached.saturating_sub(recorded),
        }
    }
}

/// The CPU time that a process has had, in seconds: user and system ("utime" and "stime", proc_pid_stat(5)).
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program comes before this and may hold anything.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |place: usize| {
        fields
            .get(place)
            .and_then(|it| it.parse::<f64>().ok())
            .unwrap_or_default()
    };
    // SAFETY: sysconf has no preconditions.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    (ticks(11) + ticks(12)) / per_second
}

fn memory(pid: u32) -> f64 {
    crate::memory::peak_kilobytes(pid).unwrap_or_default() as f64 / 1024.0
}

/// After how many calls to the provider the worker is killed.
fn moments(receivers: usize) -> impl Iterator<Item = usize> {
    (1..=KILLS).map(move |kill| kill * receivers / (KILLS + 1))
}

/// Kills a worker at its moments; it is asked about each call of the worker.
fn kill_at_moments() -> impl Fn(&Seen) -> Fate {
    let calls = AtomicUsize::new(0);
    move |seen| {
        if seen.side != Side::Provider {
            return Fate::Pass;
        }
        let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
        match moments(RECEIVERS_OF_KILLS).any(|moment| moment == call) {
            true => Fate::KillAfter,
            false => Fate::Pass,
        }
    }
}

/// Waits for something, and gives up after ten minutes.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_mins(10), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
