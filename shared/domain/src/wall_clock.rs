//! Wall-clock time: a date and a time without an offset or a zone.

use jiff::{civil::DateTime, fmt::temporal::Pieces};

/// Why a text is not a wall-clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWallClock {
    /// Not a date and time.
    #[error("not a date and time, as in 2026-11-22T09:00")]
    Unreadable,
    /// It is a date only.
    #[error("the time of day is missing, as in 2026-11-22T09:00")]
    NoTime,
    /// It names an offset, or `Z`.
    #[error(
        "a wall-clock time has no offset, as in 2026-11-22T09:00; use the field at for a time with an offset"
    )]
    Offset,
    /// It names a zone.
    #[error(
        "a wall-clock time has no time zone in it, as in 2026-11-22T09:00; use the field time_zone for it"
    )]
    Zone,
}

/// Reads a wall-clock time: a date and a time, without offset or time zone. A lenient parser would silently drop an offset, which
/// shifts the time.
///
/// # Errors
/// What is missing or superfluous.
pub fn parse_wall_clock(text: &str) -> Result<DateTime, InvalidWallClock> {
    let pieces = Pieces::parse(text).map_err(|_| InvalidWallClock::Unreadable)?;
    if pieces.offset().is_some() {
        return Err(InvalidWallClock::Offset);
    }
    if pieces.time_zone_annotation().is_some() {
        return Err(InvalidWallClock::Zone);
    }
    let time = pieces.time().ok_or(InvalidWallClock::NoTime)?;
    Ok(pieces.date().to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_time_has_a_time_and_no_offset_or_zone() {
        let read = |text: &str| parse_wall_clock(text).map(|time| time.to_string());
        for good in [
            "2027-01-15T09:00",
            "2027-01-15T09:00:00",
            "2027-01-15 09:00",
            "2027-01-15t09:00:00",
        ] {
            assert_eq!(read(good), Ok("2027-01-15T09:00:00".to_owned()), "{good}");
        }
        for (bad, why) in [
            ("2027-01-15T09:00+02:00", InvalidWallClock::Offset),
            ("2027-01-15T09:00:00-05:00", InvalidWallClock::Offset),
            ("2027-01-15T09:00:00.5+0200", InvalidWallClock::Offset),
            ("2027-01-15T09:00+02", InvalidWallClock::Offset),
            ("2027-01-15T09:00Z", InvalidWallClock::Offset),
            ("2027-01-15T09:00z", InvalidWallClock::Offset),
            ("2027-01-15T09:00[Europe/Athens]", InvalidWallClock::Zone),
            (
                "2027-01-15T09:00+02:00[Europe/Athens]",
                InvalidWallClock::Offset,
            ),
            ("2027-01-15", InvalidWallClock::NoTime),
            ("2027-01-15[Europe/Athens]", InvalidWallClock::Zone),
            (
                "2027-01-15T09:00 Europe/Athens",
                InvalidWallClock::Unreadable,
            ),
            ("2027-01-15T09:00 EET", InvalidWallClock::Unreadable),
            ("09:00", InvalidWallClock::Unreadable),
            ("15.01.2027 09:00", InvalidWallClock::Unreadable),
            ("", InvalidWallClock::Unreadable),
        ] {
            assert_eq!(read(bad), Err(why), "{bad}");
        }
    }
}
