//! How long an invocation may take.

use std::time::{Duration, SystemTime};

/// The shortest time-out of a function that reads a queue (`infra/template.yaml`).
const TIME_OUT: Duration = Duration::from_secs(60);
/// 1 January 2020, in seconds since 1970. Carillon is younger.
const LONG_AGO: u64 = 1_577_836_800;

/// The deadline of an invocation that has just begun.
///
/// `cargo lambda watch` (1.9.2) names one in 1970, by which all work would be late before it began;
/// such a deadline counts as none.
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
    fn a_real_deadline_stays_and_one_of_1970_does_not() {
        let soon = SystemTime::now() + Duration::from_secs(5);
        assert_eq!(deadline(soon), soon);
        let never = SystemTime::UNIX_EPOCH + Duration::from_millis(600_000);
        assert!(deadline(never) > SystemTime::now() + Duration::from_secs(50));
    }
}
