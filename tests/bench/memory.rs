//! The peak memory of a process.

/// The peak resident memory of a process so far, in kilobytes ("VmHWM", proc_pid_status(5)).
pub(crate) fn peak_kilobytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
