//! Function settings and event source mappings, read back from the local AWS.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::stage::Aws;

/// A function's settings.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) time_limit: Duration,
    pub(crate) memory_gigabytes: f64,
    pub(crate) environment: BTreeMap<String, String>,
}

/// Where events come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Queue { arn: String, url: String },
    Stream { arn: String },
}

/// An event source mapping.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    pub(crate) function: String,
    pub(crate) source: Source,
    pub(crate) batch: usize,
    /// Whether the function reports batch item failures.
    pub(crate) partial: bool,
    filters: Vec<Value>,
}

/// The functions by their names.
pub(crate) async fn configurations(aws: &Aws) -> BTreeMap<String, Configuration> {
    let path = "/2015-03-31/functions/?MaxItems=50";
    let list = aws.rest("GET", "lambda", path).await;
    let functions = list["Functions"].as_array().unwrap();
    functions
        .iter()
        .map(|function| {
            let variables = function["Environment"]["Variables"].as_object();
            let environment = variables
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect();
            let configuration = Configuration {
                time_limit: Duration::from_secs(function["Timeout"].as_u64().unwrap()),
                memory_gigabytes: function["MemorySize"].as_f64().unwrap() / 1024.0,
                environment,
            };
            (short(&function["FunctionName"]), configuration)
        })
        .collect()
}

/// Removes the event source mappings from the local AWS, so that only the harness invokes functions, and returns them.
pub(crate) async fn take_mappings(aws: &Aws) -> Vec<Mapping> {
    let path = "/2015-03-31/event-source-mappings";
    let list = aws.rest("GET", "lambda", path).await;
    let mut mappings = Vec::new();
    for mapping in list["EventSourceMappings"].as_array().unwrap() {
        let id = mapping["UUID"].as_str().unwrap();
        aws.rest("DELETE", "lambda", &format!("{path}/{id}")).await;
        let arn = mapping["EventSourceArn"].as_str().unwrap().to_owned();
        let source = if arn.contains(":sqs:") {
            let url = aws.queue_url(arn.rsplit(':').next().unwrap()).await;
            Source::Queue { arn, url }
        } else {
            Source::Stream { arn }
        };
        let filters = mapping["FilterCriteria"]["Filters"].as_array();
        let answers = mapping["FunctionResponseTypes"].as_array();
        mappings.push(Mapping {
            function: short(&mapping["FunctionArn"]),
            source,
            batch: usize::try_from(mapping["BatchSize"].as_u64().unwrap()).unwrap(),
            partial: answers
                .is_some_and(|types| types.iter().any(|it| it == "ReportBatchItemFailures")),
            filters: filters
                .into_iter()
                .flatten()
                .map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap())
                .collect(),
        });
    }
    assert!(!mappings.is_empty(), "no event source mappings");
    mappings
}

/// Removes all schedules, so that only the harness releases and sweeps.
pub(crate) async fn remove_schedules(aws: &Aws) {
    let list = aws.rest("GET", "scheduler", "/schedules").await;
    for schedule in list["Schedules"].as_array().into_iter().flatten() {
        let text = |name: &str| schedule[name].as_str().unwrap();
        let path = format!(
            "/schedules/{}?groupName={}",
            text("Name"),
            text("GroupName")
        );
        aws.rest("DELETE", "scheduler", &path).await;
    }
}

/// The name of a function without the stack's: the name of its binary.
fn short(name: &Value) -> String {
    let name = name.as_str().unwrap().rsplit(':').next().unwrap();
    name.strip_prefix("carillon-").unwrap().to_owned()
}

impl Mapping {
    /// The address of its queue, if it has one.
    pub(crate) fn queue(&self) -> Option<&str> {
        match &self.source {
            Source::Queue { url, .. } => Some(url),
            Source::Stream { .. } => None,
        }
    }

    /// Whether a record matches the filter.
    pub(crate) fn wants(&self, record: &Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| fits(filter, record))
    }
}

/// The subset of Lambda's filter rules that the template uses: nested fields, exact values and prefixes.
fn fits(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, pattern)| fits(pattern, &value[name])),
        Value::Array(rules) => rules.iter().any(|rule| match rule.get("prefix") {
            Some(prefix) => {
                let prefix = prefix.as_str().unwrap();
                value.as_str().is_some_and(|text| text.starts_with(prefix))
            }
            None if rule.is_object() => panic!("unsupported filter rule {rule}"),
            None => rule == value,
        }),
        _ => panic!("{pattern} is not a filter"),
    }
}
