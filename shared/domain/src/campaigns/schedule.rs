//! Scheduled publication of campaigns.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A schedule has to be at least this far ahead (FEATURES L3).
pub const LEAST_AHEAD: SignedDuration = SignedDuration::from_secs(60);
/// A schedule may be this far ahead: half a year, because receivers are kept for 400 days from when they were added, and are needed
/// at the release and long after.
pub const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(183 * 24);

/// A scheduled release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The moment.
    pub at: Timestamp,
    /// The requested local time, if the schedule was set with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_time: Option<DateTime>,
    /// The IANA time zone of the local time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The id of the API key that set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The campaign's version when it was set; part of the schedule's name, because a name that
    /// was deleted must not be used again.
    pub version: u64,
}

/// A change or cancelation of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleChange {
    /// The release time before.
    pub was: Timestamp,
    /// The new release time; none if it was canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<Timestamp>,
    /// The id of the API key.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The most schedule changes that a campaign keeps, the newest ones.
pub const SCHEDULE_CHANGES: usize = 20;

/// A release time as requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A moment.
    At(Timestamp),
    /// A local time in a time zone.
    Local {
        /// The local time.
        time: DateTime,
        /// The IANA name of the time zone.
        zone: String,
    },
}

/// Why a time cannot be scheduled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// In the past or within a minute.
    #[error("the time must be at least 60 seconds ahead; the earliest is {earliest}")]
    TooSoon {
        /// The earliest possible moment.
        earliest: Timestamp,
    },
    /// More than half a year ahead.
    #[error("the time must be within 183 days")]
    TooFar,
    /// Not an IANA time zone.
    #[error("not an IANA time zone, as in Europe/Athens")]
    UnknownZone,
    /// The local time is skipped when daylight saving time begins.
    #[error("this wall-clock time does not exist in the time zone, because the clocks skip it")]
    SkippedTime,
}

impl Wanted {
    /// The schedule for this request.
    ///
    /// A wall-clock time that occurs twice, when daylight saving time ends, means the first of the two.
    ///
    /// # Errors
    /// Why the time cannot be scheduled.
    pub fn resolve(self, now: Timestamp, version: u64) -> Result<Schedule, InvalidSchedule> {
        let (at, local_time, time_zone) = match self {
            Wanted::At(at) => (at, None, None),
            Wanted::Local { time, zone } => {
                let tz = TimeZone::get(&zone).map_err(|_| InvalidSchedule::UnknownZone)?;
                let ambiguous = tz.to_ambiguous_zoned_datetime(time);
                if matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. }) {
                    return Err(InvalidSchedule::SkippedTime);
                }
                let zoned = ambiguous.earlier().map_err(|_| InvalidSchedule::TooFar)?;
                (zoned.timestamp(), Some(time), Some(zone))
            }
        };
        let earliest = now
            .checked_add(LEAST_AHEAD)
            .map_err(|_| InvalidSchedule::TooFar)?;
        if at < earliest {
            return Err(InvalidSchedule::TooSoon { earliest });
        }
        if now.checked_add(MOST_AHEAD).is_ok_and(|latest| at > latest) {
            return Err(InvalidSchedule::TooFar);
        }
        Ok(Schedule {
            at,
            local_time,
            time_zone,
            by: None,
            version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn local(time: &str, zone: &str) -> Wanted {
        Wanted::Local {
            time: time.parse().unwrap(),
            zone: zone.to_owned(),
        }
    }

    #[test]
    fn sixty_seconds_are_the_least() {
        let now = at("2026-11-21T09:00:00Z");
        assert!(
            Wanted::At(at("2026-11-21T09:01:00Z"))
                .resolve(now, 1)
                .is_ok()
        );
        assert_eq!(
            Wanted::At(at("2026-11-21T09:00:59.999Z")).resolve(now, 1),
            Err(InvalidSchedule::TooSoon {
                earliest: at("2026-11-21T09:01:00Z")
            })
        );
        assert_eq!(
            Wanted::At(at("2036-01-01T00:00:00Z")).resolve(now, 1),
            Err(InvalidSchedule::TooFar)
        );
    }

    #[test]
    fn wall_clocks_follow_their_zone() {
        let now = at("2026-01-01T00:00:00Z");
        let summer = at("2026-06-30T00:00:00Z");
        for (now, time, zone, expected) in [
            (
                summer,
                "2026-07-01T09:00",
                "Europe/Athens",
                "2026-07-01T06:00:00Z",
            ),
            (
                summer,
                "2026-12-01T09:00",
                "Europe/Athens",
                "2026-12-01T07:00:00Z",
            ),
            (
                summer,
                "2026-10-25T03:30",
                "Europe/Athens",
                "2026-10-25T00:30:00Z",
            ),
            (
                now,
                "2026-06-01T09:00",
                "Asia/Kathmandu",
                "2026-06-01T03:15:00Z",
            ),
        ] {
            assert_eq!(
                local(time, zone).resolve(now, 1).unwrap().at,
                at(expected),
                "{time} {zone}"
            );
        }
        assert_eq!(
            local("2026-03-29T03:30", "Europe/Athens").resolve(now, 1),
            Err(InvalidSchedule::SkippedTime)
        );
        assert_eq!(
            local("2026-03-29T03:30", "Mars/Olympus").resolve(now, 1),
            Err(InvalidSchedule::UnknownZone)
        );
    }
}
