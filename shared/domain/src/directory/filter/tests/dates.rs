//! Days at midnight and when clocks change.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Tenant, entity_id, world::Directory};
use crate::directory::{
    AttributeValue, Entity, Fields, Kind,
    filter::{Setting, Structures},
};

struct At {
    tenant: Tenant,
    now: Timestamp,
    zone: TimeZone,
}

impl At {
    /// A clock on the wall of a zone.
    fn new(wall: &str, zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap();
        Self {
            tenant: Tenant::new(),
            now: instant(wall, &zone),
            zone,
        }
    }

    fn is_in(&self, text: &str, entity: &Entity) -> bool {
        let filter = self.tenant.read(Kind::Member, text);
        let structures = Structures::new();
        let setting = Setting {
            now: self.now,
            zone: &self.zone,
            schemas: &self.tenant.schemas,
            structures: &structures,
            segments: &self.tenant,
        };
        let prepared = filter.prepare(&setting).unwrap();
        prepared.matches(entity, &Directory::default())
    }

    fn created(&self, text: &str, wall: &str) -> bool {
        let entity = member(instant(wall, &self.zone), Fields::default());
        self.is_in(text, &entity)
    }

    fn born(&self, text: &str, day: &str) -> bool {
        let schema = self.tenant.schemas.of(Kind::Member).unwrap();
        let id = schema.named("birthday").unwrap().id;
        let mut fields = Fields::default();
        let day: Date = day.parse().unwrap();
        fields
            .attributes
            .insert(id, AttributeValue::Text(day.to_string()));
        self.is_in(text, &member(self.now, fields))
    }
}

fn member(created_at: Timestamp, fields: Fields) -> Entity {
    Entity {
        kind: Kind::Member,
        id: entity_id("m-0", Kind::Member),
        version: 1,
        created_at,
        updated_at: created_at,
        fields,
    }
}

/// An instant by a wall-clock time, or by itself.
fn instant(wall: &str, zone: &TimeZone) -> Timestamp {
    wall.parse().unwrap_or_else(|_| {
        let wall: jiff::civil::DateTime = wall.parse().unwrap();
        zone.to_timestamp(wall).unwrap()
    })
}

const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"];

#[test]
fn a_day_begins_at_midnight_in_its_zone() {
    for zone in ZONES {
        for wall in [
            "2026-11-30T00:00:00",
            "2026-11-30T12:00",
            "2026-11-30T23:59:59.999999999",
        ] {
            let at = At::new(wall, zone);
            for (text, wall, expected) in [
                ("created_at is today", "2026-11-30T00:00", true),
                ("created_at is today", "2026-11-30T23:59:59.999999999", true),
                (
                    "created_at is today",
                    "2026-11-29T23:59:59.999999999",
                    false,
                ),
                ("created_at is today", "2026-12-01T00:00", false),
                (
                    "created_at before today",
                    "2026-11-29T23:59:59.999999999",
                    true,
                ),
                ("created_at before today", "2026-11-30T00:00", false),
                ("created_at after today", "2026-12-01T00:00", true),
                (
                    "created_at after today",
                    "2026-11-30T23:59:59.999999999",
                    false,
                ),
                ("created_at within last 7 days", "2026-11-23T00:00", true),
                (
                    "created_at within last 7 days",
                    "2026-11-22T23:59:59.999999999",
                    false,
                ),
                (
                    "created_at older than 7 days",
                    "2026-11-22T23:59:59.999999999",
                    true,
                ),
                ("created_at older than 7 days", "2026-11-23T00:00", false),
                (
                    "created_at within next 2 days",
                    "2026-12-02T23:59:59.999999999",
                    true,
                ),
                ("created_at within next 2 days", "2026-12-03T00:00", false),
                (
                    "created_at more than 2 days ahead",
                    "2026-12-03T00:00",
                    true,
                ),
                (
                    "created_at = \"2026-11-30\"",
                    "2026-11-30T23:59:59.999999999",
                    true,
                ),
                ("created_at = \"2026-11-30\"", "2026-12-01T00:00", false),
                (
                    "created_at <= \"2026-11-30\"",
                    "2026-11-30T23:59:59.999999999",
                    true,
                ),
                ("created_at < \"2026-11-30\"", "2026-11-30T00:00", false),
                (
                    "created_at > \"2026-11-30\"",
                    "2026-11-30T23:59:59.999999999",
                    false,
                ),
                ("created_at > \"2026-11-30\"", "2026-12-01T00:00", true),
                ("created_at >= \"2026-11-30\"", "2026-11-30T00:00", true),
            ] {
                let is_in = at.created(text, wall);
                assert_eq!(is_in, expected, "{text}: {wall} at {} in {zone}", at.now);
            }
            assert!(at.born("birthday is today", "2026-11-30"), "{zone}");
            assert!(!at.born("birthday is today", "2026-12-01"), "{zone}");
            assert!(
                at.born("birthday within next 7 days", "2026-12-07"),
                "{zone}"
            );
            assert!(
                !at.born("birthday within next 7 days", "2026-12-08"),
                "{zone}"
            );
        }
    }
}

