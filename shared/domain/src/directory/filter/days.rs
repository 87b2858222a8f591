//! Days in a time zone.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// The first instant of a day in a zone. Where clocks skip midnight, the day begins when they go on; where they go back to it, the
/// first time.
pub(super) fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    let start = zone.to_timestamp(day.at(0, 0, 0, 0));
    // Beyond the first and the last instant that there are, there is nothing.
    start.unwrap_or(match day.year() < 0 {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    })
}

/// The day that is so many days from another.
pub(super) fn day_from(day: Date, days: i32) -> Date {
    let other = day.checked_add(days.days());
    other.unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

/// The first instant after a day in a zone.
pub(super) fn end_of(day: Date, zone: &TimeZone) -> Timestamp {
    match day.tomorrow() {
        Ok(next) => start_of(next, zone),
        Err(_) => Timestamp::MAX,
    }
}

/// The day on which an instant is in a zone.
pub(super) fn day_of(instant: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(instant).date()
}

/// Whether the anniversary of a day, in whichever year, lies between two days that are less than a year apart. The 29th of February is
/// the 28th in years without one.
pub(super) fn has_anniversary(day: Date, first: Date, last: Date) -> bool {
    (first.year()..=last.year()).any(|year| {
        let is_leap = Date::new(year, 1, 1).is_ok_and(Date::in_leap_year);
        let in_month = match (day.month(), day.day()) {
            (2, 29) if !is_leap => 28,
            (_, in_month) => in_month,
        };
        let anniversary = Date::new(year, day.month(), in_month);
        anniversary.is_ok_and(|anniversary| (first..=last).contains(&anniversary))
    })
}

/// The next instant that there is.
pub(super) fn after(instant: Timestamp) -> Timestamp {
    let next = instant.checked_add(SignedDuration::from_nanos(1));
    next.unwrap_or(Timestamp::MAX)
}
