//! Everything that can fail silently has an alarm, if alarms have a destination.

use std::collections::BTreeSet;

use carillon_local::stack::workspace;
use serde_json::Value;

use super::{template, text};
use crate::resolve::{Template, transformed};

/// The metrics of all alarms: namespace, name and dimension values.
fn watched(template: &Template) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for (id, alarm) in template.of_kind("AWS::CloudWatch::Alarm") {
        assert!(
            !alarm.properties["AlarmActions"]
                .as_array()
                .unwrap()
                .is_empty(),
            "{id}"
        );
        assert_eq!(alarm.properties["TreatMissingData"], "notBreaching", "{id}");
        let metrics = alarm.properties["Metrics"].as_array();
        let parts = metrics
            .into_iter()
            .flatten()
            .filter_map(|it| it.get("MetricStat"));
        let parts = parts.map(|it| &it["Metric"]);
        let single = alarm
            .properties
            .get("MetricName")
            .map(|_| &alarm.properties);
        for metric in parts.chain(single) {
            let dimensions = metric["Dimensions"].as_array();
            let values: Vec<&str> = dimensions
                .into_iter()
                .flatten()
                .map(|it| text(it, "Value"))
                .collect();
            found.insert((
                text(metric, "Namespace").to_owned(),
                text(metric, "MetricName").to_owned(),
                values.join("/"),
            ));
        }
        // "You can have up to 10 metrics in a metric math alarm" (CloudWatch, "Create an alarm based on a metric math expression").
        let count = metrics
            .into_iter()
            .flatten()
            .filter(|it| it.get("MetricStat").is_some())
            .count();
        assert!(count <= 10, "{id} has {count} metrics");
    }
    found
}

fn has(
    watched: &BTreeSet<(String, String, String)>,
    namespace: &str,
    metric: &str,
    of: &str,
) -> bool {
    watched.contains(&(namespace.to_owned(), metric.to_owned(), of.to_owned()))
}

#[test]
fn every_function_is_watched() {
    let template = template();
    let watched = watched(&template);
    for (id, function) in template.of_kind("AWS::Lambda::Function") {
        let name = text(&function.properties, "FunctionName");
        for metric in ["Errors", "Throttles"] {
            assert!(
                has(&watched, "AWS/Lambda", metric, name),
                "{metric} of {id}"
            );
        }
    }
    assert!(has(&watched, "AWS/Lambda", "IteratorAge", "carillon-tally"));
}

#[test]
fn every_queue_is_watched() {
    let template = template();
    let watched = watched(&template);
    for (id, queue) in template.of_kind("AWS::SQS::Queue") {
        let name = text(&queue.properties, "QueueName");
        match queue.properties["RedrivePolicy"] {
            // The function that reads it emits the metric.
            Value::Null => assert!(
                has(&watched, "Carillon/carillon", "dead_letters", name),
                "{id}"
            ),
            // By age, or by number if messages wait long on purpose.
            _ => {
                let metrics = [
                    "ApproximateAgeOfOldestMessage",
                    "ApproximateNumberOfMessagesVisible",
                ];
                let is_watched = metrics.iter().any(|it| has(&watched, "AWS/SQS", it, name));
                assert!(is_watched, "{id}");
            }
        }
    }
}

#[test]
fn every_table_and_its_index_is_watched() {
    let template = template();
    let watched = watched(&template);
    for (id, table) in template.of_kind("AWS::DynamoDB::Table") {
        for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
            assert!(
                has(&watched, "AWS/DynamoDB", metric, id),
                "{metric} of {id}"
            );
        }
        for index in table.properties["GlobalSecondaryIndexes"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let of = format!("{id}/{}", text(index, "IndexName"));
            assert!(
                has(&watched, "AWS/DynamoDB", "WriteThrottleEvents", &of),
                "{of}"
            );
        }
    }
}

#[test]
fn without_a_destination_there_is_no_alarm() {
    let plain = Template::read(&[]);
    assert_eq!(plain.of_kind("AWS::CloudWatch::Alarm").count(), 0);
}

/// `carillon doctor` does not parse the template.
#[test]
fn the_doctor_lists_all_alarms_and_outputs() {
    let written = transformed();
    let entries = |section: &str| written[section].as_object().unwrap().iter();
    let alarms = entries("Resources")
        .filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm")
        .map(|(id, _)| format!("alarm {id}\n"));
    let outputs = entries("Outputs")
        .filter(|(_, output)| output.get("Condition").is_none())
        .map(|(id, _)| format!("output {id}\n"));
    let mut declared: Vec<String> = alarms.chain(outputs).collect();
    declared.sort();
    let file = workspace::root().join("infra/operator/src/doctor/declared.txt");
    let known = std::fs::read_to_string(&file).unwrap();
    assert_eq!(known, declared.concat(), "{}", file.display());
}
