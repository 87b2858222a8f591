//! The evaluator against the reference over random filters and directories, and what both would get wrong alike.

use std::{cell::Cell, collections::BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use proptest::{
    collection::vec,
    prelude::{any, prop_assert, prop_assert_eq},
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use super::{
    Tenant, entity_id,
    random::{self, Choices, ZONES},
    reference::Reference,
    world::{Directory, needed},
};
use crate::{
    directory::{
        Fields, Kind, RelationKind,
        filter::{Filter, NotEvaluable, Setting},
    },
    id::EntityId,
};

const FILTERS: u32 = 6_000;

#[test]
fn it_finds_what_the_reference_finds_and_needs_no_more_than_it_says() {
    let tenant = Tenant::new();
    let zone = TimeZone::get(ZONES[0]).unwrap();
    let (some, none, every) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = Config {
        cases: FILTERS,
        failure_persistence: None,
        ..Config::default()
    };
    let strategy = (vec(any::<u8>(), 4..80), vec(any::<u8>(), 500..1_000));
    let result = TestRunner::new(config).run(&strategy, |(filter, directory)| {
        let mut choices = Choices(filter.iter());
        let now = random::now(&mut choices);
        let filter = random::filter(&mut choices, &tenant, now);
        let directory = random::directory(&mut Choices(directory.iter()), &tenant, now);
        let text = tenant.write(&filter);
        let structures = directory.structures();
        let setting = Setting {
            now,
            zone: &zone,
            schemas: &tenant.schemas,
            structures: &structures,
            segments: &tenant,
        };
        let prepared = filter.prepare(&setting).unwrap();
        let needs = filter.needs(&tenant).unwrap();
        let reference = Reference {
            directory: &directory,
            tenant: &tenant,
            now,
            zone: &zone,
        };
        let expected = reference.set(filter.kind, &filter.root);
        let own = directory
            .entities
            .iter()
            .filter(|it| it.kind == filter.kind);
        let count = own.clone().count();
        let mut found = BTreeSet::<EntityId>::new();
        for entity in &directory.entities {
            if prepared.matches(entity, &directory) {
                found.insert(entity.id.clone());
            }
        }
        prop_assert_eq!(&found, &expected, "{} of {}", text, filter.kind);
        for entity in own {
            let is_found = found.contains(&entity.id);
            let loaded = needed(&directory, entity, &needs);
            prop_assert_eq!(
                prepared.matches(entity, &loaded),
                is_found,
                "needs of {}",
                text
            );
            let explanation = prepared.explain(entity, &directory, &tenant.vocabulary());
            prop_assert_eq!(explanation.is_met, is_found, "explanation of {}", text);
        }
        prop_assert!(needs.structures == text.contains("structure under"));
        let counter = match found.len() {
            0 => &none,
            length if length == count => &every,
            _ => &some,
        };
        counter.set(counter.get() + 1);
        Ok(())
    });
    result.unwrap();
    // It would prove little if filters meant nobody or everybody.
    let (some, none, every) = (some.get(), none.get(), every.get());
    assert!(
        some > FILTERS / 3,
        "some {some}, none {none}, every {every}"
    );
}

/// Whether a filter means an entity.
fn is_in(tenant: &Tenant, text: &str, directory: &Directory, place: usize) -> bool {
    let entity = &directory.entities[place];
    let filter = tenant.read(entity.kind, text);
    let structures = directory.structures();
    let setting = Setting {
        now: Timestamp::UNIX_EPOCH,
        zone: &TimeZone::UTC,
        schemas: &tenant.schemas,
        structures: &structures,
        segments: tenant,
    };
    let prepared = filter.prepare(&setting).unwrap();
    prepared.matches(entity, directory)
}

fn add(directory: &mut Directory, kind: Kind, external: &str, fields: Fields) {
    let id = entity_id(external, kind);
    directory.add(kind, id, Timestamp::UNIX_EPOCH, fields);
}

#[test]
fn circles_of_structures_come_to_an_end() {
    let tenant = Tenant::new();
    let mut directory = Directory::default();
    for unit in ["s-0", "s-1", "s-2", "s-3"] {
        add(&mut directory, Kind::Structure, unit, Fields::default());
    }
    add(&mut directory, Kind::Member, "m-0", Fields::default());
    add(&mut directory, Kind::Member, "m-1", Fields::default());
    // s-1 and s-2 are below s-0 and below each other; m-0 is in s-2, m-1 in s-3 beside them.
    for (from, to) in [(1, 0), (2, 1), (1, 2), (4, 2), (5, 3)] {
        directory.connect(RelationKind::BelongsTo, from, to);
    }
    let north = "structure under \"Campus North\"";
    assert!(is_in(&tenant, north, &directory, 4));
    assert!(!is_in(&tenant, north, &directory, 5));
    for (unit, expected) in [(0, true), (1, true), (2, true), (3, false)] {
        assert_eq!(is_in(&tenant, north, &directory, unit), expected, "{unit}");
    }
    let lab = format!(
        "structure under id \"{}\"",
        entity_id("s-1", Kind::Structure)
    );
    assert!(is_in(&tenant, &lab, &directory, 4));
    assert!(!is_in(&tenant, &lab, &directory, 0));
}

#[test]
fn a_stay_counts_if_it_overlaps_the_period() {
    let tenant = Tenant::new();
    let read = |instant: &str| -> Timestamp { instant.parse().unwrap() };
    let (starts, ends) = (read("1970-01-01T00:00:00Z"), read("1970-01-02T10:00:00Z"));
    for (starts, ends, text, expected) in [
        (Some(starts), Some(ends), "now", true),
        (Some(starts), None, "now", true),
        (None, Some(ends), "now", true),
        (None, None, "now", true),
        // The present is the first instant of the stay, and no longer part of one that ends there.
        (None, Some(starts), "now", false),
        (Some(ends), None, "now", false),
        (
            Some(starts),
            Some(ends),
            "during \"1970-01-02\" to \"1970-01-05\"",
            true,
        ),
        (
            Some(starts),
            Some(ends),
            "during \"1970-01-03\" to \"1970-01-05\"",
            false,
        ),
        (
            Some(ends),
            None,
            "during \"1970-01-01\" to \"1970-01-02\"",
            true,
        ),
        (
            Some(ends),
            None,
            "during \"1970-01-01\" to \"1970-01-02T10:00:00Z\"",
            false,
        ),
        (
            Some(ends),
            None,
            "during \"1970-01-01\" to \"1970-01-02T10:00:01Z\"",
            true,
        ),
        (
            None,
            Some(ends),
            "during \"1970-01-02T10:00:00Z\" to \"1970-01-05\"",
            false,
        ),
        (
            None,
            Some(ends),
            "during \"1970-01-02T09:59:59Z\" to \"1970-01-05\"",
            true,
        ),
    ] {
        let mut directory = Directory::default();
        add(&mut directory, Kind::Member, "m-0", Fields::default());
        add(&mut directory, Kind::Location, "l-0", Fields::default());
        directory.connect(RelationKind::TravellerAt, 0, 1);
        let mut stay = directory.relations[0].clone();
        (stay.starts, stay.ends) = (starts, ends);
        let mut directory = Directory::default();
        add(&mut directory, Kind::Member, "m-0", Fields::default());
        directory.relate(stay);
        let text = format!("traveller_at location {text}");
        assert_eq!(
            is_in(&tenant, &text, &directory, 0),
            expected,
            "{text} {starts:?} {ends:?}"
        );
    }
}

#[test]
fn a_missing_value_fulfils_no_test_but_its_opposite() {
    let tenant = Tenant::new();
    let mut directory = Directory::default();
    add(&mut directory, Kind::Member, "m-0", Fields::default());
    for text in [
        "status = \"active\"",
        "points < 5",
        "points >= 5",
        "birthday before today",
        "nickname starts with \"A\"",
        "interests contains \"golf\"",
        "email exists",
        "categories exists",
        "vegan = false",
    ] {
        assert!(!is_in(&tenant, text, &directory, 0), "{text}");
        let opposite = format!("not {text}");
        assert!(is_in(&tenant, &opposite, &directory, 0), "{text}");
    }
    assert!(is_in(&tenant, "status != \"active\"", &directory, 0));
    assert!(is_in(&tenant, "", &directory, 0));
}

#[test]
fn what_was_removed_is_an_error_that_names_it_and_never_a_silent_no() {
    let mut tenant = Tenant::new();
    let filter = tenant.read(Kind::Member, "status = \"active\" and not points > 3");
    let accounts = tenant.read(Kind::Account, "has member holder_of (tier = \"gold\")");
    let mut schema = tenant.schemas.of(Kind::Member).unwrap().clone();

    // Renaming changes the text and nothing else.
    let mut points = schema.named("points").unwrap().clone();
    points.name = "score".parse().unwrap();
    schema.replace(points.clone()).unwrap();
    tenant.schemas = [schema.clone()].into_iter().collect();
    assert_eq!(
        tenant.write(&filter),
        "status = \"active\" and not score > 3"
    );
    assert_eq!(filter.check(&tenant.vocabulary()), Ok(()));

    // Another attribute that takes its name is another one.
    assert!(schema.remove(points.id));
    let number = crate::directory::AttributeType::Number;
    schema
        .add("points".parse().unwrap(), "Points", number)
        .unwrap();
    let tier = schema.named("tier").unwrap().id;
    assert!(schema.remove(tier));
    tenant.schemas = [schema].into_iter().collect();
    let prepare = |filter: &Filter| {
        let structures = crate::directory::filter::Structures::new();
        let setting = Setting {
            now: Timestamp::UNIX_EPOCH,
            zone: &TimeZone::UTC,
            schemas: &tenant.schemas,
            structures: &structures,
            segments: &tenant,
        };
        filter.prepare(&setting).err()
    };
    let removed = |name: &str| Some(NotEvaluable::AttributeRemoved(name.parse().unwrap()));
    assert_eq!(prepare(&filter), removed("points"));
    assert_eq!(prepare(&accounts), removed("tier"));
    let problems = filter.check(&tenant.vocabulary()).unwrap_err();
    assert_eq!(problems[0].place.to_string(), "all[1].not.attribute");
    assert_eq!(problems[0].code, "attribute_removed");
    assert!(
        problems[0].reason.contains("points"),
        "{}",
        problems[0].reason
    );
    let problems = accounts.to_text(&tenant.vocabulary()).unwrap_err();
    assert_eq!(problems[0].place.to_string(), "where.attribute");
    let unit = tenant.read(Kind::Member, "structure under \"Campus North\"");
    let gone = NotEvaluable::NoSuchStructure(entity_id("s-0", Kind::Structure));
    assert_eq!(prepare(&unit), Some(gone));
}

#[test]
fn a_row_of_a_filter_reads_back() {
    let tenant = Tenant::new();
    let filter = tenant.read(
        Kind::Member,
        "not (points > 3 or in list \"News\") and has sms",
    );
    let row = serde_json::to_value(&filter).unwrap();
    assert_eq!(row["kind"], "member");
    assert_eq!(
        row["root"]["all"][1],
        json!({"condition": {"has_address": "sms"}})
    );
    assert_eq!(serde_json::from_value::<Filter>(row).unwrap(), filter);
    let shown = format!(
        "{:?}",
        tenant.read(Kind::Member, "email = \"ann@example.com\"")
    );
    assert!(!shown.contains("ann@"), "{shown}");
}
