//! BullMQ on Redis: one job per receiver, with the receiver's id as the job id.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use carillon_local::stack::workspace;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command as AsyncCommand,
};

use super::{
    KILLS, Kills, Peer, RECEIVERS, RECEIVERS_OF_KILLS, TEMPLATE, Undisturbed, authorization, got,
    moments, until,
};
use crate::harness::stage::Stage;

/// The prefix of its receivers' numbers.
const NUMBERS: &str = "447400";

fn directory() -> PathBuf {
    workspace::root().join("tests/bench/peers/bullmq")
}

/// A separate Redis.
struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let process = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
                "--maxmemory-policy",
                "noeviction",
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is needed (Debian package redis-server)");
        let redis = Self { process, port };
        until("Redis answers", async || redis.ask(&["PING"]) == "PONG").await;
        redis
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn ask(&self, words: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli")
            .args(["-p", &port])
            .args(words)
            .output();
        output.map_or_else(
            |_| String::new(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    }

    fn count(&self, words: &[&str]) -> usize {
        self.ask(words).parse().unwrap_or(usize::MAX)
    }

    fn has_jobs(&self) -> bool {
        let list = |name: &str| self.count(&["LLEN", &format!("bull:deliveries:{name}")]);
        list("wait") + list("active") + self.count(&["ZCARD", "bull:deliveries:delayed"]) > 0
    }

    fn recorded(&self) -> usize {
        self.ask(&["--scan", "--pattern", "delivery:*"])
            .lines()
            .count()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Worker {
    process: tokio::process::Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    start: Duration,
}

impl Worker {
    async fn start(stage: &Stage, redis: &Redis) -> Self {
        let provider = format!(
            "{}/api.bulksms.com/v1/messages?auto-unicode=true",
            stage.stack.details().simulator_url()
        );
        let began = Instant::now();
        let mut process = AsyncCommand::new("node")
            .arg("worker.mjs")
            .current_dir(directory())
            .env("REDIS_URL", redis.url())
            .env("PROVIDER_URL", provider)
            .env("AUTHORIZATION", authorization())
            .env("TEMPLATE", TEMPLATE)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ready"));
        Self {
            process,
            lines,
            start: began.elapsed(),
        }
    }

    fn pid(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// Stops it and returns how many requests it made.
    async fn end(mut self) -> f64 {
        // SAFETY: kill has no preconditions; the process is a child of this one and not yet waited for.
        unsafe {
            libc::kill(i32::try_from(self.pid()).unwrap(), libc::SIGTERM);
        }
        let line = self.lines.next_line().await.unwrap().unwrap();
        requests_in(&line)
    }
}

fn requests_in(line: &str) -> f64 {
    let line: Value = serde_json::from_str(line).unwrap();
    line["requests"].as_f64().unwrap()
}

/// Stores receivers and jobs, and returns how many requests that took.
fn produce(redis: &Redis, receivers: usize) -> f64 {
    let output = Command::new("node")
        .args(["producer.mjs", &receivers.to_string()])
        .current_dir(directory())
        .env("REDIS_URL", redis.url())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    requests_in(String::from_utf8_lossy(&output.stdout).trim())
}

pub(super) async fn run(stage: &Stage) -> Peer {
    // Not `npm ci`: it requires optional packages of other platforms, which npm omits from the lock file.
    let installed = Command::new("npm")
        .args([
            "install",
            "--no-save",
            "--silent",
            "--no-audit",
            "--no-fund",
        ])
        .current_dir(directory())
        .status();
    assert!(
        installed.expect("Node.js with npm is needed").success(),
        "npm install failed"
    );
    stage.simulator().clear();
    let redis = Redis::start().await;
    let produced = produce(&redis, RECEIVERS);
    let worker = Worker::start(stage, &redis).await;
    until("everybody is sent to", async || {
        redis.recorded() == RECEIVERS
    })
    .await;
    let pid = worker.pid();
    let mut undisturbed = Undisturbed::of_worker(pid, worker.start, produced);
    undisturbed.requests += worker.end().await;
    assert_eq!(got(stage, NUMBERS).taken, RECEIVERS);
    Peer::new("BullMQ on Redis", &undisturbed, killed(stage).await)
}

async fn killed(stage: &Stage) -> Kills {
    stage.simulator().clear();
    let redis = Redis::start().await;
    produce(&redis, RECEIVERS_OF_KILLS);
    let mut worker = Worker::start(stage, &redis).await;
    let mut kills = 0;
    for moment in moments(RECEIVERS_OF_KILLS) {
        until("the next moment", async || {
            got(stage, NUMBERS).calls >= moment
        })
        .await;
        worker.process.kill().await.unwrap();
        kills += 1;
        worker = Worker::start(stage, &redis).await;
    }
    assert_eq!(kills, KILLS);
    until("no job is left", async || !redis.has_jobs()).await;
    got(stage, NUMBERS).kills(RECEIVERS_OF_KILLS, redis.recorded())
}
