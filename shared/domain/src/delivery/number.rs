//! Numbers under which a provider account takes a message only once, where it takes no longer key.
//!
//! BulkSMS knows a repeated submission by a signed 32-bit number, for about 12 hours. A hash of what
//! the message stands for does not do as that number: among 100,000 messages in 12 hours one pair is
//! to be expected that shares it, and the provider would drop one of the two and say nothing
//! ([decision 14](https://github.com/carillon/carillon/blob/main/docs/decisions/0014-numbers-for-bulksms.md)).
//! So the numbers are counted.

use jiff::Timestamp;

/// Numbers repeat after so many: they are the signed 32-bit ones above zero.
const ROUND: u64 = i32::MAX.unsigned_abs() as u64;
/// The count runs ahead of the clock only while more than so many are taken in a millisecond.
const PER_MILLISECOND: u64 = 20;

/// The least count that may be given out at a moment.
///
/// A count that keeps up with the clock does not need to be remembered well: if its row is lost, or
/// restored from a backup, or made anew by another stack with the same provider account, it goes on
/// above everything that was given out before. Numbers repeat after 29.8 hours.
pub fn least_count(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or_default() * PER_MILLISECOND
}

/// The number that a count stands for: from 1 to 2³¹ − 1.
pub fn number_of(count: u64) -> u32 {
    u32::try_from(count % ROUND).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn numbers_are_signed_32_bit_ones_above_zero() {
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
    fn a_number_comes_again_long_after_a_provider_has_forgotten_it() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let number = number_of(least_count(now));
        let later = |minutes| number_of(least_count(now + SignedDuration::from_mins(minutes)));
        assert!((1..29 * 60).all(|minutes| later(minutes) != number));
        // A hundred messages a second for 12 hours do not come near what that time has room for.
        let taken = least_count(now) + 100 * 12 * 3_600;
        assert!(taken < least_count(now + SignedDuration::from_hours(12)));
    }
}
