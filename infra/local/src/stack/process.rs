//! Child processes that end with their parent, unless it releases them.
//!
//! A child's standard input is a pipe, the leash. However the parent ends, the kernel closes the pipe, and the child ends
//! its own process group. `PR_SET_PDEATHSIG` is no alternative: it is Linux only, it fires when the *thread* that started
//! the child ends, and it does not reach the functions that ministack starts.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::{Error, IoContext, tail};

/// A child process that is stopped with its whole group when this is dropped.
#[derive(Debug)]
pub(crate) struct Leashed {
    name: &'static str,
    child: Child,
    log: PathBuf,
    released: bool,
}

impl Leashed {
    /// Starts the command in its own process group, with its output in the file `log`.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        log: &Path,
    ) -> Result<Self, Error> {
        let output = File::create(log).at("cannot create the log", log)?;
        let errors = output
            .try_clone()
            .at("cannot open the log a second time", log)?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Program {
                program: command.get_program().to_string_lossy().into_owned(),
                source,
            })?;
        Ok(Self {
            name,
            child,
            log: log.to_path_buf(),
            released: false,
        })
    }

    /// Waits until `ready` returns true; fails if the process exits first or is not ready in time.
    pub(crate) async fn wait_until<F>(
        &mut self,
        deadline: Duration,
        ready: impl Fn() -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = bool>,
    {
        let started = Instant::now();
        loop {
            if ready().await {
                return Ok(());
            }
            let problem = match self.child.try_wait() {
                Ok(Some(status)) => Some(format!("exited at startup ({status})")),
                Ok(None) if started.elapsed() > deadline => {
                    Some(format!("did not answer within {} s", deadline.as_secs()))
                }
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(Error::NotStarted {
                    name: self.name,
                    problem,
                    log: self.log.clone(),
                    tail: tail(&self.log),
                });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The identity that distinguishes this process from a later one with the same id.
    pub(crate) fn identity(&self) -> Identity {
        let pid = self.child.id();
        Identity {
            pid,
            started: start_time(pid).unwrap_or_default(),
        }
    }

    /// Lets the process outlive its parent.
    pub(crate) fn release(mut self) -> Result<Identity, Error> {
        let identity = self.identity();
        if let Some(mut leash) = self.child.stdin.take() {
            leash.write_all(b"k").map_err(|source| Error::Program {
                program: self.name.to_owned(),
                source,
            })?;
        }
        self.released = true;
        Ok(identity)
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        if !self.released {
            signal_group(self.child.id(), libc::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

/// Ends this process group once the parent is gone without having released it. A child calls this once.
pub fn obey_leash() {
    std::thread::spawn(|| {
        let mut byte = [0; 1];
        let read = std::io::stdin().read(&mut byte);
        if !matches!(read, Ok(1)) {
            std::process::exit(0);
        }
    });
}

/// A process id together with its start time, because ids are reused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process id, which is also the id of its group.
    pub pid: u32,
    /// When it was started, as the system reports it.
    pub started: String,
}

impl Identity {
    /// Whether this process is still running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.started.is_empty() && start_time(self.pid).as_ref() == Some(&self.started)
    }

    /// Ends the process and everything in its group.
    pub(crate) async fn stop(&self) {
        if !self.is_running() {
            return;
        }
        signal_group(self.pid, libc::SIGTERM);
        let started = Instant::now();
        while self.is_running() && started.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The group includes the functions that ministack started, which may have ignored the signal.
        signal_group(self.pid, libc::SIGKILL);
    }
}

/// Kills one process immediately.
pub(crate) fn kill(pid: u32) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        // SAFETY: kill takes two integers and touches no memory of this process.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
        }
    }
}

/// Sends a signal to the process group that a process leads.
pub(crate) fn signal_group(pid: u32, signal: libc::c_int) {
    let Ok(group) = libc::pid_t::try_from(pid) else {
        return;
    };
    // SAFETY: killpg takes two integers and touches no memory of this process.
    unsafe {
        libc::killpg(group, signal);
    }
}

/// When a process was started; `None` if there is none, or only a zombie.
#[cfg(target_os = "linux")]
fn start_time(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses, which may itself contain spaces and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None;
    }
    fields.get(19).map(|field| (*field).to_owned())
}

/// When a process was started; `None` if there is none, or only a zombie.
#[cfg(not(target_os = "linux"))]
fn start_time(pid: u32) -> Option<String> {
    let output = Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (state, started) = text.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_distinguished_from_a_later_one_with_its_id() {
        let pid = std::process::id();
        let this = Identity {
            pid,
            started: start_time(pid).unwrap(),
        };
        assert!(this.is_running());
        let other = Identity {
            pid,
            started: "1".to_owned(),
        };
        assert!(!other.is_running());
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "there is no async runtime to block"
    )]
    fn dropping_a_child_stops_its_whole_group() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & echo $!; wait"]);
        let leashed = Leashed::start("sh", command, &log).unwrap();
        let started = Instant::now();
        let grandchild = loop {
            let text = std::fs::read_to_string(&log).unwrap();
            if let Ok(pid) = text.trim().parse::<u32>() {
                break pid;
            }
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(start_time(grandchild).is_some());
        drop(leashed);
        while start_time(grandchild).is_some() {
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
