//! What every channel must have.

use carillon_domain::channel::{Channel, PriorityQueue};
use carillon_queue::QueueVariables;

use super::{template, text};
use crate::resolve::{Resource, Template};

/// Functions that send to the queues of every channel.
const SENDERS: [&str; 3] = ["api", "fanout", "receipts"];

fn function<'t>(template: &'t Template, name: &str) -> &'t Resource {
    let name = format!("carillon-{name}");
    let mut functions = template.of_kind("AWS::Lambda::Function");
    let found = functions.find(|(_, it)| it.properties["FunctionName"] == *name);
    found
        .unwrap_or_else(|| panic!("there is no function {name}"))
        .1
}

#[test]
fn every_channel_has_a_function_that_reads_its_queues_and_whoever_sends_knows_them() {
    let template = template();
    for channel in Channel::ALL {
        let name = format!("carillon-{channel}");
        let own = function(&template, channel.as_str());
        let mut read = Vec::new();
        for (_, mapping) in template.of_kind("AWS::Lambda::EventSourceMapping") {
            if text(&mapping.properties, "FunctionName") == name {
                let source = template.by_arn(text(&mapping.properties, "EventSourceArn"));
                read.push(text(&source.unwrap().1.properties, "QueueName").to_owned());
            }
        }
        read.sort();
        let suffixes = ["-bulk", "-urgent", ""];
        assert_eq!(read, suffixes.map(|suffix| format!("{name}{suffix}.fifo")));

        let variables = QueueVariables::of(channel);
        let set = |function: &Resource, variable: &str| {
            let url = &function.properties["Environment"]["Variables"][variable];
            url.as_str().map(str::to_owned)
        };
        let dead = set(own, variables.dead);
        assert!(dead.is_some_and(|url| url.ends_with(&format!("{name}-dead.fifo"))));
        for (priority, suffix) in [
            (PriorityQueue::Bulk, "-bulk"),
            (PriorityQueue::Urgent, "-urgent"),
            (PriorityQueue::Usual, ""),
        ] {
            let variable = variables.queue(priority);
            let senders = SENDERS.map(|sender| (sender, function(&template, sender)));
            for (who, function) in [(channel.as_str(), own)].into_iter().chain(senders) {
                let url = set(function, variable).unwrap_or_default();
                let is_right = url.ends_with(&format!("/{name}{suffix}.fifo"));
                assert!(is_right, "{variable} of {who} is {url}");
            }
        }
    }
}

#[test]
fn every_channel_has_its_alarms() {
    let template = template();
    for channel in Channel::ALL {
        for alarm in ["UnknownAlarm", "FailureAlarm", "BreakerAlarm"] {
            let id = format!("{channel:?}{alarm}");
            assert!(template.resources.contains_key(&id), "there is no {id}");
        }
    }
}