#[test]
fn the_zone_of_the_condition_comes_before_that_of_the_tenant() {
    // 00:30 in Berlin, 18:30 the day before in New York, 13:30 in Kiritimati.
    let at = At::new("2026-12-01T00:30", "Europe/Berlin");
    for (zone, today) in [
        ("Europe/Berlin", "2026-12-01"),
        ("America/New_York", "2026-11-30"),
        ("Pacific/Kiritimati", "2026-12-01"),
    ] {
        let text = format!("birthday is today in \"{zone}\"");
        assert!(at.born(&text, today), "{zone}");
    }
    assert!(at.born("birthday is today", "2026-12-01"));
    let created = |zone: &str| {
        let text = format!("created_at is today in \"{zone}\"");
        at.created(&text, "2026-11-30T23:45")
    };
    assert!(!created("Europe/Berlin"));
    assert!(created("America/New_York"));
    assert!(created("Pacific/Kiritimati"));
}

#[test]
fn days_have_23_or_25_hours_when_clocks_change() {
    for (zone, short, long) in [
        ("Europe/Berlin", "2026-03-29", "2026-10-25"),
        ("America/New_York", "2026-03-08", "2026-11-01"),
        // The clocks go from 00:00 to 01:00, so the day begins at 01:00.
        ("Asia/Beirut", "2026-03-29", "2026-10-25"),
    ] {
        for (day, hours) in [(short, 23), (long, 25)] {
            let date: Date = day.parse().unwrap();
            let zone_of = TimeZone::get(zone).unwrap();
            let next = date.tomorrow().unwrap();
            let start = date.to_zoned_datetime(zone_of.clone()).unwrap().timestamp();
            let end = next.to_zoned_datetime(zone_of).unwrap().timestamp();
            let length = end.duration_since(start);
            // Beirut goes back from 24:00 to 23:00 on the day before.
            if !(zone == "Asia/Beirut" && hours == 25) {
                assert_eq!(length.as_hours(), hours, "{zone} {day}");
            }
            let at = At::new(&format!("{day}T12:00"), zone);
            let created = |text: &str, instant: Timestamp| {
                let entity = member(instant, Fields::default());
                at.is_in(text, &entity)
            };
            let moment = jiff::SignedDuration::from_nanos(1);
            for (instant, expected) in [
                (start, true),
                (start - moment, false),
                (end - moment, true),
                (end, false),
            ] {
                let text = "created_at is today";
                assert_eq!(created(text, instant), expected, "{zone} {day} {instant}");
                let text = format!("created_at = \"{day}\"");
                assert_eq!(created(&text, instant), expected, "{zone} {day} {instant}");
            }
            // A week of days, not of 168 hours.
            let week = date.checked_sub(jiff::Span::new().days(7)).unwrap();
            let first = week.to_zoned_datetime(at.zone.clone()).unwrap().timestamp();
            assert!(
                created("created_at within last 7 days", first),
                "{zone} {day}"
            );
            assert!(!created("created_at within last 7 days", first - moment));
        }
    }
}

#[test]
fn an_anniversary_comes_every_year() {
    let today = "birthday is today in any year";
    let week = "birthday within next 7 days in any year";
    let common = At::new("2027-02-28T09:00", "Europe/Berlin");
    for (day, expected) in [
        ("1990-02-28", true),
        ("2027-02-28", true),
        ("1992-02-29", true),
        ("1990-03-01", false),
    ] {
        assert_eq!(common.born(today, day), expected, "{day}");
    }
    let leap = At::new("2028-02-29T09:00", "Europe/Berlin");
    assert!(leap.born(today, "1992-02-29"));
    assert!(!leap.born(today, "1990-02-28"));
    let eve = At::new("2026-12-28T09:00", "Europe/Berlin");
    for (day, expected) in [
        ("1990-12-28", true),
        ("1990-12-31", true),
        ("1990-01-01", true),
        ("1990-01-04", true),
        ("1990-01-05", false),
        ("1990-12-27", false),
    ] {
        assert_eq!(eve.born(week, day), expected, "{day}");
    }
    assert!(eve.created("created_at is today in any year", "2020-12-28T23:59:59"));
    assert!(!eve.created("created_at is today in any year", "2020-12-29T00:00"));
}
