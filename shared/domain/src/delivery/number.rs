//! Numeric message keys, for providers whose deduplication key cannot be a string.
//!
//! BulkSMS recognises a repeated submission by a signed 32-bit number, for about 12 hours. A hash of the
//! delivery would not do: among 100,000 messages in 12 hours about one pair would collide, and the provider
//! would silently drop one of the two ([decision
//! 14](https://github.com/carillon/carillon/blob/main/docs/decisions/0014-numbers-for-bulksms.md)). So the
//! numbers come from a counter.

use jiff::Timestamp;

/// Numbers repeat after this many: the positive signed 32-bit integers.
const ROUND: u64 = i32::MAX.unsigned_abs() as u64;
/// The counter runs ahead of the clock only if more than this many numbers are taken per millisecond.
const PER_MILLISECOND: u64 = 20;

/// The lowest count that may be issued at a moment.
///
/// Because the counter keeps up with the clock, it need not be stored durably: if its row is lost, restored
/// from a backup, or created anew by another stack with the same provider account, it continues above
/// everything issued before. Numbers repeat after 29.8 hours.
pub fn least_count(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or_default() * PER_MILLISECOND
}

/// The number of a count: from 1 to 2³¹ − 1.
pub fn number_of(count: u64) -> u32 {
    u32::try_from(count % ROUND).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn numbers_are_positive_signed_32_bit_integers() {
        for (count, number) in [
            (0, 1),
            (ROUND - 1, 2_147_483_647),
            (ROUND, 1),
            (ROUND + 1, 2),
            (u64::MAX, number_of(u64::MAX % ROUND)),
        ] {
            assert_eq!(number_of(count), number, "{count}");
        }
    }

    #[test]
    fn a_number_repeats_long_after_the_provider_has_forgotten_it() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let number = number_of(least_count(now));
        let later = |minutes| number_of(least_count(now + SignedDuration::from_mins(minutes)));
        assert!((1..29 * 60).all(|minutes| later(minutes) != number));
        // A hundred messages a second for 12 hours stay far below that capacity.
        let taken = least_count(now) + 100 * 12 * 3_600;
        assert!(taken < least_count(now + SignedDuration::from_hours(12)));
    }
}
