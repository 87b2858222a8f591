//! The same work done by alternatives, in the same run and against the same simulated provider.

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

pub(crate) use self::page::write;
use crate::{
    harness::stage::Stage,
    support::proxy::{CallOutcome, Seen, Side},
};

/// Receivers of the run without kills.
const RECEIVERS: usize = 5_000;
/// Receivers of the run with kills.
const RECEIVERS_OF_KILLS: usize = 2_000;
/// How often the worker is killed, each time right after the provider accepted a message.
const KILLS: usize = 5;
/// The text sent by the others; ours has the same text with its own placeholders.
const TEMPLATE: &str = "Dear {{first_name}}, your contribution (number {{number}}) of {{amount}} is due on {{due}}. Thank you!";

/// The resources used by one of them.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// CPU seconds of the worker per thousand receivers, including startup.
    pub(crate) cpu_seconds: f64,
    /// Peak memory of the worker, in MB of 1,024 kilobytes.
    pub(crate) memory: f64,
    /// Milliseconds from starting the worker until it accepts work.
    pub(crate) start: f64,
    /// Requests to queue and store per receiver, in total.
    pub(crate) requests: f64,
    pub(crate) kills: Kills,
}

/// The resources used by the run without kills.
struct Undisturbed {
    /// CPU seconds of the worker.
    cpu_seconds: f64,
    /// Peak memory of the worker, in MB.
    memory: f64,
    start: Duration,
    /// All requests to queue and store.
    requests: f64,
}

impl Undisturbed {
    /// The resources used so far by a worker that has done all the work.
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

/// The result of the run with kills.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Kills {
    /// Provider calls beyond one per receiver.
    pub(crate) called_again: usize,
    /// Accepted messages beyond one per receiver.
    pub(crate) got_it_twice: usize,
    /// Receivers without an accepted message.
    pub(crate) lost: usize,
    /// Receivers with an accepted message that the store does not show.
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

/// The authorization header for the simulated BulkSMS.
fn authorization() -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("peer-token:{BULKSMS_TOKEN_SECRET}"))
    )
}

/// The provider calls for numbers with this prefix.
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

/// The CPU time of a process, in seconds: user and system ("utime" and "stime", proc_pid_stat(5)).
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program comes before this and may contain anything.
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

/// The numbers of provider calls after which the worker is killed.
fn moments(receivers: usize) -> impl Iterator<Item = usize> {
    (1..=KILLS).map(move |kill| kill * receivers / (KILLS + 1))
}

/// A rule that kills a worker at these calls.
fn kill_at_moments() -> impl Fn(&Seen) -> CallOutcome {
    let calls = AtomicUsize::new(0);
    move |seen| {
        if seen.side != Side::Provider {
            return CallOutcome::Pass;
        }
        let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
        match moments(RECEIVERS_OF_KILLS).any(|moment| moment == call) {
            true => CallOutcome::KillAfter,
            false => CallOutcome::Pass,
        }
    }
}

/// Polls for at most ten minutes.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_mins(10), "timeout: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
