//! Tests the benchmark's cost model for DynamoDB calls, because the benchmark itself runs no tests.

#[path = "bench/dynamodb.rs"]
mod dynamodb;

use std::collections::HashMap;

use serde_json::{Value, json};

use self::dynamodb::{Key, Kind, Touch, size, touched, units};

fn key(partition: &str, sort: &str) -> Key {
    (partition.to_owned(), sort.to_owned())
}

#[test]
fn the_key_of_a_statement_is_found_anywhere() {
    let statements = json!({ "Statements": [
        {
            "Statement": "INSERT INTO \"ledger\" VALUE {'attempt': ?, 'pk': ?, 'sk': ?}",
            "Parameters": [{ "N": "1" }, { "S": "t#c#0" }, { "S": "D#r#email" }],
        },
        {
            "Statement": "UPDATE \"ledger\" SET \"state\"=? WHERE \"pk\"=? AND \"sk\"=? AND \"owner\"=?",
            "Parameters": [{ "S": "sent" }, { "S": "t#c#1" }, { "S": "D#q#sms" }, { "S": "o" }],
        },
    ] });
    let touched = touched(
        "DynamoDB_20120810.BatchExecuteStatement",
        &statements,
        &Value::Null,
    );
    let keys: Vec<Key> = touched.iter().map(|touch| touch.key.clone()).collect();
    assert_eq!(keys, [key("t#c#0", "D#r#email"), key("t#c#1", "D#q#sms")]);
    assert!(touched.iter().all(|touch| touch.kind == Kind::Write(1.0)));
}

#[test]
fn the_size_of_an_item_is_that_of_its_names_and_values() {
    // Names and values: 2 and 3; 5, and 4 digits in 2 bytes plus one; 2 and 1; 4, and a list of a letter and null.
    let item = json!({
        "pk": { "S": "abc" },
        "count": { "N": "1234" },
        "on": { "BOOL": true },
        "list": { "L": [{ "S": "x" }, { "S": "" }] },
    });
    assert_eq!(size(&item), 5 + 8 + 3 + 4 + (3 + (1 + 1) + 1));
}

#[test]
fn units_round_up_and_a_missing_item_costs_the_minimum() {
    let sizes = HashMap::from([(key("a", "1"), 1_025), (key("a", "2"), 4_097)]);
    let touch = |sort: &str, kind| Touch {
        key: key("a", sort),
        kind,
    };
    let touches = [
        touch("1", Kind::Write(1.0)),
        touch("1", Kind::Write(2.0)),
        touch("2", Kind::Read(1.0)),
        touch("nothing", Kind::Read(0.5)),
        touch(
            "",
            Kind::Scanned {
                bytes: 9_000,
                factor: 0.5,
            },
        ),
    ];
    let units = units(touches.iter(), &sizes);
    assert!((units.write - 6.0).abs() < f64::EPSILON, "{units:?}");
    assert!(
        (units.read - (2.0 + 0.5 + 1.5)).abs() < f64::EPSILON,
        "{units:?}"
    );
}
