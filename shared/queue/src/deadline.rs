//! The deadline of an invocation.

use std::time::{Duration, SystemTime};

/// The shortest timeout of a function that reads a queue (`infra/template.yaml`).
const TIME_OUT: Duration = Duration::from_secs(60);
/// 1 January 2020, in seconds since 1970. No real deadline is earlier.
const LONG_AGO: u64 = 1_577_836_800;

/// The deadline of an invocation that has just begun.
///
/// `cargo lambda watch` (1.9.2) reports one in 1970, which would make all work late from the start; such a deadline is
/// ignored.
pub fn deadline(named: SystemTime) -> SystemTime {
    if named < SystemTime::UNIX_EPOCH + Duration::from_secs(LONG_AGO) {
        SystemTime::now() + TIME_OUT
    } else {
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_1970_is_ignored() {
        let soon = SystemTime::now() + Duration::from_secs(5);
        assert_eq!(deadline(soon), soon);
        let never = SystemTime::UNIX_EPOCH + Duration::from_millis(600_000);
        assert!(deadline(never) > SystemTime::now() + Duration::from_secs(50));
    }
}
