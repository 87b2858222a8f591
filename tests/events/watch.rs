//! Runs `cargo lambda watch` as a developer does, and stops it together with the functions that it started.

use std::{
    io::Read,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use carillon_local::stack::{Stack, workspace};
use serde_json::Value;

/// Cargo may have to wait for another cargo, and checks whether everything is built.
const PATIENCE: Duration = Duration::from_secs(180);

/// cargo-lambda starts each function in its own session and stops them when it receives a signal. The shell sends the signal
/// when its standard input closes, which happens however this process ends.
const LEASHED: &str =
    "\"$@\" </dev/null & watch=$!; cat >/dev/null; kill -TERM $watch; wait $watch";

/// A running `cargo lambda watch`.
pub(super) struct Watch {
    shell: Child,
    port: u16,
    environment: Vec<(&'static str, String)>,
    log: PathBuf,
}

impl Watch {
    /// Starts it in the environment of `cargo local env`, and waits until it listens.
    pub(super) async fn start(stack: &Stack) -> Self {
        let mut environment = stack.details().environment(None);
        environment.push(("PATH", path()));
        let port = free_port();
        let directory = workspace::local_directory().join("test");
        std::fs::create_dir_all(&directory).unwrap();
        let log = directory.join("watch.log");
        let output = std::fs::File::create(&log).unwrap();
        let shell = Command::new("sh")
            .args(["-c", LEASHED, "watch", "cargo", "lambda", "watch"])
            .args(["--invoke-address", "127.0.0.1"])
            .args(["--invoke-port", &port.to_string(), "--ignore-changes"])
            .current_dir(workspace::root())
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap();
        let watch = Self {
            shell,
            port,
            environment,
            log,
        };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(
                started.elapsed() < PATIENCE,
                "it does not listen: {}",
                watch.output()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        watch
    }

    /// `cargo lambda invoke <function> --data-file <file>`.
    pub(super) async fn invoke(&self, function: &str, file: &str) -> Value {
        let mut command = tokio::process::Command::new("cargo");
        command
            .args(["lambda", "invoke", "--invoke-address", "127.0.0.1"])
            .args(["--invoke-port", &self.port.to_string()])
            .args([function, "--data-file", file])
            .current_dir(workspace::root())
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output())
            .await
            .unwrap_or_else(|_| panic!("{file} is not answered: {}", self.output()))
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{file}: {errors}\n{}",
            self.output()
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The last lines of its output and that of the functions.
    fn output(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// The `PATH` with the local stack's Python environment first, as in `cargo local env`.
fn path() -> String {
    let programs = workspace::local_directory().join("python/bin");
    let others = std::env::var_os("PATH").unwrap_or_default();
    format!("{}:{}", programs.display(), others.to_string_lossy())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The function processes of a cargo-lambda on a port.
pub(super) fn functions_of(port: u16) -> Vec<u32> {
    let address = format!("AWS_LAMBDA_RUNTIME_API=http://127.0.0.1:{port}/");
    let runs_for = |pid: &u32| {
        let mut environment = Vec::new();
        std::fs::File::open(format!("/proc/{pid}/environ"))
            .and_then(|mut file| file.read_to_end(&mut environment))
            .is_ok_and(|_| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|variable| variable.starts_with(address.as_bytes()))
            })
    };
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(runs_for)
        .collect()
}

impl Watch {
    pub(super) fn port(&self) -> u16 {
        self.port
    }
}
