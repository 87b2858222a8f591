//! Runs every event in `events/` through the real binary and through cargo-lambda.

mod expected;
mod invoke;
mod runtime;
mod watch;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use carillon_local::stack::{Stack, tenant, workspace};
use serde_json::Value;

use crate::support::World;
use expected::Expected;

/// One event.
struct Event {
    function: String,
    name: String,
    path: PathBuf,
    expected: Expected,
}

impl Event {
    fn body(&self) -> Value {
        let text = std::fs::read(&self.path).unwrap();
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{self}: {error}"))
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "events/{}/{}.json", self.function, self.name)
    }
}

/// The names in a directory, sorted.
fn names(directory: &Path) -> BTreeSet<String> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn functions() -> BTreeSet<String> {
    names(&workspace::root().join("functions"))
}

/// The files in a directory and in its folders, relative to it, sorted.
fn files(directory: &Path) -> BTreeSet<String> {
    names(directory)
        .into_iter()
        .flat_map(|name| {
            let path = directory.join(&name);
            if !path.is_dir() {
                return BTreeSet::from([name]);
            }
            let inside = names(&path).into_iter();
            inside.map(|file| format!("{name}/{file}")).collect()
        })
        .collect()
}

/// All events in a function's directory, sorted. Those of the API are in a folder for each area.
fn events(function: &str) -> Vec<Event> {
    let directory = workspace::root().join("events").join(function);
    files(&directory)
        .into_iter()
        .map(|file| {
            let name = file.strip_suffix(".json").expect("events are JSON files");
            Event {
                function: function.to_owned(),
                name: name.to_owned(),
                path: directory.join(&file),
                expected: expected::of(function, name),
            }
        })
        .collect()
}

/// The shared stack, with the events' tenant.
async fn stack() -> &'static Stack {
    let stack = World::new().await.stack;
    let details = stack.details();
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    tenant::create_demo_tenant(dynamodb, details.outputs())
        .await
        .unwrap();
    stack
}

#[test]
fn every_function_has_events_and_every_event_a_function() {
    let mut directories = names(&workspace::root().join("events"));
    directories.remove("README.md");
    assert_eq!(directories, functions());
    for function in functions() {
        assert!(!events(&function).is_empty(), "{function} has no event");
    }
}

#[test]
fn every_expectation_has_an_event_file() {
    let files: BTreeSet<(String, String)> = functions()
        .iter()
        .flat_map(|function| events(function))
        .map(|event| (event.function, event.name))
        .collect();
    for (function, name, _) in expected::TABLE {
        let file = ((*function).to_owned(), (*name).to_owned());
        assert!(
            files.contains(&file),
            "events/{function}/{name}.json does not exist"
        );
    }
}
