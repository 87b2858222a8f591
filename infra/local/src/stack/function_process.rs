//! The functions' processes, for tests that watch or kill them.

use std::fs;

use crate::aws::STACK_NAME;
use crate::stack::process::Identity;

/// A process that runs a function. It is idle or processing an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionProcess {
    pid: u32,
}

impl FunctionProcess {
    /// The process id.
    #[must_use]
    pub fn pid(self) -> u32 {
        self.pid
    }

    /// Its peak memory, in kilobytes.
    #[must_use]
    pub fn peak_memory(self) -> Option<u64> {
        peak_memory(self.pid)
    }

    /// Kills it, like a crash.
    pub fn kill(self) {
        crate::stack::process::kill(self.pid);
    }
}

/// The peak memory of a process, in kilobytes, from `/proc`; `None` without it.
#[must_use]
pub fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .strip_suffix(" kB")?
        .parse()
        .ok()
}

/// The processes that a local AWS runs for a function, from `/proc`; none without it.
pub(crate) fn find(ministack: &Identity, function: &str) -> Vec<FunctionProcess> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let parent = format!("PPid:\t{}", ministack.pid);
    let name = format!("AWS_LAMBDA_FUNCTION_NAME={STACK_NAME}-{function}");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/status"))
                .is_ok_and(|status| status.lines().any(|line| line == parent))
        })
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|variable| variable == name.as_bytes())
            })
        })
        .map(|pid| FunctionProcess { pid })
        .collect()
}
