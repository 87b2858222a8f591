use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{Event, events, functions, stack};
use crate::support::function::{Ended, Function};

/// Feeds all events of a function to its binary and returns the responses.
async fn feed(name: &str) -> Vec<(Event, Value)> {
    let environment = stack().await.details().environment(None);
    let mut function = Function::start(name, &environment).await;
    let mut answers = Vec::new();
    for event in events(name) {
        match invoke(&mut function, &event).await {
            Ended::Answered(answer) => {
                event.expected.assert(&answer, &event.to_string());
                answers.push((event, answer));
            }
            other => panic!("{event}: {other:?}"),
        }
    }
    answers
}

/// Invokes a function, and retries if the events' tenant is over its request rate.
async fn invoke(function: &mut Function, event: &Event) -> Ended {
    loop {
        match function.invoke(&event.body()).await {
            Ended::Answered(answer) if answer["statusCode"] == 429 => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            ended => return ended,
        }
    }
}

#[tokio::test]
async fn every_event_is_answered_by_its_function() {
    for function in functions() {
        feed(&function).await;
    }
}

#[tokio::test]
async fn the_api_has_an_event_for_every_operation() {
    let answers = feed("api").await;
    let (_, described) = answers
        .iter()
        .find(|(event, _)| event.name == "openapi")
        .unwrap();
    let described: Value = serde_json::from_str(described["body"].as_str().unwrap()).unwrap();
    let operations: BTreeSet<(String, String)> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let mut asked_for = BTreeSet::new();
    for (event, _) in &answers {
        let body = event.body();
        let http = &body["requestContext"]["http"];
        let (method, asked) = (
            http["method"].as_str().unwrap(),
            http["path"].as_str().unwrap(),
        );
        let fits = |path: &str| {
            let parts = path.split('/').zip(asked.split('/'));
            path.split('/').count() == asked.split('/').count()
                && parts
                    .into_iter()
                    .all(|(part, asked)| part.starts_with('{') || part == asked)
        };
        // Routes with more literal segments match first.
        let taken = described["paths"]
            .as_object()
            .unwrap()
            .keys()
            .filter(|path| fits(path))
            .min_by_key(|path| path.matches('{').count())
            .unwrap_or_else(|| panic!("{event} reaches no route"));
        asked_for.insert((method.to_owned(), taken.clone()));
    }
    assert_eq!(asked_for, operations);
}
